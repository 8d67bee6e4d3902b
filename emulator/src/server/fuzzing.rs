//! What comes off the wire, as functions of bytes.

use super::hosts::{self, HostPort};
use crate::model::Scheme;

/// PostgreSQL's first message.
pub(crate) fn startup(data: &[u8]) {
    super::database_gate::fuzzing::startup(data);
}

/// What `CONNECT`, an absolute target and `Host` name.
pub(crate) fn authority(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(asked) = HostPort::parse(text) {
        assert!(!asked.host.is_empty());
        let _ = (asked.unusual_port(Scheme::Https), asked.port_nobody_listens_on());
        let _ = (asked.is_other_local_port(8443), hosts::is_local(&asked.host));
    }
}
