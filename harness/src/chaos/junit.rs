//! Judgements as JUnit XML, as build servers read it: a suite, and a case for each plan.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::Judged;
use crate::harmless::legal_in_xml as legal;

/// All of it. What the command wrote is not in it: that may be anything.
///
/// # Errors
///
/// If it cannot be written, which memory does not refuse.
pub fn junit(command: &str, judged: &[Judged]) -> io::Result<String> {
    let failures = judged.iter().filter(|own| !own.held()).count().to_string();
    let skipped = judged.iter().filter(|own| !own.met).count().to_string();
    let tests = judged.len().to_string();
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites")
        .with_attribute(("name", "azdrill"))
        .write_inner_content(|xml| {
            xml.create_element("testsuite")
                .with_attribute(("name", legal(command).as_str()))
                .with_attribute(("tests", tests.as_str()))
                .with_attribute(("failures", failures.as_str()))
                .with_attribute(("skipped", skipped.as_str()))
                .write_inner_content(|xml| judged.iter().try_for_each(|own| case(xml, own)))?;
            Ok(())
        })?;
    let text = String::from_utf8(xml.into_inner()).map_err(io::Error::other)?;
    Ok(text + "\n")
}

fn case(xml: &mut Writer<Vec<u8>>, own: &Judged) -> io::Result<()> {
    let time = format!("{:.3}", own.seconds);
    let element = xml
        .create_element("testcase")
        .with_attribute(("classname", "chaos"))
        .with_attribute(("name", legal(&own.plan.name).as_str()))
        .with_attribute(("time", time.as_str()));
    let missed: Vec<String> = own
        .missed()
        .map(|(judgement, why)| format!("{}: {why}", judgement.as_str()))
        .collect();
    if !own.met {
        element.write_inner_content(|xml| {
            let skipped = xml.create_element("skipped");
            skipped
                .with_attribute(("message", "no fault of it struck"))
                .write_empty()?;
            Ok(())
        })?;
    } else if missed.is_empty() {
        element.write_empty()?;
    } else {
        element.write_inner_content(|xml| {
            let failure = xml
                .create_element("failure")
                .with_attribute(("message", legal(&own.plan.title).as_str()));
            failure.write_text_content(BytesText::new(&legal(&missed.join("\n"))))?;
            Ok(())
        })?;
    }
    Ok(())
}
