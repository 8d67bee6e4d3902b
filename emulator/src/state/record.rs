//! What is kept about an object of the directory besides what it is: what was written about it, its
//! owners, its credentials.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::model::{PrincipalId, TenantId, Timestamp};

/// A password of an application or of its service principal. The secret itself is kept as a digest.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Password {
    /// What it is removed by.
    pub key_id: Uuid,
    /// What its maker called it.
    pub display_name: Option<String>,
    /// The first three letters, by which people tell theirs apart.
    pub hint: String,
    /// From when on it is good.
    pub start: Timestamp,
    /// Until when.
    pub end: Timestamp,
    digest: [u8; 32],
}

impl Password {
    /// A password.
    pub fn new(
        key_id: Uuid,
        display_name: Option<String>,
        secret: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Self {
        Self {
            key_id,
            display_name,
            hint: secret.chars().take(3).collect(),
            start,
            end,
            digest: Sha256::digest(secret.as_bytes()).into(),
        }
    }

    /// Whether this is it, whenever it is good.
    pub fn is(&self, shown: &str) -> bool {
        let shown: [u8; 32] = Sha256::digest(shown.as_bytes()).into();
        self.digest == shown
    }

    /// Whether it is good at a time.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.start <= now && now < self.end
    }
}

/// A certificate of an application, as it was written and as it is compared.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct KeyCredential {
    /// What it is known by.
    pub key_id: Uuid,
    /// The members that are answered.
    pub members: Map<String, Value>,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
}

/// What is kept about an object of the directory.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct Record {
    /// What was written about it, without secrets.
    pub members: Map<String, Value>,
    /// When it was made, if it was made in Graph.
    pub created: Option<Timestamp>,
    /// Who may change it.
    pub owners: BTreeSet<PrincipalId>,
    /// Passwords besides the principal's own.
    pub passwords: Vec<Password>,
    /// Certificates besides the principal's own.
    pub keys: Vec<KeyCredential>,
}

impl Record {
    /// Whether somebody may sign in as it.
    pub fn is_enabled(&self) -> bool {
        self.members.get("accountEnabled") != Some(&Value::Bool(false))
    }
}

/// An application's registration. Its service principal is another object, and may not be there.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Registration {
    /// The application (client) id.
    pub app_id: Uuid,
    /// The tenant it is registered in.
    pub tenant: TenantId,
    /// The name people see.
    pub display_name: String,
}

impl Registration {
    /// The object id of the registration of an application, which is another one than its service
    /// principal's, and always the same.
    pub fn id_of(app_id: Uuid) -> Uuid {
        let mut bytes = [0; 16];
        let digest = Sha256::new()
            .chain_update("application registration")
            .chain_update(app_id.as_bytes())
            .finalize();
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Its object id.
    pub fn id(&self) -> Uuid {
        Self::id_of(self.app_id)
    }
}
