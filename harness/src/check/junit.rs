//! Findings as JUnit XML, as build servers read it: a suite, a case for each drill and for each finding.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::finding::{Finding, Level, Report};
use super::print::plain;
use crate::harmless::legal_in_xml as legal;

/// All of it. Errors that nobody has accepted are failures, what is accepted is skipped; warnings and notes are written to
/// the case's output.
///
/// # Errors
///
/// If it cannot be written, which memory does not refuse.
pub fn junit(report: &Report) -> io::Result<String> {
    let failures = report
        .open()
        .filter(|own| own.level == Level::Error)
        .count()
        .to_string();
    let skipped = report
        .findings
        .iter()
        .filter(|own| own.accepted.is_some())
        .count()
        .to_string();
    let works: Vec<_> = report.drills.iter().filter(|own| own.works).collect();
    let tests = (works.len() + report.findings.len()).to_string();
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites")
        .with_attribute(("name", "azdrill check"))
        .write_inner_content(|xml| {
            xml.create_element("testsuite")
                .with_attribute(("name", legal(&report.command).as_str()))
                .with_attribute(("tests", tests.as_str()))
                .with_attribute(("failures", failures.as_str()))
                .with_attribute(("skipped", skipped.as_str()))
                .write_inner_content(|xml| {
                    for drill in works {
                        xml.create_element("testcase")
                            .with_attribute(("classname", "drill"))
                            .with_attribute(("name", legal(&drill.what).as_str()))
                            .write_empty()?;
                    }
                    report.findings.iter().try_for_each(|own| case(xml, own))
                })?;
            Ok(())
        })?;
    let text = String::from_utf8(xml.into_inner()).map_err(io::Error::other)?;
    Ok(text + "\n")
}

fn case(xml: &mut Writer<Vec<u8>>, own: &Finding) -> io::Result<()> {
    let name = format!("{} ({})", own.title, own.resource);
    let element = xml
        .create_element("testcase")
        .with_attribute(("classname", own.sort.as_str()))
        .with_attribute(("name", legal(&name).as_str()));
    element.write_inner_content(|xml| {
        let told = legal(&plain(own));
        match (&own.accepted, own.level) {
            (Some(why), _) => {
                let skipped = xml.create_element("skipped");
                skipped
                    .with_attribute(("message", legal(why).as_str()))
                    .write_empty()?;
            }
            (None, Level::Error) => {
                let failure = xml
                    .create_element("failure")
                    .with_attribute(("message", legal(&own.title).as_str()));
                failure.write_text_content(BytesText::new(&told))?;
            }
            (None, _) => {
                xml.create_element("system-out")
                    .write_text_content(BytesText::new(&told))?;
            }
        }
        Ok(())
    })?;
    Ok(())
}
