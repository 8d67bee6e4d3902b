//! Checks that look at what is known without asking anybody: time, regions, settings, names.

use super::super::violation::violation;
use super::{Examination, RowResult};
use crate::model::{ResourceId, Timestamp};
use crate::rules::{Check, Prerequisite, Subject};
use crate::services::Context;
use crate::services::data_protection::credentials::Credentials;
use crate::state::Resource;

impl Examination {
    pub(super) fn before(&self, context: &Context<'_>, row: &Prerequisite, time: Timestamp) -> RowResult {
        if context.now < time {
            return RowResult::Met;
        }
        RowResult::NotMet(violation(context, row, &format!("it is {}", context.now)))
    }

    pub(super) fn key_vault_credentials(&self, context: &Context<'_>, row: &Prerequisite) -> RowResult {
        let older = self.examined.credentials() == Some(&Credentials::EntraIdentity);
        let allowed = context
            .settings
            .entra_credentials_until
            .is_some_and(|until| context.now < until);
        if older && !allowed && !self.examined.configured {
            return RowResult::NotMet(violation(context, row, "it names no secret"));
        }
        RowResult::Met
    }

    pub(super) fn customer_database(
        &self,
        context: &Context<'_>,
        row: &Prerequisite,
        azures_own: &[String],
    ) -> RowResult {
        if azures_own.contains(&self.examined.database) {
            let reason = format!("{} is Azure's own", self.examined.database);
            return RowResult::NotMet(violation(context, row, &reason));
        }
        RowResult::Met
    }

    pub(super) fn other_than_source(&self, context: &Context<'_>, row: &Prerequisite) -> RowResult {
        let target = self
            .examined
            .server
            .as_ref()
            .map(|server| server.child(["databases", &self.examined.database]));
        if target.is_some() && target == self.examined.source {
            return RowResult::NotMet(violation(context, row, "the target is the datasource"));
        }
        RowResult::Met
    }

    pub(super) fn setting(&self, context: &mut Context<'_>, row: &Prerequisite, on: Subject) -> RowResult {
        let Check::Setting {
            property,
            value,
            only_warns,
            unset_has_it_before,
            unset_has_it,
            ..
        } = &row.check
        else {
            return RowResult::Met;
        };
        let Some(resource) = self.subject(on).and_then(|id| context.state.resource(&id)) else {
            return RowResult::Met;
        };
        let set = resource.at(&format!("/properties/{property}"));
        let has_it = match unset_has_it_before {
            Some(time) if set.is_null() => resource.created < *time,
            None if set.is_null() && *unset_has_it => true,
            _ => set == value,
        };
        if has_it {
            return RowResult::Met;
        }
        let property = property.replace('/', ".");
        let reason = format!("{property} of {} is not {value}", resource.id.name());
        if !only_warns {
            return RowResult::NotMet(violation(context, row, &reason));
        }
        self.told(context, row, &format!("warning: {reason}"))
    }

    pub(super) fn same_region(&self, context: &Context<'_>, row: &Prerequisite, on: Subject) -> RowResult {
        let vault = context.state.resource(&self.examined.vault);
        let wanted = vault.map(|vault| self.examined.region(vault));
        let place = match on {
            Subject::Secret => self.key_vault(context),
            _ => self.subject(on),
        };
        let other = place
            .and_then(|id| context.state.resource(&id))
            .map(Resource::location);
        match (wanted, other) {
            (Some(wanted), Some(other)) if wanted != other => {
                let reason = match self.examined.across {
                    Some(_) => format!("it is to be restored in {wanted}, and the resource is in {other}"),
                    None => format!("the vault is in {wanted}, the resource in {other}"),
                };
                RowResult::NotMet(violation(context, row, &reason))
            }
            // A resource that is not there is another row's business.
            _ => RowResult::Met,
        }
    }

    /// The key vault with the credentials.
    fn key_vault(&self, context: &Context<'_>) -> Option<ResourceId> {
        let Some(Credentials::Secret(address)) = self.examined.credentials() else {
            return None;
        };
        let name = address.host.split('.').next()?;
        context.state.key_vaults.get(name).cloned()
    }

    pub(super) fn same_tenant(&self, context: &Context<'_>, row: &Prerequisite, on: Subject) -> RowResult {
        let tenant = |id| context.state.tenant_of(id);
        let (vault, other) = (tenant(&self.examined.vault), self.subject(on));
        match (vault, other.as_ref().and_then(tenant)) {
            (Some(vault), Some(other)) if vault != other => RowResult::NotMet(violation(
                context,
                row,
                &format!("the vault is in the tenant {vault}, the resource in {other}"),
            )),
            // A resource in no subscription there is, is another row's business.
            _ => RowResult::Met,
        }
    }

    pub(super) fn subscription(&self, context: &Context<'_>, row: &Prerequisite, on: Subject) -> RowResult {
        let Some(vault) = context.state.resource(&self.examined.vault) else {
            return RowResult::Met;
        };
        let state = vault.text("/properties/featureSettings/crossSubscriptionRestoreSettings/state");
        let own = vault.id.subscription().map(str::to_ascii_lowercase);
        let other = self
            .subject(on)
            .and_then(|id| id.subscription().map(str::to_ascii_lowercase));
        if matches!(state, "Disabled" | "PermanentlyDisabled") && other.is_some() && own != other {
            return RowResult::NotMet(violation(
                context,
                row,
                &format!("cross-subscription restore is {state} on the vault"),
            ));
        }
        RowResult::Met
    }

    pub(super) fn server_text(
        &self,
        context: &Context<'_>,
        row: &Prerequisite,
        on: Subject,
        at: &str,
        wanted: &str,
    ) -> RowResult {
        match self.subject(on).and_then(|id| context.state.resource(&id)) {
            Some(server) if server.text(at) != wanted => {
                RowResult::NotMet(violation(context, row, &format!("it is {}", server.text(at))))
            }
            _ => RowResult::Met,
        }
    }
}
