//! What may be called what.

use serde::Deserialize;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;

const FILE: &str = "names.toml";

/// The form of a kind of name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameForm {
    /// The fewest characters.
    pub shortest: usize,
    /// The most characters.
    pub longest: usize,
    /// Which characters, besides hyphens.
    pub characters: Characters,
    /// Where hyphens may stand.
    pub hyphens: Hyphens,
    /// Names that are right although they have not this form.
    #[serde(default)]
    pub also: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// Which characters a name may have, besides hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Characters {
    /// `a` to `z` and `0` to `9`.
    LowercaseAndDigits,
    /// Letters of both cases and digits.
    LettersAndDigits,
    /// Letters of both cases, digits and underscores.
    Word,
    /// The same of any alphabet, dots and parentheses; a dot not at the end.
    Group,
    /// The same of any alphabet, dots and parentheses.
    WordDotsAndParentheses,
    /// Every one but control characters.
    NoControl,
    /// Every one.
    Any,
}

/// Where hyphens may stand in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hyphens {
    /// Nowhere.
    None,
    /// Neither first nor last.
    Inside,
    /// Neither first nor last, and never two together.
    SingleInside,
    /// Anywhere but first, where an underscore may not stand either.
    NotFirst,
    /// Anywhere but first, where a letter stands.
    AfterLetter,
    /// Anywhere.
    Anywhere,
}

impl NameForm {
    /// Whether something may be called that.
    pub fn admits(&self, name: &str) -> bool {
        if self.also.iter().any(|other| other == name) {
            return true;
        }
        let inside = || !name.starts_with('-') && !name.ends_with('-');
        (self.shortest..=self.longest).contains(&name.chars().count())
            && match self.characters {
                Characters::Any => true,
                Characters::NoControl => !name.chars().any(char::is_control),
                Characters::Group => name.chars().all(is_of_group) && !name.ends_with('.'),
                Characters::LettersAndDigits => name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
                Characters::Word => name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')),
                Characters::WordDotsAndParentheses => name
                    .chars()
                    .all(|sign| sign.is_alphanumeric() || matches!(sign, '-' | '_' | '.' | '(' | ')')),
                Characters::LowercaseAndDigits => name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            }
            && match self.hyphens {
                Hyphens::None => !name.contains('-'),
                Hyphens::Inside => inside(),
                Hyphens::SingleInside => inside() && !name.contains("--"),
                Hyphens::NotFirst => !name.starts_with(['-', '_']),
                Hyphens::AfterLetter => name.starts_with(|sign: char| sign.is_ascii_alphabetic()),
                Hyphens::Anywhere => true,
            }
    }
}

fn is_of_group(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '(' | ')')
}

/// The letters of a name that no resource group's may have.
pub(crate) fn not_of_group(name: &str) -> String {
    name.chars().filter(|letter| !is_of_group(*letter)).collect()
}

/// The forms of the names that somebody chooses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameForms {
    /// A storage account.
    pub storage_account: NameForm,
    /// A container of blobs.
    pub container: NameForm,
    /// A blob.
    pub blob: NameForm,
    /// A PostgreSQL flexible server.
    pub flexible_server: NameForm,
    /// A rule of a flexible server's firewall.
    pub firewall_rule: NameForm,
    /// A database.
    pub database: NameForm,
    /// A federated credential of a user-assigned identity.
    pub federated_credential: NameForm,
    /// A resource group.
    pub resource_group: NameForm,
    /// A Backup vault.
    pub backup_vault: NameForm,
    /// A policy of a Backup vault.
    pub backup_policy: NameForm,
    /// A deployment.
    pub deployment: NameForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesFile {
    form: NameForms,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<NameForms, RulesError> {
    let forms = parse::<NamesFile>(FILE, text)?.form;
    for (row, form) in [
        ("storage_account", &forms.storage_account),
        ("container", &forms.container),
        ("blob", &forms.blob),
        ("flexible_server", &forms.flexible_server),
        ("firewall_rule", &forms.firewall_rule),
        ("database", &forms.database),
        ("federated_credential", &forms.federated_credential),
        ("resource_group", &forms.resource_group),
        ("backup_vault", &forms.backup_vault),
        ("backup_policy", &forms.backup_policy),
        ("deployment", &forms.deployment),
    ] {
        known.check(FILE, row, &form.sources)?;
        if form.shortest > form.longest {
            return Err(row_error(FILE, row, "no name is that short and that long"));
        }
    }
    Ok(forms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Assumptions, Profile, Rules};

    fn forms() -> NameForms {
        Rules::load(Profile::Observed, &Assumptions::new())
            .expect("the rules load")
            .names
    }

    #[track_caller]
    fn holds(form: &NameForm, good: &[&str], bad: &[&str]) {
        for name in good {
            assert!(form.admits(name), "{name}");
        }
        for name in bad {
            assert!(!form.admits(name), "{name}");
        }
    }

    #[test]
    fn account_names_are_short_and_plain() {
        holds(
            &forms().storage_account,
            &["abc", "a1b2c3", "abcdefghijklmnopqrstuvwx"],
            &["ab", "Abc", "a-b", "abcdefghijklmnopqrstuvwxy", "", "ab\u{e9}"],
        );
    }

    #[test]
    fn container_names_have_single_hyphens_inside() {
        holds(
            &forms().container,
            &["abc", "a-b-c", "0ab", "$root", "$web"],
            &["ab", "Abc", "-abc", "abc-", "a--b", "$logs", "a_b"],
        );
    }

    #[test]
    fn server_names_have_hyphens_inside() {
        let long = "a".repeat(64);
        holds(
            &forms().flexible_server,
            &["abc", "a--b", "0ab", &long[..63]],
            &["ab", "Abc", "-abc", "abc-", "a.b", &long],
        );
    }

    #[test]
    fn group_names_do_not_end_with_a_period() {
        let long = "a".repeat(91);
        holds(
            &forms().resource_group,
            &["drill", "a.b_(c)-1", "gr\u{fc}n", &long[..90]],
            &["", "bad!", "dot.", "a b", "a/b", &long],
        );
        assert_eq!(not_of_group("bad! name"), "! ");
    }

    #[test]
    fn credential_names_begin_with_a_letter_or_a_digit() {
        let long = "a".repeat(121);
        holds(
            &forms().federated_credential,
            &["abc", "A-b_c-", "0__", &long[..120]],
            &["ab", "-abc", "_abc", "a.b", "a b", &long],
        );
    }

    #[test]
    fn vault_names_begin_with_a_letter() {
        let long = "a".repeat(151);
        holds(
            &forms().backup_vault,
            &["ab", "A-1-", &long[..50]],
            &["a", "1ab", "-ab", "a_b", "a.b", &long[..51]],
        );
        holds(
            &forms().backup_policy,
            &["abc", "-1-", &long[..150]],
            &["ab", "a_b", "a b", &long],
        );
    }

    #[test]
    fn deployment_names_are_short_and_have_no_brackets() {
        let long = "x".repeat(65);
        holds(
            &forms().deployment,
            &["a", "main-1.0_(2)", "\u{e9}t\u{e9}", &long[..64]],
            &["", "a<b", "a b", "a/b", &long],
        );
    }

    #[test]
    fn blob_names_are_neither_empty_nor_endless() {
        let long = "\u{e9}".repeat(1025);
        let (fits, _) = long.split_at(2048);
        holds(
            &forms().blob,
            &["a/b", "-", fits],
            &["", &long, "a\0b", "a\u{81}b"],
        );
    }
}
