//! `azdrill matrix`.

use std::process::ExitCode;

use azdrill::page::{Ink, Page};
use azdrill::strategy::known::{KNOWN, KnownQuestion};
use azdrill::strategy::text;
use clap::Args;
use serde_json::{Value, json};

use super::argument::Format;
use super::failure::Failure;
use super::output::{show, write};

#[derive(Args)]
pub(super) struct MatrixArguments {
    /// The question to answer; without it, the questions are listed.
    #[arg(long, value_name = "NAME")]
    question: Option<String>,
    /// Only the cells in which the two machines differ, with the rules that make the difference.
    #[arg(long, requires = "question")]
    diff: bool,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &MatrixArguments) -> Result<ExitCode, Failure> {
    let page = Page::of(&std::io::stdout());
    let (text, data) = match &arguments.question {
        None => listed(&page),
        Some(name) if arguments.diff => differing(&page, question(name)?)?,
        Some(name) => whole(&page, question(name)?)?,
    };
    match arguments.format {
        Format::Text => show(&text)?,
        Format::Json => write(&format!("{data:#}\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn question(name: &str) -> Result<KnownQuestion, Failure> {
    let found = KNOWN.into_iter().find(|question| question.name == name);
    found.ok_or_else(|| {
        let known = KNOWN.map(|question| question.name).join(", ");
        Failure::Plain(format!("no question `{name}`; there are {known}"))
    })
}

fn told(question: &KnownQuestion) -> Value {
    json!({"name": question.name, "asked": question.asked, "cells": (question.cells)()})
}

/// A number with a comma at its thousands.
fn counted(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{},{rest:03}", counted(thousands)),
    }
}

fn heading(page: &Page, question: &KnownQuestion) -> String {
    let name = page.ink(Ink::Bold, question.name);
    page.paragraph(&format!("{name}  "), 2, Ink::Plain, question.asked)
}

fn listed(page: &Page) -> (String, Value) {
    let rows = KNOWN.map(|question| {
        let cells = counted((question.cells)());
        [question.name.to_owned(), cells, question.asked.to_owned()]
    });
    let text = page.table(0, ["question", "cells", "what is asked in each"], &rows);
    (text, json!(KNOWN.map(|question| told(&question))))
}

fn whole(page: &Page, question: KnownQuestion) -> Result<(String, Value), Failure> {
    let matrices = (question.matrices)().map_err(|error| error.to_string())?;
    let mut text = heading(page, &question);
    for matrix in &matrices {
        text += &format!("\n{}", text::table(page, matrix));
    }
    let mut data = told(&question);
    data["matrices"] = json!(matrices);
    Ok((text, data))
}

fn differing(page: &Page, question: KnownQuestion) -> Result<(String, Value), Failure> {
    let found = (question.differences)().map_err(|error| error.to_string())?;
    let mut text = heading(page, &question);
    let (differing, cells) = (counted(found.differing), counted(found.cells));
    let of = found.of.join(" by ");
    let told_of =
        format!("The machines differ in {differing} of {cells} cells: {of}. What is not named is in order.");
    text += &format!("\n{}", page.paragraph("", 0, Ink::Plain, &told_of));
    if !found.differences.is_empty() {
        text += &text::differences(page, &found.differences);
    }
    let mut data = told(&question);
    data["differing"] = json!(found.differing);
    data["of"] = json!({"cells": found.cells, "settings": found.of});
    data["differences"] = json!(found.differences);
    Ok((text, data))
}
