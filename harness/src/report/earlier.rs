//! How an earlier report is known, whose place a new one may take.

/// How much of a file it takes to know it.
pub const BEGINS: usize = 1024;

/// Whether a file that begins so is a report, in any of its forms.
pub fn is_report(begins: &[u8]) -> bool {
    let text = String::from_utf8_lossy(begins);
    let forms: [(&str, &str); 4] = [
        ("# Documented against actual\n", ""),
        ("<!DOCTYPE html>", "<title>Documented against actual: azdrill "),
        ("<?xml ", "<testsuites name=\"azdrill\" "),
        ("{\n  \"version\": \"", "\n  \"differences\": ["),
    ];
    forms
        .iter()
        .any(|(begins, has)| text.starts_with(begins) && text.contains(has))
}

#[cfg(test)]
mod tests {
    use super::super::gathered::gathered;
    use super::super::{html, junit, markdown};
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn each_form_is_known_and_nothing_else() {
        let findings = gathered().await;
        let json = serde_json::to_string_pretty(findings).expect("written");
        let junit = junit(findings).expect("written");
        for form in [markdown(findings), html(findings), junit, json] {
            assert!(is_report(&form.as_bytes()[..BEGINS]), "{}", &form[..BEGINS]);
        }
        for other in [
            "# A readme\n",
            "<!DOCTYPE html><title>Other</title>",
            "{\n  \"version\": \"1\"\n}",
            "[package]\n",
        ] {
            assert!(!is_report(other.as_bytes()), "{other}");
        }
    }
}
