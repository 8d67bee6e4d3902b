//! The beginning of every world: Microsoft's own side, one tenant with one empty subscription, and
//! an operator who owns it.

use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use crate::authz::Assignment;
use crate::azure::Azure;
use crate::entropy::Entropy;
use crate::model::{PrincipalId, ResourceId, TenantId, Timestamp};
use crate::services::Context;
use crate::services::data_protection::MicrosoftSide;
use crate::state::{IdentityKind, Principal, Resource, Subscription};

/// Who a client signs in as, and where it works.
#[derive(Clone)]
pub struct Operator {
    /// The tenant.
    pub tenant: TenantId,
    /// The subscription id.
    pub subscription: String,
    /// The application (client) id.
    pub client_id: Uuid,
    /// The client secret. A secret only in form: it is printed for clients to use.
    pub client_secret: String,
    /// The object id.
    pub object_id: PrincipalId,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator")
            .field("tenant", &self.tenant)
            .field("subscription", &self.subscription)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl Operator {
    /// The operator a seed gives, before any world is built: `env` prints it without asking.
    pub fn of_seed(seed: u64) -> Self {
        Self::of(&Entropy::from_seed(seed))
    }

    fn of(entropy: &Entropy) -> Self {
        let drawn = entropy.fork("operator");
        Self {
            tenant: TenantId(entropy.fork("tenant").uuid()),
            subscription: entropy.fork("subscription").uuid().to_string(),
            client_id: drawn.fork("client").uuid(),
            client_secret: format!("azdrill~{}", drawn.fork("secret").uuid().simple()),
            object_id: PrincipalId(drawn.fork("object").uuid()),
        }
    }
}

/// Puts the beginning of a world into an empty Azure.
pub fn found(azure: &mut Azure, now: Timestamp) -> Operator {
    azure.with_context(now, |context| {
        found_microsoft_side(context);
        let operator = Operator::of(context.entropy);
        context.state.add_subscription(Subscription {
            id: operator.subscription.clone(),
            name: "azdrill".to_owned(),
            tenant: operator.tenant,
            hidden: false,
        });
        context.state.directory.insert(Principal {
            id: operator.object_id,
            app_id: Some(operator.client_id),
            tenant: operator.tenant,
            display_name: "operator".to_owned(),
            identity: IdentityKind::Application,
            secret: Some(operator.client_secret.clone()),
            certificates: Vec::new(),
        });
        context.state.directory.make_administrator(operator.object_id);
        let scope = ResourceId::from_segments(["subscriptions", &operator.subscription]);
        assign(context, operator.object_id, "Owner", &scope, SignedDuration::ZERO);
        operator
    })
}

/// Puts a further subscription into a world.
pub fn add_subscription(azure: &mut Azure, id: &str, name: &str, tenant: TenantId) {
    let subscription = Subscription {
        id: id.to_owned(),
        name: name.to_owned(),
        tenant,
        hidden: false,
    };
    azure
        .state_mut()
        .subscriptions
        .insert(id.to_ascii_lowercase(), subscription);
}

/// Lets an operator sign in with a certificate (DER) as well.
pub fn admit_certificate(azure: &mut Azure, operator: &Operator, certificate: Vec<u8>) {
    let directory = &mut azure.state_mut().directory;
    if let Some(mut principal) = directory.get(operator.object_id).cloned() {
        principal.certificates.push(certificate);
        directory.insert(principal);
    }
}

/// Gives a role at once or after a delay, behind the front door's back: for building worlds.
///
/// # Panics
///
/// If there is no built-in role of that name.
pub fn assign(
    context: &mut Context<'_>,
    to: PrincipalId,
    role: &str,
    at: &ResourceId,
    after: SignedDuration,
) {
    let role = context
        .rules
        .built_in_role(role)
        .unwrap_or_else(|| panic!("there is no built-in role {role}"))
        .id;
    let name = context.draw_uuid("role assignment").to_string();
    let now = context.now;
    context.state.access.insert(Assignment {
        seen_from: now + after,
        ..Assignment::new(name, at.clone(), role, to, now)
    });
}

/// The tenant that vault storage lives in. Its subscription shows in no list, and nobody but the
/// Backup service has a role in it.
fn found_microsoft_side(context: &mut Context<'_>) {
    let drawn = context.entropy.fork("microsoft");
    let tenant = TenantId(drawn.fork("tenant").uuid());
    let subscription = drawn.fork("subscription").uuid().to_string();
    let principal = PrincipalId(drawn.fork("principal").uuid());
    let group = ResourceId::from_segments([
        "subscriptions",
        &subscription,
        "resourceGroups",
        "azure-backup-managed",
    ]);
    context.state.add_subscription(Subscription {
        id: subscription.clone(),
        name: "Azure Backup".to_owned(),
        tenant,
        hidden: true,
    });
    context.state.directory.insert(Principal {
        id: principal,
        app_id: Some(drawn.fork("application").uuid()),
        tenant,
        display_name: "Azure Backup".to_owned(),
        identity: IdentityKind::Application,
        secret: None,
        certificates: Vec::new(),
    });
    let body = json!({"id": group, "name": group.name(), "type": "Microsoft.Resources/resourceGroups", "location": "uksouth"});
    let now = context.now;
    context
        .state
        .resources
        .insert(group.clone(), Resource::new(group.clone(), body, now));
    let scope = ResourceId::from_segments(["subscriptions", &subscription]);
    assign(context, principal, "Owner", &scope, SignedDuration::ZERO);
    context.own.data_protection.microsoft = Some(MicrosoftSide {
        tenant,
        group,
        principal,
    });
}
