//! What a path of Azure Resource Manager is about, without the names in it.

/// `Microsoft.Compute/virtualMachines/start` for
/// `/subscriptions/…/providers/Microsoft.Compute/virtualMachines/one/start`; without a provider the
/// words of the path that are no names, e.g. `subscriptions/resourceGroups/exportTemplate`.
pub fn type_path(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let provider = segments
        .iter()
        .rposition(|segment| segment.eq_ignore_ascii_case("providers"))
        .filter(|at| at + 1 < segments.len());
    let words: Vec<&str> = match provider {
        Some(at) => {
            let behind = &segments[at + 1..];
            let is_word = |position: &usize| *position == 0 || position % 2 == 1;
            (0..behind.len())
                .filter(is_word)
                .map(|position| behind[position])
                .collect()
        }
        None => segments.iter().step_by(2).copied().collect(),
    };
    words.join("/")
}

#[cfg(test)]
mod tests {
    use super::type_path;

    #[test]
    fn names_are_left_out() {
        let cases = [
            (
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/one/start",
                "Microsoft.Compute/virtualMachines/start",
            ),
            (
                "/subscriptions/s/providers/Microsoft.Compute/virtualMachines",
                "Microsoft.Compute/virtualMachines",
            ),
            (
                "/subscriptions/s/resourceGroups/g/providers/A.B/c/d/providers/Microsoft.Insights/diagnosticSettings/e",
                "Microsoft.Insights/diagnosticSettings",
            ),
            (
                "/subscriptions/s/resourceGroups/g/exportTemplate",
                "subscriptions/resourceGroups/exportTemplate",
            ),
            ("/providers", "providers"),
            ("/", ""),
        ];
        for (path, expected) in cases {
            assert_eq!(type_path(path), expected, "{path}");
        }
    }
}
