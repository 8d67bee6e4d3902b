//! What a write names of other resources: whoever writes must be allowed to put them to use.

use super::linked::Wanted;
use super::{Gates, Permit, Refusal};
use crate::model::{Action, Request, Timestamp};
use crate::rules::{NoId, code};

/// Refuses a write whose body names what its caller may not put to use.
///
/// # Errors
///
/// Resource Manager's 403, which names all that is lacking; of a subscription of another tenant its other one. Its 400
/// if what is named is no id.
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
        let ids = link.ids(body).map_err(|wrong| no_id(&wrong))?;
        wanted.extend(ids.into_iter().map(|linked| Wanted {
            action: Action::new(link.action(&linked)),
            called: link.called(&linked),
            linked,
        }));
    }
    gates.all_linked(now, permit, request, wanted)
}

fn no_id(wrong: &NoId) -> Refusal {
    let fill = [("id", wrong.text.as_str()), ("at", wrong.at.as_str())];
    Refusal::of(code::LinkedInvalidPropertyId, &fill).because(format!("{} is no id of a resource", wrong.at))
}
