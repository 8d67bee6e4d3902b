//! Members that nothing in a template has: a template with a typing mistake is refused as a whole.

use serde_json::Value;

use crate::gateway::{Refusal, Shape};
use crate::rules::{ErrorCode, Mark, TemplateMembers};
use crate::state::field;

/// A member that is none, where it stands, and of what.
struct Unknown {
    name: String,
    of: &'static str,
    path: String,
    /// How sure we are that it is refused.
    mark: Mark,
}

/// Refuses a deployment whose template has a member that there is not, with this row of the errors.
pub(super) fn check(members: &TemplateMembers, error: &ErrorCode, sent: &Value) -> Result<(), Refusal> {
    let template = field(field(sent, "properties"), "template");
    let Err(unknown) = of_template(members, template) else {
        return Ok(());
    };
    let what = format!(
        "Could not find member '{}' on object of type '{}'. Path '{}'.",
        unknown.name, unknown.of, unknown.path
    );
    let mut refusal = Refusal::of_row(Shape::Arm, error, &[("what", &what)]).because(what.clone());
    refusal.mark = refusal.mark.max(unknown.mark);
    Err(refusal)
}

fn of_template(members: &TemplateMembers, template: &Value) -> Result<(), Unknown> {
    const PATH: &str = "properties.template";
    let none: &[String] = &[];
    only(template, [&members.template, none], ("Template", PATH), Mark::Doc)?;
    of_resources(
        members,
        field(template, "resources"),
        &format!("{PATH}.resources"),
    )?;
    for (place, of, more) in [
        ("parameters", "TemplateParameter", none),
        ("definitions", "TemplateTypeDefinition", none),
        ("outputs", "TemplateOutput", &members.output),
    ] {
        for (name, own) in field(template, place).as_object().into_iter().flatten() {
            let path = format!("{PATH}.{place}.{name}");
            only(own, [&members.declaration, more], (of, &path), Mark::Inferred)?;
        }
    }
    Ok(())
}

/// The resources of a template, and those below them.
fn of_resources(members: &TemplateMembers, resources: &Value, path: &str) -> Result<(), Unknown> {
    let listed = resources.as_array().into_iter().flatten().enumerate();
    let listed = listed.map(|(number, own)| (own, format!("{path}[{number}]")));
    let named = resources.as_object().into_iter().flatten();
    let named = named.map(|(name, own)| (own, format!("{path}.{name}")));
    for (own, path) in listed.chain(named) {
        only(
            own,
            [&members.resource, &[]],
            ("TemplateResource", &path),
            Mark::Doc,
        )?;
        of_resources(members, field(own, "resources"), &format!("{path}.resources"))?;
    }
    Ok(())
}

fn only(
    object: &Value,
    known: [&[String]; 2],
    (of, path): (&'static str, &str),
    mark: Mark,
) -> Result<(), Unknown> {
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
        Some(name) => Err(Unknown {
            name: name.clone(),
            of,
            path: format!("{path}.{name}"),
            mark,
        }),
    }
}
