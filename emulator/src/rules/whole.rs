//! All rules under one profile, and how they are looked up.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::azure_policy::AzurePolicyFacts;
use super::blob_limits::BlobLimits;
use super::blob_request::BlobRequests;
use super::body::{BodyTypes, Format};
use super::client_words::ClientWords;
use super::conditional_request::ConditionalWrites;
use super::database_row::DatabaseNetwork;
use super::datasource_row::Datasources;
use super::deployment_facts::DeploymentFacts;
use super::directory::DirectoryFacts;
use super::failure::Failures;
use super::federation::Federation;
use super::gate::Gate;
use super::header_rows::HeaderRows;
use super::kept_resource::KeptResource;
use super::key_vault::KeyVaultFacts;
use super::limits::Limits;
use super::link::Links;
use super::name_form::NameForms;
use super::named::RuleId;
use super::network_resource::NetworkResourceFacts;
use super::network_row::NetworkRow;
use super::operation::Endpoint;
use super::outside::Outside;
use super::parameter_list::ParameterFacts;
use super::prerequisite::Prerequisite;
use super::provider::Provider;
use super::public_client::{PublicClient, TokenResource};
use super::query_option::QueryOptions;
use super::region::Region;
use super::resource_guard::ResourceGuardFacts;
use super::role::{BuiltInRoles, RoleDefinition};
use super::router::Router;
use super::server_facts::ServerFacts;
use super::server_settings::ServerSettings;
use super::single_server::SingleServerFacts;
use super::source::Source;
use super::stated::Rule;
use super::storage_accounts::AccountFacts;
use super::storage_facts::StorageFacts;
use super::throttling::Throttling;
use super::vault_facts::VaultFacts;
use crate::model::{ConditionLanguage, region_name, type_path};

/// All rules under one profile.
#[derive(Debug)]
pub struct Rules {
    /// The operations and the router over them.
    pub router: Router,
    /// What conditions of role assignments may say.
    pub conditions: Arc<ConditionLanguage>,
    /// Azure's built-in roles.
    pub built_in_roles: BuiltInRoles,
    /// Storage network rows, in order, those left out that the profile does not take.
    pub storage_rows: Vec<NetworkRow>,
    /// Which network paths reach a database server.
    pub database_network: DatabaseNetwork,
    /// What the blob service measures.
    pub storage: StorageFacts,
    /// How much and how long things of the blob service may be.
    pub blob_limits: BlobLimits,
    /// What storage accounts can be.
    pub storage_accounts: AccountFacts,
    /// What is known of Azure Policy.
    pub azure_policy: AzurePolicyFacts,
    /// What requests to the blob service may say.
    pub blob_requests: BlobRequests,
    /// Facts about single servers.
    pub single_server: SingleServerFacts,
    /// What PostgreSQL servers cannot be, and what they stay.
    pub server_settings: ServerSettings,
    /// Resource types storage's trusted-services exception covers, in lower case.
    pub trusted_services: Vec<String>,
    /// Key Vault network rows, likewise.
    pub key_vault_rows: Vec<NetworkRow>,
    /// Resource types Key Vault's trusted-services exception covers, in lower case.
    pub key_vault_trusted_services: Vec<String>,
    /// What Key Vault measures, counts and calls things.
    pub key_vault: KeyVaultFacts,
    /// The order of gates by endpoint.
    pub gates: BTreeMap<Endpoint, Vec<Gate>>,
    /// What must be true before a backup or a restore, in order, with the profile's alternative.
    pub prerequisites: Vec<Prerequisite>,
    /// Every rule, by name.
    pub stated: BTreeMap<RuleId, Rule>,
    /// Which operation heeds which query options.
    pub query_options: QueryOptions,
    /// Sources by key.
    pub sources: BTreeMap<String, Source>,
    /// Recorded durations in seconds, by phase.
    pub recorded_seconds: BTreeMap<String, f64>,
    /// `Retry-After` of first answers in seconds, by phase.
    pub(super) retry_after_seconds: BTreeMap<String, u64>,
    /// What resources of `Microsoft.Network` are given besides what a request says.
    pub network_resources: NetworkResourceFacts,
    /// Server parameters.
    pub parameters: ParameterFacts,
    /// Resource providers.
    pub providers: Vec<Provider>,
    /// Regions and their pairs.
    pub regions: Vec<Region>,
    /// Names of time zones as Windows has them, in lower case.
    pub time_zones: std::collections::BTreeSet<String>,
    /// What request bodies may be.
    pub bodies: BodyTypes,
    /// What may be called what.
    pub names: NameForms,
    /// Facts about Backup vaults.
    pub vaults: VaultFacts,
    /// What Resource Guards protect.
    pub resource_guard: ResourceGuardFacts,
    /// What a failure shows as that comes while data moves.
    pub failures: Failures,
    /// What the programs of a client say, and what it comes down to.
    pub client_words: ClientWords,
    /// What Azure Backup protects in them.
    pub datasources: Datasources,
    /// Facts about PostgreSQL flexible servers.
    pub servers: ServerFacts,
    /// How much a template, an expression or a query may ask for.
    pub limits: Limits,
    /// Which writes over ARM heed conditions on etags.
    pub conditional_writes: Vec<ConditionalWrites>,
    /// What writes may name of other resources.
    pub links: Links,
    /// Resources that are kept and have no effect.
    pub kept: Vec<KeptResource>,
    /// What templates of deployments may say and ask for.
    pub deployments: Arc<DeploymentFacts>,
    /// How much may be asked of Azure Resource Manager.
    pub throttling: Throttling,
    /// Headers of Azure Resource Manager that depend on the request.
    pub headers: HeaderRows,
    /// Applications of Microsoft's own that people sign in with.
    pub public_clients: Vec<PublicClient>,
    /// Resources of Azure's services that tokens are for.
    pub token_resources: Vec<TokenResource>,
    /// What may be written of directory objects, and by whom.
    pub directory: DirectoryFacts,
    /// Tokens of outside issuers.
    pub federation: Federation,
    /// Hosts on the internet that clients look things up at.
    pub(crate) outside: Vec<Outside>,
}

impl Rules {
    /// What is asked at this host of the internet, if that is known.
    pub fn outside(&self, host: &str) -> Option<&Outside> {
        self.outside.iter().find(|row| row.has(host))
    }

    /// The rule of that name.
    pub fn rule(&self, id: RuleId) -> &Rule {
        // The loader has read a row for every name there is.
        &self.stated[&id]
    }

    /// `Retry-After` of the first answer of a long-running operation, in seconds.
    pub fn retry_after(&self, phase: &str) -> u64 {
        let rows = &self.retry_after_seconds;
        // The loader asks for the row `otherwise`.
        rows.get(phase)
            .or_else(|| rows.get("otherwise"))
            .copied()
            .unwrap_or_default()
    }

    /// Whether the rule `id` is taken with this alternative.
    pub fn takes(&self, id: RuleId, alternative: &str) -> bool {
        let rule = self.rule(id);
        debug_assert!(
            rule.alternatives.contains_key(alternative),
            "{id} has no alternative {alternative}"
        );
        rule.taken == alternative
    }

    /// The provider of a namespace; Resource Manager's own where there is none of that name.
    ///
    /// # Panics
    ///
    /// If providers.toml does not have Resource Manager's own, which a test forbids.
    pub fn provider_or_own(&self, namespace: &str) -> &Provider {
        let named = |name: &str| {
            self.providers
                .iter()
                .find(|own| own.namespace.eq_ignore_ascii_case(name))
        };
        named(namespace)
            .or_else(|| named("Microsoft.Resources"))
            .unwrap_or_else(|| panic!("providers.toml has no row for Microsoft.Resources"))
    }

    /// A version of the control plane that a path can be asked at: the one the type of its body was
    /// read at, or its provider's newest that is no preview. For whoever has no version of its own.
    pub fn usual_version(&self, path: &str) -> String {
        let resource_type = type_path(path.split('?').next().unwrap_or_default());
        let mut name = resource_type.as_str();
        loop {
            if let Some(known) = self.bodies.get(name) {
                return known.version.to_string();
            }
            match name.rsplit_once('/') {
                Some((parent, _)) => name = parent,
                None => break,
            }
        }
        let versions = &self.provider_or_own(name).api_versions;
        let stable = versions
            .iter()
            .find(|version| version.len() == "2024-04-01".len());
        stable.or(versions.first()).cloned().unwrap_or_default()
    }

    /// The built-in role of that name, without regard to case.
    pub fn built_in_role(&self, name: &str) -> Option<&RoleDefinition> {
        self.built_in_roles.named(name)
    }

    /// Whether a text has a form.
    pub fn has_form(&self, format: Format, text: &str) -> bool {
        match format {
            Format::TimeZone => self.time_zones.contains(&text.to_lowercase()),
            Format::Region => self.knows_region(&region_name(text)),
            format => format.fits(text),
        }
    }

    /// The region another is paired with, where a geo-redundant vault is copied to.
    pub fn pair_of(&self, region: &str) -> Option<&str> {
        self.regions
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(region))
            .and_then(|known| known.pair.as_deref())
    }

    /// The availability zones of a region.
    pub fn zones_of(&self, region: &str) -> &[String] {
        let known = self
            .regions
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(region));
        known.map_or(&[], |known| &known.zones)
    }

    /// What people call a region, where lists have it.
    pub fn region_display_name(&self, name: &str) -> Option<&str> {
        let region = self.regions.iter().find(|known| known.name == name);
        region.and_then(|known| known.display_name.as_deref())
    }

    /// Whether there is a region of this name, as paths have it.
    pub fn knows_region(&self, name: &str) -> bool {
        self.regions.iter().any(|known| known.name == name)
    }

    /// The names of the regions that lists have, as an error names them.
    pub fn region_names(&self) -> String {
        let listed = self.regions.iter().filter(|region| region.display_name.is_some());
        listed
            .map(|region| region.name.as_str())
            .collect::<Vec<_>>()
            .join(",")
    }
}
