//! Findings that tests look at, gathered once.

use std::path::Path;

use tokio::sync::OnceCell;

use super::{Findings, gather};
use crate::scenario::Library;

/// Of a scenario whose machines differ in words, one whose machines end otherwise, and one that needs rows.
const NAMES: [&str; 3] = [
    "missing-ltr-role",
    "sbdc-on-container-only",
    "secret-version-pinned",
];

/// Without a PostgreSQL.
pub(super) async fn gathered() -> &'static Findings {
    static FINDINGS: OnceCell<Findings> = OnceCell::const_new();
    FINDINGS.get_or_init(gathered_anew).await
}

/// The same, not from memory.
pub(super) async fn gathered_anew() -> Findings {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let library = Library::find(None, &root).expect("the scenarios");
    let scenarios = NAMES.map(|name| library.get(name).expect("read"));
    gather(&scenarios, None, |_| {}).await.expect("gathered")
}
