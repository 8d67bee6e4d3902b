//! That the table of what the tools can configure says what its rows say.

use azdrill_emulator::rules::{Assumptions, Configures, Profile, Rules, Tools};

use crate::source::root;

/// The table as it stands in `docs/tools.md`: a row a setting, a column a tool.
fn table(tools: &Tools) -> String {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let head = tools.tools.iter().map(|tool| format!("`{}`", tool.name));
    let mut text = row(["setting".to_owned()].into_iter().chain(head).collect());
    text += &format!("|---|{}\n", "---|".repeat(tools.tools.len()));
    for setting in &tools.settings {
        let cells = tools
            .tools
            .iter()
            .map(|tool| match tools.answer(&tool.name, &setting.name) {
                Some(answer) if answer.answer == Configures::OnlyBy => {
                    format!("only by {}", answer.by.as_deref().unwrap_or_default())
                }
                Some(answer) => answer.answer.as_str().to_owned(),
                None => String::new(),
            });
        text += &row([setting.title.clone()].into_iter().chain(cells).collect());
    }
    text
}

/// `AZDRILL_WRITE_TOOLS=1` writes it anew.
#[test]
fn the_table_of_tools_is_that_of_the_rows() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let table = table(&rules.tools().unwrap());
    let file = root().join("docs/tools.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let begin = text.find("| setting |").unwrap();
    let kept: String = text[begin..]
        .lines()
        .take_while(|line| line.starts_with('|'))
        .map(|line| format!("{line}\n"))
        .collect();
    if std::env::var_os("AZDRILL_WRITE_TOOLS").is_some() {
        std::fs::write(&file, text.replace(&kept, &table)).unwrap();
    } else {
        assert_eq!(kept, table, "AZDRILL_WRITE_TOOLS=1 writes docs/tools.md anew");
    }
}
