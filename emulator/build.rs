//! Makes a constant of every rule, every error code and every played datasource type that `rules/` has a row for, so that code can name no
//! other, and so that the compiler tells which of them nothing names.
//!
//! It reads no more than the heads of tables and the lines that name and state; everything else is the loader's
//! business, which also checks that both have found the same rows.

#[path = "build_name.rs"]
mod build_name;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Files besides those in `stated/` whose rows are rules.
const TABLES: [&str; 3] = ["network.toml", "database_network.toml", "server_settings.toml"];
/// The file whose played rows are datasource types.
const DATASOURCES: &str = "datasources.toml";
/// The file of what is not played: its rows are texts of azdrill's own, and no rules.
const NOT_PLAYED: &str = "not_played.toml";
/// Files that tell of rules, and make no use of them.
const TOLD: [&str; 3] = ["fixes.toml", "differences.toml", "open_points.toml"];
/// Tables whose rows are found by what they say, so that code need not name them.
const FOUND_BY_CHECK: [&str; 5] = [
    "prerequisite",
    "storage",
    "key_vault",
    "single_server",
    "flexible_server",
];

/// A row: the table it stands in, its name, what it says.
struct Row {
    table: String,
    name: String,
    says: String,
}

fn main() -> io::Result<()> {
    let folder = Path::new("rules");
    build_name::tell()?;
    let stated = files(&folder.join("stated"), "")?;
    let errors = files(folder, "errors")?;
    let tables = TABLES.map(|name| folder.join(name));
    let all = files(folder, "")?
        .into_iter()
        .chain(files(&folder.join("bodies"), "")?);
    let mut named_by_rows = BTreeSet::new();
    for path in all
        .chain(stated.clone())
        .filter(|path| !TOLD.iter().any(|name| path.ends_with(name)))
    {
        named_by_rows.extend(references(&fs::read_to_string(path)?));
    }
    let roles = fs::read_to_string(folder.join("roles/otherwise.txt"))?;
    named_by_rows.extend(roles.split(['\t', '\n']).map(str::to_owned));
    let rules = rows(stated.iter().chain(&tables), "id", "statement")?;
    let codes = rows(errors.iter(), "code", "message")?;
    let datasources = rows([folder.join(DATASOURCES)].iter(), "name", "is")?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?);
    // What an error's row says is a rule as well, for whatever has no other.
    let all = rules.iter().chain(&codes).map(|row| row.name.as_str());
    let rules = list("RuleId", all.collect())
        + &constants(&rules, "RuleId", |row| {
            FOUND_BY_CHECK.contains(&&*row.table) || named_by_rows.contains(&row.name)
        });
    let names = list("Code", codes.iter().map(|row| row.name.as_str()).collect());
    let codes = names + &constants(&codes, "Code", |row| named_by_rows.contains(&row.name));
    fs::write(out.join("rule.rs"), rules)?;
    fs::write(out.join("code.rs"), codes)?;
    let names = list(
        "DatasourceName",
        datasources.iter().map(|row| row.name.as_str()).collect(),
    );
    let datasources = names + &constants(&datasources, "DatasourceName", |_| false);
    fs::write(out.join("datasource.rs"), datasources)?;
    fs::write(out.join("unplayed.rs"), unplayed(&folder.join(NOT_PLAYED))?)?;
    fs::write(out.join("stated.rs"), texts(&stated)?)?;
    fs::write(out.join("errors.rs"), texts(&errors)?)
}

/// The TOML files of a folder that begin so, in the order of their names.
fn files(folder: &Path, begins: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with(begins) && name.ends_with(".toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The text between the first quotes of a line.
fn quoted(line: &str) -> Option<&str> {
    line.split('"').nth(1)
}

/// The texts other rows refer to errors by: whatever follows `code = ` (or the like) anywhere but at the
/// beginning of an error's own row.
fn references(text: &str) -> BTreeSet<String> {
    let table = |line: &str| line.starts_with("[[");
    let mut in_errors = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if table(line) {
            in_errors = line == "[[error]]";
        }
        // A row does not name itself.
        if !in_errors && !line.starts_with("id = ") {
            found.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// The rows of these files.
fn rows<'a>(paths: impl Iterator<Item = &'a PathBuf>, name: &str, says: &str) -> io::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for path in paths {
        let text = fs::read_to_string(path)?;
        let mut table = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let key = line.split_once('=').map(|(key, _)| key.trim());
            if let Some(head) = line.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
                head.clone_into(&mut table);
            } else if key == Some(name) {
                rows.push(Row {
                    table: table.clone(),
                    name: quoted(line).unwrap_or_default().to_owned(),
                    says: String::new(),
                });
            } else if (key == Some(says) || matches!(key, Some("reason" | "because")))
                && let Some(row) = rows.last_mut()
            {
                let first = match line.ends_with("= \"\"\"") {
                    // A text of several lines begins on the next.
                    true => lines.next().map(|line| line.trim_end_matches('\\')),
                    false => quoted(line),
                };
                first.unwrap_or_default().clone_into(&mut row.says);
            }
        }
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rows)
}

/// A list of all names.
fn list(of: &str, mut names: Vec<&str>) -> String {
    names.sort_unstable();
    let mut text = format!("pub(super) static ALL: [{of}; {}] = [\n", names.len());
    for name in names {
        let _ = writeln!(text, "    {of}({name:?}),");
    }
    text + "];\n"
}

/// A constant for each row.
fn constants(rows: &[Row], of: &str, needs_no_code: impl Fn(&Row) -> bool) -> String {
    let mut text = String::new();
    for row in rows {
        let says = row.says.replace(['[', ']', '<', '>', '`'], "");
        let allow = if needs_no_code(row) {
            "#[allow(dead_code)]\n"
        } else {
            ""
        };
        let constant = row.name.replace('-', "_");
        let _ = writeln!(
            text,
            "/// {says}\n{allow}pub(crate) const {constant}: {of} = {of}({:?});",
            row.name
        );
    }
    text
}

/// What is not played, each with its text.
fn unplayed(file: &PathBuf) -> io::Result<String> {
    let mut text = String::new();
    for row in rows([file].into_iter(), "name", "what")? {
        let (name, what) = (&row.name, &row.says);
        let told = what.replace(['[', ']', '<', '>', '`'], "");
        let _ = writeln!(
            text,
            "/// {told}\npub(crate) const {name}: Unplayed = Unplayed({what:?});"
        );
    }
    Ok(text)
}

/// Names and texts of these files, to be read by the loader.
fn texts(paths: &[PathBuf]) -> io::Result<String> {
    let mut text = String::from("[\n");
    for path in paths {
        let name = path.strip_prefix("rules").unwrap_or(path).display().to_string();
        let path = fs::canonicalize(path)?;
        let _ = writeln!(
            text,
            "    ({name:?}, include_str!({:?})),",
            path.display().to_string()
        );
    }
    text.push_str("]\n");
    Ok(text)
}
