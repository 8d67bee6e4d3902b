//! What a machine did in a step, as data, and in what two machines differ.

use serde::Serialize;

use crate::run::transcript::shorten;
use crate::run::{JobState, StepReport};

/// What a machine did in a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// Whether it was done. Steps of rows are passed over where none are moved.
    pub played: bool,
    /// In one line.
    pub brief: String,
    /// The end state in Azure's own word.
    pub status: String,
    /// The error code; empty if there is none.
    pub code: String,
    /// The message, or what was listed.
    pub message: String,
    /// The inner error's code.
    pub inner_code: String,
    /// The inner error's message.
    pub inner_message: String,
    /// The gate that said no.
    pub gate: String,
    /// Why, in our words.
    pub reason: String,
    /// The rules that decided.
    pub rules: Vec<String>,
    /// The rules that applied to what was asked and let through, or that a note tells of.
    pub applied: Vec<String>,
    /// How sure we are that Azure answers like this.
    pub mark: String,
    /// Files a restore wrote.
    pub files: Option<u64>,
    /// Blobs in the target container.
    pub blobs: Vec<String>,
    /// Things listed.
    pub count: Option<u64>,
    /// Tables compared.
    pub tables: Option<u64>,
    /// Rows compared.
    pub rows: Option<u64>,
    /// Whether what was restored equals the source.
    pub rows_equal: Option<bool>,
    /// Jobs that began or ended.
    pub jobs: Vec<JobState>,
    /// Virtual time waited for, in seconds.
    pub virtual_seconds: f64,
    /// Real time it took, in seconds.
    pub real_seconds: f64,
    /// What was expected of it, in one line.
    pub expected: String,
    /// Expectations that did not hold.
    pub missed: Vec<String>,
}

impl Done {
    /// From what came of a step, and what was expected of this machine.
    pub(super) fn of(step: &StepReport, expected: &str) -> Self {
        let outcome = step.outcome.clone();
        Self {
            played: step.played,
            brief: outcome.brief(),
            status: outcome.status,
            code: outcome.code,
            message: outcome.message,
            inner_code: outcome.inner_code,
            inner_message: outcome.inner_message,
            gate: outcome.gate,
            reason: outcome.reason,
            applied: step.applied().into_iter().map(str::to_owned).collect(),
            rules: outcome.rules,
            mark: outcome.mark,
            files: outcome.files,
            blobs: outcome.blobs,
            count: outcome.count,
            tables: outcome.tables,
            rows: outcome.rows,
            rows_equal: outcome.rows_equal,
            jobs: step.jobs.clone(),
            virtual_seconds: step.virtual_time.as_secs_f64(),
            real_seconds: step.real_time.as_secs_f64(),
            expected: expected.to_owned(),
            missed: step.misses.clone(),
        }
    }

    /// An aspect as a text that is the same where the aspect is: ids that are made up anew are left out.
    pub(crate) fn told(&self, aspect: Aspect) -> String {
        let number = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
        match aspect {
            Aspect::Status => self.status.clone(),
            Aspect::Code => self.code.clone(),
            Aspect::Message => shorten(&self.message),
            Aspect::InnerCode => self.inner_code.clone(),
            Aspect::InnerMessage => shorten(&self.inner_message),
            Aspect::Gate => self.gate.clone(),
            Aspect::Rules => self.rules.join(", "),
            Aspect::Mark => self.mark.clone(),
            Aspect::Files => number(self.files),
            Aspect::Blobs => self.blobs.iter().map(|blob| without_ids(blob) + "\n").collect(),
            Aspect::Count => number(self.count),
            Aspect::Rows => format!("{:?} {:?} {:?}", self.tables, self.rows, self.rows_equal),
            Aspect::Jobs => format!("{:?}", self.jobs),
            Aspect::Waited => format!("{}", self.virtual_seconds),
        }
    }

    /// In what two differ.
    pub(super) fn differs(&self, other: &Self) -> Vec<Aspect> {
        let aspects = Aspect::ALL.into_iter();
        aspects
            .filter(|aspect| self.told(*aspect) != other.told(*aspect))
            .collect()
    }

    /// Whether an aspect is the same.
    pub(super) fn agrees(&self, other: &Self, aspect: Aspect) -> bool {
        self.told(aspect) == other.told(aspect)
    }
}

/// A blob's name without an id it begins with.
fn without_ids(name: &str) -> String {
    /// Of an id in its usual form.
    const LENGTH: usize = 36;
    match name.split_at_checked(LENGTH) {
        Some((id, rest)) if id.parse::<uuid::Uuid>().is_ok() => format!("<id>{rest}"),
        _ => name.to_owned(),
    }
}

/// In what two machines can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Aspect {
    /// The end state.
    Status,
    /// The error code.
    Code,
    /// The message, or what was listed.
    Message,
    /// The inner error's code.
    InnerCode,
    /// The inner error's message.
    InnerMessage,
    /// The gate that said no.
    Gate,
    /// The rules that decided.
    Rules,
    /// How sure we are.
    Mark,
    /// How many files were written.
    Files,
    /// Which blobs there are.
    Blobs,
    /// How many things were listed.
    Count,
    /// What was compared with the source.
    Rows,
    /// Jobs and how they stand.
    Jobs,
    /// The virtual time it took.
    Waited,
}

impl Aspect {
    /// All of them, in the order they are told.
    pub const ALL: [Self; 14] = [
        Self::Status,
        Self::Code,
        Self::InnerCode,
        Self::Message,
        Self::InnerMessage,
        Self::Gate,
        Self::Rules,
        Self::Mark,
        Self::Files,
        Self::Blobs,
        Self::Count,
        Self::Rows,
        Self::Jobs,
        Self::Waited,
    ];

    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Code => "code",
            Self::Message => "message",
            Self::InnerCode => "inner code",
            Self::InnerMessage => "inner message",
            Self::Gate => "gate",
            Self::Rules => "rules",
            Self::Mark => "how sure",
            Self::Files => "files",
            Self::Blobs => "blobs",
            Self::Count => "count",
            Self::Rows => "rows",
            Self::Jobs => "jobs",
            Self::Waited => "time waited",
        }
    }
    /// What is said of an end, and goes with it.
    const OF_AN_END: [Self; 8] = [
        Self::Status,
        Self::Code,
        Self::InnerCode,
        Self::Message,
        Self::InnerMessage,
        Self::Gate,
        Self::Rules,
        Self::Mark,
    ];

    /// Several, in few words: with the end of a step goes all that is said of a refusal, and with files their number.
    pub(crate) fn in_few_words(aspects: &[Self]) -> String {
        let ends = aspects.contains(&Self::Status);
        let files = aspects.contains(&Self::Files);
        let rest = aspects.iter().filter(|aspect| {
            let of_the_end = ends && Self::OF_AN_END.contains(aspect);
            !(of_the_end || files && **aspect == Self::Blobs)
        });
        let mut words: Vec<&str> = rest.map(|aspect| aspect.as_str()).collect();
        if ends {
            words.insert(0, "how it ends");
        }
        words.join(", ")
    }
}
