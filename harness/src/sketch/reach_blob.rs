//! A request to the blob service of a storage account.

use super::storage_network::{Network, Origin};
use super::{Dimension, Shape, dimension};

words! {
    /// What is asked for.
    Operation {
        /// To read a blob.
        Read = "read a blob",
        /// To list the blobs of the container.
        List = "list the blobs",
        /// To write a blob there is none of yet.
        Create = "write a new blob",
        /// To write a blob in the place of one that is there.
        Overwrite = "write over a blob",
        /// To delete a blob.
        Delete = "delete a blob",
        /// To read what the container says of itself.
        Properties = "read the container’s properties",
    }
}

words! {
    /// What the caller shows.
    Credential {
        /// The request is signed with a key of the account.
        AccountKey = "account key",
        /// A token of the vault's system-assigned identity.
        Token = "bearer token",
        /// A token of a user-assigned identity.
        UserAssignedToken = "bearer token of a user-assigned identity",
        /// A signature made with a user delegation key of the system-assigned identity.
        UserDelegation = "user delegation SAS",
        /// A signature for a container or a blob, made with a key of the account.
        ServiceSas = "service SAS",
        /// A signature for kinds of resources, made with a key of the account.
        AccountSas = "account SAS",
        /// Nothing at all.
        Anonymous = "nothing",
    }
}

words! {
    /// What the identity holds: on the account, unless it says where.
    Held {
        /// Storage Blob Data Contributor.
        DataContributor = "Storage Blob Data Contributor",
        /// The same, on the container.
        OnContainer = "Storage Blob Data Contributor on the container",
        /// The same, on the account's resource group.
        OnGroup = "Storage Blob Data Contributor on the group",
        /// Storage Blob Data Owner.
        DataOwner = "Storage Blob Data Owner",
        /// Storage Blob Data Reader.
        DataReader = "Storage Blob Data Reader",
        /// No role at all.
        None = "nothing",
        /// Storage Blob Data Contributor on a container whose name the container's begins with.
        OnPrefix = "Storage Blob Data Contributor on a container with a prefix of the name",
        /// Storage Blob Data Contributor, assigned too recently to be seen.
        TooNew = "Storage Blob Data Contributor, not yet propagated",
        /// Storage Blob Delegator.
        Delegator = "Storage Blob Delegator",
        /// Reader and Data Access: who holds it reads keys.
        ReaderAndDataAccess = "Reader and Data Access",
        /// Storage Account Contributor.
        AccountContributor = "Storage Account Contributor",
        /// Owner.
        Owner = "Owner",
        /// Contributor.
        Contributor = "Contributor",
        /// Reader.
        Reader = "Reader",
    }
}

words! {
    /// When the credential counts.
    Time {
        /// Now.
        Now = "now",
        /// Later: a token, a signature or a signed request of the future.
        Later = "later",
        /// No more.
        Over = "no more",
        /// The signature counts, the user delegation key it was made with does so later.
        KeyLater = "now, its delegation key later",
        /// The signature counts, the user delegation key it was made with does no more.
        KeyOver = "now, its delegation key no more",
    }
}

words! {
    /// The letters of what a signature permits.
    Letters {
        /// Reading, adding, creating, writing, deleting, listing.
        All = "all",
        /// Reading.
        Read = "r",
        /// Adding to append blobs.
        Add = "a",
        /// Making new blobs.
        Create = "c",
        /// Writing.
        Write = "w",
        /// Deleting.
        Delete = "d",
        /// Listing.
        List = "l",
        /// Writing and reading, not in the order in which letters stand.
        OutOfOrder = "wr, out of order",
    }
}

words! {
    /// What a service or user delegation signature is for.
    SignedFor {
        /// The container.
        Container = "the container",
        /// The blob itself.
        Blob = "the blob",
        /// Another container.
        OtherContainer = "another container",
        /// Another blob of the container.
        OtherBlob = "another blob",
    }
}

words! {
    /// What an account signature is for.
    Covers {
        /// The blob service: itself, containers and objects.
        Everything = "everything in the blob service",
        /// Objects of the blob service.
        Objects = "objects",
        /// Containers of the blob service.
        Containers = "containers",
        /// The blob service itself.
        Service = "the service itself",
        /// Everything in the queue service.
        Queues = "queues",
    }
}

words! {
    /// Where it stands what a service signature permits, and when it counts.
    Stands {
        /// In the signature.
        InSignature = "in the signature",
        /// In a stored access policy that the signature names.
        InPolicy = "in a stored access policy",
        /// In both.
        InBoth = "in both",
        /// In a stored access policy that is not there.
        InLostPolicy = "in a stored access policy that is gone",
    }
}

words! {
    /// The addresses a signature may be used from.
    SignedAddress {
        /// Any.
        Any = "any",
        /// The range that the IP rule has.
        Listed = "those of the IP rule",
        /// A single one that nobody has.
        Nobodys = "nobody’s",
    }
}

words! {
    /// The protocols a signature may be used by.
    SignedProtocol {
        /// It says nothing.
        Unset = "unset",
        /// Both.
        Both = "https,http",
        /// HTTPS.
        Https = "https",
    }
}

words! {
    /// How the request comes.
    Protocol {
        /// By HTTPS.
        Https = "https",
        /// By HTTP.
        Http = "http",
    }
}

words! {
    /// `sasPolicy` of the account, for a signature that counts for two hours.
    SasPolicy {
        /// There is none.
        None = "none",
        /// It blocks what lives longer than a day.
        BlocksLonger = "blocks what lives longer",
        /// It notes what lives longer than an hour.
        Notes = "notes what lives so long",
        /// It blocks what lives longer than an hour.
        Blocks = "blocks what lives so long",
    }
}

words! {
    /// `allowSharedKeyAccess` of the account.
    SharedKey {
        /// Not set.
        Unset = "unset",
        /// True.
        True = "true",
        /// False.
        False = "false",
    }
}

words! {
    /// The container's public access.
    Public {
        /// Blobs, and what blobs there are.
        Container = "Container",
        /// Blobs whose name is known.
        Blob = "Blob",
        /// None.
        None = "None",
    }
}

words! {
    /// `allowBlobPublicAccess` of the account.
    AllowPublic {
        /// True.
        True = "true",
        /// False.
        False = "false",
    }
}

/// A storage account with a container and a blob, and a request to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sketch {
    /// What is asked for.
    pub operation: Operation,
    /// How it comes.
    pub protocol: Protocol,
    /// Where the caller stands.
    pub origin: Origin,
    /// What the caller shows.
    pub credential: Credential,
    /// When that counts.
    pub time: Time,
    /// What the identity holds whose token or delegation key it is.
    pub held: Held,
    /// What a signature permits.
    pub letters: Letters,
    /// What a service or user delegation signature is for.
    pub signed_for: SignedFor,
    /// What an account signature is for.
    pub covers: Covers,
    /// Where it stands what a service signature says.
    pub stands: Stands,
    /// From where a signature may be used.
    pub signed_address: SignedAddress,
    /// By what a signature may be used.
    pub signed_protocol: SignedProtocol,
    /// The account's network.
    pub network: Network,
    /// `supportsHttpsTrafficOnly`.
    pub https_only: bool,
    /// `allowSharedKeyAccess`.
    pub shared_key: SharedKey,
    /// `sasPolicy`.
    pub sas_policy: SasPolicy,
    /// `allowBlobPublicAccess`.
    pub allow_public: AllowPublic,
    /// The container's public access.
    pub public: Public,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            operation: Operation::Read,
            protocol: Protocol::Https,
            origin: Origin::Backup,
            credential: Credential::AccountKey,
            time: Time::Now,
            held: Held::DataContributor,
            letters: Letters::All,
            signed_for: SignedFor::Container,
            covers: Covers::Everything,
            stands: Stands::InSignature,
            signed_address: SignedAddress::Any,
            signed_protocol: SignedProtocol::Unset,
            network: Network::OPEN,
            https_only: false,
            shared_key: SharedKey::Unset,
            sas_policy: SasPolicy::None,
            allow_public: AllowPublic::True,
            public: Public::Container,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("public access", |sketch, word| sketch.network.access = word),
            dimension("default", |sketch, word| sketch.network.default_action = word),
            dimension("bypass", |sketch, word| sketch.network.bypass = word),
            dimension("resource rule", |sketch, word| {
                sketch.network.resource_rule = word
            }),
            dimension("IP rule", |sketch, word| sketch.network.ip_rule = word),
            dimension("subnet rule", |sketch, word| sketch.network.subnet_rule = word),
            dimension("private endpoint", |sketch, word| {
                sketch.network.private_endpoint = word
            }),
            dimension("HTTPS only", |sketch, word| sketch.https_only = word),
            dimension("keys allowed", |sketch, word| sketch.shared_key = word),
            dimension("policy for signatures", |sketch, word| sketch.sas_policy = word),
            dimension("public allowed", |sketch, word| sketch.allow_public = word),
            dimension("container public", |sketch, word| sketch.public = word),
            dimension("to", |sketch, word| sketch.operation = word),
            dimension("the caller stands at", |sketch, word| sketch.origin = word),
            dimension("by", |sketch, word| sketch.protocol = word),
            dimension("the caller shows", |sketch, word| sketch.credential = word),
            dimension("it counts", |sketch, word| sketch.time = word),
            dimension("the identity holds", |sketch, word| sketch.held = word),
            dimension("signed letters", |sketch, word| sketch.letters = word),
            dimension("signed for", |sketch, word| sketch.signed_for = word),
            dimension("account SAS for", |sketch, word| sketch.covers = word),
            dimension("it stands", |sketch, word| sketch.stands = word),
            dimension("signed address", |sketch, word| sketch.signed_address = word),
            dimension("signed protocol", |sketch, word| sketch.signed_protocol = word),
        ]
    }
}
