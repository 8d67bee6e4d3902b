//! `azdrill list --tools`.

use std::process::ExitCode;

use azdrill::page::{Ink, Page};
use azdrill_emulator::rules::{Assumptions, Profile, Rules, ToolAnswer, Tools};
use serde_json::{Value, json};

use super::argument::Format;
use super::failure::Failure;
use super::output::{show, write};

/// Lists what each tool can configure of backups, and what not, or what one of them can.
pub(super) fn run(only: Option<&str>, format: Format) -> Result<ExitCode, Failure> {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).map_err(|error| error.to_string())?;
    let mut tools = rules.tools().map_err(|error| error.to_string())?;
    if let Some(only) = only {
        if !tools.tools.iter().any(|tool| tool.name == only) {
            let names: Vec<&str> = tools.tools.iter().map(|tool| tool.name.as_str()).collect();
            return Err(format!("no tool `{only}`; there are {}", names.join(", ")).into());
        }
        tools.tools.retain(|tool| tool.name == only);
    }
    match format {
        Format::Json => write(&format!("{:#}\n", json!(of_programs(&tools))))?,
        Format::Text => show(&of_people(&tools))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The answers of a tool, in the order of the settings.
fn answers<'a>(tools: &'a Tools, tool: &'a str) -> impl Iterator<Item = (&'a str, &'a ToolAnswer)> {
    tools.settings.iter().filter_map(move |setting| {
        let answer = tools.answer(tool, &setting.name)?;
        Some((setting.title.as_str(), answer))
    })
}

fn of_programs(tools: &Tools) -> Vec<Value> {
    let of_tool = |(title, answer): (&str, &ToolAnswer)| {
        let mut row = json!(answer);
        row["title"] = json!(title);
        row
    };
    let each = tools.tools.iter();
    each.flat_map(|tool| answers(tools, &tool.name).map(of_tool))
        .collect()
}

fn of_people(tools: &Tools) -> String {
    const INDENT: usize = 6;
    let page = Page::of(&std::io::stdout());
    let (mut text, mut count) = (String::new(), 0);
    for tool in &tools.tools {
        text += &format!("{}  {}\n", page.ink(Ink::Bold, &tool.name), tool.title);
        for (title, answer) in answers(tools, &tool.name) {
            count += 1;
            let said = page.ink(Ink::Bold, answer.answer.as_str());
            text += &page.paragraph(&format!("  {said}  "), INDENT, Ink::Plain, title);
            if let Some(by) = &answer.by {
                text += &page.paragraph("      ", INDENT, Ink::Plain, &format!("by {by}"));
            }
            if let Some(note) = &answer.note {
                text += &page.paragraph("      ", INDENT, Ink::Plain, note);
            }
            let since = answer.since.as_ref().map(|version| format!("since {version}"));
            let seen = format!("seen: {}", answer.version);
            let about: Vec<String> = [seen]
                .into_iter()
                .chain(since)
                .chain([answer.mark.to_string(), answer.sources.join(", ")])
                .collect();
            text += &page.paragraph("      ", INDENT, Ink::Dim, &about.join(" · "));
        }
    }
    let of = match tools.tools.len() {
        1 => "1 tool".to_owned(),
        several => format!("{several} tools"),
    };
    text + &format!("{count} answers of {of}; what is not there nobody has looked up\n")
}
