//! A part of what is expected: left out, it is whatever it is.

/// Whether what is there is what was wanted, if anything was.
pub(super) fn is(wanted: &Option<String>, got: &str) -> bool {
    wanted.as_deref().is_none_or(|wanted| wanted == got)
}

/// What was wanted, in words.
pub(super) fn wanted(parts: &[(&str, &Option<String>)]) -> String {
    let said = parts.iter();
    let said = said.filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
    said.collect::<Vec<_>>().join(", ")
}
