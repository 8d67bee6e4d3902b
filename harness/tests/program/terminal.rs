//! What is written fits where it is written to.

use crate::start::{azdrill, ended, played};

fn widest(text: &str) -> usize {
    text.lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or_default()
}

/// A terminal of that many columns, by `script` and `stty`; `None` where they are not installed.
fn on_terminal(columns: usize, arguments: &str, variables: &[(&str, &str)]) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_azdrill");
    let line = format!("stty cols {columns} rows 40; exec {program} {arguments}");
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &line, "/dev/null"]);
    for name in ["NO_COLOR", "COLUMNS", "AZDRILL_LOG"] {
        script.env_remove(name);
    }
    let of = azdrill(&[]);
    script.current_dir(of.get_current_dir()?);
    script
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied());
    let output = script.stdin(std::process::Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).replace('\r', ""))
}

fn without_colours(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split("\u{1b}[");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    out
}

#[test]
fn lines_are_as_long_as_the_terminal_is_wide_and_words_are_whole() {
    let mut lists = Vec::new();
    for columns in [80, 100, 110] {
        let Some(text) = on_terminal(columns, "list", &[]) else {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "skipped: `script` is not installed");
            return;
        };
        assert!(text.contains('\u{1b}'), "colours on a terminal");
        let plain = without_colours(&text);
        assert!(widest(&plain) <= columns, "{plain}");
        lists.push(plain.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    }
    // However wide, the same words: none was broken.
    assert!(lists.iter().all(|words| *words == lists[0]));
    for plain in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = on_terminal(80, "list", &[plain]).expect("it was there before");
        assert!(!text.contains('\u{1b}'), "{plain:?}");
    }
    let help = on_terminal(80, "run --help", &[]).expect("it was there before");
    assert!(widest(&without_colours(&help)) <= 80, "{help}");
}

#[test]
fn a_pipe_has_no_colours_and_a_width_of_its_own() {
    let (_, text, _) = played(&["list"]);
    assert!(!text.contains('\u{1b}') && widest(&text) <= 100, "{text}");
    let (_, text, _) = ended(
        &azdrill(&["list"])
            .env("COLUMNS", "60")
            .output()
            .expect("it starts"),
    );
    assert!(widest(&text) <= 60, "{text}");
}
