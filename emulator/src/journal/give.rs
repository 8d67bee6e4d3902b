//! What a world is given without a call.

use super::input::{Application, Given};
use crate::azure::Azure;
use crate::model::Timestamp;
use crate::state::{IdentityKind, Principal};
use crate::world;

/// What the world is given besides its foundation.
pub(super) fn give(azure: &mut Azure, now: Timestamp, given: &Given) -> Result<(), String> {
    match given {
        Given::Foundation { .. } => return Err("a world is founded once".to_owned()),
        Given::Subscription { id, name, tenant } => world::add_subscription(azure, id, name, *tenant),
        Given::Application(application) => application.put(azure),
        Given::Role { to, role, at, after } => {
            if azure.rules().built_in_role(role).is_none() {
                return Err(format!("there is no built-in role `{role}`"));
            }
            azure.with_context(now, |context| world::assign(context, *to, role, at, *after));
        }
        Given::Properties { id, properties } => {
            let resource = azure.state_mut().resources.get_mut(id);
            let resource = resource.ok_or_else(|| format!("there is no {id}"))?;
            for (name, value) in properties {
                resource.set_property(&[name], value.clone());
            }
        }
        Given::DenyAssignment(own) => azure.state_mut().access.deny_assignments.push((**own).clone()),
    }
    Ok(())
}

impl Application {
    fn put(&self, azure: &mut Azure) {
        azure.state_mut().directory.insert(Principal {
            id: self.id,
            app_id: Some(self.app_id),
            tenant: self.tenant,
            display_name: self.name.clone(),
            identity: IdentityKind::Application,
            secret: Some(self.secret.clone()),
            certificates: Vec::new(),
        });
    }
}
