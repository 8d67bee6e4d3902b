//! The facts about Azure, loaded from `emulator/rules/` and compiled for deciding.
//!
//! Everything the emulator believes about Azure stands in those files once, with its source and
//! how sure we are. Profiles are resolved here and nowhere else: what leaves this module is
//! already the outcome the chosen profile (and a scenario's own assumptions) picked.

mod api_version;
mod azure_policy;
mod blob_limits;
mod blob_request;
mod body;
mod client_words;
mod cloud;
mod condition_facts;
mod conditional_request;
mod database_row;
mod datasource_row;
mod deployment_facts;
mod difference;
mod directory;
mod error_code;
mod failure;
mod federation;
mod file;
mod fix;
mod gate;
mod header_rows;
mod kept_resource;
mod key_vault;
mod limits;
mod link;
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
mod resource_guard;
mod role;
mod router;
mod server_facts;
mod server_settings;
mod single_server;
mod source;
mod stated;
mod stated_rows;
mod storage_accounts;
mod storage_facts;
mod throttling;
mod time_zone;
mod tool;
mod vault_facts;
mod whole;

pub use api_version::ApiVersion;
pub use azure_policy::{AzurePolicyFacts, BuiltInPolicy};
pub use blob_limits::BlobLimits;
pub use blob_request::{BlobHeader, BlobRequests};
pub(crate) use body::interval_seconds;
pub use body::{
    BodyRefusal, BodyShape, BodyType, BodyTypes, Format, JsonType, Member, Required, Same, ServiceLimit,
    Variant, Words,
};
pub use client_words::ClientWords;
pub use cloud::{Cloud, Graph, Login, Metadata, TokenLifetimes, cloud};
pub use conditional_request::ConditionalWrites;
pub use database_row::{DatabaseConditions, DatabaseFacts, DatabaseNetwork, DatabaseRow};
pub use datasource_row::{
    ArchiveFacts, CallerFacts, DatasourceKind, DatasourceType, Datasources, JobFacts, MovedBy, NewerVersion,
    PlayedDatasource, PointName, PolicyFacts,
};
pub use deployment_facts::{
    DeclarationMembers, DeploymentFacts, TemplateExtensions, TemplateLanguage, TemplateMembers,
    TemplateResourceMembers,
};
pub use difference::{Difference, OpenPoint, Said, Showing, ShownAt};
pub use directory::{ByIds, DirectoryFacts, DirectoryKind, DirectoryWriter};
pub use error_code::ErrorCode;
pub use failure::{Cause, Failure, Failures};
pub use federation::Federation;
pub use file::RulesError;
pub use gate::Gate;
pub use header_rows::HeaderRows;
pub use kept_resource::{KeptCheck, KeptResource, KeysAction, Within};
pub use key_vault::{KeyVaultFacts, PolicyPermission, RetentionDays};
pub use limits::{Limit, Limits, TagLimits};
pub use link::{Link, Links, NoId};
pub(crate) use name_form::not_of_group;
pub use name_form::{Characters, Hyphens, NameForm, NameForms};
pub use named::{Code, DatasourceName, RuleId, Unknown};
pub(crate) use named::{Unplayed, code, datasource, rule, unplayed};
pub use network_resource::{
    InUse, NetworkResourceFacts, PrivateDnsZone, PrivateLink, ReservedAddresses, SecurityRules, SubnetSizes,
    User,
};
pub use network_row::{Decision, FirewallFacts, NetworkRow, OriginKind};
pub use operation::{BodyPlan, Dispatch, Endpoint, Operation, Params, Routed};
pub use outside::Outside;
pub use parameter_list::{ParameterFacts, ParameterList, ParameterRow};
pub use prerequisite::{
    Check, Prerequisite, RestoredAs, RestoredIn, SecretFault, SignInFault, Stage, Subject, TakenFor,
};
pub use profile::{Assumptions, Profile};
pub use provider::Provider;
pub use public_client::{PublicClient, TokenResource};
pub use query_option::QueryOptions;
pub use region::Region;
pub use resource_guard::{CriticalOperation, GuardedOperation, ResourceGuardFacts};
pub use role::{BuiltInRoles, RoleDefinition, RolePermission};
pub use router::{BadPath, Router, without_empty_parent};
pub use server_facts::{
    Capabilities, DefaultRow, Edition, Majors, MinorVersion, NewDatabase, OwnDatabases, PrivateDnsZoneSuffix,
    ServerFacts, Storage,
};
pub use server_settings::{FixedSetting, Impossible, PasswordRule, ServerFlavour, ServerSettings};
pub use single_server::{
    EarliestRestore, Extensions, NamedDefault, PropertyDefault, RealServer, SingleServerFacts, TierRow,
    VersionRow,
};
pub use source::{Mark, Source};

pub use stated::{Alternative, Rule, RuleKind};
pub use storage_accounts::{AccountFacts, AccountKind, NewAccount, SettledProperties, StorageBody};
pub use storage_facts::{
    DelegationKeyFacts, IpRuleFacts, PermissionLetters, SharedKeyFacts, SignatureFacts, StorageFacts,
};
pub use throttling::{OwnLimit, RequestKind, RequestLimits, Throttling, TokenBucket};
pub use tool::{Configures, Titled, ToolAnswer, Tools};
pub use vault_facts::{
    CrossRegionFacts, DeletedVaultFacts, FromVersion, ImmutabilityFacts, ListedInstanceFacts, OlderAnswer,
    OneWay, RecoveryPointFacts, SecurityRow, SoftDelete, SpokenVersions, StorageSettings, VaultFacts,
    VaultStorageFacts,
};
pub use whole::Rules;
