//! Whether a database of a single server can be backed up.

use super::identity::Identity;
use super::{Dimension, Shape, dimension};

words! {
    /// When it is asked.
    Time {
        /// Before 28 March 2025.
        BeforeRetirement = "before 28 March 2025",
        /// Since then.
        Since = "since",
    }
}

words! {
    /// The database.
    Database {
        /// One of the customer's.
        Customers = "a customer’s",
        /// `azure_sys`.
        Sys = "azure_sys",
        /// `azure_maintenance`.
        Maintenance = "azure_maintenance",
    }
}

words! {
    /// The server's region.
    Region {
        /// The vault's.
        Same = "the vault’s",
        /// Another.
        Other = "another",
    }
}

words! {
    /// The server itself.
    Server {
        /// It is there.
        There = "there",
        /// It has been deleted, and the roles on it with it.
        Gone = "gone",
    }
}

words! {
    /// The role of the vault's identity that is to let it read the server.
    Reads {
        /// Reader on the server.
        ReaderOnServer = "Reader on the server",
        /// Reader on its resource group.
        ReaderOnGroup = "Reader on the group",
        /// None.
        Nothing = "nothing",
        /// Reader on a server whose name the server's begins with.
        ReaderOnPrefix = "Reader on a server with a prefix of the name",
        /// Reader, assigned too recently to be seen.
        ReaderTooNew = "Reader, not yet propagated",
        /// Contributor on the server.
        Contributor = "Contributor on the server",
    }
}

words! {
    /// The network of the key vault.
    Store {
        /// Open to everybody.
        Open = "open",
        /// The default is Deny, trusted services are excepted.
        DenyButTrusted = "Deny, trusted services excepted",
        /// The default is Deny, and nothing is excepted.
        Deny = "Deny",
        /// Public access is disabled, trusted services are excepted.
        DisabledButTrusted = "disabled, trusted services excepted",
        /// Public access is disabled, and nothing is excepted.
        Disabled = "disabled",
        /// There is no such key vault.
        Missing = "there is none",
    }
}

words! {
    /// What lets the vault's identity read the secret.
    Access {
        /// Key Vault Secrets User, on a key vault with Azure roles.
        SecretsUser = "Secrets User",
        /// An access policy: get and list.
        PolicyGetList = "policy: get, list",
        /// An access policy: get.
        PolicyGet = "policy: get",
        /// No role, on a key vault with Azure roles.
        NoRole = "no role",
        /// No policy, on a key vault with access policies.
        NoPolicy = "no policy",
        /// Key Vault Reader, which reads no values.
        KeyVaultReader = "Key Vault Reader",
    }
}

words! {
    /// The secret.
    Secret {
        /// A connection string.
        ConnectionString = "a connection string",
        /// There is none of that name.
        Missing = "missing",
        /// It is disabled.
        Disabled = "disabled",
        /// It is an address as libpq has them.
        Address = "a postgres:// address",
    }
}

words! {
    /// The network of the server.
    Network {
        /// Azure services are let in.
        AzureServices = "Azure services let in",
        /// Nobody is.
        Nobody = "nobody let in",
        /// Azure services are let in, and public access is denied.
        Denied = "public access denied",
        /// Azure services are let in, and there is a private endpoint.
        PrivateEndpoint = "private endpoint",
    }
}

words! {
    /// What the database says to the user of the secret.
    Session {
        /// He is in, and may read everything.
        Fine = "in order",
        /// His password is another.
        WrongPassword = "another password",
        /// There is no such database.
        NoDatabase = "no such database",
        /// He may not read everything.
        FewRights = "too few rights",
        /// It closes the connection.
        Closes = "closes the connection",
    }
}

/// A vault, and a database of a single server it is to back up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// When.
    pub time: Time,
    /// As whom.
    pub identity: Identity,
    /// The database.
    pub database: Database,
    /// The server's region.
    pub region: Region,
    /// The server.
    pub server: Server,
    /// What the identity holds.
    pub reads: Reads,
    /// The network of the key vault.
    pub store: Store,
    /// What lets the identity read the secret.
    pub access: Access,
    /// The secret.
    pub secret: Secret,
    /// The network of the server.
    pub network: Network,
    /// What the database says.
    pub session: Session,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            time: Time::BeforeRetirement,
            identity: Identity::System,
            database: Database::Customers,
            region: Region::Same,
            server: Server::There,
            reads: Reads::ReaderOnServer,
            store: Store::Open,
            access: Access::SecretsUser,
            secret: Secret::ConnectionString,
            network: Network::AzureServices,
            session: Session::Fine,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("time", |sketch, word| sketch.time = word),
            dimension("identity", |sketch, word| sketch.identity = word),
            dimension("database", |sketch, word| sketch.database = word),
            dimension("region", |sketch, word| sketch.region = word),
            dimension("server", |sketch, word| sketch.server = word),
            dimension("the identity holds", |sketch, word| sketch.reads = word),
            dimension("key vault", |sketch, word| sketch.store = word),
            dimension("may read the secret", |sketch, word| sketch.access = word),
            dimension("secret", |sketch, word| sketch.secret = word),
            dimension("server’s network", |sketch, word| sketch.network = word),
            dimension("the database", |sketch, word| sketch.session = word),
        ]
    }
}
