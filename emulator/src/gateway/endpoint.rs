//! Which endpoint a host name stands for.

use crate::rules::{Endpoint, cloud};

/// The endpoint a host name stands for. `None`: not one of ours.
pub fn endpoint_of(host: &str, path: &str) -> Option<Endpoint> {
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Some(endpoint_of_path(path));
    }
    cloud().endpoint_at(host)
}

/// On the custom-cloud address one host serves several endpoints, told apart by their paths.
fn endpoint_of_path(path: &str) -> Endpoint {
    let path = path.trim_start_matches('/').to_ascii_lowercase();
    if path.starts_with("_azdrill/") {
        Endpoint::Admin
    } else if path.starts_with("metadata/identity/") || path.starts_with("msi/token") {
        Endpoint::Imds
    } else if path.starts_with("v1.0/") {
        Endpoint::Graph
    } else if ["/oauth2/", "/.well-known/", "/discovery/", "common/userrealm/"]
        .iter()
        .any(|part| path.contains(part))
    {
        Endpoint::Login
    } else {
        Endpoint::Arm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_serves_several_endpoints_by_their_paths() {
        for (path, endpoint) in [
            ("/_azdrill/log", Endpoint::Admin),
            ("/metadata/identity/oauth2/token", Endpoint::Imds),
            ("/msi/token", Endpoint::Imds),
            ("/v1.0/users", Endpoint::Graph),
            ("/V1.0/users", Endpoint::Graph),
            ("/common/oauth2/v2.0/token", Endpoint::Login),
            ("/subscriptions/s", Endpoint::Arm),
        ] {
            assert_eq!(endpoint_of("localhost", path), Some(endpoint), "{path}");
        }
    }
}
