//! Fetching the secret with the credentials, as the identity, from where the Backup service stands.

use http::{Method, StatusCode};

use super::super::violation::{inner_error, violation};
use super::looks::SecretLook;
use super::{Examination, RowResult};
use crate::model::{Request, Response};
use crate::rules::{Endpoint, Gate, Prerequisite, SecretFault, Subject, cloud, rule};
use crate::services::data_protection::credentials::{ConnectionString, Credentials};
use crate::services::data_protection::task::Need;
use crate::services::{Context, Input};
use crate::state::field;

impl Examination {
    pub(super) fn secret(&self, context: &Context<'_>, row: &Prerequisite, wanted: SecretFault) -> RowResult {
        let Some(Credentials::Secret(address)) = self.examined.credentials() else {
            return RowResult::Met;
        };
        let request = || {
            let target = format!(
                "{}?api-version={}",
                address.path(context.rules.takes(rule::SS_B_11_VERSION, "as_named")),
                context.rules.vaults.speaks.secrets
            );
            self.outbound(
                context,
                Request::new(Method::GET, &address.host, &target),
                Endpoint::KeyVault,
            )
        };
        match &self.secret {
            SecretLook::Begun => match request() {
                Some(outbound) => RowResult::Needs(Box::new(Need::Ask(outbound))),
                None => RowResult::NotMet(violation(context, row, "the vault does not exist")),
            },
            SecretLook::Admitted => match request() {
                Some(outbound) => RowResult::Needs(Box::new(Need::Call(outbound))),
                None => RowResult::NotMet(violation(context, row, "the vault does not exist")),
            },
            SecretLook::Failed {
                fault,
                reason,
                refusal,
            } if *fault == wanted => {
                let mut found = violation(context, row, reason);
                if let Some(refusal) = refusal {
                    found.refusal.gate = refusal.gate;
                    found.refusal.name(refusal.stated());
                    found.inner = inner_error(&refusal.code, &refusal.message);
                }
                RowResult::NotMet(found)
            }
            SecretLook::Read(own) if wanted == SecretFault::OtherServer => {
                let server = self.subject(Subject::Server);
                let host = server.map(|id| cloud().server_host(id.name()));
                match host {
                    Some(host) if !own.server.eq_ignore_ascii_case(&host) => {
                        let why = format!("the secret is one for `{}`, and not for `{host}`", own.server);
                        RowResult::NotMet(violation(context, row, &why))
                    }
                    _ => RowResult::Met,
                }
            }
            SecretLook::Failed { .. } | SecretLook::Read(_) => RowResult::Met,
        }
    }

    /// What an answer of the front door or of the key vault tells.
    pub(super) fn secret_looked_at(input: Input) -> SecretLook {
        match input {
            Input::Asked(Ok(_)) => SecretLook::Admitted,
            Input::Asked(Err(refusal)) => SecretLook::Failed {
                fault: match refusal.gate {
                    Gate::Route => SecretFault::NoStore,
                    Gate::Network => SecretFault::Network,
                    _ => SecretFault::Access,
                },
                reason: refusal.reason.clone(),
                refusal: Some(Box::new(refusal)),
            },
            Input::Answered(answer) => read(&answer),
            // Nothing has been said of it: it is asked for again.
            Input::Worked(_) | Input::Woke => SecretLook::Begun,
        }
    }
}

fn read(answer: &Response) -> SecretLook {
    let failed = |fault, reason: String| SecretLook::Failed {
        fault,
        reason,
        refusal: None,
    };
    let body = answer.json_body();
    let message = field(field(&body, "error"), "message")
        .as_str()
        .unwrap_or_default();
    match answer.status {
        StatusCode::OK => {
            let value = field(&body, "value").as_str().unwrap_or_default();
            match ConnectionString::parse(value) {
                Ok(connection) => SecretLook::Read(connection),
                Err(why) => failed(
                    SecretFault::Format,
                    format!("the value is no ADO.NET connection string: {why}"),
                ),
            }
        }
        StatusCode::NOT_FOUND => failed(SecretFault::Missing, message.to_owned()),
        // The gates had let the identity in just before; this is the secret's own state.
        _ => failed(SecretFault::Unusable, message.to_owned()),
    }
}
