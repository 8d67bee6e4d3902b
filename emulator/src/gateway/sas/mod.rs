//! Shared access signatures: service SAS for a container, a blob or a snapshot, with or without a
//! stored access policy; user delegation SAS; account SAS. And what anybody may read.

mod policy;
mod reach;
mod refusal;
mod text;

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::shared_key::key_allowed;
use super::{Caller, Credential, DelegationKey, Gates, Refusal, shared_key};
use crate::model::{NetworkPath, PrincipalId, PublicAccess, Request, Timestamp};
use crate::rules::{Gate, Operation, Params, code};
use crate::state::{AccountKeys, Principal};

use refusal::failed;
use text::Query;
pub(crate) use text::{account_signature, container_signature, service_signature};

/// What the container named says of an operation that anybody asks for: `None` if its public access is not that wide.
/// The account may not allow what it says.
pub(super) fn public(
    gates: &Gates<'_>,
    request: &Request,
    account: &str,
    row: &Operation,
    params: &Params,
) -> Option<Result<(), Refusal>> {
    let needed = row.public?;
    let access = gates.state.blob_access.public(account, params.get("container"))?;
    if access != PublicAccess::Container && access != needed {
        return None;
    }
    let account = gates
        .account_of(request)
        .and_then(|id| gates.state.resource(id))?;
    if account.at("/properties/allowBlobPublicAccess") == true {
        return Some(Ok(()));
    }
    let refusal = Refusal::of_blob(code::PublicAccessNotPermitted, &[]);
    Some(Err(refusal.at(Gate::Authentication).because(
        "the container is public, and allowBlobPublicAccess is not true on the account",
    )))
}

/// Checks a signature in the query.
pub(super) fn verify(
    gates: &Gates<'_>,
    now: Timestamp,
    path: &NetworkPath,
    request: &Request,
    account: &str,
    keys: &AccountKeys,
    row: &Operation,
) -> Result<Caller, Refusal> {
    let query = Query::Sent(&request.query);
    check_version(gates, query)?;
    policy::check_letters(gates, query)?;
    if !query.get("skoid").is_empty() {
        return delegated(gates, now, path, request, account, row, query);
    }
    key_allowed(gates, request)?;
    let signature = text::Signature {
        query,
        facts: &gates.rules.storage.signatures,
    };
    let permissions = if query.get("ss").is_empty() {
        let resource = query.get("sr");
        let text = signature.service_text(&resource_of(request, account, resource)?);
        check_signature(keys, &text, query.get("sig"))?;
        let said = Said::of(query).with_policy(gates, account, request, query.get("si"))?;
        reach::check_times(now, said.start, said.expiry)?;
        policy::check_age(gates, request, said.start, said.expiry)?;
        reach::check_origin(path, request, query.get("sip"), query.get("spr"))?;
        reach::check_service(row, request, resource)?;
        said.permissions.to_owned()
    } else {
        check_signature(keys, &signature.account_text(account), query.get("sig"))?;
        reach::check_times(now, query.get("st"), query.get("se"))?;
        policy::check_age(gates, request, query.get("st"), query.get("se"))?;
        reach::check_origin(path, request, query.get("sip"), query.get("spr"))?;
        reach::check_account(row, query.get("ss"), query.get("srt"))?;
        query.get("sp").to_owned()
    };
    Ok(Caller::without_principal(
        Credential::SharedAccessSignature { permissions },
        "shared access signature",
    ))
}

/// Checks that a signature is made for a version there is, since that says what is signed; and that what
/// it is for is signed.
fn check_version(gates: &Gates<'_>, query: Query<'_>) -> Result<(), Refusal> {
    let facts = &gates.rules.storage.signatures;
    let version = query.get("sv");
    if !facts.versions.iter().any(|known| known == version) {
        return Err(failed(&format!(
            "sv=`{version}` is no version that azdrill knows signatures of"
        )));
    }
    let signs_resource = version >= facts.resource_signed_from.as_str();
    if !signs_resource && (query.get("sr") == "bs" || !query.get("skoid").is_empty()) {
        return Err(failed(&format!(
            "signatures for snapshots, and those of user delegation keys, begin with version {}",
            facts.resource_signed_from
        )));
    }
    Ok(())
}

fn check_signature(keys: &AccountKeys, text: &str, signature: &str) -> Result<(), Refusal> {
    if shared_key::signed_by_either(keys, text, signature) {
        Ok(())
    } else {
        Err(failed("Signature did not match."))
    }
}

/// When a signature counts and what for. A stored access policy can say any of it in its place.
struct Said<'a> {
    permissions: &'a str,
    start: &'a str,
    expiry: &'a str,
}

impl<'a> Said<'a> {
    fn of(query: Query<'a>) -> Self {
        Self {
            permissions: query.get("sp"),
            start: query.get("st"),
            expiry: query.get("se"),
        }
    }

    /// What the policy that the signature names adds. What both say is said once too often.
    fn with_policy(
        self,
        gates: &Gates<'a>,
        account: &str,
        request: &Request,
        id: &str,
    ) -> Result<Self, Refusal> {
        if id.is_empty() {
            return Ok(self);
        }
        let path = decoded_path(request);
        let container = path.split('/').next().unwrap_or_default();
        let policy = gates
            .state
            .blob_access
            .container(account, container)
            .and_then(|access| access.policies.iter().find(|policy| policy.id == id))
            .ok_or_else(|| failed("the container has no stored access policy of the id in si"))?;
        let one = |own: &'a str, stored: &'a str, name: &str| match (own.is_empty(), stored.is_empty()) {
            (false, false) => Err(failed(&format!(
                "{name} stands in the signature and in its stored access policy"
            ))),
            (true, _) => Ok(stored),
            (false, true) => Ok(own),
        };
        Ok(Self {
            permissions: one(self.permissions, &policy.permissions, "sp")?,
            start: one(self.start, &policy.start, "st")?,
            expiry: one(self.expiry, &policy.expiry, "se")?,
        })
    }
}

/// Checks a signature made with a user delegation key. What the principal may do itself is looked at
/// by the authorization gate, as of now.
fn delegated(
    gates: &Gates<'_>,
    now: Timestamp,
    path: &NetworkPath,
    request: &Request,
    account: &str,
    row: &Operation,
    query: Query<'_>,
) -> Result<Caller, Refusal> {
    for name in ["saoid", "suoid", "skdutid", "sduoid"] {
        if !query.get(name).is_empty() {
            return Err(failed(&format!(
                "azdrill does not play signatures that name another user ({name})"
            )));
        }
    }
    let key = DelegationKey {
        object: query.get("skoid").to_owned(),
        tenant: query.get("sktid").to_owned(),
        start: query.get("skt").to_owned(),
        expiry: query.get("ske").to_owned(),
        service: query.get("sks").to_owned(),
        version: query.get("skv").to_owned(),
    };
    let resource = query.get("sr");
    let signature = text::Signature {
        query,
        facts: &gates.rules.storage.signatures,
    };
    let text = signature.delegated_text(
        &resource_of(request, account, resource)?,
        &reach::demands(request, query),
    );
    let value = key.value(
        gates.tokens,
        account,
        gates.state.blob_access.revocations(account),
    );
    if key.service != "b" || !shared_key::signed_by(&value, &text, query.get("sig")) {
        return Err(failed("Signature did not match."));
    }
    check_key_times(gates, now, &key)?;
    reach::check_times(now, query.get("st"), query.get("se"))?;
    policy::check_age(gates, request, query.get("st"), query.get("se"))?;
    reach::check_origin(path, request, query.get("sip"), query.get("spr"))?;
    reach::check_service(row, request, resource)?;
    let principal = delegator(gates, &key)?;
    Ok(Caller {
        principal: Some(principal.id),
        ..Caller::without_principal(
            Credential::UserDelegation {
                permissions: query.get("sp").to_owned(),
            },
            &format!("signature of {}", principal.display_name),
        )
    })
}

fn check_key_times(gates: &Gates<'_>, now: Timestamp, key: &DelegationKey) -> Result<(), Refusal> {
    let times = reach::time_of(&key.start).zip(reach::time_of(&key.expiry));
    match times {
        Some((start, expiry))
            if start <= now
                && now < expiry
                && expiry.duration_since(start) <= gates.rules.storage.delegation_keys.longest() =>
        {
            Ok(())
        }
        _ => Err(failed("the user delegation key is not valid at this time")),
    }
}

fn delegator<'a>(gates: &Gates<'a>, key: &DelegationKey) -> Result<&'a Principal, Refusal> {
    let id: Option<Uuid> = key.object.parse().ok();
    id.and_then(|id| gates.state.directory.get(PrincipalId(id)))
        .filter(|principal| principal.tenant.to_string() == key.tenant)
        .ok_or_else(|| failed("the principal whose key signed does not exist any more"))
}

fn decoded_path(request: &Request) -> String {
    let path = percent_decode_str(&request.path).decode_utf8_lossy();
    path.trim_start_matches('/').to_owned()
}

fn resource_of(request: &Request, account: &str, kind: &str) -> Result<String, Refusal> {
    let path = decoded_path(request);
    match kind {
        "c" => {
            let container = path.split('/').next().unwrap_or_default();
            Ok(format!("/blob/{account}/{container}"))
        }
        "b" | "bs" => Ok(format!("/blob/{account}/{path}")),
        other => Err(failed(&format!(
            "sr={other} is not a resource of the blob service that azdrill plays"
        ))),
    }
}
