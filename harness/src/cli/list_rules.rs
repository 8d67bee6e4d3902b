//! `azdrill list --rules`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use azdrill::page::{Ink, Page};
use azdrill_emulator::rules::{Assumptions, Profile, Rule, RuleKind, Rules};
use serde_json::{Value, json};

use super::argument::Format;
use super::failure::Failure;
use super::library::library;
use super::output::{show, write};

/// The scenarios that expect a rule or say that they are about it, by the rule.
type Shown = BTreeMap<String, BTreeSet<String>>;

/// Lists every rule: where it is found out, how sure it is, and which scenarios show it.
pub(super) fn run(topic: Option<&str>, format: Format, folder: Option<&Path>) -> Result<ExitCode, Failure> {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).map_err(|error| error.to_string())?;
    let mut shown = Shown::new();
    for scenario in library(folder)?.all()? {
        for rule in scenario.expected_rules().into_iter().chain(scenario.about) {
            shown.entry(rule).or_default().insert(scenario.name.clone());
        }
    }
    // An error's row that says all there is to say is no rule of its own.
    let listed = rules.stated.values().filter(|rule| rule.kind != RuleKind::Error);
    let mut wanted: Vec<&Rule> = listed.collect();
    wanted.sort_by_key(|rule| (&rule.topic, rule.id));
    let topics: BTreeSet<&str> = wanted.iter().map(|rule| rule.topic.as_str()).collect();
    if let Some(topic) = topic {
        if !topics.contains(topic) {
            let topics: Vec<&str> = topics.into_iter().collect();
            return Err(format!(
                "no rule is of the topic `{topic}`; there are {}",
                topics.join(", ")
            )
            .into());
        }
        wanted.retain(|rule| rule.topic == topic);
    }
    match format {
        Format::Json => {
            let list: Vec<Value> = wanted.iter().map(|rule| of_programs(rule, &shown)).collect();
            write(&format!("{:#}\n", json!(list)))?;
        }
        Format::Text => show(&of_people(&wanted, &shown))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn scenarios<'a>(rule: &Rule, shown: &'a Shown) -> Vec<&'a str> {
    let shown = shown.get(rule.id.as_str());
    shown.into_iter().flatten().map(String::as_str).collect()
}

fn stages(rule: &Rule) -> Vec<&'static str> {
    rule.stages.iter().map(|stage| stage.as_str()).collect()
}

fn of_programs(rule: &Rule, shown: &Shown) -> Value {
    let taken = |name: &str| {
        let own = &rule.alternatives[name];
        json!({"alternative": name, "mark": own.mark.as_str(), "sources": own.sources})
    };
    json!({
        "rule": rule.id,
        "kind": rule.kind.as_str(),
        "topic": rule.topic,
        "stages": stages(rule),
        "statement": rule.statement,
        "code": rule.code.map(|code| code.row().wire_code()),
        "documented": taken(&rule.documented),
        "observed": taken(&rule.observed),
        "scenarios": scenarios(rule, shown),
    })
}

fn of_people(rules: &[&Rule], shown: &Shown) -> String {
    const INDENT: usize = 6;
    let page = Page::of(&std::io::stdout());
    let (mut text, mut topic) = (String::new(), "");
    for rule in rules {
        if rule.topic != topic {
            text += &format!("{}\n", page.ink(Ink::Bold, &rule.topic));
            topic = &rule.topic;
        }
        let mark = |name: &str| rule.alternatives[name].mark.as_str();
        let mut about = vec![rule.kind.as_str().to_owned()];
        about.extend((!rule.stages.is_empty()).then(|| stages(rule).join(", ")));
        about.push(if rule.differs() {
            let (documented, observed) = (&rule.documented, &rule.observed);
            format!(
                "documented: {documented} ({}); observed: {observed} ({})",
                mark(documented),
                mark(observed)
            )
        } else {
            mark(&rule.observed).to_owned()
        });
        let id = page.ink(Ink::Bold, rule.id.as_str());
        text += &page.paragraph(&format!("  {id}  "), INDENT, Ink::Dim, &about.join(" · "));
        text += &page.paragraph("      ", INDENT, Ink::Plain, &rule.statement);
        let by = match scenarios(rule, shown).as_slice() {
            [] => "expected by tests, and by no scenario".to_owned(),
            some => format!("shown by {}", some.join(", ")),
        };
        text += &page.paragraph("      ", INDENT, Ink::Dim, &by);
    }
    text + &summary(rules, shown)
}

fn summary(rules: &[&Rule], shown: &Shown) -> String {
    let counted = |count: usize, one: &str, several: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    };
    let by_scenarios = rules
        .iter()
        .filter(|rule| !scenarios(rule, shown).is_empty())
        .count();
    let differ = rules.iter().filter(|rule| rule.differs()).count();
    format!(
        "{}, {by_scenarios} shown by scenarios; documents and observation part over {differ}\n",
        counted(rules.len(), "rule", "rules")
    )
}
