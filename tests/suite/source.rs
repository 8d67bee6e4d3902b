//! Reading the project's own source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A Rust file.
pub(crate) struct Source {
    /// Its path below the project's folder, with `/` between folders.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
}

impl Source {
    /// The lines, without what follows `//`. Texts that hold `//` are cut too; no rule minds.
    pub(crate) fn code(&self) -> String {
        let lines = self.text.lines();
        let lines = lines.map(|line| line.split_once("//").map_or(line, |(code, _)| code));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The module a file of a crate is, e.g. `services::storage`.
    pub(crate) fn module(&self) -> Vec<String> {
        let inside = self.path.split_once("/src/").map_or("", |(_, inside)| inside);
        let inside = inside.trim_end_matches(".rs").trim_end_matches("/mod");
        inside
            .split('/')
            .filter(|part| !matches!(*part, "lib" | "main" | "mod"))
            .map(str::to_owned)
            .collect()
    }

    /// Every path of the crate and of other crates the file names, from its root: what `use` says,
    /// with `self` and `super` resolved, and every `crate::…` on the way.
    pub(crate) fn paths(&self) -> Vec<String> {
        let code = self.code();
        let mut found = Vec::new();
        for (at, _) in code.match_indices("use ") {
            let line_start = code[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let before = code[line_start..at].trim();
            if !(before.is_empty() || before == "pub" || before.starts_with("pub(")) {
                continue;
            }
            let Some(end) = code[at..].find(';') else { continue };
            let indent = code[line_start..].chars().take_while(|c| *c == ' ').count();
            let mut module = self.module();
            // An indented `use` stands in a module inside the file.
            module.extend((0..indent / 4).map(|_| "inner".to_owned()));
            for path in expand(&code[at + 4..at + end]) {
                found.push(resolve(&module, &path));
            }
        }
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            found.push(rest[..end.unwrap_or(rest.len())].trim_end_matches(':').to_owned());
        }
        for (at, _) in code.match_indices("super::") {
            let rest = &code[at..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            let before = code[..at].chars().next_back();
            if before.is_none_or(|c| !(c == ':' || c.is_alphanumeric())) {
                found.push(resolve(
                    &self.module(),
                    rest[..end.unwrap_or(rest.len())].trim_end_matches(':'),
                ));
            }
        }
        found
    }
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
pub(crate) fn expand(tree: &str) -> Vec<String> {
    let tree: String = tree.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((prefix, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.trim().to_owned()];
    };
    let inside = rest.trim_end().trim_end_matches('}');
    // The last brace closes the first one; put back what a nested list lost.
    let closed = inside.matches('{').count() - inside.matches('}').count();
    let inside = format!("{inside}{}", "}".repeat(closed));
    let mut parts = Vec::new();
    let (mut depth, mut part) = (0, String::new());
    for c in inside.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .flat_map(expand)
        .map(|path| format!("{}{path}", prefix.trim()))
        .collect()
}

pub(crate) fn resolve(module: &[String], path: &str) -> String {
    let mut module = module.to_vec();
    let mut segments = path.split("::").peekable();
    match segments.peek() {
        Some(&"self") => {
            segments.next();
        }
        Some(&"super") => {
            while segments.peek() == Some(&"super") {
                segments.next();
                module.pop();
            }
        }
        _ => return path.to_owned(),
    }
    let whole = std::iter::once("crate")
        .chain(module.iter().map(String::as_str))
        .chain(segments);
    whole.collect::<Vec<_>>().join("::")
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder of the project, by path.
pub(crate) fn rust_files(below: &str) -> Vec<Source> {
    let mut found = BTreeMap::new();
    collect(&root().join(below), &mut found);
    assert!(!found.is_empty(), "no Rust file below {below}");
    let sources = found.into_iter().map(|(path, text)| {
        let path = path.strip_prefix(root()).unwrap();
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        Source {
            path: parts.join("/"),
            text,
        }
    });
    sources.collect()
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.insert(path, text);
        }
    }
}

fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn use_trees_are_expanded_and_resolved() {
    let text = "use super::{b, c::{self, D}};\n    use super::*;\nuse crate::{e::{f, g}, h};\npub use x::Y as Z;\nlet a = crate::services::storage::S; super::super::postgres::go();\n// use crate::commented;\n";
    let found = source("emulator/src/services/a/mod.rs", text).paths();
    for wanted in [
        "crate::services::b",
        "crate::services::c::self",
        "crate::services::c::D",
        "crate::services::a::*",
        "crate::e::f",
        "crate::e::g",
        "crate::h",
        "x::Y",
        "crate::services::storage::S",
        "crate::postgres::go",
    ] {
        assert!(
            found.iter().any(|path| path == wanted),
            "{wanted} is not among {found:?}"
        );
    }
    assert!(!found.iter().any(|path| path.contains("commented")));
}
