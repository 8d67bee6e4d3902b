//! All of it, for programs.

use super::finding::Report;

/// All of it as JSON.
///
/// # Errors
///
/// If it cannot be written, which memory does not refuse.
pub fn json(report: &Report) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}
