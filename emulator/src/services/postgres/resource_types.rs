//! The types of this provider's resources.

/// A flexible server.
pub(super) const SERVER: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
/// A single server: the older flavour.
pub(super) const SINGLE_SERVER: &str = "Microsoft.DBforPostgreSQL/servers";
/// A cluster of servers.
pub(super) const SERVER_GROUP: &str = "Microsoft.DBforPostgreSQL/serverGroupsv2";
