//! Where a server's entrance listens: always on loopback.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use sha2::{Digest, Sha256};

/// The port PostgreSQL servers listen on.
const POSTGRES_PORT: u16 = 5432;

/// How many addresses of its own a server has: another azdrill beside this one may have a server of
/// the same name.
const OWN_MAX: u8 = 16;

/// A socket at the server's own address, or at the next of its own if somebody else has the port
/// there. Where there is only 127.0.0.1 (macOS), it is any free port of that.
pub(super) fn listen(host: &str) -> io::Result<TcpListener> {
    (0..OWN_MAX)
        .find_map(|number| TcpListener::bind((own_address(host, number), POSTGRES_PORT)).ok())
        .map_or_else(any, Ok)
}

/// A socket on any free port of 127.0.0.1.
pub(super) fn any() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// An address that follows from the host name: the same at every start. The low networks are left
/// out, where resolvers and the machine's own name are at home.
fn own_address(host: &str, number: u8) -> Ipv4Addr {
    let mut text = host.to_ascii_lowercase();
    if number > 0 {
        text.push_str(&format!(" {number}"));
    }
    let digest = Sha256::digest(text);
    Ipv4Addr::new(127, 64 + digest[0] % 128, digest[1], 1 + digest[2] % 254)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::SocketAddr;

    use super::*;

    #[test]
    fn a_servers_address_follows_from_its_name_and_is_loopback() {
        let address = own_address("drill.postgres.database.azure.com", 0);
        assert!(address.is_loopback());
        assert_eq!(own_address("Drill.postgres.database.azure.com", 0), address);
        assert_ne!(own_address("other.postgres.database.azure.com", 0), address);
        assert_ne!(own_address("drill.postgres.database.azure.com", 1), address);
        for number in 0..2000 {
            let [_, second, _, last] = own_address(&format!("server{number}"), 0).octets();
            assert!((64..192).contains(&second) && (1..255).contains(&last));
        }
    }

    #[test]
    fn a_taken_address_gives_way_to_the_next_and_at_last_to_a_free_port() {
        let host = "taken-address.postgres.database.azure.com";
        let taken: Vec<TcpListener> = (0..OWN_MAX).map(|_| listen(host).unwrap()).collect();
        let addresses: BTreeSet<SocketAddr> =
            taken.iter().map(|socket| socket.local_addr().unwrap()).collect();
        assert_eq!(addresses.len(), usize::from(OWN_MAX));
        assert!(addresses.iter().all(|address| address.port() == POSTGRES_PORT));
        let last = listen(host).unwrap().local_addr().unwrap();
        assert_eq!(last.ip(), Ipv4Addr::LOCALHOST);
        assert_ne!(last.port(), POSTGRES_PORT);
    }
}
