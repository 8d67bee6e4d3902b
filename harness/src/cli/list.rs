//! `azdrill list`.

use std::path::Path;
use std::process::ExitCode;

use azdrill::page::{Ink, Page};
use clap::Args;
use serde_json::json;

use super::argument::Format;
use super::failure::Failure;
use super::library::library;
use super::output::{show, write};
use super::{list_rules, list_tools};

#[derive(Args)]
pub(super) struct ListArguments {
    /// List the rules instead: where each is found out, how sure it is, and which scenarios show it.
    #[arg(long)]
    rules: bool,
    /// List the tools instead: what azurerm, azapi, az, PowerShell, templates and the portal can configure of backups.
    #[arg(long, conflicts_with = "rules")]
    tools: bool,
    /// Only what is of this topic: of scenarios a folder under `scenarios`, of tools a tool.
    #[arg(long)]
    topic: Option<String>,
    /// How to write the list.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &ListArguments, folder: Option<&Path>) -> Result<ExitCode, Failure> {
    if arguments.rules {
        return list_rules::run(arguments.topic.as_deref(), arguments.format, folder);
    }
    if arguments.tools {
        return list_tools::run(arguments.topic.as_deref(), arguments.format);
    }
    let all = library(folder)?.all()?;
    let mut topics: Vec<String> = all.iter().map(|scenario| scenario.topic.clone()).collect();
    topics.dedup();
    if let Some(topic) = &arguments.topic
        && !topics.contains(topic)
    {
        let text = format!("no topic `{topic}`; there are {}", topics.join(", "));
        return Err(text.into());
    }
    let wanted: Vec<_> = all
        .iter()
        .filter(|scenario| {
            arguments
                .topic
                .as_ref()
                .is_none_or(|topic| *topic == scenario.topic)
        })
        .collect();
    match arguments.format {
        Format::Json => {
            let list: Vec<_> = wanted
                .iter()
                .map(|scenario| {
                    json!({"name": scenario.name, "topic": scenario.topic, "claim": scenario.claim, "about": scenario.about})
                })
                .collect();
            write(&format!("{:#}\n", json!(list)))?;
        }
        Format::Text => {
            let (mut text, mut last) = (String::new(), "");
            let page = Page::of(&std::io::stdout());
            for scenario in &wanted {
                if scenario.topic != last {
                    text += &format!("{}\n", page.ink(Ink::Bold, &scenario.topic));
                    last = &scenario.topic;
                }
                text += &format!("  {}\n", scenario.name);
                text += &page.paragraph("      ", 6, Ink::Plain, &scenario.claim);
            }
            text += &match wanted.len() {
                1 => "1 scenario\n".to_owned(),
                count => format!("{count} scenarios\n"),
            };
            show(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
