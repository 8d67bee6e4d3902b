//! What is found.

use std::collections::{BTreeMap, BTreeSet};

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::Profile;
use serde::Serialize;

use crate::estate::inventory::Inventory;
use crate::estate::trial::No;
use crate::estate::wording::Worded;
use crate::run::{certainty, rule_note};

/// A no in a few words.
pub(super) fn words(no: &No) -> String {
    let rules: Vec<&str> = no.rules.iter().map(|id| id.as_str()).collect();
    let at = if no.stage.is_empty() {
        String::new()
    } else {
        format!(" at {}", no.stage)
    };
    format!("{}{at}, {}", no.code, rules.join(", "))
        .trim_start_matches(", ")
        .to_owned()
}

/// The sorts of findings there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// Nothing protects it.
    NotProtected,
    /// A backup fails.
    BackupFails,
    /// No restore works without a change.
    NoRestore,
    /// A restore into one target fails, while others work.
    TargetFails,
    /// Documents and observation do not agree.
    ProfilesDiffer,
    /// What takes its place does not survive with it.
    LostWithIt,
    /// A role that is not needed, or wider than needed.
    WideRole,
    /// Public access that is wider than needed.
    WideAccess,
    /// Backups are kept for less than it seems.
    Retention,
    /// A secret that is pinned to a version.
    PinnedSecret,
    /// A role given to an application id, or to nobody.
    RoleForNobody,
    /// What was asked about does not work.
    Explained,
}

impl Sort {
    /// All that a check looks for.
    pub const ALL: [Self; 11] = [
        Self::NotProtected,
        Self::BackupFails,
        Self::NoRestore,
        Self::TargetFails,
        Self::ProfilesDiffer,
        Self::LostWithIt,
        Self::WideRole,
        Self::WideAccess,
        Self::Retention,
        Self::PinnedSecret,
        Self::RoleForNobody,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotProtected => "not-protected",
            Self::BackupFails => "backup-fails",
            Self::NoRestore => "no-restore",
            Self::TargetFails => "target-fails",
            Self::ProfilesDiffer => "profiles-differ",
            Self::LostWithIt => "lost-with-it",
            Self::WideRole => "wide-role",
            Self::WideAccess => "wide-access",
            Self::Retention => "retention",
            Self::PinnedSecret => "pinned-secret",
            Self::RoleForNobody => "role-for-nobody",
            Self::Explained => "refused",
        }
    }

    /// What it says, in a sentence of its own.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::NotProtected => "Nothing protects what could be protected.",
            Self::BackupFails => "A backup fails.",
            Self::NoRestore => "No restore works without a change.",
            Self::TargetFails => "A restore into one of the targets fails.",
            Self::ProfilesDiffer => "Documents and observation do not agree in what happens.",
            Self::LostWithIt => "What is to take the place of what is lost is lost with it.",
            Self::WideRole => "A role is not needed, or wider than needed.",
            Self::WideAccess => "Public access is wider than needed.",
            Self::Retention => "Backups are kept for less than it seems.",
            Self::PinnedSecret => "A secret is pinned to a version, which a rotation leaves behind.",
            Self::RoleForNobody => "A role is given to an id that nobody has.",
            Self::Explained => "What was asked about does not work.",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A backup or a restore does not work.
    Error,
    /// It works, and is riskier than it need be.
    Warning,
    /// Worth knowing.
    Note,
}

impl Level {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A rule that decided, with where it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cited {
    /// Its name.
    pub id: String,
    /// What it says.
    pub statement: String,
    /// How sure we are of it.
    pub mark: String,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// How something failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct How {
    /// Where it was found out; empty where a request was refused.
    pub stage: String,
    /// The HTTP status of a request that is refused; 0 where it was none.
    #[serde(skip)]
    pub status: u16,
    /// The code.
    pub code: String,
    /// Who said no.
    pub gate: String,
    /// Why.
    pub reason: String,
    /// How sure we are that Azure answers so.
    pub mark: String,
    /// The rules that decided.
    pub rules: Vec<Cited>,
}

impl How {
    /// Of a no.
    pub(super) fn of(azure: &Azure, no: &No) -> Self {
        let cited = no
            .rules
            .iter()
            .filter_map(|id| rule_note(azure.rules(), id.as_str()));
        Self {
            stage: no.stage.clone(),
            status: no.status,
            code: no.code.clone(),
            gate: no.gate.as_str().to_owned(),
            reason: no.reason.clone(),
            mark: no.mark.as_str().to_owned(),
            rules: cited
                .map(|note| Cited {
                    id: note.id,
                    statement: note.statement,
                    mark: note.mark,
                    sources: note.sources,
                })
                .collect(),
        }
    }

    /// How sure we are, in words.
    pub(super) fn sure(&self) -> String {
        certainty(&self.mark, &self.code)
    }
}

/// A set of changes that was made in a copy and helped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Fix {
    /// What is to be changed, in order. No part of it is enough.
    pub changes: Vec<Worded>,
    /// Whether it lets the whole internet in where it had not been.
    pub opens_to_all: bool,
    /// Whether it helps by the other profile's rules as well.
    pub by_both: bool,
    /// The rule it helps by that nobody has seen to hold, if there is one.
    pub rests_on: Option<String>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Its sort.
    pub sort: Sort,
    /// How bad it is.
    pub level: Level,
    /// What it is about: an ARM id.
    pub resource: String,
    /// Where its owner wrote it: an address of Terraform; empty where that is not known.
    pub address: String,
    /// What else tells it from others of its sort about the same: the target of a restore, say.
    pub about: String,
    /// What was found, in a sentence.
    pub title: String,
    /// More of it, a paragraph each.
    pub details: Vec<String>,
    /// How it failed, if it did.
    pub how: Option<How>,
    /// What was meant to let it through, and does not.
    pub near_misses: Vec<String>,
    /// What mends it, each proved by making it in a copy and playing again; what opens least first.
    pub fixes: Vec<Fix>,
    /// What the other profile does instead, where it is something else.
    pub otherwise: Option<String>,
    /// Why it is accepted, if the baseline says so.
    pub accepted: Option<String>,
}

impl Finding {
    /// A finding about something.
    pub(super) fn new(sort: Sort, level: Level, resource: &ResourceId, title: String) -> Self {
        Self {
            sort,
            level,
            resource: resource.to_string(),
            address: String::new(),
            about: String::new(),
            title,
            details: Vec::new(),
            how: None,
            near_misses: Vec::new(),
            fixes: Vec::new(),
            otherwise: None,
            accepted: None,
        }
    }

    /// What it is known by from one run to the next.
    pub fn key(&self) -> String {
        let about = if self.about.is_empty() { "" } else { " " };
        format!("{} {}{about}{}", self.sort.as_str(), self.resource, self.about).to_ascii_lowercase()
    }
}

/// A drill that was played, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drill {
    /// What was tried.
    pub what: String,
    /// Whether it worked.
    pub works: bool,
    /// How it ended, in words.
    pub how: String,
}

/// How much there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Backup vaults.
    pub vaults: usize,
    /// Backup instances.
    pub instances: usize,
    /// Flexible servers and databases of single servers.
    pub datasources: usize,
    /// Storage accounts.
    pub storage_accounts: usize,
    /// Key vaults.
    pub key_vaults: usize,
    /// Resources that no drill is about.
    pub others: usize,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What the command was, and how it ended; empty where there was none.
    pub command: String,
    /// Whose word was taken.
    pub profile: String,
    /// How much there is.
    pub summary: Summary,
    /// What was asked for and is not here, each with how often.
    pub not_known: BTreeMap<String, u64>,
    /// What was played.
    pub drills: Vec<Drill>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// What is worth knowing of the check itself.
    pub notes: Vec<String>,
}

impl Report {
    pub(super) fn of(inventory: &Inventory, profile: Profile) -> Self {
        Self {
            command: String::new(),
            profile: profile.as_str().to_owned(),
            summary: Summary {
                vaults: inventory.vaults.len(),
                instances: inventory.instances.len(),
                datasources: inventory.datasources.len(),
                storage_accounts: inventory.accounts.len(),
                key_vaults: inventory.key_vaults.len(),
                others: inventory.others,
            },
            not_known: BTreeMap::new(),
            drills: Vec::new(),
            findings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Whether there was nothing that could be checked.
    pub fn is_empty(&self) -> bool {
        self.summary.vaults == 0 && self.summary.datasources == 0
    }

    /// The findings that nobody has accepted.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|own| own.accepted.is_none())
    }

    /// Whether a backup or a restore does not work, and nobody has accepted that.
    pub fn fails(&self) -> bool {
        self.open().any(|own| own.level == Level::Error)
    }

    pub(super) fn drill(&mut self, what: String, no: Option<&No>, odd: Option<&str>) {
        let how = match (no, odd) {
            (Some(no), _) => words(no),
            (None, Some(odd)) => odd.to_owned(),
            (None, None) => String::new(),
        };
        self.drills.push(Drill {
            what,
            works: no.is_none() && odd.is_none(),
            how,
        });
    }

    /// Each once, the worst first.
    pub(super) fn finish(&mut self) {
        let mut seen = BTreeSet::new();
        self.findings.retain(|own| seen.insert(own.key()));
        self.findings.sort_by_key(|own| (own.level, own.sort, own.key()));
    }
}
