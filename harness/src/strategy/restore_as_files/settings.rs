//! A sketch's words as the settings of real resources.

use serde_json::{Value, json};

use crate::sketch::restore_as_files::{CrossTenant, Sketch};
use crate::strategy::storage_network::{RuleSubject, set, write_network};

/// Writes a sketch's settings into the body of a storage account.
pub fn write_account(body: &mut Value, sketch: &Sketch, subject: &RuleSubject<'_>) {
    let properties = &mut body["properties"];
    write_network(properties, &sketch.network, subject);
    let replication = match sketch.cross_tenant {
        CrossTenant::True => json!(true),
        CrossTenant::False => json!(false),
        CrossTenant::Unset | CrossTenant::UnsetSinceLongAgo => Value::Null,
    };
    set(properties, "allowCrossTenantReplication", replication);
}
