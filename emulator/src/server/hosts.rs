//! Whose name a request may carry. What is not ours is refused, and never dialled.

use std::net::IpAddr;

use http::StatusCode;
use http::uri::Authority;
use hyper::ext::ReasonPhrase;

use super::refusal;
use crate::model::{Response, Scheme};

/// A host name in lower case and the port that was named with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostPort {
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

impl HostPort {
    /// Reads `host`, `host:port` or `[address]:port`; `None` if it is none of these.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host();
        let port = authority.as_str().strip_prefix(host)?;
        if host.is_empty() || (!port.is_empty() && authority.port_u16().is_none()) {
            return None;
        }
        Some(Self {
            host: host.to_ascii_lowercase(),
            port: authority.port_u16(),
        })
    }

    /// The port, unless it is the one the scheme implies.
    pub(super) fn unusual_port(&self, scheme: Scheme) -> Option<u16> {
        let usual = match scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        };
        self.port.filter(|port| *port != usual)
    }

    /// The port, if nothing of Azure's would answer there: its services speak HTTP and HTTPS, on
    /// the ports of those. Which port of this machine is ours is another question.
    pub(super) fn port_nobody_listens_on(&self) -> Option<u16> {
        self.port
            .filter(|port| !matches!(port, 80 | 443) && !is_local(&self.host))
    }

    /// Whether this names the machine itself, but a port that is not ours.
    pub(super) fn is_other_local_port(&self, own_port: u16) -> bool {
        is_local(&self.host) && self.port.is_some_and(|port| port != own_port)
    }
}

/// Whether this name means the machine itself.
pub(super) fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// What is said of a host that is not ours; `outside` is what it is, where that is known.
fn of_unknown(host: &str, outside: Option<&str>) -> String {
    match outside {
        Some(outside) => {
            format!("azdrill never dials out, and `{host}` is on the internet ({outside}).")
        }
        None => format!(
            "azdrill does not know the host `{host}`, and never dials out. \
             It answers for the hosts of the fake Azure only; list the others in NO_PROXY."
        ),
    }
}

/// The refusal of a host that is not ours.
pub(super) fn unknown(host: &str, outside: Option<&str>) -> Response {
    refusal::text(StatusCode::FORBIDDEN, None, &of_unknown(host, outside))
}

/// The refusal of a tunnel to a host that is not ours. Clients show nothing of its body, and many the
/// words beside the status.
pub(super) fn no_tunnel(host: &str, outside: Option<&str>) -> (Response, Option<ReasonPhrase>) {
    let words = of_unknown(host, outside);
    let ours = ReasonPhrase::try_from(words.into_bytes()).ok();
    (unknown(host, outside), ours)
}

/// The answer for a host whose account or vault is not there: what a proxy says of a name that does not
/// resolve. To a client it is not an answer of Azure's, whatever it asked for.
pub(super) fn does_not_resolve(host: &str) -> Response {
    let text = format!(
        "There is no such host: nothing is called `{}` here, and on Azure `{host}` would not resolve.",
        host.split('.').next().unwrap_or(host)
    );
    refusal::text(StatusCode::BAD_GATEWAY, None, &text)
}

/// The refusal of a port that a host of ours does not listen on.
pub(super) fn unknown_port(host: &str, port: u16) -> Response {
    refusal::text(
        StatusCode::FORBIDDEN,
        None,
        &format!(
            "azdrill answers for the ports 443 and 80 of `{host}`, and for no port {port}: it never dials out. \
             Database servers are reached at the addresses below `/_azdrill/servers`."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_are_read() {
        let parsed = |text| HostPort::parse(text).map(|it| (it.host, it.port));
        assert_eq!(
            parsed("Management.Azure.com"),
            Some(("management.azure.com".to_owned(), None))
        );
        assert_eq!(
            parsed("localhost:8443"),
            Some(("localhost".to_owned(), Some(8443)))
        );
        assert_eq!(parsed("[::1]:80"), Some(("[::1]".to_owned(), Some(80))));
        for wrong in ["", ":80", "a b", "user@host", "host:99999", "host:x"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_tunnel_to_the_internet_is_refused_in_words_that_clients_show() {
        let (refusal, words) = no_tunnel("aka.ms", Some("an index: fetch it before"));
        let words = String::from_utf8(words.expect("words").as_bytes().to_vec()).unwrap();
        assert_eq!(refusal.status, 403);
        assert!(
            words.contains("aka.ms") && words.contains("fetch it before"),
            "{words}"
        );
        assert!(no_tunnel("example.com", None).1.is_some());
    }

    #[test]
    fn only_an_unusual_port_is_kept() {
        let local = HostPort::parse("localhost:443").unwrap();
        assert_eq!(local.unusual_port(Scheme::Https), None);
        assert_eq!(local.unusual_port(Scheme::Http), Some(443));
        assert!(local.is_other_local_port(8443));
        assert!(!local.is_other_local_port(443));
        assert!(!HostPort::parse("example.com:5").unwrap().is_other_local_port(443));
    }
}
