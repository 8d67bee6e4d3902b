//! What a write names of other resources: whoever writes must be allowed to put them to use.

use super::linked::Wanted;
use super::{Gates, Permit, Refusal};
use crate::model::{Action, Request, Timestamp};

/// Refuses a write whose body names what its caller may not put to use.
///
/// # Errors
///
/// Resource Manager's 403, which names all that is lacking; of a subscription of another tenant its other one.
pub(crate) fn check(
    gates: &Gates<'_>,
    now: Timestamp,
    permit: &Permit,
    request: &Request,
) -> Result<(), Refusal> {
    let Some(body) = &request.json else {
        return Ok(());
    };
    let mut wanted = Vec::new();
    for link in gates.rules.links.of(permit.operation) {
        wanted.extend(link.ids(body).into_iter().map(|linked| Wanted {
            action: Action::new(link.action(&linked)),
            called: link.called(&linked),
            linked,
        }));
    }
    gates.all_linked(now, permit, request, wanted)
}
