//! What templates of deployments can ask for besides what they say themselves.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::Mark;
use super::load::{RulesError, SourceCheck, parse};

const FILE: &str = "deployments.toml";

/// Facts about deployments.
#[derive(Clone, Debug)]
pub struct DeploymentFacts {
    /// Versions of the template language.
    pub languages: Arc<[String]>,
    /// What `environment()` shows.
    pub environment: Value,
    /// Members of what stands in a template.
    pub members: Arc<TemplateMembers>,
}

/// Members of what stands in a template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateMembers {
    /// Of the template itself.
    pub template: Vec<String>,
    /// Of a resource.
    pub resource: Vec<String>,
    /// Of a parameter, or of a definition.
    pub declaration: Vec<String>,
    /// Of an output, besides those of a declaration.
    pub output: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeploymentsFile {
    language: Language,
    members: TemplateMembers,
    environment: Environment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    versions: Vec<String>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    value: Value,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<DeploymentFacts, RulesError> {
    let file: DeploymentsFile = parse(FILE, text)?;
    known.check(FILE, "language", &file.language.sources)?;
    known.check(FILE, "environment", &file.environment.sources)?;
    known.check(FILE, "members", &file.members.sources)?;
    Ok(DeploymentFacts {
        languages: file.language.versions.into(),
        environment: file.environment.value,
        members: file.members.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::load::test_sources;

    #[test]
    fn every_fact_has_a_source() {
        let sources = test_sources();
        let file = |source: &str| {
            format!(
                "[members]\ntemplate = []\nresource = []\ndeclaration = []\noutput = []\nmark = \"doc\"\nsources = [\"KNOWN\"]\n[language]\nversions = [\"2.0\"]\nmark = \"doc\"\nsources = [\"KNOWN\"]\n[environment]\nvalue = {{}}\nmark = \"doc\"\nsources = [\"{source}\"]\n"
            )
        };
        let known = SourceCheck::new(&sources);
        assert_eq!(*load(&file("KNOWN"), &known).expect("loads").languages, ["2.0"]);
        let error = load(&file("OTHER"), &known).expect_err("refused").to_string();
        assert!(
            error.contains("row environment: sources.toml has no `OTHER`"),
            "{error}"
        );
    }
}
