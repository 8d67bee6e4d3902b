//! What a template of a deployment may say, and what it can ask for besides.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;

const FILE: &str = "deployments.toml";

/// Facts about deployments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentFacts {
    /// The template language.
    pub language: TemplateLanguage,
    /// Members of a template.
    pub template: TemplateMembers,
    /// Members of a template's resource.
    pub resource: TemplateResourceMembers,
    /// Loops of resources.
    #[serde(rename = "loop")]
    pub repeated: TemplateLoop,
    /// The functions of the language.
    pub functions: TemplateFunctions,
    /// Members of a parameter, or of a definition.
    pub declaration: DeclarationMembers,
    /// Members of an output, besides those of a declaration.
    pub output: DeclarationMembers,
    /// What stands for extensions, which are not played.
    pub extensions: TemplateExtensions,
    environment: Environment,
}

/// The template language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateLanguage {
    /// Its versions.
    pub versions: Vec<String>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

/// Members of a template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateMembers {
    /// Those that are texts.
    pub texts: Vec<String>,
    /// The others, without those that stand for extensions.
    pub others: Vec<String>,
    /// Those that must be there.
    pub required: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    sources: Vec<String>,
}

/// Loops of resources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateLoop {
    /// How its turns may follow each other.
    pub modes: Vec<String>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

/// The functions of the language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateFunctions {
    takes: BTreeMap<String, Vec<usize>>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

impl TemplateFunctions {
    /// How many arguments a function takes at least, and at most if there is a most; `None`: there is no
    /// such function.
    pub fn takes(&self, name: &str) -> Option<(usize, Option<usize>)> {
        let known = |name: &str| match self.takes.get(name)?[..] {
            [least] => Some((least, None)),
            [least, most] => Some((least, Some(most))),
            _ => None,
        };
        let name = name.to_ascii_lowercase();
        known(&name).or_else(|| name.starts_with("list").then(|| known("list")).flatten())
    }

    /// Their names, in lower case.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.takes.keys().map(String::as_str)
    }
}

/// Members of a template's resource.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateResourceMembers {
    /// Those that are no part of the body it is put with.
    pub own: Vec<String>,
    /// Those of the body.
    pub body: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    sources: Vec<String>,
}

/// Members of what a template declares.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationMembers {
    /// Their names.
    pub members: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    sources: Vec<String>,
}

/// What stands for extensions, which are not played.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateExtensions {
    /// Members of a template.
    pub template: Vec<String>,
    /// Members of a resource.
    pub resource: Vec<String>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    value: Value,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

impl DeploymentFacts {
    /// What `environment()` shows.
    pub fn environment(&self) -> &Value {
        &self.environment.value
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<DeploymentFacts, RulesError> {
    let mut facts: DeploymentFacts = parse(FILE, text)?;
    for (row, sources) in [
        ("language", &facts.language.sources),
        ("template", &facts.template.sources),
        ("resource", &facts.resource.sources),
        ("loop", &facts.repeated.sources),
        ("functions", &facts.functions.sources),
        ("declaration", &facts.declaration.sources),
        ("output", &facts.output.sources),
        ("extensions", &facts.extensions.sources),
        ("environment", &facts.environment.sources),
    ] {
        known.check(FILE, row, sources)?;
    }
    let functions = std::mem::take(&mut facts.functions.takes);
    if let Some((name, _)) = functions.iter().find(|(_, takes)| !is_range(takes)) {
        let text = format!("`{name}` takes no such number of arguments");
        return Err(row_error(FILE, "functions", &text));
    }
    let lower = |(name, takes): (String, _)| (name.to_ascii_lowercase(), takes);
    facts.functions.takes = functions.into_iter().map(lower).collect();
    Ok(facts)
}

/// The least and, if there is one, the most.
fn is_range(takes: &[usize]) -> bool {
    match takes {
        [_] => true,
        [least, most] => least <= most,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::source::test_sources;

    #[test]
    fn every_fact_has_a_source() {
        let sources = test_sources();
        let known = SourceCheck::new(&sources);
        let rows = [
            ("language", "versions = [\"2.0\"]"),
            ("template", "texts = []\nothers = [\"outputs\"]\nrequired = []"),
            ("resource", "own = []\nbody = []"),
            ("loop", "modes = []"),
            ("functions", "takes = {If = [3, 3], concat = [1]}"),
            ("declaration", "members = []"),
            ("output", "members = []"),
            ("extensions", "template = []\nresource = []"),
            ("environment", "value = {}"),
        ];
        let file = |unsourced: &str| -> String {
            let row = |(name, columns): &(&str, &str)| {
                let source = if *name == unsourced { "OTHER" } else { "KNOWN" };
                format!("[{name}]\n{columns}\nmark = \"doc\"\nsources = [\"{source}\"]\n")
            };
            rows.iter().map(row).collect()
        };
        let facts = load(&file(""), &known).expect("loads");
        assert_eq!(facts.template.others, ["outputs"]);
        assert_eq!(facts.functions.takes("iF"), Some((3, Some(3))));
        assert_eq!(facts.functions.takes("concat"), Some((1, None)));
        assert_eq!(facts.functions.takes("listKeys"), None);
        for (name, _) in rows {
            let error = load(&file(name), &known).expect_err("refused").to_string();
            let wanted = format!("row {name}: sources.toml has no `OTHER`");
            assert!(error.contains(&wanted), "{error}");
        }
    }
}
