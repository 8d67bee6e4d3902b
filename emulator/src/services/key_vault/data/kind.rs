//! The kinds of object a vault holds, as far as they differ in what they have in common.

use serde_json::{Value, json};

use super::super::material::{KeyMaterial, SecretMaterial};
use super::super::objects::{Backups, Deleted, Object, Objects, Version};
use super::super::vault::Vault;
use super::super::{Contents, KeyVaultState};
use crate::model::Request;
use crate::rules::{Code, code};

/// A kind of object.
pub(super) trait ObjectKind: Clone + Send + 'static {
    /// What a version holds.
    type Material: Clone + Send + 'static;
    /// The first segment of its addresses.
    const COLLECTION: &'static str;
    /// The first segment of the addresses of deleted ones.
    const DELETED: &'static str;
    /// The placeholder its name stands for in paths.
    const NAME: &'static str;
    /// What it is called at the beginning of a sentence.
    const TITLE: &'static str;
    /// The member of a list's item that holds the address.
    const ADDRESS: &'static str;
    /// The row of `errors.toml` for one that is not there.
    const NOT_FOUND: Code;
    /// The row for one that is not there deleted either.
    const DELETED_NOT_FOUND: Code;

    /// Those of a vault.
    fn of(contents: &Contents) -> &Objects<Self::Material>;
    /// Those of a vault, for writing.
    fn of_mut(contents: &mut Contents) -> &mut Objects<Self::Material>;
    /// Their backups.
    fn backups(state: &mut KeyVaultState) -> &mut Backups<Self::Material>;
    /// What an answer says of a version besides attributes and tags. Nothing secret.
    fn describe(address: &str, material: &Self::Material) -> Value;
    /// What the attributes of one say besides.
    fn add_to_attributes(_: &Vault, _: &mut Value) {}
    /// What an item of a list says besides.
    fn add_brief(item: &mut Value, material: &Self::Material);
}

/// Secrets.
#[derive(Clone)]
pub(super) struct Secrets;

impl ObjectKind for Secrets {
    type Material = SecretMaterial;
    const COLLECTION: &'static str = "secrets";
    const DELETED: &'static str = "deletedsecrets";
    const NAME: &'static str = "secret";
    const TITLE: &'static str = "Secret";
    const ADDRESS: &'static str = "id";
    const NOT_FOUND: Code = code::SecretNotFound;
    const DELETED_NOT_FOUND: Code = code::DeletedSecretNotFound;

    fn of(contents: &Contents) -> &Objects<SecretMaterial> {
        &contents.secrets
    }

    fn of_mut(contents: &mut Contents) -> &mut Objects<SecretMaterial> {
        &mut contents.secrets
    }

    fn backups(state: &mut KeyVaultState) -> &mut Backups<SecretMaterial> {
        &mut state.secret_backups
    }

    fn describe(address: &str, material: &SecretMaterial) -> Value {
        let mut answer = json!({});
        Self::add_brief(&mut answer, material);
        answer["id"] = json!(address);
        answer
    }

    fn add_brief(item: &mut Value, material: &SecretMaterial) {
        if let Some(kind) = &material.content_type {
            item["contentType"] = json!(kind);
        }
    }
}

/// Keys.
#[derive(Clone)]
pub(super) struct Keys;

impl ObjectKind for Keys {
    type Material = KeyMaterial;
    const COLLECTION: &'static str = "keys";
    const DELETED: &'static str = "deletedkeys";
    const NAME: &'static str = "key";
    const TITLE: &'static str = "Key";
    const ADDRESS: &'static str = "kid";
    const NOT_FOUND: Code = code::KeyNotFound;
    const DELETED_NOT_FOUND: Code = code::DeletedKeyNotFound;

    fn of(contents: &Contents) -> &Objects<KeyMaterial> {
        &contents.keys
    }

    fn of_mut(contents: &mut Contents) -> &mut Objects<KeyMaterial> {
        &mut contents.keys
    }

    fn backups(state: &mut KeyVaultState) -> &mut Backups<KeyMaterial> {
        &mut state.key_backups
    }

    fn describe(address: &str, material: &KeyMaterial) -> Value {
        json!({"key": material.public(address)})
    }

    fn add_to_attributes(vault: &Vault, attributes: &mut Value) {
        // No key here leaves its vault, and none is in hardware.
        attributes["exportable"] = json!(false);
        attributes["hsmPlatform"] = json!(vault.hsm_platform);
    }

    fn add_brief(_: &mut Value, _: &KeyMaterial) {}
}

/// The address of an object.
fn address<K: ObjectKind>(request: &Request, collection: &str, object: &Object<K::Material>) -> String {
    format!("{}/{collection}/{}", request.authority(), object.name)
}

fn add_attributes<M>(answer: &mut Value, vault: &Vault, version: &Version<M>) {
    answer["attributes"] = version.attributes.wire(&vault.recovery);
    if !version.tags.is_empty() {
        answer["tags"] = Value::Object(version.tags.clone());
    }
}

/// A version as answers show it, without anything secret.
pub(super) fn bundle<K: ObjectKind>(
    request: &Request,
    vault: &Vault,
    object: &Object<K::Material>,
    version: &Version<K::Material>,
) -> Value {
    let address = format!("{}/{}", address::<K>(request, K::COLLECTION, object), version.id);
    let mut answer = K::describe(&address, &version.material);
    add_attributes(&mut answer, vault, version);
    K::add_to_attributes(vault, &mut answer["attributes"]);
    answer
}

/// An object, or with `versioned` one version of it, as lists show it.
pub(super) fn item<K: ObjectKind>(
    request: &Request,
    vault: &Vault,
    object: &Object<K::Material>,
    version: &Version<K::Material>,
    versioned: bool,
) -> Value {
    let mut address = address::<K>(request, K::COLLECTION, object);
    if versioned {
        address += &format!("/{}", version.id);
    }
    let mut item = json!({K::ADDRESS: address});
    add_attributes(&mut item, vault, version);
    K::add_brief(&mut item, &version.material);
    item
}

/// Adds to an answer what is said of a deleted object only.
pub(super) fn as_deleted<K: ObjectKind>(
    request: &Request,
    deleted: &Deleted<K::Material>,
    answer: Value,
) -> Value {
    let mut whole = json!({
        "recoveryId": address::<K>(request, K::DELETED, &deleted.object),
        "deletedDate": deleted.deleted.as_second(),
        "scheduledPurgeDate": deleted.purged.as_second(),
    });
    if let (Some(whole), Value::Object(answer)) = (whole.as_object_mut(), answer) {
        whole.extend(answer);
    }
    whole
}
