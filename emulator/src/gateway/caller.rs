//! Who is asking, once it has been established.

use uuid::Uuid;

use crate::model::{PrincipalId, TenantId};
use crate::state::{IdentityKind, Principal};

/// What the caller showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// A bearer token.
    Bearer,
    /// An account key.
    SharedKey,
    /// A shared access signature with these permission letters.
    SharedAccessSignature {
        /// `sp`.
        permissions: String,
    },
    /// A shared access signature made with the key of a principal, which can do no more than the
    /// principal may itself.
    UserDelegation {
        /// `sp`.
        permissions: String,
    },
    /// Nothing, for what anybody may read.
    PublicAccess,
}

impl Credential {
    /// The permission letters of a signature; `None` for any other credential.
    pub fn letters(&self) -> Option<&str> {
        match self {
            Self::SharedAccessSignature { permissions } | Self::UserDelegation { permissions } => {
                Some(permissions)
            }
            Self::None | Self::Bearer | Self::SharedKey | Self::PublicAccess => None,
        }
    }
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// What was shown.
    pub credential: Credential,
    /// The principal of a bearer token.
    pub principal: Option<PrincipalId>,
    /// Its application id.
    pub app_id: Option<Uuid>,
    /// The tenant that issued the token.
    pub tenant: Option<TenantId>,
    /// What the principal is.
    pub identity: Option<IdentityKind>,
    /// A name for logs: the principal's display name, or the kind of credential.
    pub name: String,
}

impl Caller {
    /// A caller that has shown nothing.
    pub fn anonymous() -> Self {
        Self::without_principal(Credential::None, "anonymous")
    }

    /// A caller with a bearer token of this principal.
    pub(super) fn of(principal: &Principal) -> Self {
        Self {
            credential: Credential::Bearer,
            principal: Some(principal.id),
            app_id: principal.app_id,
            tenant: Some(principal.tenant),
            identity: Some(principal.identity.clone()),
            name: principal.display_name.clone(),
        }
    }

    pub(super) fn without_principal(credential: Credential, name: &str) -> Self {
        Self {
            credential,
            principal: None,
            app_id: None,
            tenant: None,
            identity: None,
            name: name.to_owned(),
        }
    }
}
