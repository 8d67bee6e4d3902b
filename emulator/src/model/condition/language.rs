//! What conditions may say.

use serde::Deserialize;

/// What a condition may ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionAttribute {
    /// The role of an assignment.
    Role,
    /// Whose an assignment is.
    Principal,
    /// Which kind of principal that is.
    PrincipalKind,
    /// The name of a storage account.
    Account,
    /// The name of a container.
    Container,
    /// The name of a blob.
    BlobPath,
}

/// Where an attribute is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionSide {
    /// What is there.
    Resource,
    /// What the request says.
    Request,
}

/// An attribute by the name it has in conditions.
#[derive(Clone, Debug)]
pub struct KnownAttribute {
    /// Its name.
    pub name: String,
    /// What it is.
    pub attribute: ConditionAttribute,
    /// Where it may be looked for.
    pub sides: Vec<ConditionSide>,
}

/// A part of an action that conditions tell from the rest of it.
#[derive(Clone, Debug)]
pub struct SubOperation {
    /// Its name.
    pub name: String,
    /// The operation that is it.
    pub operation: String,
}

/// How long a condition may be, and what it may ask about.
#[derive(Clone, Debug)]
pub struct ConditionLanguage {
    /// The version of the language.
    pub version: String,
    /// How many bytes a condition may have.
    pub longest_bytes: usize,
    /// Its suboperations.
    pub sub_operations: Vec<SubOperation>,
    /// Its attributes.
    pub attributes: Vec<KnownAttribute>,
}

impl ConditionLanguage {
    /// The suboperation that an operation is; empty where it is none.
    pub fn sub_operation_of(&self, operation: &str) -> &str {
        let found = self
            .sub_operations
            .iter()
            .find(|known| known.operation == operation);
        found.map_or("", |known| &known.name)
    }
}
