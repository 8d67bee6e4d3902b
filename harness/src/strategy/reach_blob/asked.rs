//! The request of a sketch, as a client with its credential makes it.

use azdrill_emulator::model::{Request, Scheme, Timestamp, wire_seconds};
use http::Method;
use jiff::SignedDuration;

use super::founded::{ACCOUNT, BLOBS, CONTAINER, Founded, HOST, InTime, deleted, written};
use super::signed::{Says, VERSION, with_key};
use crate::sketch::reach_blob::{
    Covers, Credential, Letters, Operation, Protocol, SignedAddress, SignedFor, SignedProtocol, Sketch,
    Stands, Time,
};

/// The stored access policy of the container.
pub(super) const POLICY: &str = "kept";

/// From when to when what is shown counts: two hours.
pub(super) fn times(now: Timestamp, time: Time) -> [Timestamp; 2] {
    let hours = |hours| now + SignedDuration::from_hours(hours);
    match time {
        Time::Now | Time::KeyLater | Time::KeyOver => [hours(-1), hours(1)],
        Time::Later => [hours(1), hours(3)],
        Time::Over => [hours(-3), hours(-1)],
    }
}

/// What a signature permits. Service and account signatures have their letters in different orders.
pub(super) fn letters(credential: Credential, letters: Letters) -> &'static str {
    match letters {
        Letters::All if credential == Credential::AccountSas => "rwdlac",
        Letters::All => "racwdl",
        Letters::OutOfOrder => "wr",
        Letters::Read | Letters::Add | Letters::Create | Letters::Write | Letters::Delete | Letters::List => {
            letters.label()
        }
    }
}

impl<T> InTime<T> {
    fn at(&self, time: Time) -> &T {
        match time {
            Time::Now | Time::KeyLater | Time::KeyOver => &self.now,
            Time::Later => &self.later,
            Time::Over => &self.over,
        }
    }
}

/// What is asked for, without a credential.
fn plain(operation: Operation) -> Request {
    let get = |rest: &str| {
        Request::new(Method::GET, HOST, &format!("/{CONTAINER}{rest}")).with_header("x-ms-version", VERSION)
    };
    match operation {
        Operation::Read => get(&format!("/{}", BLOBS[0])),
        Operation::List => get("?restype=container&comp=list"),
        Operation::Create => written(BLOBS[1]),
        Operation::Overwrite => written(BLOBS[0]),
        Operation::Delete => deleted(BLOBS[0]),
        Operation::Properties => get("?restype=container"),
    }
}

impl Founded {
    /// The request of a sketch.
    pub(super) fn request(&self, sketch: &Sketch) -> Request {
        let mut request = plain(sketch.operation);
        request.scheme = match sketch.protocol {
            Protocol::Https => Scheme::Https,
            Protocol::Http => Scheme::Http,
        };
        match sketch.credential {
            Credential::Anonymous => request,
            Credential::Token => self.tokens[0].at(sketch.time).signed(request),
            Credential::UserAssignedToken => self.tokens[1].at(sketch.time).signed(request),
            Credential::AccountKey => {
                let hour = SignedDuration::from_hours(1);
                let date = match sketch.time {
                    Time::Now | Time::KeyLater | Time::KeyOver => self.now,
                    Time::Later => self.now + hour,
                    Time::Over => self.now - hour,
                };
                with_key(request, ACCOUNT, &self.key, date)
            }
            Credential::UserDelegation | Credential::ServiceSas | Credential::AccountSas => {
                let pairs = request.query.pairs();
                let own: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
                let all = [own.join("&"), self.signature(sketch)];
                request.query = all.join("&").trim_start_matches('&').into();
                request
            }
        }
    }

    fn signature(&self, sketch: &Sketch) -> String {
        let [start, expiry] = times(self.now, sketch.time).map(wire_seconds);
        let says = Says {
            letters: letters(sketch.credential, sketch.letters),
            start,
            expiry,
            addresses: match sketch.signed_address {
                SignedAddress::Any => "",
                SignedAddress::Listed => "198.51.100.0-198.51.100.255",
                SignedAddress::Nobodys => "192.0.2.1",
            },
            protocols: match sketch.signed_protocol {
                SignedProtocol::Unset => "",
                SignedProtocol::Both | SignedProtocol::Https => sketch.signed_protocol.label(),
            },
        };
        let (kind, resource) = resource(sketch);
        match sketch.credential {
            Credential::AccountSas => {
                let (services, types) = match sketch.covers {
                    Covers::Everything => ("b", "sco"),
                    Covers::Objects => ("b", "o"),
                    Covers::Containers => ("b", "c"),
                    Covers::Service => ("b", "s"),
                    Covers::Queues => ("q", "sco"),
                };
                says.account(&self.key, ACCOUNT, services, types)
            }
            Credential::UserDelegation => {
                let key = match sketch.time {
                    Time::KeyLater => &self.delegation_keys.later,
                    Time::KeyOver => &self.delegation_keys.over,
                    Time::Now | Time::Later | Time::Over => &self.delegation_keys.now,
                };
                says.delegated(key, kind, &resource)
            }
            _ => {
                let nothing = Says {
                    letters: "",
                    start: String::new(),
                    expiry: String::new(),
                    ..says
                };
                let (says, policy) = match sketch.stands {
                    Stands::InSignature => (says, ""),
                    Stands::InPolicy => (nothing, POLICY),
                    Stands::InBoth => (says, POLICY),
                    Stands::InLostPolicy => (nothing, "lost"),
                };
                says.service(&self.key, kind, &resource, policy)
            }
        }
    }
}

/// What a signature is for, with its kind.
fn resource(sketch: &Sketch) -> (&'static str, String) {
    let blob = match sketch.operation {
        Operation::Create => BLOBS[1],
        _ => BLOBS[0],
    };
    let (kind, below) = match sketch.signed_for {
        SignedFor::Container => ("c", CONTAINER.to_owned()),
        SignedFor::OtherContainer => ("c", "elsewhere".to_owned()),
        SignedFor::Blob => ("b", format!("{CONTAINER}/{blob}")),
        SignedFor::OtherBlob => ("b", format!("{CONTAINER}/other.sql")),
    };
    (kind, format!("/blob/{ACCOUNT}/{below}"))
}
