//! What a step is expected to come to.

use azdrill_emulator::rules::{Profile, Rules};
use serde::Deserialize;

use super::Misstated;
use crate::run::{NOT_REACHED, NOT_READ};
use crate::serve::known;

/// What a step must come to; what is left out is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// The end state in Azure's own word: `Succeeded`, `Failed`, `Completed`, `ProtectionConfigured`,
    /// or an HTTP status where the request itself is refused.
    pub status: Option<String>,
    /// The error code.
    pub code: Option<String>,
    /// The inner error's code.
    pub inner_code: Option<String>,
    /// A part of the message or of the inner message.
    pub message_contains: Option<String>,
    /// The gate that said no.
    pub gate: Option<String>,
    /// Rules that must be among those that decided.
    pub rules: Option<Vec<String>>,
    /// Rules that must have had a say in something that was asked or done meanwhile, whoever asked and whether it
    /// was let through.
    pub applies: Option<Vec<String>>,
    /// The number of files a restore wrote.
    pub files: Option<u64>,
    /// The number of things listed.
    pub count: Option<u64>,
    /// Whether the rows of what was restored equal the source's.
    pub rows_equal: Option<bool>,
    /// A note (a warning, say) that must be in the log of this step.
    pub note_contains: Option<String>,
    /// Names of blobs that must be in the target container.
    pub blobs: Option<Vec<String>>,
    /// Names of blobs that must not be there.
    pub no_blobs: Option<Vec<String>>,
}

/// Expectations that hold under both profiles, and those that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ProfiledExpect {
    status: Option<String>,
    code: Option<String>,
    inner_code: Option<String>,
    message_contains: Option<String>,
    gate: Option<String>,
    rules: Option<Vec<String>>,
    applies: Option<Vec<String>>,
    files: Option<u64>,
    count: Option<u64>,
    rows_equal: Option<bool>,
    note_contains: Option<String>,
    blobs: Option<Vec<String>>,
    no_blobs: Option<Vec<String>>,
    documented: Option<Expect>,
    observed: Option<Expect>,
}

impl ProfiledExpect {
    /// What is expected under a profile. A profile's own table stands for itself: where it is
    /// there, what is said for both is not looked at.
    pub fn under(&self, profile: Profile) -> Expect {
        let own = match profile {
            Profile::Documented => &self.documented,
            Profile::Observed => &self.observed,
        };
        own.clone().unwrap_or_else(|| Expect {
            status: self.status.clone(),
            code: self.code.clone(),
            inner_code: self.inner_code.clone(),
            message_contains: self.message_contains.clone(),
            gate: self.gate.clone(),
            rules: self.rules.clone(),
            applies: self.applies.clone(),
            files: self.files,
            count: self.count,
            rows_equal: self.rows_equal,
            note_contains: self.note_contains.clone(),
            blobs: self.blobs.clone(),
            no_blobs: self.no_blobs.clone(),
        })
    }

    /// Checks what it names, under every profile.
    pub(super) fn check(&self, rules: &Rules) -> Result<(), Misstated> {
        let both = Self {
            documented: None,
            observed: None,
            ..self.clone()
        };
        both.under(Profile::Observed).check(rules)?;
        for (profile, own) in [("documented", &self.documented), ("observed", &self.observed)] {
            if let Some(own) = own {
                own.check(rules).map_err(|wrong| wrong.at(profile))?;
            }
        }
        Ok(())
    }

    /// Whether anything is expected at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Expect {
    /// In one line, for tables: the status and the code, or what else is said first.
    pub fn brief(&self) -> String {
        match (&self.status, &self.code, &self.inner_code) {
            (Some(status), Some(code), Some(inner)) => format!("{status}: {code} / {inner}"),
            (Some(status), Some(code), None) => format!("{status}: {code}"),
            (Some(status), None, _) => status.clone(),
            (None, Some(code), _) => code.clone(),
            (None, None, _) => match self.count {
                Some(count) => format!("{count} found"),
                None => "-".to_owned(),
            },
        }
    }
}

/// What a step may come to, besides the status of an answer.
pub(super) const STATES: [&str; 16] = [
    "Canceled",
    "Cancelled",
    "Completed",
    "CompletedWithWarnings",
    "ConfiguringProtection",
    "Failed",
    "InProgress",
    "Invalid",
    NOT_READ,
    NOT_REACHED,
    "NotProtected",
    "ProtectionConfigured",
    "ProtectionError",
    "ProtectionStopped",
    "BackupsSuspended",
    "Succeeded",
];

impl Expect {
    pub(super) fn check(&self, _rules: &Rules) -> Result<(), Misstated> {
        if let Some(status) = &self.status {
            let is_number = status
                .parse()
                .is_ok_and(|status: u16| (100..=599).contains(&status));
            if !is_number {
                known::one_of("status", status, STATES.into_iter()).map_err(|wrong| wrong.at("status"))?;
            }
        }
        if let Some(gate) = &self.gate {
            known::gate(gate).map_err(|wrong| wrong.at("gate"))?;
        }
        for (number, id) in self.rules.iter().flatten().enumerate() {
            known::rule(id).map_err(|wrong| wrong.in_entry("rules", number))?;
        }
        for (number, id) in self.applies.iter().flatten().enumerate() {
            known::rule(id).map_err(|wrong| wrong.in_entry("applies", number))?;
        }
        Ok(())
    }
}
