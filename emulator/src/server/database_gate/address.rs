//! Where a server's entrance listens: always on loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use sha2::{Digest, Sha256};

/// The port PostgreSQL servers listen on.
const POSTGRES_PORT: u16 = 5432;

/// A socket at the server's own address. Where there is only 127.0.0.1 (macOS), or where somebody
/// else has the port, it is any free port of 127.0.0.1.
pub(super) fn own(host: &str) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((own_address(host), POSTGRES_PORT))).or_else(|_| any())
}

/// A socket on any free port of 127.0.0.1.
pub(super) fn any() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// An address that follows from the host name: the same at every start. The low networks are left
/// out, where resolvers and the machine's own name are at home.
fn own_address(host: &str) -> Ipv4Addr {
    let digest = Sha256::digest(host.to_ascii_lowercase());
    Ipv4Addr::new(127, 64 + digest[0] % 128, digest[1], 1 + digest[2] % 254)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_address_follows_from_its_name_and_is_loopback() {
        let address = own_address("drill.postgres.database.azure.com");
        assert!(address.is_loopback());
        assert_eq!(own_address("Drill.postgres.database.azure.com"), address);
        assert_ne!(own_address("other.postgres.database.azure.com"), address);
        for number in 0..2000 {
            let [_, second, _, last] = own_address(&format!("server{number}")).octets();
            assert!((64..192).contains(&second) && (1..255).contains(&last));
        }
    }

    #[test]
    fn a_taken_address_gives_way_to_a_free_port() {
        let host = "taken-address.postgres.database.azure.com";
        let first = own(host).unwrap();
        let second = own(host).unwrap();
        let second = second.local_addr().unwrap();
        assert_ne!(first.local_addr().unwrap(), second);
        assert_eq!(second.ip(), Ipv4Addr::LOCALHOST);
    }
}
