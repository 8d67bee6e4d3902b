//! What the requests of a recording name.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::Value;

use super::align::{Alignment, with_texts};
use super::id_parts::{parse, texts};
use super::recording::{Interaction, Recording};

/// The region of what nothing says a region of.
const REGION: &str = "eastus";

/// What requests name and none of them makes. Ids are as they are spelled where they are named first.
#[derive(Clone, Debug, Default)]
pub(super) struct NamedResources {
    pub(super) subscriptions: Vec<String>,
    /// Ids of resource groups.
    pub(super) groups: Vec<String>,
    /// Ids with their types, in the order they are named in.
    resources: Vec<(String, String)>,
    /// Ids of storage accounts and names of containers.
    pub(super) containers: BTreeSet<(String, String)>,
    /// What is named in key vaults, by host: `secrets/name`, `keys/name/version`.
    pub(super) key_vaults: BTreeMap<String, BTreeSet<String>>,
    /// Policies' ids with the types of datasource they are for.
    pub(super) policies: Vec<(String, String)>,
    /// Backup instances that are asked about before they are made, with their bodies.
    pub(super) instances: Vec<(String, Value)>,
    /// What answers show of resources, by id in lower case.
    pub(super) shown: BTreeMap<String, Value>,
    /// Regions by id in lower case.
    regions: BTreeMap<String, String>,
    region: String,
}

/// Reads what a recording's requests name.
pub(super) fn named_by(recording: &Recording) -> NamedResources {
    let mut named = NamedResources::default();
    let mut made: BTreeSet<String> = BTreeSet::new();
    for one in &recording.interactions {
        named.note_shown(one);
    }
    for one in &recording.interactions {
        for before in recording
            .setting
            .before
            .iter()
            .filter(|before| before.request == one.number)
        {
            let path = before.path.split('?').next().unwrap_or_default();
            named.name(path, true, &made);
            named.body(&before.body, &made);
            made.insert(path.to_ascii_lowercase());
        }
        let path = one.uri.path();
        // What was not there need not be built.
        let absent = matches!(one.status, 404 | 204) && one.method != Method::PUT;
        named.name(path, one.method == Method::PUT || absent, &made);
        named.body(&one.body, &made);
        named.instances(one, recording, &made);
        if one.method == Method::PUT && one.status < 300 {
            made.insert(path.to_ascii_lowercase());
        }
    }
    let not_built = &recording.setting.not_built;
    let is_built = |id: &str| {
        let id = id.to_ascii_lowercase();
        !not_built
            .iter()
            .any(|end| id.ends_with(&end.to_ascii_lowercase()))
    };
    named.groups.retain(|id| is_built(id));
    named.resources.retain(|(id, _)| is_built(id));
    named.policies.retain(|(id, _)| is_built(id));
    named.instances.retain(|(id, _)| is_built(id));
    for spelled in &recording.setting.spelled {
        for (id, _) in &mut named.resources {
            if id.eq_ignore_ascii_case(spelled) {
                id.clone_from(spelled);
            }
        }
    }
    named.region = recording
        .setting
        .region
        .clone()
        .or_else(|| named.regions.values().next().cloned())
        .unwrap_or_else(|| REGION.to_owned());
    named
}

impl NamedResources {
    /// Ids of a type, in the order they are named in.
    pub(super) fn of(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.resources
            .iter()
            .filter(move |(_, of)| of.eq_ignore_ascii_case(kind))
            .map(|(id, _)| id.as_str())
    }

    /// Ids of a type below another.
    pub(super) fn below<'a>(&'a self, id: &'a str, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.of(kind).filter(move |other| {
            other
                .get(..id.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(id))
        })
    }

    /// Where something stands.
    pub(super) fn region_of(&self, id: &str) -> String {
        self.regions
            .get(&id.to_ascii_lowercase())
            .unwrap_or(&self.region)
            .clone()
    }

    /// The id a key vault's host is given: in the group it is named in, or in the first there is.
    pub(super) fn key_vault_id(&self, host: &str) -> Option<String> {
        let name = host.split('.').next()?;
        let vault = self.of("Microsoft.KeyVault/vaults").find(|id| {
            id.rsplit('/')
                .next()
                .is_some_and(|last| last.eq_ignore_ascii_case(name))
        });
        vault.map(str::to_owned).or_else(|| {
            Some(format!(
                "{}/providers/Microsoft.KeyVault/vaults/{name}",
                self.groups.first()?
            ))
        })
    }

    /// Everything with our ids.
    pub(super) fn align(&mut self, alignment: &Alignment) {
        let ours = |text: &mut String| *text = alignment.to_ours(text);
        self.subscriptions.iter_mut().for_each(ours);
        self.groups.iter_mut().for_each(ours);
        self.resources.iter_mut().for_each(|(id, _)| ours(id));
        self.policies.iter_mut().for_each(|(id, _)| ours(id));
        let text = |text: &str| alignment.to_ours(text);
        self.containers = (self.containers.iter())
            .map(|(account, name)| (text(account), name.clone()))
            .collect();
        self.instances = (self.instances.iter())
            .map(|(id, body)| (text(id), with_texts(body, &text)))
            .collect();
        self.shown = (self.shown.iter())
            .map(|(id, value)| (text(id), value.clone()))
            .collect();
        self.regions = (self.regions.iter())
            .map(|(id, region)| (text(id), region.clone()))
            .collect();
    }

    /// Notes what an id names; of what is made by the request itself, only what it lies in.
    fn name(&mut self, text: &str, made_here: bool, made: &BTreeSet<String>) {
        let Some(id) = parse(text) else { return };
        let known =
            |list: &[String], wanted: &str| list.iter().any(|other| other.eq_ignore_ascii_case(wanted));
        if !known(&self.subscriptions, id.subscription) {
            self.subscriptions.push(id.subscription.to_owned());
        }
        let Some(group) = id.group else { return };
        let group_id = format!("/subscriptions/{}/resourceGroups/{group}", id.subscription);
        let makes_group = made_here && id.chain.is_empty();
        if !makes_group && !known(&self.groups, &group_id) && !made.contains(&group_id.to_ascii_lowercase()) {
            self.groups.push(group_id);
        }
        let length = text.trim_end_matches('/').len();
        for (part, kind) in id.chain {
            let is_made = made_here && part.len() == length || made.contains(&part.to_ascii_lowercase());
            if !is_made
                && !self
                    .resources
                    .iter()
                    .any(|(other, _)| other.eq_ignore_ascii_case(&part))
            {
                self.resources.push((part, kind));
            }
        }
    }

    /// Notes what a request's body names.
    fn body(&mut self, body: &Value, made: &BTreeSet<String>) {
        let mut found = Vec::new();
        texts(body, body, &mut |text, inside| found.push((text, inside)));
        for (text, inside) in found {
            if text.len() > 15 && text[..15].eq_ignore_ascii_case("/subscriptions/") {
                // The database a restore makes is not there.
                let is_target =
                    body.to_string().contains("restoreTargetInfo") && text.contains("/databases/");
                self.name(text, is_target, made);
                if let Some(region) = inside["resourceLocation"].as_str() {
                    self.regions
                        .entry(text.to_ascii_lowercase())
                        .or_insert_with(|| region.to_owned());
                }
            }
            self.host(text);
        }
        self.policy_of(body, made);
    }

    /// Notes what an address at a data plane names.
    fn host(&mut self, text: &str) {
        let Some(rest) = text.strip_prefix("https://") else {
            return;
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.ends_with(".vault.azure.net") && !path.is_empty() {
            let objects = self.key_vaults.entry(host.to_ascii_lowercase()).or_default();
            objects.insert(path.trim_end_matches('/').to_owned());
        } else if let Some(account) = host.strip_suffix(".blob.core.windows.net") {
            let known = self
                .of("Microsoft.Storage/storageAccounts")
                .find(|id| id.ends_with(&format!("/{account}")));
            let id = match (known, self.groups.first()) {
                (Some(id), _) => id.to_owned(),
                (None, Some(group)) => {
                    let id = format!("{group}/providers/Microsoft.Storage/storageAccounts/{account}");
                    self.resources
                        .push((id.clone(), "Microsoft.Storage/storageAccounts".to_owned()));
                    id
                }
                (None, None) => return,
            };
            if let Some(container) = path.split('/').next().filter(|name| !name.is_empty()) {
                self.containers.insert((id, container.to_owned()));
            }
        }
    }

    /// Notes the policy an instance is to have, and of which type its datasource is.
    fn policy_of(&mut self, body: &Value, made: &BTreeSet<String>) {
        for instance in [&body["properties"], &body["backupInstance"]] {
            let kind = instance["dataSourceInfo"]["datasourceType"].as_str();
            let id = instance["policyInfo"]["policyId"].as_str();
            if let (Some(kind), Some(id)) = (kind, id)
                && let Some(parent) = parse(id).and_then(|id| id.chain.into_iter().next())
                // In a vault that is made by a request there is nothing else.
                && !made.contains(&parent.0.to_ascii_lowercase())
                && !made.contains(&id.to_ascii_lowercase())
                && !self.policies.iter().any(|(other, _)| other.eq_ignore_ascii_case(id))
            {
                self.policies.push((id.to_owned(), kind.to_owned()));
            }
        }
    }

    /// Notes an instance that is asked about before it is made: its body is what an answer shows of it.
    fn instances(&mut self, one: &Interaction, recording: &Recording, made: &BTreeSet<String>) {
        if one.method == Method::PUT || one.status >= 300 || one.status == 204 {
            return;
        }
        let Some(id) = parse(one.uri.path()) else { return };
        let instance = id.chain.into_iter().find(|(_, kind)| {
            let kind = kind.to_ascii_lowercase();
            kind.ends_with("backupvaults/backupinstances")
        });
        let Some((id, _)) = instance else { return };
        if made.contains(&id.to_ascii_lowercase())
            || self
                .instances
                .iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(&id))
        {
            return;
        }
        let name = id.rsplit('/').next().unwrap_or_default().to_owned();
        let shown = recording
            .interactions
            .iter()
            .find_map(|one| shown_instance(&one.answer, &name));
        if let Some(shown) = shown {
            let body = instance_body(&shown);
            let mut found = Vec::new();
            texts(&body, &body, &mut |text, inside| {
                found.push((text.to_owned(), inside.clone()))
            });
            self.body(&body, made);
            self.instances.push((id, body));
        }
    }

    fn note_shown(&mut self, one: &Interaction) {
        if let (Some(id), Some(location)) = (one.answer["id"].as_str(), one.answer["location"].as_str()) {
            self.regions.insert(id.to_ascii_lowercase(), location.to_owned());
        }
        if let (Some(id), 200) = (one.answer["id"].as_str(), one.status) {
            self.shown
                .entry(id.to_ascii_lowercase())
                .or_insert_with(|| one.answer.clone());
        }
        // Where operations on a vault are asked about is where it stands.
        let vault = parse(one.uri.path()).and_then(|id| {
            id.chain
                .into_iter()
                .find(|(_, kind)| kind.to_ascii_lowercase().ends_with("/backupvaults"))
        });
        let address = one.answer_header("location").unwrap_or_default();
        if let (Some((vault, _)), Some((_, rest))) = (vault, address.split_once("/locations/")) {
            let region = rest.split('/').next().unwrap_or_default().to_owned();
            self.regions.entry(vault.to_ascii_lowercase()).or_insert(region);
        }
    }
}

/// What an answer shows of an instance, by itself or in a list.
fn shown_instance(answer: &Value, name: &str) -> Option<Value> {
    let items = std::iter::once(answer).chain(answer["value"].as_array().into_iter().flatten());
    items
        .into_iter()
        .find(|item| item["name"] == *name && item["properties"]["dataSourceInfo"].is_object())
        .cloned()
}

/// The body an instance would have been made with.
fn instance_body(shown: &Value) -> Value {
    let said = &shown["properties"];
    let mut properties = serde_json::Map::new();
    for name in [
        "friendlyName",
        "dataSourceInfo",
        "dataSourceSetInfo",
        "datasourceAuthCredentials",
        "objectType",
    ] {
        if let Some(value) = said.get(name).filter(|value| !value.is_null()) {
            properties.insert(name.to_owned(), value.clone());
        }
    }
    properties.insert(
        "policyInfo".to_owned(),
        serde_json::json!({"policyId": said["policyInfo"]["policyId"]}),
    );
    serde_json::json!({"properties": properties})
}
