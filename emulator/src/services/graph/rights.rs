//! Who may read and write in the directory.

use uuid::Uuid;

use crate::gateway::{Permit, Refusal};
use crate::model::PrincipalId;
use crate::rules::{DirectoryWriter, Gate, Mark, code};
use crate::services::Context;
use crate::state::IdentityKind;

/// Makes sure the caller may perform the operation on an object; on none, where it makes one.
///
/// # Errors
///
/// Graph's 403.
pub(super) fn require(context: &Context<'_>, permit: &Permit, object: Option<Uuid>) -> Result<(), Refusal> {
    let operation = &permit.operation(context.rules).id;
    let (writers, mark) = context.rules.directory.writers(operation);
    let is = |caller: PrincipalId, writer: DirectoryWriter| match writer {
        DirectoryWriter::Administrator => context.state.directory.is_administrator(caller),
        DirectoryWriter::Person => is_person(context, caller),
        DirectoryWriter::Itself => object.is_some_and(|object| is_itself(context, caller, object)),
        DirectoryWriter::Owner => object.is_some_and(|object| owns(context, caller, object)),
    };
    let allowed = permit
        .caller
        .principal
        .is_some_and(|caller| writers.iter().any(|writer| is(caller, *writer)));
    if allowed { Ok(()) } else { Err(denied(mark)) }
}

fn denied(mark: Mark) -> Refusal {
    let refusal = Refusal::of(code::Authorization_RequestDenied, &[]);
    Refusal { mark, ..refusal }
        .at(Gate::Authorization)
        .because("the caller is no administrator of the directory and does not own the object; a role in Azure gives no rights there")
}

pub(super) fn is_person(context: &Context<'_>, caller: PrincipalId) -> bool {
    let known = context.state.directory.get(caller);
    known.is_some_and(|principal| principal.identity == IdentityKind::User)
}

/// Whether an object is the caller, or the registration the caller is the principal of.
fn is_itself(context: &Context<'_>, caller: PrincipalId, object: Uuid) -> bool {
    let directory = &context.state.directory;
    let app = || directory.registration(directory.get(caller)?.app_id?);
    caller.0 == object || app().is_some_and(|application| application.id() == object)
}

fn owns(context: &Context<'_>, caller: PrincipalId, object: Uuid) -> bool {
    let record = context.state.directory.record(object);
    record.is_some_and(|record| record.owners.contains(&caller))
}

/// A person who makes an object owns it. An application that does owns nothing.
pub(super) fn own(context: &mut Context<'_>, permit: &Permit, object: Uuid) {
    if let Some(caller) = permit.caller.principal
        && is_person(context, caller)
    {
        context.state.directory.record_mut(object).owners.insert(caller);
    }
}
