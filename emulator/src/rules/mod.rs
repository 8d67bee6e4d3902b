//! The facts about Azure, loaded from `emulator/rules/` and compiled for deciding.
//!
//! Everything the emulator believes about Azure stands in those files once, with its source and
//! how sure we are. Profiles are resolved here and nowhere else: what leaves this module is
//! already the outcome the chosen profile (and a scenario's own assumptions) picked.

mod api_version;
mod blob_request;
mod body;
mod condition_facts;
mod conditional_request;
mod database_row;
mod datasource_row;
mod deployment_facts;
mod directory;
mod error_code;
mod failure;
mod federation;
mod fix;
mod header_rows;
mod kept_resource;
mod key_vault;
mod limits;
mod load;
mod name_form;
mod named;
mod network_resource;
mod network_row;
mod operation;
mod outside;
mod parameter_list;
mod prerequisite;
mod profile;
mod provider;
mod public_client;
mod query_option;
mod region;
mod role;
mod router;
mod server_facts;
mod server_settings;
mod single_server;
mod source;
mod stated;
mod storage_accounts;
mod storage_facts;
mod time_zone;
mod vault_facts;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{ConditionLanguage, type_path};

pub use api_version::ApiVersion;
pub use blob_request::{BlobHeader, BlobRequests};
pub(crate) use body::interval_seconds;
pub use body::{
    BodyRefusal, BodyShape, BodyType, BodyTypes, Format, Kind, Member, Required, Same, ServiceLimit, Variant,
    Words,
};
pub use conditional_request::ConditionalWrites;
pub use database_row::{DatabaseConditions, DatabaseFacts, DatabaseNetwork, DatabaseRow};
pub use datasource_row::{
    DatasourceKind, DatasourceType, Datasources, JobFacts, MovedBy, PlayedDatasource, PointName, PolicyFacts,
};
pub use deployment_facts::{
    DeclarationMembers, DeploymentFacts, TemplateExtensions, TemplateLanguage, TemplateMembers,
    TemplateResourceMembers,
};
pub use directory::{ByIds, DirectoryFacts, DirectoryKind, DirectoryWriter};
pub use error_code::ErrorCode;
pub use failure::{Cause, Failure, Failures};
pub use federation::Federation;
pub use header_rows::{HeaderRows, Quota};
pub use kept_resource::{KeptCheck, KeptResource, KeysAction, Within};
pub use key_vault::{KeyVaultFacts, PolicyPermission, RetentionDays};
pub use limits::{Limit, Limits, TagLimits};
pub use load::RulesError;
pub(crate) use name_form::not_of_group;
pub use name_form::{Characters, Hyphens, NameForm, NameForms};
pub use named::{Code, DatasourceName, RuleId, Unknown};
pub(crate) use named::{code, datasource, rule};
pub use network_resource::{
    InUse, NetworkResourceFacts, PrivateDnsZone, PrivateLink, ReservedAddresses, SecurityRules, SubnetSizes,
    User,
};
pub use network_row::{FirewallFacts, Gate, NetworkRow, OriginKind, Outcome};
pub use operation::{BodyPlan, Dispatch, Endpoint, Operation, Params};
pub use outside::Outside;
pub use parameter_list::{ParameterFacts, ParameterList, ParameterRow};
pub use prerequisite::{Check, Prerequisite, RestoredAs, SecretFault, SignInFault, Stage, Subject};
pub use profile::{Assumptions, Profile};
pub use provider::Provider;
pub use public_client::{PublicClient, TokenResource};
pub use query_option::QueryOptions;
pub use region::Region;
pub use role::{BuiltInRoles, RoleDefinition, RolePermission};
pub use router::{BadPath, Routed, Router, without_empty_parent};
pub use server_facts::{
    Capabilities, DefaultRow, Edition, Majors, MinorVersion, OwnDatabases, PrivateDnsZoneSuffix, ServerFacts,
    Storage,
};
pub use server_settings::{
    FixedSetting, Impossible, PasswordRule, ServerFlavour, ServerSettings, SettingCheck,
};
pub use single_server::{
    EarliestRestore, Extensions, NamedDefault, PropertyDefault, RealServer, SingleServerFacts, TierRow,
    VersionRow,
};
pub use source::{Mark, Source};
pub use stated::{Alternative, Rule, RuleKind};
pub use storage_accounts::{AccountFacts, AccountKind, SettledProperties, StorageBody};
pub use storage_facts::{IpRuleFacts, PermissionLetters, SharedKeyFacts, SignatureFacts, StorageFacts};
pub use vault_facts::{
    CrossRegionFacts, DeletedVaultFacts, FromVersion, ImmutabilityFacts, OlderAnswer, OneWay,
    RecoveryPointFacts, SecurityRow, SoftDelete, StorageSettings, VaultFacts,
};

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
    /// What storage accounts can be.
    pub storage_accounts: AccountFacts,
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
    pub retry_after_seconds: BTreeMap<String, u64>,
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
    /// What a failure shows as that comes while data moves.
    pub failures: Failures,
    /// What Azure Backup protects in them.
    pub datasources: Datasources,
    /// Facts about PostgreSQL flexible servers.
    pub servers: ServerFacts,
    /// How much a template, an expression or a query may ask for.
    pub limits: Limits,
    /// Which writes over ARM heed conditions on etags.
    pub conditional_writes: Vec<ConditionalWrites>,
    /// Resources that are kept and have no effect.
    pub kept: Vec<KeptResource>,
    /// What templates of deployments may say and ask for.
    pub deployments: Arc<DeploymentFacts>,
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

    /// Loads the rules under a profile.
    ///
    /// # Errors
    ///
    /// If a file of `emulator/rules/` is wrong, or an assumption names a rule or an alternative
    /// that does not exist.
    pub fn load(profile: Profile, assumptions: &Assumptions) -> Result<Self, RulesError> {
        load::load(profile, assumptions)
    }

    /// The rule of that name.
    pub fn rule(&self, id: RuleId) -> &Rule {
        // The loader has read a row for every name there is.
        &self.stated[&id]
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

    /// The error of that name.
    pub fn error(&self, code: Code) -> &'static ErrorCode {
        code.row()
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
}
