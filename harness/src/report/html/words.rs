//! What every part of the page says in the same way.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::{ScenarioFinding, StepFinding};
use crate::run::{Aspect, Taken};

/// How sure something is, the surest first.
pub(super) const MARKS: [(&str, &str); 6] = [
    ("recorded", "recorded traffic shows it"),
    ("code", "the code of a client or a provider says so"),
    ("doc", "a Microsoft document says so"),
    ("reported", "somebody reported it"),
    ("inferred", "it is inferred from what is known"),
    ("unverified", "nobody we know of has checked it"),
];

/// How far two machines are from each other, the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Distance {
    /// They do the same.
    None,
    /// They end alike, and say or take something else on the way.
    Words,
    /// They end alike, and other files, blobs or rows are there.
    Results,
    /// One ends otherwise than the other.
    End,
}

impl Distance {
    /// Of some aspects in which they differ.
    pub(super) fn of(aspects: &[Aspect]) -> Self {
        let gravest = aspects.iter().map(|aspect| match aspect {
            Aspect::Status | Aspect::Code => Self::End,
            Aspect::Files | Aspect::Blobs | Aspect::Count | Aspect::Rows => Self::Results,
            _ => Self::Words,
        });
        gravest.max().unwrap_or(Self::None)
    }

    /// Of a scenario: that of its step where they are furthest from each other.
    pub(super) fn of_scenario(scenario: &ScenarioFinding) -> Self {
        let steps = scenario.steps.iter().map(|step| Self::of(&step.differs));
        steps.max().unwrap_or(Self::None)
    }

    /// The words for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "the same",
            Self::Words => "said otherwise",
            Self::Results => "other files",
            Self::End => "ends otherwise",
        }
    }

    /// A sign beside the words.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::None => "=",
            Self::Words => "≈",
            Self::Results | Self::End => "≠",
        }
    }

    /// A word for the style sheet and the filter.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::None => "same",
            Self::Words => "said",
            Self::Results => "files",
            Self::End => "end",
        }
    }
}

/// How far the machines are from each other, as a tag.
pub(super) fn distance(distance: Distance) -> Markup {
    html! {
        span class={ "tag distance " (distance.class()) } {
            span aria-hidden="true" { (distance.sign()) } " " (distance.as_str())
        }
    }
}

/// How sure something is, as a tag.
pub(super) fn mark(mark: &str) -> Markup {
    html! { @if !mark.is_empty() { span class="tag mark" { (mark) } } }
}

/// A sentence, in which what stands between backticks is code.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// How long a word may be that is torn nowhere.
const UNBROKEN: usize = 24;

/// A text whose long codes are torn between their words, where they do not fit.
pub(super) fn breakable(text: &str) -> Markup {
    let mut pieces = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let mut before = ' ';
        for letter in word.chars() {
            let begins = letter.is_ascii_uppercase() && before.is_ascii_lowercase();
            if begins && word.len() > UNBROKEN {
                pieces.push(String::new());
            }
            // There is one from the beginning.
            if let Some(piece) = pieces.last_mut() {
                piece.push(letter);
            }
            before = letter;
        }
    }
    html! {
        @for (index, piece) in pieces.iter().enumerate() {
            @if index > 0 { wbr; }
            (piece)
        }
    }
}

/// An identifier's words.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Where something is on the page. Files may be called anything, and an address not: what it could not hold, and what
/// the page's own words are put together with, is written by its number.
pub(super) fn anchor(kind: &str, name: &str) -> String {
    let mut anchor = format!("{kind}-");
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() || "-_/".contains(letter) {
            anchor.push(letter);
        } else {
            // Writing into a text does not fail.
            let _ = write!(anchor, "~{:x}~", u32::from(letter));
        }
    }
    anchor
}

/// Where a step is on the page.
pub(super) fn step_anchor(scenario: &str, number: usize) -> String {
    format!("{}.step-{number}", anchor("scenario", scenario))
}

/// A link to a rule.
pub(super) fn rule_link(rule: &str) -> Markup {
    html! { a class="id" href={ "#" (anchor("rule", rule)) } { (rule) } }
}

/// Links to rules.
pub(super) fn rule_links<'a>(rules: impl Iterator<Item = &'a str>) -> Markup {
    separated(rules.map(rule_link), ", ")
}

/// A link to a scenario.
pub(super) fn scenario_link(scenario: &str) -> Markup {
    html! { a href={ "#" (anchor("scenario", scenario)) } { (scenario) } }
}

/// Parts with something between them.
pub(super) fn separated(parts: impl Iterator<Item = Markup>, between: &str) -> Markup {
    html! {
        @for (index, part) in parts.enumerate() {
            @if index > 0 { (between) }
            (part)
        }
    }
}

/// A source's key, its title and its date, from the text that has them all.
pub(super) fn source_parts(source: &str) -> (&str, &str, &str) {
    let (key, title) = source.split_once(": ").unwrap_or((source, ""));
    let dated = title.strip_suffix(')').and_then(|title| title.rsplit_once(" ("));
    match dated {
        Some((title, date)) => (key, title, date),
        None => (key, title, ""),
    }
}

/// Links to sources, with their dates.
pub(super) fn sources(sources: &[String]) -> Markup {
    let links = sources.iter().map(|source| {
        let (key, _, date) = source_parts(source);
        html! {
            a class="source" href={ "#" (anchor("source", key)) } { (key) }
            @if !date.is_empty() { " (" (date) ")" }
        }
    });
    separated(links, ", ")
}

/// What a rule is taken with.
pub(super) fn taken(taken: &Taken) -> Markup {
    html! {
        strong { (words(&taken.alternative)) } " " (mark(&taken.mark))
        @if !taken.sources.is_empty() { span class="cited" { "read in " (sources(&taken.sources)) } }
    }
}

/// A link that leads to where it stands, to be copied.
pub(super) fn permalink(id: &str, what: &str) -> Markup {
    html! { p class="permalink" { a href={ "#" (id) } { "Link to " (what) } } }
}

/// A table or picture that may be wider than the page, which moves inside a frame then.
pub(super) fn frame(label: &str, inside: &Markup) -> Markup {
    html! { div class="frame" role="region" aria-label=(label) tabindex="0" { (inside) } }
}

/// A number with its noun.
pub(super) fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// A span of time as a person says it.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    let parts = |large: u64, large_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {large_unit}"),
        small => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match (days, hours, minutes) {
        (0, 0, 0) if whole == 0 && seconds > 0.0 => "under 1 s".to_owned(),
        (0, 0, 0) => format!("{whole} s"),
        (0, 0, minutes) => parts(minutes, "min", whole % 60, "s"),
        (0, hours, minutes) => parts(hours, "h", minutes, "min"),
        (days, hours, _) => parts(days, "d", hours, "h"),
    }
}

/// The rules that make a difference, and in what it lies.
pub(super) fn because(step: &StepFinding) -> Markup {
    let causes = step.because.iter().map(|because| {
        let rules = because.rules.iter().map(|rule| rule_link(rule.as_str()));
        html! { (separated(rules, " with ")) " (" (Aspect::in_few_words(&because.aspects)) ")" }
    });
    html! {
        (separated(causes, "; "))
        @if !step.unexplained.is_empty() {
            @if !step.because.is_empty() { "; " }
            "no rule was found (" (Aspect::in_few_words(&step.unexplained)) ")"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_is_said_as_a_person_would() {
        let said = [0.0, 0.4, 41.0, 941.2, 7_380.0, 86_400.0, 6_048_041.0].map(duration);
        assert_eq!(
            said,
            [
                "0 s",
                "under 1 s",
                "41 s",
                "15 min 41 s",
                "2 h 3 min",
                "1 d",
                "70 d"
            ]
        );
    }

    #[test]
    fn a_long_code_is_torn_between_its_words() {
        let code =
            breakable("Failed: UserErrorMissingRequiredPermissions / AuthorizationFailed").into_string();
        let torn = "Failed: User<wbr>Error<wbr>Missing<wbr>Required<wbr>Permissions / AuthorizationFailed";
        assert_eq!(code, torn);
    }

    #[test]
    fn a_source_has_a_key_a_title_and_a_date() {
        let source = "D-FX: azure-docs: backup (flexible) (2026-02-06)";
        assert_eq!(
            source_parts(source),
            ("D-FX", "azure-docs: backup (flexible)", "2026-02-06")
        );
        assert_eq!(source_parts("D-FX"), ("D-FX", "", ""));
    }
}
