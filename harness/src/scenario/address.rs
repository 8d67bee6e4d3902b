//! What things of a world may be called in Azure, where it stands in their addresses.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Unread;

/// Words that stand in the address of what has them.
const IN_ADDRESSES: [&str; 5] = ["name", "group", "container", "database", "secret"];

/// Tables of `[world]` that have such words.
const SHORT_FORMS: [&str; 5] = ["server", "vault", "storage", "key_vault", "target"];

/// Refuses what would make another address than it says.
pub(super) fn check_addresses(file: &DeTable<'_>) -> Result<(), Unread> {
    let world = file.get("world").and_then(members);
    let short = world.into_iter().flat_map(|world| {
        let forms = SHORT_FORMS.into_iter();
        forms.filter_map(|form| world.get(form).and_then(members))
    });
    let resources = file.get("resource").and_then(members);
    let named = resources
        .into_iter()
        .flat_map(|all| all.values().filter_map(members));
    for table in short.chain(named) {
        for word in IN_ADDRESSES {
            let Some(value) = table.get(word) else { continue };
            // Of another type: whoever reads it says so.
            if let DeValue::String(text) = value.get_ref() {
                check_address(word, text, value)?;
            }
        }
    }
    Ok(())
}

fn members<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> Option<&'a DeTable<'i>> {
    match value.get_ref() {
        DeValue::Table(members) => Some(members),
        _ => None,
    }
}

fn check_address(word: &str, text: &str, value: &Spanned<DeValue<'_>>) -> Result<(), Unread> {
    let stands_out =
        |letter: &char| letter.is_control() || letter.is_whitespace() || "/\\?#%{}".contains(*letter);
    let found = match text.chars().find(stands_out) {
        None if text.is_empty() => "is empty".to_owned(),
        None if [".", ".."].contains(&text) => "is no name".to_owned(),
        None => return Ok(()),
        Some(letter) => format!("has {letter:?} in it"),
    };
    let what = format!(
        "`{word}` {found}: it is a part of the address, as in /resourceGroups/GROUP/providers/TYPE/NAME, and has no \
         space, `/`, `\\`, `?`, `#`, `%` or brace; say what it is called, or leave it out for the usual name"
    );
    Err(Unread::at(value.span(), what))
}
