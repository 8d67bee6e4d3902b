//! What is done with either kind of object: list, delete, recover, purge, back up, restore.

use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::super::objects::{Backup, Object, Objects};
use super::super::vault::Vault;
use super::kind::{ObjectKind, as_deleted, bundle, item};
use super::page::page;
use super::sent::{addressed, bad_parameter, body};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, Timestamp};
use crate::rules::code;
use crate::services::{Context, Input, Next, Workflow};
use crate::state::field;

/// The objects of a kind in a vault; `None` if nothing was ever put into it.
pub(super) fn objects<'a, K: ObjectKind>(
    context: &'a Context<'_>,
    vault: &Vault,
) -> Option<&'a Objects<K::Material>> {
    context.own.key_vault.contents.get(&vault.key).map(K::of)
}

pub(super) fn objects_mut<'a, K: ObjectKind>(
    context: &'a mut Context<'_>,
    vault: &Vault,
) -> &'a mut Objects<K::Material> {
    let contents = &mut context.own.key_vault.contents;
    K::of_mut(contents.entry(vault.key.clone()).or_default())
}

pub(super) fn not_found<K: ObjectKind>(name: &str) -> Refusal {
    Refusal::key_vault(K::NOT_FOUND, &[("name", name)])
}

fn deleted_not_found<K: ObjectKind>(name: &str) -> Refusal {
    Refusal::key_vault(K::DELETED_NOT_FOUND, &[("name", name)])
}

/// The object a path names.
pub(super) fn named<'a, K: ObjectKind>(
    context: &'a Context<'_>,
    vault: &Vault,
    permit: &Permit,
) -> Result<&'a Object<K::Material>, Refusal> {
    let name = permit.params.get(K::NAME);
    objects::<K>(context, vault)
        .and_then(|objects| objects.get(name))
        .ok_or_else(|| not_found::<K>(name))
}

/// Refuses a name that a deleted object still has.
pub(super) fn check_not_deleted<K: ObjectKind>(
    context: &Context<'_>,
    vault: &Vault,
    name: &str,
) -> Result<(), Refusal> {
    match objects::<K>(context, vault).and_then(|objects| objects.get_deleted(name)) {
        None => Ok(()),
        Some(_) => {
            let fill = [("Kind", K::TITLE), ("kind", K::NAME), ("name", name)];
            Err(Refusal::key_vault(code::ObjectIsDeletedButRecoverable, &fill))
        }
    }
}

pub(super) fn list<K: ObjectKind>(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let live = objects::<K>(context, &vault).into_iter().flat_map(Objects::live);
    let items = live.filter_map(|object| {
        let newest = object.version("")?;
        Some(item::<K>(request, &vault, object, newest, false))
    });
    page(context, request, items.collect())
}

pub(super) fn versions<K: ObjectKind>(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let object = named::<K>(context, &vault, permit);
    // Nothing is missing from a list of the versions of nothing.
    let items = object.into_iter().flat_map(|object| {
        let versions = object.versions().iter();
        versions.map(|version| item::<K>(request, &vault, object, version, true))
    });
    page(context, request, items.collect())
}

pub(super) fn list_deleted<K: ObjectKind>(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let gone = objects::<K>(context, &vault)
        .into_iter()
        .flat_map(Objects::deleted);
    let items = gone.filter_map(|deleted| {
        let newest = deleted.object.version("")?;
        let item = item::<K>(request, &vault, &deleted.object, newest, false);
        Some(as_deleted::<K>(request, deleted, item))
    });
    page(context, request, items.collect())
}

/// A deleted object as answers show it.
fn deleted_bundle<K: ObjectKind>(
    context: &Context<'_>,
    request: &Request,
    vault: &Vault,
    name: &str,
) -> Result<Value, Refusal> {
    let deleted = objects::<K>(context, vault)
        .and_then(|objects| objects.get_deleted(name))
        .ok_or_else(|| deleted_not_found::<K>(name))?;
    let newest = deleted
        .object
        .version("")
        .ok_or_else(|| deleted_not_found::<K>(name))?;
    let bundle = bundle::<K>(request, vault, &deleted.object, newest);
    Ok(as_deleted::<K>(request, deleted, bundle))
}

pub(super) fn get_deleted<K: ObjectKind>(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let answer = deleted_bundle::<K>(context, request, &vault, permit.params.get(K::NAME))?;
    Ok(Response::json(StatusCode::OK, &answer))
}

pub(super) fn delete<K: ObjectKind>(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    named::<K>(context, &vault, permit)?;
    let name = permit.params.get(K::NAME);
    let (now, purged) = (context.now, vault.recovery.purge_time(context.now));
    objects_mut::<K>(context, &vault).delete(name, now, purged);
    context.start(PurgeObject::<K> {
        vault: vault.key.clone(),
        name: name.to_owned(),
        at: purged,
        kind: PhantomData,
    });
    let answer = deleted_bundle::<K>(context, request, &vault, name)?;
    Ok(Response::json(StatusCode::OK, &answer))
}

pub(super) fn recover<K: ObjectKind>(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let name = permit.params.get(K::NAME);
    let recovered = objects_mut::<K>(context, &vault).recover(name);
    let answer = recovered.and_then(|object| {
        let newest = object.version("")?;
        Some(bundle::<K>(request, &vault, object, newest))
    });
    match answer {
        Some(answer) => Ok(Response::json(StatusCode::OK, &answer)),
        None => Err(not_found::<K>(name)),
    }
}

pub(super) fn purge<K: ObjectKind>(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let name = permit.params.get(K::NAME);
    if !vault.recovery.purgeable {
        let fill = [("vault", vault.id.name()), ("location", vault.location.as_str())];
        return Err(Refusal::key_vault(code::KeyVaultPurgeProtected, &fill));
    }
    if objects_mut::<K>(context, &vault).purge(name) {
        Ok(Response::new(StatusCode::NO_CONTENT))
    } else {
        Err(deleted_not_found::<K>(name))
    }
}

/// A backup is kept here, and the client gets a text that stands for it: a text that held it would have
/// to keep a secret from whoever holds the text.
pub(super) fn backup<K: ObjectKind>(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let object = named::<K>(context, &vault, permit)?.clone();
    let bytes = context.draw("key vault backup").bytes();
    let text = URL_SAFE_NO_PAD.encode(bytes);
    let backup = Backup {
        subscription: vault.id.subscription().unwrap_or_default().to_ascii_lowercase(),
        object,
    };
    K::backups(&mut context.own.key_vault).insert(text.clone(), backup);
    Ok(Response::json(StatusCode::OK, &json!({"value": text})))
}

pub(super) fn restore<K: ObjectKind>(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let sent = body(request)?;
    let text = field(&sent, "value").as_str().unwrap_or_default();
    let subscription = vault.id.subscription().unwrap_or_default();
    let object = K::backups(&mut context.own.key_vault)
        .get(text)
        .filter(|backup| backup.subscription.eq_ignore_ascii_case(subscription))
        .map(|backup| backup.object.clone());
    let Some(object) = object else {
        let what = "The value is no backup that was made in this subscription.";
        return Err(bad_parameter(what));
    };
    check_not_deleted::<K>(context, &vault, &object.name)?;
    if objects::<K>(context, &vault).is_some_and(|objects| objects.get(&object.name).is_some()) {
        let fill = [("kind", K::NAME), ("name", object.name.as_str())];
        return Err(Refusal::key_vault(code::KeyVaultObjectExists, &fill));
    }
    let answer = object
        .version("")
        .map(|newest| bundle::<K>(request, &vault, &object, newest));
    objects_mut::<K>(context, &vault).put_back(object);
    Ok(Response::json(StatusCode::OK, &answer.unwrap_or_default()))
}

/// Purges an object when its time is over, unless it has been recovered or deleted anew.
#[derive(Clone)]
struct PurgeObject<K> {
    vault: String,
    name: String,
    at: Timestamp,
    kind: PhantomData<K>,
}

impl<K: ObjectKind> Workflow for PurgeObject<K> {
    fn step(&mut self, context: &mut Context<'_>, _: Input) -> Next {
        if context.now < self.at {
            return Next::Sleep(self.at.duration_since(context.now));
        }
        let now = context.now;
        if let Some(contents) = context.own.key_vault.contents.get_mut(&self.vault) {
            let objects = K::of_mut(contents);
            if objects
                .get_deleted(&self.name)
                .is_some_and(|object| object.purged <= now)
            {
                objects.purge(&self.name);
            }
        }
        Next::Done
    }
}
