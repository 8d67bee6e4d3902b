//! Files of one folder import each other in no circle: what two need stands in a third.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, expand, resolve, rust_files};

/// A file, and what it names.
struct File {
    path: String,
    /// What a name it has imported stands for.
    imports: BTreeMap<String, Vec<String>>,
    /// What it imports for itself, and every path in its text.
    names: BTreeSet<Vec<String>>,
}

/// A path's segments without the crate's name; `None` for other crates.
fn segments(path: &str) -> Option<Vec<String>> {
    let rest = path.strip_prefix("crate")?.trim_start_matches("::");
    let all = rest.split("::").map(str::to_owned);
    Some(all.filter(|segment| !segment.is_empty()).collect())
}

/// The code of a file without its tests.
fn untested(source: &Source) -> String {
    let code = source.code();
    let end = code.find("\n#[cfg(test)]\nmod tests").unwrap_or(code.len());
    let mut lines = code[..end].lines().peekable();
    let mut kept = Vec::new();
    while let Some(line) = lines.next() {
        match lines.peek() {
            Some(next) if line.trim() == "#[cfg(test)]" && next.trim_end().ends_with(';') => {
                lines.next();
            }
            _ => kept.push(line),
        }
    }
    kept.join("\n")
}

/// Whether a line begins a `use`, and whether others may see what it brings in.
fn begins_use(line: &str) -> Option<bool> {
    let line = line.trim_start();
    if line.starts_with("use ") {
        return Some(false);
    }
    let rest = line.strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(inside) => inside.split_once(')')?.1,
        None => rest,
    };
    rest.trim_start().starts_with("use ").then_some(true)
}

/// The paths in a text, and single words.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'))
        .map(|word| word.trim_matches(':'))
        .filter(|word| !word.is_empty())
}

impl File {
    fn read(source: &Source, modules: &BTreeSet<Vec<String>>) -> Self {
        let module = source.module();
        let code = untested(source);
        let mut statements: Vec<(bool, usize, String)> = Vec::new();
        let (mut body, mut open) = (String::new(), false);
        for line in code.lines() {
            if open {
                if let Some((_, _, statement)) = statements.last_mut() {
                    statement.push_str(line);
                }
            } else if let Some(seen) = begins_use(line) {
                let indent = line.len() - line.trim_start().len();
                let tree = line.split_once("use ").map_or("", |(_, tree)| tree);
                statements.push((seen, indent / 4, tree.to_owned()));
            } else {
                if !line.trim_end().ends_with(';') || !words(line).any(|word| word == "mod") {
                    body.push_str(line.split_once("pub(in ").map_or(line, |(_, rest)| {
                        rest.split_once(')').map_or(rest, |(_, behind)| behind)
                    }));
                    body.push('\n');
                }
                continue;
            }
            open = !line.contains(';');
        }
        let mentioned: BTreeSet<&str> = words(&body).flat_map(|word| word.split("::").next()).collect();
        let (mut imports, mut names) = (BTreeMap::new(), BTreeSet::new());
        for (seen, depth, tree) in &statements {
            let mut inside = module.clone();
            inside.extend((0..*depth).map(|_| "inner".to_owned()));
            for path in expand(tree.split(';').next().unwrap_or_default()) {
                let path = rooted(&inside, &path, modules);
                let Some(path) = segments(&path) else { continue };
                let name = path.last().cloned().unwrap_or_default();
                if !seen || mentioned.contains(name.as_str()) {
                    names.insert(path.clone());
                }
                if *depth == 0 {
                    imports.insert(name, path);
                }
            }
        }
        let inline = words(&body).filter(|word| word.contains("::"));
        names.extend(inline.filter_map(|word| segments(&rooted(&module, word, modules))));
        Self {
            path: source.path.clone(),
            imports,
            names,
        }
    }
}

/// A path from the crate's root, if it begins at a module below the file's own.
fn rooted(module: &[String], path: &str, modules: &BTreeSet<Vec<String>>) -> String {
    let mut child = module.to_vec();
    child.extend(path.split("::").next().map(str::to_owned));
    if modules.contains(&child) {
        return resolve(module, &format!("self::{path}"));
    }
    resolve(module, path)
}

/// The file a path leads to, past whatever only passes it on.
fn target<'a>(files: &'a BTreeMap<Vec<String>, File>, path: &[String], hops: usize) -> Option<&'a File> {
    let at = (0..=path.len())
        .rev()
        .find(|at| files.contains_key(&path[..*at]))?;
    let file = &files[&path[..at]];
    let passed_on = path.get(at).and_then(|name| file.imports.get(name));
    match passed_on {
        Some(to) if hops > 0 && *to != path => {
            let whole: Vec<String> = to.iter().chain(&path[at + 1..]).cloned().collect();
            target(files, &whole, hops - 1)
        }
        _ => Some(file),
    }
}

/// The files of a crate, by module.
fn files(sources: &[Source]) -> BTreeMap<Vec<String>, File> {
    let modules: BTreeSet<Vec<String>> = sources.iter().map(Source::module).collect();
    let read = |source: &Source| (source.module(), File::read(source, &modules));
    sources.iter().map(read).collect()
}

/// Which file of a folder names which others of it.
fn named(files: &BTreeMap<Vec<String>, File>, folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let inside = |path: &str| path.starts_with(&format!("{folder}/"));
    let of = |file: &File| {
        let named = file.names.iter().filter_map(|path| target(files, path, 8));
        named
            .filter(|other| other.path != file.path && inside(&other.path))
            .map(|other| other.path.clone())
            .collect()
    };
    let theirs = files.values().filter(|file| inside(&file.path));
    theirs.map(|file| (file.path.clone(), of(file))).collect()
}

fn reached<'a>(named: &'a BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&str> = named[from].iter().map(String::as_str).collect();
    while let Some(path) = next.pop() {
        if found.insert(path) {
            next.extend(named[path].iter().map(String::as_str));
        }
    }
    found
}

/// The files that lead back to themselves, each with what it names on the way.
fn circles(files: &BTreeMap<Vec<String>, File>, folder: &str) -> Vec<String> {
    let named = named(files, folder);
    let reach: BTreeMap<&str, BTreeSet<&str>> = named
        .keys()
        .map(|path| (path.as_str(), reached(&named, path)))
        .collect();
    let mut found = Vec::new();
    for (path, others) in &named {
        let back = others
            .iter()
            .filter(|other| reach[other.as_str()].contains(path.as_str()));
        found.extend(back.map(|other| format!("{path} names {other}, which leads back")));
    }
    found
}

/// The code below a folder, but for tests that are files of their own.
fn code_of(folder: &str) -> Vec<Source> {
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/");
    let all = rust_files(folder).into_iter();
    all.filter(|source| !is_test(&source.path)).collect()
}

/// The folders directly below one.
fn folders(files: &BTreeMap<Vec<String>, File>, below: &str) -> BTreeSet<String> {
    let rest = files
        .values()
        .filter_map(|file| file.path.strip_prefix(below)?.strip_prefix('/')?.split_once('/'));
    rest.map(|(folder, _)| folder.to_owned()).collect()
}

/// The circles of folders below one.
fn circles_below(files: &BTreeMap<Vec<String>, File>, below: &str) -> Vec<String> {
    let found = folders(files, below).into_iter();
    found
        .flat_map(|folder| circles(files, &format!("{below}/{folder}")))
        .collect()
}

#[test]
fn files_of_a_folder_name_each_other_in_no_circle() {
    let emulator = files(&code_of("emulator/src"));
    let mut found = circles_below(&emulator, "emulator/src/services");
    for folder in folders(&emulator, "emulator/src") {
        if folder != "services" {
            found.extend(circles(&emulator, &format!("emulator/src/{folder}")));
        }
    }
    let harness = files(&code_of("harness/src"));
    found.extend(circles_below(&harness, "harness/src"));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_circle_is_noticed_through_what_passes_names_on() {
    let file = |path: &str, text: &str| Source {
        path: format!("emulator/src/a/{path}"),
        text: text.to_owned(),
    };
    let leaf = file("leaf.rs", "pub struct Leaf;");
    let passed = |of_one: &str, of_two: &str| {
        let all = [
            file(
                "mod.rs",
                "mod leaf;\nmod one;\nmod two;\n\npub use leaf::Leaf;\npub use one::One;\n",
            ),
            file("one.rs", of_one),
            file("two.rs", of_two),
            Source {
                path: leaf.path.clone(),
                text: leaf.text.clone(),
            },
        ];
        circles(&files(&all), "emulator/src/a")
    };
    let fine = passed("use super::{Leaf, two};", "use super::Leaf;\nfn f() { Leaf }");
    assert_eq!(fine, Vec::<String>::new());
    let wrong = passed("use super::two::f;", "fn f() -> super::One { crate::a::One }");
    assert_eq!(
        wrong,
        [
            "emulator/src/a/one.rs names emulator/src/a/two.rs, which leads back",
            "emulator/src/a/two.rs names emulator/src/a/one.rs, which leads back",
        ]
    );
}
