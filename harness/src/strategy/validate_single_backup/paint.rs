//! Painting a sketch on the world.

use azdrill_emulator::model::ResourceId;
use azdrill_emulator::state::Resource;
use serde_json::{Value, json};

use super::ValidateSingleBackup;
use super::founded::ELSEWHERE;
use crate::sketch::validate_single_backup::{Access, Network, Reads, Region, Server, Sketch, Store};
use crate::strategy::painted::{Given, access, paint_identity, shorter};

impl ValidateSingleBackup {
    pub(in crate::strategy) fn paint(&mut self, sketch: &Sketch) {
        let given = [self.reads(sketch), self.reads_secret(sketch)];
        let granted = given
            .into_iter()
            .zip(0..)
            .filter_map(|(given, number)| given?.assignment(&self.world.azure, self.world.now, number));
        let access = access(&self.world.assignments, granted.collect::<Vec<_>>());
        let mut vault = self.world.vault_body.clone();
        paint_identity(&mut vault, sketch.identity);
        let key_vault = self.key_vault(sketch);
        let server = self.server(sketch);
        let rule = self.azure_rule(sketch);
        let state = self.world.azure.state_mut();
        state.access = access;
        for (id, body) in [(&self.world.vault, vault), (&self.world.key_vault, key_vault)] {
            if let Some(own) = state.resources.get_mut(id) {
                own.body = body.into();
            }
        }
        for (id, resource) in [(self.world.server.id.clone(), server), rule] {
            match resource {
                Some(resource) => drop(state.resources.insert(id, resource)),
                None => drop(state.resources.remove(&id)),
            }
        }
    }

    fn reads(&self, sketch: &Sketch) -> Option<Given<'static>> {
        let (id, to) = (
            &self.world.server.id,
            self.world.identities.granted(sketch.identity),
        );
        let there = sketch.server == Server::There;
        let on_server = |role| there.then(|| Given::of(role, id.clone(), to));
        Some(match sketch.reads {
            Reads::Nothing => return None,
            Reads::ReaderOnServer => on_server("Reader")?,
            Reads::Contributor => on_server("Contributor")?,
            Reads::ReaderTooNew => Given {
                seen: false,
                ..on_server("Reader")?
            },
            Reads::ReaderOnGroup => Given::of("Reader", id.resource_group_id()?, to),
            Reads::ReaderOnPrefix => {
                let name = shorter(id.name());
                let kind = ["providers", "Microsoft.DBforPostgreSQL", "servers", name.as_str()];
                Given::of("Reader", id.resource_group_id()?.child(kind), to)
            }
        })
    }

    fn reads_secret(&self, sketch: &Sketch) -> Option<Given<'static>> {
        let to = self.world.identities.granted(sketch.identity);
        let role = match sketch.access {
            Access::SecretsUser => "Key Vault Secrets User",
            Access::KeyVaultReader => "Key Vault Reader",
            Access::NoRole | Access::NoPolicy | Access::PolicyGet | Access::PolicyGetList => return None,
        };
        Some(Given::of(role, self.world.key_vault.clone(), to))
    }

    fn key_vault(&self, sketch: &Sketch) -> Value {
        let mut body = self.world.key_vault_body.clone();
        let properties = &mut body["properties"];
        let (roles, words) = match sketch.access {
            Access::SecretsUser | Access::NoRole | Access::KeyVaultReader => (true, None),
            Access::PolicyGetList => (false, Some(json!(["get", "list"]))),
            Access::PolicyGet => (false, Some(json!(["get"]))),
            Access::NoPolicy => (false, None),
        };
        properties["enableRbacAuthorization"] = json!(roles);
        let to = self.world.identities.granted(sketch.identity);
        let policy = |words| json!([{"tenantId": self.world.tenant, "objectId": to, "permissions": {"secrets": words}}]);
        properties["accessPolicies"] = words.map_or(json!([]), policy);
        let (public, default, bypass) = match sketch.store {
            Store::Open | Store::Missing => ("Enabled", "Allow", "AzureServices"),
            Store::DenyButTrusted => ("Enabled", "Deny", "AzureServices"),
            Store::Deny => ("Enabled", "Deny", "None"),
            Store::DisabledButTrusted => ("Disabled", "Deny", "AzureServices"),
            Store::Disabled => ("Disabled", "Deny", "None"),
        };
        properties["publicNetworkAccess"] = json!(public);
        properties["networkAcls"] =
            json!({"defaultAction": default, "bypass": bypass, "ipRules": [], "virtualNetworkRules": []});
        body
    }

    fn server(&self, sketch: &Sketch) -> Option<Resource> {
        if sketch.server == Server::Gone {
            return None;
        }
        let mut server = self.world.server.clone();
        let mut body = server.body.to_value();
        if sketch.region == Region::Other {
            body["location"] = json!(ELSEWHERE);
        }
        let properties = &mut body["properties"];
        if sketch.network == Network::Denied {
            properties["publicNetworkAccess"] = json!("Disabled");
        }
        if sketch.network == Network::PrivateEndpoint {
            let kind = ["providers", "Microsoft.Network", "privateEndpoints", "own"];
            let endpoint = server.id.resource_group_id()?.child(kind);
            properties["privateEndpointConnections"] = json!([{"name": "own", "properties": {
                "privateEndpoint": {"id": endpoint},
                "privateLinkServiceConnectionState": {"status": "Approved"},
            }}]);
        }
        server.body = body.into();
        Some(server)
    }

    /// The firewall rule for Azure services.
    fn azure_rule(&self, sketch: &Sketch) -> (ResourceId, Option<Resource>) {
        let id = self
            .world
            .server
            .id
            .child(["firewallRules", "AllowAllWindowsAzureIps"]);
        if sketch.network == Network::Nobody || sketch.server == Server::Gone {
            return (id, None);
        }
        let kind = id.resource_type().unwrap_or_default();
        let properties = json!({"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"});
        let body = json!({"id": id, "type": kind, "properties": properties});
        let rule = Resource::new(id.clone(), body, self.world.now);
        (id, Some(rule))
    }
}
