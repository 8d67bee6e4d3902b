//! Whether the blob service does what it is asked for. Written from the pages about authorizing requests to it, about
//! shared access signatures and anonymous access, and from the table of E.2. Nobody says which of several refusals comes
//! first: who is asking, whether the network lets them in, what they may do.

use super::storage_network::kept_out;
use super::{Expected, Gate, Profile, SYNTHETIC, no};
use crate::sketch::reach_blob::{
    AllowPublic, Covers, Credential, Held, Letters, Operation, Protocol, Public, SasPolicy, SharedKey,
    SignedAddress, SignedFor, SignedProtocol, Sketch, Stands, Time,
};
use crate::sketch::storage_network::Origin;

/// Neither a key nor a signature that counts, or none for this.
const FAILED: &str = "AuthenticationFailed";
const MISMATCH: &str = "AuthorizationPermissionMismatch";

/// Whether it does.
pub fn reach_blob(profile: Profile, sketch: &Sketch) -> Expected {
    if sketch.https_only && sketch.protocol == Protocol::Http {
        return refused(Gate::Authentication, "AccountRequiresHttps");
    }
    if let Err(expected) = authenticated(sketch) {
        return expected;
    }
    let user_assigned = sketch.credential == Credential::UserAssignedToken;
    if let Some(rows) = kept_out(profile, &sketch.network, sketch.origin, user_assigned) {
        return no(Gate::Network, rows, "AuthorizationFailure");
    }
    if is_signature(sketch.credential) && !permits(sketch.letters, sketch.operation) {
        return refused(Gate::Authorization, MISMATCH);
    }
    let of_identity = matches!(
        sketch.credential,
        Credential::Token | Credential::UserAssignedToken | Credential::UserDelegation
    );
    if of_identity && !grants(sketch.held, sketch.operation) {
        let mut rules = vec!["RBAC"];
        if sketch.held == Held::TooNew {
            rules.push("E1-PROPAGATION");
        }
        // Who restores is told so where files are downloaded.
        if sketch.operation == Operation::Read {
            rules.push("FX-RF-15");
        }
        return no(Gate::Authorization, &rules, MISMATCH);
    }
    // `c` makes blobs, and overwrites none.
    let creates_only = is_signature(sketch.credential) && sketch.letters == Letters::Create;
    if creates_only && sketch.operation == Operation::Overwrite {
        return refused(Gate::Authorization, "UnauthorizedBlobOverwrite");
    }
    Expected::Passes
}

/// A no that no rule but the error itself stands for.
fn refused(gate: Gate, code: &'static str) -> Expected {
    no(gate, &[code], code)
}

fn is_signature(credential: Credential) -> bool {
    matches!(
        credential,
        Credential::UserDelegation | Credential::ServiceSas | Credential::AccountSas
    )
}

fn authenticated(sketch: &Sketch) -> Result<(), Expected> {
    let no_authentication = |code| Err(refused(Gate::Authentication, code));
    let in_time = !matches!(sketch.time, Time::Later | Time::Over);
    // Nobody says that the letters of a stored access policy have an order.
    let by_policy = matches!(sketch.stands, Stands::InPolicy | Stands::InLostPolicy);
    let says_letters = match sketch.credential {
        Credential::ServiceSas => !by_policy,
        credential => is_signature(credential),
    };
    let with_key = matches!(
        sketch.credential,
        Credential::AccountKey | Credential::ServiceSas | Credential::AccountSas
    );
    if says_letters && sketch.letters == Letters::OutOfOrder {
        return no_authentication(FAILED);
    }
    // Whatever is signed with a key is gone with the keys. Not set, they are allowed.
    if with_key && sketch.shared_key == SharedKey::False {
        return no_authentication("KeyBasedAuthenticationNotPermitted");
    }
    match sketch.credential {
        Credential::AccountKey if in_time => Ok(()),
        Credential::AccountKey => no_authentication(FAILED),
        Credential::Token | Credential::UserAssignedToken if in_time => Ok(()),
        Credential::Token | Credential::UserAssignedToken => {
            let code = "InvalidAuthenticationInfo";
            Err(no(Gate::Authentication, &["TOKEN-EXPIRED"], code))
        }
        Credential::Anonymous => anonymous(sketch),
        Credential::UserDelegation | Credential::ServiceSas | Credential::AccountSas => {
            if !in_time || !counts(sketch) {
                return no_authentication(FAILED);
            }
            used_as_signed(sketch)
        }
    }
}

/// What anybody may do: what the container says, as far as the account allows it.
fn anonymous(sketch: &Sketch) -> Result<(), Expected> {
    let open = match sketch.operation {
        Operation::Read => sketch.public != Public::None,
        Operation::List | Operation::Properties => sketch.public == Public::Container,
        Operation::Create | Operation::Overwrite | Operation::Delete => false,
    };
    match (open, sketch.allow_public) {
        (true, AllowPublic::True) => Ok(()),
        (true, AllowPublic::False) => Err(refused(Gate::Authentication, "PublicAccessNotPermitted")),
        (false, _) => Err(refused(Gate::Authentication, "NoAuthenticationInformation")),
    }
}

/// Whether a signature is one, for what is asked about.
fn counts(sketch: &Sketch) -> bool {
    // A signature for a blob is for that one, and for nothing that is said of its container.
    let of_container = matches!(sketch.operation, Operation::List | Operation::Properties);
    let for_this = match sketch.signed_for {
        SignedFor::Container => true,
        SignedFor::Blob => !of_container,
        SignedFor::OtherContainer | SignedFor::OtherBlob => false,
    };
    match sketch.credential {
        Credential::UserDelegation => for_this && !matches!(sketch.time, Time::KeyLater | Time::KeyOver),
        // What both say is said once too often.
        Credential::ServiceSas => for_this && matches!(sketch.stands, Stands::InSignature | Stands::InPolicy),
        _ => true,
    }
}

/// Whether a signature is used where, by what and for what it may be.
fn used_as_signed(sketch: &Sketch) -> Result<(), Expected> {
    let mismatch = |code| Err(refused(Gate::Authentication, code));
    if sketch.sas_policy == SasPolicy::Blocks {
        let rule = "SyntheticSasOutOfPolicy";
        return Err(no(Gate::Authentication, &[rule], SYNTHETIC));
    }
    if sketch.protocol == Protocol::Http && sketch.signed_protocol == SignedProtocol::Https {
        return mismatch("AuthorizationProtocolMismatch");
    }
    // Addresses are public ones: subnets, private endpoints and services come from none.
    let from_there = match sketch.signed_address {
        SignedAddress::Any => true,
        SignedAddress::Listed => sketch.origin == Origin::ListedAddress,
        SignedAddress::Nobodys => false,
    };
    if !from_there {
        return mismatch("AuthorizationSourceIPMismatch");
    }
    let of_container = matches!(sketch.operation, Operation::List | Operation::Properties);
    match (sketch.credential, sketch.covers) {
        (Credential::AccountSas, Covers::Everything) => Ok(()),
        (Credential::AccountSas, Covers::Queues) => mismatch("AuthorizationServiceMismatch"),
        (Credential::AccountSas, Covers::Containers) if of_container => Ok(()),
        (Credential::AccountSas, Covers::Objects) if !of_container => Ok(()),
        (Credential::AccountSas, _) => mismatch("AuthorizationResourceTypeMismatch"),
        // Only account signatures are for a container itself, and not just for what is in it.
        _ if sketch.operation == Operation::Properties => mismatch(MISMATCH),
        _ => Ok(()),
    }
}

/// What letters permit: one of those that an operation takes.
fn permits(letters: Letters, operation: Operation) -> bool {
    let writes = matches!(operation, Operation::Create | Operation::Overwrite);
    match letters {
        Letters::All => true,
        Letters::Read => matches!(operation, Operation::Read | Operation::Properties),
        Letters::Create | Letters::Write => writes,
        Letters::OutOfOrder => writes || operation == Operation::Read,
        Letters::Delete => operation == Operation::Delete,
        Letters::List => operation == Operation::List,
        Letters::Add => false,
    }
}

/// What the roles' definitions grant. Reading what a container says of itself is an action, all the rest data actions.
fn grants(held: Held, operation: Operation) -> bool {
    let about_container = operation == Operation::Properties;
    match held {
        Held::DataContributor | Held::OnContainer | Held::OnGroup | Held::DataOwner => true,
        Held::DataReader => matches!(operation, Operation::Read | Operation::List) || about_container,
        Held::AccountContributor | Held::Owner | Held::Contributor | Held::Reader => about_container,
        Held::None | Held::OnPrefix | Held::TooNew | Held::Delegator | Held::ReaderAndDataAccess => false,
    }
}
