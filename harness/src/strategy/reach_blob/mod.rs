//! Requests to the blob service of a storage account.

mod asked;
mod founded;
mod signed;

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::model::{PublicAccess, ResourceId, wire_seconds};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::server::Core as _;
use azdrill_emulator::state::{ContainerAccess, StoredAccessPolicy};
use serde_json::{Value, json};

use self::founded::{ACCOUNT, BLOBS, CONTAINER, Founded, deleted, written};
use super::answer::Answer;
use super::client::{WorldError, refused};
use super::painted::{Given, access, shorter};
use super::question::{Engine, Question};
use super::storage_network::{RuleSubject, path_from, set, write_network};
use super::table::Table;
use crate::oracle::reach_blob::reach_blob;
use crate::oracle::{Expected, Profile};
use crate::sketch::reach_blob::{
    AllowPublic, Credential, Held, Operation, Public, SasPolicy, SharedKey, Sketch,
};
use crate::sketch::storage_network::Network;
use crate::sketch::{Product, Shape as _};

/// The emulator under test, with one storage account that each sketch in turn is painted on.
pub struct ReachBlob {
    world: Founded,
    /// What the account looks like now, as the sketch has it that is in order but for that.
    painted: Option<Sketch>,
}

impl ReachBlob {
    fn subject(&self) -> RuleSubject<'_> {
        RuleSubject {
            vault: &self.world.vault,
            tenant: self.world.tenant,
        }
    }

    fn paint(&mut self, sketch: &Sketch) {
        let wanted = Sketch {
            network: sketch.network,
            https_only: sketch.https_only,
            shared_key: sketch.shared_key,
            sas_policy: sketch.sas_policy,
            allow_public: sketch.allow_public,
            ..Sketch::in_order()
        };
        if self.painted != Some(wanted) {
            let mut body = self.world.pristine.clone();
            self.write_account(&mut body["properties"], sketch);
            if let Some(account) = self
                .world
                .azure
                .state_mut()
                .resources
                .get_mut(&self.world.account)
            {
                account.body = body.into();
            }
            self.painted = Some(wanted);
        }
        let container = self.container_access(sketch);
        let granted = self.assignment(sketch);
        let access = access(&self.world.assignments, granted);
        let state = self.world.azure.state_mut();
        state.blob_access.set(ACCOUNT, CONTAINER, container);
        state.access = access;
    }

    fn write_account(&self, properties: &mut Value, sketch: &Sketch) {
        write_network(properties, &sketch.network, &self.subject());
        properties["supportsHttpsTrafficOnly"] = json!(sketch.https_only);
        properties["allowBlobPublicAccess"] = json!(sketch.allow_public == AllowPublic::True);
        let keys = match sketch.shared_key {
            SharedKey::Unset => Value::Null,
            SharedKey::True => json!(true),
            SharedKey::False => json!(false),
        };
        set(properties, "allowSharedKeyAccess", keys);
        let policy =
            |period: &str, action: &str| json!({"sasExpirationPeriod": period, "expirationAction": action});
        let policy = match sketch.sas_policy {
            SasPolicy::None => Value::Null,
            SasPolicy::BlocksLonger => policy("1.00:00:00", "Block"),
            SasPolicy::Notes => policy("0.01:00:00", "Log"),
            SasPolicy::Blocks => policy("0.01:00:00", "Block"),
        };
        set(properties, "sasPolicy", policy);
    }

    /// The container's public access, and a stored access policy that says what a signature of the sketch would.
    fn container_access(&self, sketch: &Sketch) -> ContainerAccess {
        let [start, expiry] = asked::times(self.world.now, sketch.time).map(wire_seconds);
        ContainerAccess {
            public: match sketch.public {
                Public::Container => Some(PublicAccess::Container),
                Public::Blob => Some(PublicAccess::Blob),
                Public::None => None,
            },
            policies: vec![StoredAccessPolicy {
                id: asked::POLICY.to_owned(),
                start,
                expiry,
                permissions: asked::letters(sketch.credential, sketch.letters).to_owned(),
            }],
        }
    }

    fn assignment(&self, sketch: &Sketch) -> Option<Assignment> {
        let account = || self.world.account.clone();
        let container = |name: &str| account().child(["blobServices", "default", "containers", name]);
        let contributor = "Storage Blob Data Contributor";
        let (role, scope): (&str, ResourceId) = match sketch.held {
            Held::None => return None,
            Held::OnContainer => (contributor, container(CONTAINER)),
            Held::OnPrefix => (contributor, container(&shorter(CONTAINER))),
            Held::OnGroup => (contributor, self.world.account.resource_group_id()?),
            Held::TooNew => (contributor, account()),
            held => (held.label(), account()),
        };
        let holder = usize::from(sketch.credential == Credential::UserAssignedToken);
        let given = Given {
            seen: sketch.held != Held::TooNew,
            ..Given::of(role, scope, self.world.identities[holder])
        };
        given.assignment(&self.world.azure, self.world.now, 0)
    }

    /// Makes the container hold again what it held before something was done to it.
    fn put_back(&mut self, operation: Operation) -> Result<(), WorldError> {
        let request = match operation {
            Operation::Create => deleted(BLOBS[1]),
            Operation::Delete => written(BLOBS[0]),
            Operation::Read | Operation::List | Operation::Overwrite | Operation::Properties => return Ok(()),
        };
        self.paint(&Sketch::in_order());
        let (owner, now) = (self.world.owner.clone(), self.world.now);
        owner.require(&mut self.world.azure, now, request).map(|_| ())
    }
}

impl Engine<Sketch> for ReachBlob {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let request = self.world.request(sketch);
        let path = path_from(sketch.origin, &self.subject());
        let response = self.world.azure.call(self.world.now, &path, request);
        let done = match sketch.operation {
            Operation::Read | Operation::List | Operation::Properties => 200,
            Operation::Create | Operation::Overwrite => 201,
            Operation::Delete => 202,
        };
        match (response.status.as_u16(), response.header("x-ms-error-code")) {
            (status, None) if status == done => match self.put_back(sketch.operation) {
                Ok(()) => Answer::Passes,
                Err(error) => Answer::Odd(error.to_string()),
            },
            (400.., Some(code)) => refused(&response, code),
            (status, code) => Answer::Odd(format!("{status} {code:?}")),
        }
    }
}

/// Every network, and these settings: rules are ignored unless the default action is Deny, and of what bypasses them only
/// Azure services count here.
fn of_network(others: &[&str]) -> Product<Sketch> {
    let network = [
        "public access",
        "default",
        "bypass",
        "resource rule",
        "IP rule",
        "subnet rule",
        "private endpoint",
    ];
    Product::of(&[&network, others].concat())
        .only("default", &["Allow", "Deny"])
        .only("bypass", &["AzureServices", "None"])
}

/// Every network, from everywhere, by a key and by a token of either identity.
pub fn networks() -> Product<Sketch> {
    of_network(&["the caller stands at", "the caller shows"]).only(
        "the caller shows",
        &[
            "account key",
            "bearer token",
            "bearer token of a user-assigned identity",
        ],
    )
}

/// What identities hold, whether they come themselves or what they signed does.
fn roles() -> Product<Sketch> {
    let of_identity = [
        "bearer token",
        "bearer token of a user-assigned identity",
        "user delegation SAS",
    ];
    Product::of(&[
        "to",
        "the caller shows",
        "it counts",
        "the identity holds",
        "signed letters",
    ])
    .only("the caller shows", &of_identity)
}

/// Signatures for a container or a blob.
fn signatures() -> Product<Sketch> {
    let shows = ["user delegation SAS", "service SAS"];
    Product::of(&[
        "to",
        "the caller shows",
        "it counts",
        "signed letters",
        "signed for",
        "it stands",
    ])
    .only("the caller shows", &shows)
}

/// Signatures for kinds of resources.
fn account_signatures() -> Product<Sketch> {
    let base = Sketch {
        credential: Credential::AccountSas,
        ..Sketch::in_order()
    };
    Product::of(&["to", "it counts", "signed letters", "account SAS for"]).around(base)
}

/// From where and by what signatures are used.
fn uses() -> Product<Sketch> {
    let shows = ["user delegation SAS", "service SAS", "account SAS"];
    Product::of(&[
        "HTTPS only",
        "policy for signatures",
        "to",
        "the caller stands at",
        "by",
        "the caller shows",
        "signed address",
        "signed protocol",
    ])
    .only("to", &["read a blob", "list the blobs"])
    .only("the caller shows", &shows)
}

/// What the account takes at all.
fn credentials() -> Product<Sketch> {
    Product::of(&[
        "HTTPS only",
        "keys allowed",
        "public allowed",
        "container public",
        "to",
        "by",
        "the caller shows",
        "it counts",
    ])
}

impl Question for ReachBlob {
    type Sketch = Sketch;
    const NAME: &'static str = "reach-blob";
    const ASKED: &'static str = "Does the blob service do what it is asked for?";

    fn expected(profile: Profile, sketch: &Sketch) -> Expected {
        reach_blob(profile, sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        Ok(Self {
            world: founded::found(rules, seed)?,
            painted: None,
        })
    }

    /// The network, for whoever comes from wherever; what identities hold; signatures of each kind, and where they are
    /// used; what the account takes at all.
    fn products() -> Vec<Product<Sketch>> {
        vec![
            networks(),
            roles(),
            signatures(),
            account_signatures(),
            uses(),
            credentials(),
        ]
    }

    fn other_profiles() -> Vec<Profile> {
        let mut found = Vec::new();
        for (either_is_enough, user_assigned_covered) in [(true, false), (false, true)] {
            found.push(Profile {
                either_is_enough,
                user_assigned_covered,
                ..Profile::OBSERVED
            });
        }
        found
    }

    fn tables() -> Vec<Table<Sketch>> {
        let with = |credential| Sketch {
            credential,
            ..Sketch::in_order()
        };
        let network = Product::of(&[
            "public access",
            "default",
            "bypass",
            "resource rule",
            "the caller stands at",
        ]);
        // An endpoint and rules for those who come from where they say.
        let reachable = Sketch {
            network: Network {
                ip_rule: true,
                subnet_rule: true,
                private_endpoint: true,
                ..Network::OPEN
            },
            ..Sketch::in_order()
        };
        let held = Product::of(&["to", "the identity holds"]).around(with(Credential::Token));
        let service = Product::of(&["signed for", "to", "signed letters"]);
        let account = Product::of(&["to", "account SAS for"]).around(with(Credential::AccountSas));
        let anonymous = Product::of(&["to", "public allowed", "container public"]);
        let settings = Product::of(&["keys allowed", "it counts", "the caller shows"]);
        let protocols = Product::of(&["HTTPS only", "signed protocol", "by"]);
        vec![
            Table::of(
                "network",
                "Reaching a blob: the account’s network, and where somebody stands who has a key",
                "where somebody stands",
                network.around(reachable),
            ),
            Table::of(
                "roles",
                "Reaching a blob by a bearer token: what its identity holds",
                "what the identity holds",
                held,
            ),
            Table::of(
                "signatures",
                "Reaching a blob by a service SAS: what it says",
                "the letters it has",
                service.around(with(Credential::ServiceSas)),
            ),
            Table::of(
                "account-signatures",
                "Reaching a blob by an account SAS: what it is for",
                "what it is for",
                account,
            ),
            Table::of(
                "anonymous",
                "Reaching a blob with nothing in one’s hands",
                "the container’s public access",
                anonymous.around(with(Credential::Anonymous)),
            ),
            Table::of(
                "credentials",
                "Reaching a blob: what the account takes, and when it counts",
                "what somebody shows",
                settings,
            ),
            Table::of(
                "protocols",
                "Reaching a blob by a service SAS: plain text",
                "how the request comes",
                protocols.around(with(Credential::ServiceSas)),
            ),
        ]
    }
}
