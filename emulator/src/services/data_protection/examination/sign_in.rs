//! Signing in to the database with the credentials, to see whether a dump or a load could.

use super::super::violation::{Violation, violation};
use super::looks::{SecretLook, SignInLook};
use super::{Examination, RowResult};
use crate::jobs::{
    EffectFailure, EffectResult, ExamineWork, MissingRight, NeededRights, SessionFailure, SignIn, Work,
};
use crate::model::ResourceId;
use crate::rules::{Prerequisite, RestoredAs, SignInFault, cloud};
use crate::services::data_protection::credentials::{Credentials, PORT_OF_POSTGRESQL};
use crate::services::data_protection::plugin;
use crate::services::data_protection::task::Need;
use crate::services::{Context, Input};

/// The database a restore signs in to, since its own is not there yet.
const MAINTENANCE: &str = "postgres";
/// The most rights a refusal names.
const NAMED_MAX: usize = 5;

impl Examination {
    pub(super) fn sign_in_check(
        &mut self,
        context: &Context<'_>,
        row: &Prerequisite,
        wanted: SignInFault,
    ) -> RowResult {
        if let SignInLook::Begun = self.signed_in {
            match self.credentials(context) {
                Ok(sign_in) => {
                    let needed = self.needed();
                    let work = Work::Examine(ExamineWork { sign_in, needed });
                    return RowResult::Needs(Box::new(Need::Work(work)));
                }
                Err(failed) => self.signed_in = failed,
            }
        }
        match &self.signed_in {
            SignInLook::Failed { fault, reason } if *fault == wanted => {
                RowResult::NotMet(violation(context, row, reason))
            }
            SignInLook::In(missing) if !missing.is_empty() && wanted == SignInFault::Rights => {
                RowResult::NotMet(violation(context, row, &name(missing)))
            }
            SignInLook::Broken(reason) => RowResult::NotMet(Box::new(Violation::moving(reason))),
            SignInLook::Begun | SignInLook::Failed { .. } | SignInLook::In(_) => RowResult::Met,
        }
    }

    fn needed(&self) -> NeededRights {
        match self.examined.restored_as {
            Some(RestoredAs::Database) => NeededRights::Restore {
                database: self.examined.database.clone(),
            },
            Some(RestoredAs::Files) | None => NeededRights::Backup,
        }
    }

    /// How to sign in to the datasource, with the credentials as this examination found them. For
    /// the work that follows an examination that has passed.
    pub(in crate::services::data_protection) fn sign_in(&self, context: &Context<'_>) -> Option<SignIn> {
        self.credentials(context).ok()
    }

    fn credentials(&self, context: &Context<'_>) -> Result<SignIn, SignInLook> {
        let broken = |why: &str| SignInLook::Broken(why.to_owned());
        let server = self
            .examined
            .server
            .as_ref()
            .ok_or_else(|| broken("there is no server to sign in to"))?;
        let vault = context
            .state
            .resource(&self.examined.vault)
            .ok_or_else(|| broken("the vault is gone"))?;
        let (user, password, port) = match (self.examined.credentials(), &self.secret) {
            (Some(Credentials::Secret(_)), SecretLook::Read(own)) => {
                (own.user.clone(), own.password.clone(), own.port)
            }
            (Some(Credentials::EntraIdentity), _) => self.entra_user(context, server)?,
            _ => return Err(broken("the credentials have not been read")),
        };
        let database = match self.examined.restored_as {
            Some(RestoredAs::Database) => MAINTENANCE.to_owned(),
            Some(RestoredAs::Files) | None => self.examined.database.clone(),
        };
        Ok(SignIn {
            host: cloud().server_host(server.name()),
            port,
            user,
            password,
            database,
            path: self.examined.service_path(context, vault),
        })
    }

    /// In the older model the vault's identity is a user of the database. Such a user is created
    /// with the identity's application id for a password, which the service replaces by a token
    /// check; here the id itself is shown, and only to a server that has an Entra administrator.
    fn entra_user(
        &self,
        context: &Context<'_>,
        server: &ResourceId,
    ) -> Result<(String, String, u16), SignInLook> {
        let failed = |reason: String| SignInLook::Failed {
            fault: SignInFault::EntraIdentity,
            reason,
        };
        let administrator = server.child(["administrators", "activeDirectory"]);
        if !context.state.resources.contains_key(&administrator) {
            return Err(failed(format!(
                "{} has no administrator of Microsoft Entra ID",
                server.name()
            )));
        }
        let application = self
            .principal
            .and_then(|id| context.state.directory.get(id)?.app_id)
            .ok_or_else(|| failed("the vault's identity has no application id".to_owned()))?;
        let user = self.examined.vault.name().to_owned();
        Ok((user, application.to_string(), PORT_OF_POSTGRESQL))
    }

    /// What the outcome of the sign-in tells.
    pub(super) fn signed_in(&self, input: Input) -> SignInLook {
        match input {
            Input::Worked(EffectResult::Examined(missing)) => SignInLook::In(missing),
            Input::Worked(EffectResult::Failed(EffectFailure::Session { failure, message })) => {
                let older = self.examined.credentials() == Some(&Credentials::EntraIdentity);
                SignInLook::Failed {
                    fault: match failure {
                        SessionFailure::SignInRefused if older => SignInFault::EntraIdentity,
                        failure => plugin::fault(failure),
                    },
                    reason: message,
                }
            }
            Input::Worked(EffectResult::Failed(failure)) => SignInLook::Broken(match failure {
                EffectFailure::Engine(text) | EffectFailure::Store(text) => text,
                EffectFailure::Session { message, .. } | EffectFailure::Refused { message, .. } => message,
            }),
            _ => SignInLook::Broken("the sign-in ended without a result".to_owned()),
        }
    }
}

/// The first of what is missing, in words.
fn name(missing: &[MissingRight]) -> String {
    let named: Vec<String> = missing
        .iter()
        .take(NAMED_MAX)
        .map(|right| format!("{} on {}", right.privilege, right.object))
        .collect();
    let more = missing.len() - named.len();
    match more {
        0 => format!("the user lacks {}", named.join(", ")),
        _ => format!("the user lacks {} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_and_the_rest_counted() {
        let missing = |count: usize| -> Vec<MissingRight> {
            let one = |number| MissingRight {
                object: format!("table t{number}"),
                privilege: "SELECT".to_owned(),
            };
            (1..=count).map(one).collect()
        };
        assert_eq!(name(&missing(1)), "the user lacks SELECT on table t1");
        assert!(name(&missing(5)).ends_with("SELECT on table t5"));
        assert!(name(&missing(7)).ends_with("SELECT on table t5 and 2 more"));
    }
}
