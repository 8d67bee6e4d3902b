//! Members that nothing in a template has, and those that it must have: a template with a typing mistake is
//! refused as a whole.

use serde_json::Value;

use crate::gateway::Refusal;
use crate::rules::{Code, DeploymentFacts, Mark};
use crate::state::field;

/// What is wrong with the members of something.
struct WrongMember {
    what: String,
    /// How sure we are that it is refused.
    mark: Mark,
}

/// Refuses a deployment whose template has a member that there is not, or has not one that must be there, with
/// this row of the errors.
pub(super) fn check(facts: &DeploymentFacts, code: Code, sent: &Value) -> Result<(), Refusal> {
    let template = field(field(sent, "properties"), "template");
    let Err(WrongMember { what, mark }) = of_template(facts, template) else {
        return Ok(());
    };
    let mut refusal = Refusal::of(code, &[("what", &what)]).because(what.clone());
    refusal.mark = refusal.mark.max(mark);
    Err(refusal)
}

fn of_template(facts: &DeploymentFacts, template: &Value) -> Result<(), WrongMember> {
    const PATH: &str = "properties.template";
    let row = &facts.template;
    let known = [&row.texts, &row.others, &facts.extensions.template];
    only(template, &known, ("Template", PATH), row.mark)?;
    let missing = |name: &&String| field(template, name).is_null();
    // A template that is none, or is to be fetched, is refused by who reads it.
    if let Some(name) = row.required.iter().find(missing).filter(|_| template.is_object()) {
        return Err(WrongMember {
            what: format!("Required property '{name}' not found in JSON. Path '{PATH}'."),
            mark: row.mark,
        });
    }
    of_resources(facts, field(template, "resources"), &format!("{PATH}.resources"))?;
    let declared = &facts.declaration;
    let output = [&declared.members, &facts.output.members];
    for (place, of, known, mark) in [
        ("parameters", "TemplateParameter", &output[..1], declared.mark),
        (
            "definitions",
            "TemplateTypeDefinition",
            &output[..1],
            declared.mark,
        ),
        ("outputs", "TemplateOutput", &output[..], facts.output.mark),
    ] {
        for (name, item) in field(template, place).as_object().into_iter().flatten() {
            let path = format!("{PATH}.{place}.{name}");
            only(item, known, (of, &path), mark)?;
        }
    }
    Ok(())
}

/// The resources of a template, and those below them.
fn of_resources(facts: &DeploymentFacts, resources: &Value, path: &str) -> Result<(), WrongMember> {
    let listed = resources.as_array().into_iter().flatten().enumerate();
    let listed = listed.map(|(number, resource)| (resource, format!("{path}[{number}]")));
    let named = resources.as_object().into_iter().flatten();
    let named = named.map(|(name, resource)| (resource, format!("{path}.{name}")));
    let row = &facts.resource;
    let known = [&row.own, &row.body, &facts.extensions.resource];
    for (resource, path) in listed.chain(named) {
        only(resource, &known, ("TemplateResource", &path), row.mark)?;
        of_resources(facts, field(resource, "resources"), &format!("{path}.resources"))?;
    }
    Ok(())
}

fn only(
    object: &Value,
    known: &[&Vec<String>],
    (of, path): (&'static str, &str),
    mark: Mark,
) -> Result<(), WrongMember> {
    let mut names = object.as_object().into_iter().flat_map(|members| members.keys());
    let is_known = |name: &str| {
        known
            .iter()
            .copied()
            .flatten()
            .any(|member| member.eq_ignore_ascii_case(name))
    };
    match names.find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => Err(WrongMember {
            what: format!("Could not find member '{name}' on object of type '{of}'. Path '{path}.{name}'."),
            mark,
        }),
    }
}
