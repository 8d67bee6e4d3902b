//! Members that nothing in a template has, and those that it must have: a template with a typing mistake is
//! refused as a whole.

use serde_json::Value;

use crate::gateway::{Refusal, Shape};
use crate::rules::{DeploymentFacts, ErrorCode, Mark};
use crate::state::field;

/// What is wrong with the members of something.
struct Wrong {
    what: String,
    /// How sure we are that it is refused.
    mark: Mark,
}

/// Refuses a deployment whose template has a member that there is not, or has not one that must be there, with
/// this row of the errors.
pub(super) fn check(facts: &DeploymentFacts, error: &ErrorCode, sent: &Value) -> Result<(), Refusal> {
    let template = field(field(sent, "properties"), "template");
    let Err(Wrong { what, mark }) = of_template(facts, template) else {
        return Ok(());
    };
    let mut refusal = Refusal::of_row(Shape::Arm, error, &[("what", &what)]).because(what.clone());
    refusal.mark = refusal.mark.max(mark);
    Err(refusal)
}

fn of_template(facts: &DeploymentFacts, template: &Value) -> Result<(), Wrong> {
    const PATH: &str = "properties.template";
    let own = &facts.template;
    let known = [&own.texts, &own.others, &facts.extensions.template];
    only(template, &known, ("Template", PATH), own.mark)?;
    let missing = |name: &&String| field(template, name).is_null();
    // A template that is none, or is to be fetched, is refused by who reads it.
    if let Some(name) = own.required.iter().find(missing).filter(|_| template.is_object()) {
        return Err(Wrong {
            what: format!("Required property '{name}' not found in JSON. Path '{PATH}'."),
            mark: own.mark,
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
        for (name, own) in field(template, place).as_object().into_iter().flatten() {
            let path = format!("{PATH}.{place}.{name}");
            only(own, known, (of, &path), mark)?;
        }
    }
    Ok(())
}

/// The resources of a template, and those below them.
fn of_resources(facts: &DeploymentFacts, resources: &Value, path: &str) -> Result<(), Wrong> {
    let listed = resources.as_array().into_iter().flatten().enumerate();
    let listed = listed.map(|(number, own)| (own, format!("{path}[{number}]")));
    let named = resources.as_object().into_iter().flatten();
    let named = named.map(|(name, own)| (own, format!("{path}.{name}")));
    let own = &facts.resource;
    let known = [&own.own, &own.body, &facts.extensions.resource];
    for (resource, path) in listed.chain(named) {
        only(resource, &known, ("TemplateResource", &path), own.mark)?;
        of_resources(facts, field(resource, "resources"), &format!("{path}.resources"))?;
    }
    Ok(())
}

fn only(
    object: &Value,
    known: &[&Vec<String>],
    (of, path): (&'static str, &str),
    mark: Mark,
) -> Result<(), Wrong> {
    let mut names = object.as_object().into_iter().flat_map(|own| own.keys());
    let is_known = |name: &str| {
        known
            .iter()
            .copied()
            .flatten()
            .any(|own| own.eq_ignore_ascii_case(name))
    };
    match names.find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => Err(Wrong {
            what: format!("Could not find member '{name}' on object of type '{of}'. Path '{path}.{name}'."),
            mark,
        }),
    }
}
