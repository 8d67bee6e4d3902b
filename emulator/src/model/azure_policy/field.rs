//! What of a resource rules may ask about.

use super::language::{PolicyAlias, PolicyLanguage};
use super::unread::PolicyUnread;

/// Something of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Type,
    Name,
    FullName,
    Id,
    Kind,
    Location,
    IdentityType,
    Alias(PolicyAlias),
}

/// The same, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PolicyField {
    pub(super) text: String,
    pub(super) place: Place,
}

/// A field by the name it has in rules.
pub(super) fn field(language: &PolicyLanguage, text: &str) -> Result<PolicyField, PolicyUnread> {
    let place = match text.to_ascii_lowercase().as_str() {
        "type" => Place::Type,
        "name" => Place::Name,
        "fullname" => Place::FullName,
        "id" => Place::Id,
        "kind" => Place::Kind,
        "location" => Place::Location,
        "identity.type" => Place::IdentityType,
        _ => match language.alias(text) {
            Some(alias) => Place::Alias(alias.clone()),
            None => {
                let what = format!("the field '{text}' in a rule of Azure Policy");
                return Err(PolicyUnread::NotPlayed(what));
            }
        },
    };
    Ok(PolicyField {
        text: text.to_owned(),
        place,
    })
}
