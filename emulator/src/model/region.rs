//! Names of regions.

/// A region as Resource Manager keeps it: clients write `UK South` for `uksouth`.
pub fn region_name(text: &str) -> String {
    text.to_lowercase().replace(' ', "")
}
