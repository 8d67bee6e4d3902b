//! Where a resource is: it stays where it was made.

use http::Method;

use super::{Permit, Refusal};
use crate::model::{Request, region_name};
use crate::rules::{Mark, code};
use crate::state::{State, field};

/// Refuses to put a resource into another region than the one it is in. `request.json` has the body.
///
/// # Errors
///
/// 409, as Resource Manager answers it.
pub(crate) fn check(state: &State, permit: &Permit, request: &Request) -> Result<(), Refusal> {
    let sent = request.json.as_ref().map(|body| field(body, "location"));
    let (Some(sent), Some(resource)) = (sent.and_then(|sent| sent.as_str()), state.resource(&permit.scope))
    else {
        return Ok(());
    };
    let own = region_name(resource.location());
    let group = resource.id.resource_group().unwrap_or_default();
    let is_group = resource.is_type("Microsoft.Resources/resourceGroups");
    if is_group || own.is_empty() || sent.is_empty() || own == region_name(sent) {
        return Ok(());
    }
    let fill = [
        ("name", resource.id.name()),
        ("own", own.as_str()),
        ("group", group),
        ("location", sent),
    ];
    let mut refusal = Refusal::of(code::InvalidResourceLocation, &fill);
    if request.method != Method::PUT {
        // That is documented of what is put.
        refusal.mark = refusal.mark.max(Mark::Inferred);
    }
    Err(refusal)
}
