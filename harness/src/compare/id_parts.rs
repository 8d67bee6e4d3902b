//! Resource ids in texts.

use serde_json::Value;

/// A resource id in parts.
pub(super) struct IdParts<'a> {
    pub(super) subscription: &'a str,
    pub(super) group: Option<&'a str>,
    /// The resource and those it lies below, outermost first: the id, and the type.
    pub(super) chain: Vec<(String, String)>,
}

/// An id in parts; `None` if it is none.
pub(super) fn parse(text: &str) -> Option<IdParts<'_>> {
    let mut parts = text.trim_end_matches('/').split('/').skip(1);
    if !parts.next()?.eq_ignore_ascii_case("subscriptions") {
        return None;
    }
    let subscription = parts.next().filter(|name| !name.is_empty())?;
    let rest: Vec<&str> = parts.collect();
    let mut id = IdParts {
        subscription,
        group: None,
        chain: Vec::new(),
    };
    let mut rest = &rest[..];
    if let [word, name, tail @ ..] = rest
        && word.eq_ignore_ascii_case("resourceGroups")
    {
        id.group = Some(name);
        rest = tail;
    }
    let (Some(group), [word, namespace, tail @ ..]) = (id.group, rest) else {
        return Some(id);
    };
    if !word.eq_ignore_ascii_case("providers") {
        return Some(id);
    }
    let mut path = format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}");
    let mut kind = (*namespace).to_owned();
    for pair in tail.chunks(2) {
        let [word, name] = pair else { break };
        path += &format!("/{word}/{name}");
        kind += &format!("/{word}");
        id.chain.push((path.clone(), kind.clone()));
    }
    Some(id)
}

/// Every text in a value, with the object it stands in.
pub(super) fn texts<'a>(value: &'a Value, inside: &'a Value, each: &mut impl FnMut(&'a str, &'a Value)) {
    match value {
        Value::String(text) => each(text, inside),
        Value::Array(items) => items.iter().for_each(|item| texts(item, inside, each)),
        Value::Object(members) => {
            for (name, member) in members {
                // Ids as names: user-assigned identities.
                each(name, value);
                texts(member, value, each);
            }
        }
        _ => {}
    }
}
