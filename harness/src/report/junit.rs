//! Findings as JUnit XML, as build servers read it: a suite a topic, a case a scenario. Without times and dates, so
//! that it is the same each time.

use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{DidFinding, Findings, NotPlayed, ScenarioFinding, StepFinding};
use crate::harmless::legal_in_xml as legal;
use crate::run::Aspect;

type Xml = Writer<Vec<u8>>;

/// A case of a suite.
enum Case<'a> {
    Played(&'a ScenarioFinding),
    NotPlayed(&'a NotPlayed),
}

/// All of it.
///
/// # Errors
///
/// If it cannot be written, which memory does not refuse.
pub fn junit(findings: &Findings) -> io::Result<String> {
    let mut suites: BTreeMap<&str, Vec<Case<'_>>> = BTreeMap::new();
    for scenario in &findings.scenarios {
        let suite = suites.entry(&scenario.topic).or_default();
        suite.push(Case::Played(scenario));
    }
    for left_out in &findings.not_played {
        let suite = suites.entry(&left_out.topic).or_default();
        suite.push(Case::NotPlayed(left_out));
    }
    let all = suites.values().flatten();
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites")
        .with_attribute(("name", "azdrill"))
        // Schemas of suites know how many were skipped, and that of all of them does not.
        .with_attributes(borrowed(&counts(all)[..3]))
        .write_inner_content(|xml| {
            let mut suites = suites.iter();
            suites.try_for_each(|(topic, cases)| suite(xml, topic, cases))
        })?;
    let text = String::from_utf8(xml.into_inner()).map_err(io::Error::other)?;
    Ok(text + "\n")
}

fn suite(xml: &mut Xml, topic: &str, cases: &[Case<'_>]) -> io::Result<()> {
    xml.create_element("testsuite")
        .with_attribute(("name", legal(topic).as_str()))
        .with_attributes(borrowed(&counts(cases.iter())))
        .write_inner_content(|xml| {
            let mut cases = cases.iter();
            cases.try_for_each(|case| match case {
                Case::Played(scenario) => played(xml, scenario),
                Case::NotPlayed(left_out) => skipped(xml, left_out),
            })
        })?;
    Ok(())
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case<'a>>) -> [(&'static str, String); 4] {
    let (mut tests, mut failures, mut skipped) = (0_usize, 0_usize, 0_usize);
    for case in cases {
        tests += 1;
        match case {
            Case::Played(scenario) if !scenario.held => failures += 1,
            Case::Played(_) => {}
            Case::NotPlayed(_) => skipped += 1,
        }
    }
    [
        ("tests", tests.to_string()),
        ("failures", failures.to_string()),
        ("errors", "0".to_owned()),
        ("skipped", skipped.to_string()),
    ]
}

fn borrowed<'a>(attributes: &'a [(&'static str, String)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    attributes.iter().map(|(name, value)| (*name, value.as_str()))
}

/// The attributes of a case. Names are those of files, which may be called anything.
fn named(topic: &str, name: &str) -> [(&'static str, String); 2] {
    [
        ("classname", format!("azdrill.{}", legal(topic))),
        ("name", legal(name)),
    ]
}

fn played(xml: &mut Xml, scenario: &ScenarioFinding) -> io::Result<()> {
    xml.create_element("testcase")
        .with_attributes(borrowed(&named(&scenario.topic, &scenario.name)))
        .write_inner_content(|xml| {
            if !scenario.held {
                failure(xml, scenario)?;
            }
            text(xml, "system-out", &told(scenario))
        })?;
    Ok(())
}

fn skipped(xml: &mut Xml, left_out: &NotPlayed) -> io::Result<()> {
    let why = legal(&left_out.why);
    xml.create_element("testcase")
        .with_attributes(borrowed(&named(&left_out.topic, &left_out.name)))
        .write_inner_content(|xml| {
            xml.create_element("skipped")
                .with_attribute(("message", why.as_str()))
                .write_empty()?;
            Ok(())
        })?;
    Ok(())
}

/// What was expected, and did not come of it.
fn failure(xml: &mut Xml, scenario: &ScenarioFinding) -> io::Result<()> {
    let mut lines = Vec::new();
    for step in &scenario.steps {
        for (machine, did) in [("documented", &step.documented), ("observed", &step.observed)] {
            for missed in &did.missed {
                lines.push(format!(
                    "step {}, {}, {machine} machine: {missed}",
                    step.number, step.title
                ));
            }
            if !did.missed.is_empty() && !did.expected.is_empty() {
                lines.push(format!("  expected {}; it was {}", did.expected, did.brief));
            }
        }
    }
    let first = lines
        .first()
        .map_or("an expectation did not hold", String::as_str);
    let (first, all) = (legal(first), legal(&lines.join("\n")));
    xml.create_element("failure")
        .with_attribute(("type", "expectation"))
        .with_attribute(("message", first.as_str()))
        .write_text_content(BytesText::new(&all))?;
    Ok(())
}

/// The claim, and in what the machines differ.
fn told(scenario: &ScenarioFinding) -> String {
    let mut told = scenario.claim.clone();
    for step in scenario.steps.iter().filter(|step| !step.differs.is_empty()) {
        told += &format!(
            "\nstep {}, {}: documented {}; observed {}; {}",
            step.number,
            step.title,
            did(&step.documented, step),
            did(&step.observed, step),
            Aspect::in_few_words(&step.differs),
        );
        let rules = step.because.iter().flat_map(|because| &because.rules);
        let rules: Vec<&str> = rules.map(|rule| rule.as_str()).collect();
        if !rules.is_empty() {
            told += &format!(", by {}", rules.join(", "));
        }
    }
    told
}

fn did(done: &DidFinding, step: &StepFinding) -> String {
    match done.files {
        Some(files) if step.documented.files != step.observed.files => {
            format!("{}, {files} files", done.brief)
        }
        _ => done.brief.clone(),
    }
}

fn text(xml: &mut Xml, name: &str, content: &str) -> io::Result<()> {
    let content = legal(content);
    xml.create_element(name)
        .write_text_content(BytesText::new(&content))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::gathered::gathered;
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_suite_a_topic_and_a_case_a_scenario() {
        let text = junit(gathered().await).expect("written");
        for told in [
            r#"<testsuites name="azdrill" tests="3" failures="0" errors="0">"#,
            r#"<testsuite name="roles" tests="2" failures="0" errors="0" skipped="0">"#,
            r#"<testcase classname="azdrill.roles" name="missing-ltr-role">"#,
            r#"<testcase classname="azdrill.single_server" name="secret-version-pinned">"#,
            r#"<skipped message="it needs rows, "#,
            "documented Failed: UserErrorMSIMissingPermissions / AuthorizationFailed; observed Succeeded",
        ] {
            assert!(text.contains(told), "{told}\n{text}");
        }
        assert!(!text.contains("<failure"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_missed_is_a_failure_and_is_escaped() {
        let mut findings = gathered().await.clone();
        let scenario = &mut findings.scenarios[0];
        scenario.held = false;
        scenario.name = "a\u{1}<b\u{1b}[31m".to_owned();
        let step = &mut scenario.steps[0].observed;
        step.missed = vec!["code: expected `<A & \"B\">`, got `\u{1b}[31m]]>`".to_owned()];
        "Failed: A".clone_into(&mut step.expected);
        let text = junit(&findings).expect("written");
        let told = r#"<failure type="expectation" message="step 1, validate backup, observed machine: code: expected `&lt;A &amp; &quot;B&quot;&gt;`, got `␛[31m]]&gt;`">"#;
        assert!(text.contains(told), "{text}");
        assert!(text.contains(r#"failures="1""#) && text.contains("expected Failed: A; it was Failed: "));
        assert!(!text.contains(['\u{1b}', '\u{1}']) && text.contains("name=\"a␁&lt;b␛[31m\""));
        // It is read again as it was written.
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut depth = 0;
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0);
    }
}
