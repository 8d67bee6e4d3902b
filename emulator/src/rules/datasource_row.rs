//! What Azure Backup protects in Backup vaults.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::network_row::{OnlyWhen, takes_part};
use super::source::SourceCheck;
use super::stated::Taken;
use super::{DatasourceName, Mark, RestoredAs, RuleId, Stage};
use crate::model::Timestamp;

const FILE: &str = "datasources.toml";

/// A kind of resource Azure Backup protects in Backup vaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasourceType {
    /// The resource type, as `datasourceType` has it.
    #[serde(rename = "type")]
    pub name: String,
    /// What it is, in words.
    pub title: String,
    /// How its backups are played; none where Azure Backup takes it and azdrill does not play it.
    pub played: Option<PlayedDatasource>,
    /// How sure we are that Azure Backup takes it.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// A datasource type whose backups are played.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlayedDatasource {
    /// What other rows call it.
    pub name: DatasourceName,
    /// What one of them is.
    pub is: DatasourceKind,
    /// Who moves its data.
    pub moved_by: MovedBy,
    /// What it can be restored as.
    pub restored_as: Vec<RestoredAs>,
    /// Where something about it can turn out not to be possible, in order.
    pub stages: Vec<Stage>,
    /// How long a backup takes: a phase of `lifecycle.toml`.
    pub backup_phase: String,
    /// How long a restore takes.
    pub restore_phase: String,
    /// The rule that says what a restore as files calls its files.
    pub files_by: RuleId,
    /// The rule that says how much later its recovery points are in the paired region.
    pub copied_by: RuleId,
    /// The rule by which one of them is protected once.
    pub held_by: RuleId,
    /// What whoever protects or restores one needs besides, if the documents say so.
    pub caller: Option<CallerFacts>,
    /// What a newer version of its backups does, which is not played.
    pub newer: Option<NewerVersion>,
    /// What its recovery points are called.
    pub points_named: PointName,
    /// What a policy for it says.
    pub policy: PolicyFacts,
    /// What its jobs show.
    pub jobs: JobFacts,
    file: Vec<RestoredFile>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What whoever protects or restores a datasource needs besides a role on the vault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallerFacts {
    /// The operation on the server that it takes.
    pub operation: String,
    /// The rule that says so of protecting; it does if it is taken as [`Self::ENFORCED`].
    pub protect: RuleId,
    /// The rule that says so of restoring to a database.
    pub restore: RuleId,
}

impl CallerFacts {
    /// The alternative of both rules by which it is enforced.
    pub const ENFORCED: &str = "server_too";
}

/// A newer version of the backups of a type: the rules that say of requests for it that it is not played.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewerVersion {
    /// Restoring it as something else.
    pub restore: RuleId,
    /// Schedules that repeat more often.
    pub schedule: RuleId,
}

/// What one datasource of a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasourceKind {
    /// A whole server.
    Server,
    /// A database on a server.
    Database,
}

/// Who moves the data of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovedBy {
    /// The server itself, by its long-term retention. It needs no credentials.
    Server,
    /// The backup extension, which signs in with the datasource's credentials.
    BackupExtension,
}

/// What a recovery point is called, besides its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointName {
    /// The same.
    Id,
    /// A name of its own.
    Own,
}

/// What a policy for a datasource type says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFacts {
    /// The one store its backups are kept in.
    pub store: String,
    /// The one kind of backup there is.
    pub backup_type: String,
    /// After how many days its schedules repeat.
    pub every_days: i64,
    /// How many scheduled backups run in a calendar week, where that is limited (FX-B-09).
    pub runs_a_week: Option<usize>,
    /// The archive tier Azure has for it, if it has one.
    pub archive: Option<ArchiveFacts>,
    /// A retention rule keeps for at least this, a duration of ISO 8601.
    pub shortest: String,
    /// And at most for this.
    pub longest: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What an archive tier takes, and how a recovery point comes back from it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveFacts {
    /// A retention rule keeps there for at least this, a duration of ISO 8601.
    pub shortest: String,
    /// And at most for this.
    pub longest: String,
    /// What is rehydrated stays in vault storage for at least this, a duration of ISO 8601.
    pub rehydrated_shortest: String,
    /// And at most for this.
    pub rehydrated_longest: String,
    /// The priorities of rehydration, and how long each takes: a phase of `lifecycle.toml`.
    pub priorities: BTreeMap<String, String>,
    /// The priority where a request names none.
    pub usual_priority: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What the jobs of a datasource type show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobFacts {
    /// Whether a completed backup names the store it went to.
    pub names_store: bool,
    /// Whether a restore says how many bytes it moved.
    pub counts_bytes: bool,
    /// Since when backups have said that they can be cancelled.
    pub cancellable_since: Option<Timestamp>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What a restore as files calls the files of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RestoredFile {
    kind: String,
    named: String,
    only_when: Option<OnlyWhen>,
}

impl PlayedDatasource {
    /// Whether its backups sign in, and so take credentials.
    pub fn takes_credentials(&self) -> bool {
        self.moved_by == MovedBy::BackupExtension
    }

    /// Whether the names of restored files have a GUID in them.
    pub fn names_files_by_guid(&self) -> bool {
        self.file.iter().any(|row| row.named.contains("{guid}"))
    }

    /// What a restore as files calls a file: `kind` says of what, `database` of which. A kind without a row is
    /// called by prefix and kind.
    pub fn restored_name(&self, kind: &str, database: Option<&str>, prefix: &str, guid: &str) -> String {
        let row = self.file.iter().find(|row| row.kind == kind);
        let form = row.map_or("{prefix}_{kind}", |row| &row.named);
        let values = [
            ("prefix", prefix),
            ("guid", guid),
            ("kind", kind),
            ("database", database.unwrap_or_default()),
        ];
        let mut name = String::new();
        let mut rest = form;
        while let Some((before, (hole, after))) = rest
            .split_once('{')
            .and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
        {
            name.push_str(before);
            let value = values.iter().find(|(own, _)| *own == hole);
            name.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        name.push_str(rest);
        name
    }
}

/// The datasource types there are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Datasources {
    datasource: Vec<DatasourceType>,
}

impl Datasources {
    /// The type of that name, without regard to case.
    pub fn of_type(&self, name: &str) -> Option<&DatasourceType> {
        self.datasource
            .iter()
            .find(|row| row.name.eq_ignore_ascii_case(name))
    }

    /// The type other rows call so, and how it is played.
    ///
    /// # Panics
    ///
    /// Never: the loader has made sure that every name has its row.
    pub fn named(&self, name: DatasourceName) -> (&DatasourceType, &PlayedDatasource) {
        self.played()
            .find(|(_, played)| played.name == name)
            .expect("every name has its row: the loader has made sure")
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &DatasourceType> {
        self.datasource.iter()
    }

    /// Those whose backups are played, each with how.
    pub fn played(&self) -> impl Iterator<Item = (&DatasourceType, &PlayedDatasource)> {
        self.all().filter_map(|row| Some((row, row.played.as_ref()?)))
    }
}

pub(super) fn load(
    text: &str,
    taken: &Taken<'_>,
    phases: &BTreeMap<String, f64>,
    known: &SourceCheck<'_>,
) -> Result<Datasources, RulesError> {
    let mut file: Datasources = parse(FILE, text)?;
    let mut types = BTreeSet::new();
    let mut names = BTreeSet::new();
    for row in &mut file.datasource {
        known.check(FILE, &row.name, &row.sources)?;
        let wrong = |what: &str| row_error(FILE, &row.name, what);
        if !types.insert(row.name.to_ascii_lowercase()) {
            return Err(wrong("it stands there twice"));
        }
        let Some(played) = &mut row.played else { continue };
        if !names.insert(played.name) {
            return Err(wrong("another row has its name"));
        }
        for sources in [&played.sources, &played.policy.sources, &played.jobs.sources] {
            known.check(FILE, &row.name, sources)?;
        }
        let archive = played.policy.archive.as_ref();
        if let Some(archive) = archive {
            known.check(FILE, &row.name, &archive.sources)?;
            if !archive.priorities.contains_key(&archive.usual_priority) {
                return Err(wrong(
                    "the usual priority of rehydration is none of its priorities",
                ));
            }
        }
        let rehydrating = archive
            .into_iter()
            .flat_map(|archive| archive.priorities.values());
        for phase in rehydrating.chain([&played.backup_phase, &played.restore_phase]) {
            if !phases.contains_key(phase) {
                return Err(wrong(&format!("lifecycle.toml has no `{phase}`")));
            }
        }
        let mut kinds = BTreeSet::new();
        for file in std::mem::take(&mut played.file) {
            let takes_part = takes_part(&file.only_when, taken);
            if takes_part.map_err(|what| wrong(&what))? && kinds.insert(file.kind.clone()) {
                played.file.push(file);
            }
        }
    }
    match DatasourceName::all().find(|name| !names.contains(name)) {
        Some(name) => Err(row_error(FILE, name.as_str(), "its row was not read")),
        None => Ok(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Assumptions, Check, Profile, RestoredIn, Rules, datasource};

    fn named(assumptions: &Assumptions, name: DatasourceName, kind: &str) -> String {
        let rules = Rules::load(Profile::Observed, assumptions).expect("the rules load");
        let (_, played) = rules.datasources.named(name);
        played.restored_name(kind, Some("shop{guid}"), "drill", "0a1b")
    }

    /// Whatever is done about a datasource is done as somebody.
    #[test]
    fn every_stage_of_a_type_asks_whom_it_is_done_as_and_no_other_stage_asks_anything() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        for (_, played) in rules.datasources.played() {
            let own = |row: &&crate::rules::Prerequisite| row.datasource == played.name;
            for row in rules.prerequisites.iter().filter(own) {
                assert!(
                    played.stages.contains(&row.stage),
                    "{} at {:?}",
                    row.id,
                    row.stage
                );
            }
            for stage in &played.stages {
                for restored_as in &played.restored_as {
                    let mut rows = rules.prerequisites.iter();
                    let asked = rows.any(|row| {
                        row.is_for(played.name, *stage, Some(*restored_as), RestoredIn::PairedRegion)
                            && row.check == Check::Identity
                    });
                    assert!(asked, "{:?} {stage:?} {restored_as:?}", played.name);
                }
            }
        }
    }

    #[test]
    fn restored_files_are_named_as_their_rows_say() {
        let none = Assumptions::new();
        let flexible = |kind| named(&none, datasource::flexible_server, kind);
        // What is filled in is not looked at again.
        assert_eq!(flexible("database"), "drill_database_shop{guid}.sql");
        assert_eq!(flexible("tablespace"), "drill_tablespace.sql");
        assert_eq!(named(&none, datasource::single_server, "database"), "drill");
        let guid = Assumptions::from([("FX-RF-FILES".to_owned(), "named_by_guid".to_owned())]);
        assert_eq!(
            named(&guid, datasource::flexible_server, "tablespace"),
            "0a1b_tablespaces.sql"
        );
        assert_eq!(named(&guid, datasource::single_server, "database"), "drill");
    }
}
