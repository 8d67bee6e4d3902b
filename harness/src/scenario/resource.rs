//! The tables `[resource.NAME]` of a file: read by their kind.

use toml::Spanned;
use toml::de::DeValue;

use super::alike::listed;
use super::error::Unread;
use crate::run::Resource;

/// Reads the resources of one file strictly, as far as it says their kinds: a file that extends another may change
/// one without saying what it is.
pub(super) fn check_all(resources: Option<&Spanned<DeValue<'_>>>) -> Result<(), Unread> {
    let Some(resources) = resources else {
        return Ok(());
    };
    let DeValue::Table(resources) = resources.get_ref() else {
        return Err(Unread::at(
            resources.span(),
            "tables were expected: [resource.NAME]",
        ));
    };
    for resource in resources.values() {
        let span = resource.span();
        let DeValue::Table(said) = resource.get_ref() else {
            return Err(Unread::at(span, "a table was expected: [resource.NAME]"));
        };
        let mut said = said.clone();
        let Some(kind) = said.remove("kind") else {
            continue;
        };
        let Some(word) = kind.get_ref().as_str() else {
            return Err(Unread::at(kind.span(), "the word for a kind was expected"));
        };
        let Some(words) = Resource::own_words(word) else {
            let message = format!(
                "unknown kind `{word}`, expected one of {}",
                listed(Resource::KINDS)
            );
            return Err(Unread::at(kind.span(), message));
        };
        // It follows from the kind.
        let words: Vec<&str> = words.into_iter().filter(|word| *word != "flavour").collect();
        for key in said.keys() {
            if !words.contains(&key.get_ref().as_ref()) {
                let message = format!(
                    "unknown field `{}` of the kind `{word}`, expected one of {}",
                    key.get_ref(),
                    listed(&words)
                );
                return Err(Unread::at(key.span(), message));
            }
        }
        Resource::read(word, toml::de::Deserializer::from(Spanned::new(span, said)))?;
    }
    Ok(())
}

/// A table `[resource.NAME]`, as its schema has it.
#[cfg(test)]
pub(super) struct NamedResource;
