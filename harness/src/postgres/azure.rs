//! Azure's own things in a server, the same in every mode: roles, databases, settings, and the
//! script that makes a cluster with them.

use sha2::{Digest, Sha256};

/// The superuser that owns what Azure made. It is the engine's own superuser too.
pub(super) const SUPERUSER: &str = "azuresu";

/// A database of Azure's own, which no customer signs in to, renames or drops: the superuser works from here.
pub(crate) const MAINTENANCE: &str = "azure_maintenance";

/// The parameter that lists the extensions customers may create. PostgreSQL itself knows none of that name.
pub(super) const EXTENSIONS: &str = "azure.extensions";

/// The databases to seed, in order, each with its SQL. What is in `template1` is in every database that
/// is made afterwards, unless it is made of `template0`, as `pg_restore --create` does.
const SEED: [(&str, &str); 9] = [
    ("template1", include_str!("seed/roles.sql")),
    ("template0", include_str!("seed/extensions.sql")),
    ("template1", include_str!("seed/extensions.sql")),
    ("postgres", include_str!("seed/extensions.sql")),
    ("template1", include_str!("seed/catalog.sql")),
    ("postgres", include_str!("seed/catalog.sql")),
    ("postgres", include_str!("seed/postgres.sql")),
    ("azure_sys", include_str!("seed/azure_sys.sql")),
    ("azure_maintenance", include_str!("seed/azure_maintenance.sql")),
];

const SETTINGS: &str = include_str!("seed/settings.conf");
const PREPARE: &str = include_str!("seed/prepare.sh");

/// A shell script that makes a cluster in the folder given as `$1`: `initdb`, the seed, the
/// settings. It needs the server's programs on PATH and a user that is not root, and is the same
/// on this machine and in a container.
pub(super) fn prepare_script() -> String {
    let mut script = PREPARE.to_owned();
    for (database, sql) in SEED {
        // Quoted, so that the shell leaves the dollars of the SQL alone.
        script.push_str(&format!("seed {database} <<'END-OF-SEED'\n{sql}\nEND-OF-SEED\n"));
    }
    script.push_str(&format!(
        "finish <<'END-OF-SETTINGS'\n{SETTINGS}\nEND-OF-SETTINGS\n"
    ));
    script
}

/// A name for what [`prepare_script`] makes of one build of PostgreSQL: another script or another
/// build has another name, so that a stale template is never used.
pub(super) fn template_name(build: &str) -> String {
    let digest = Sha256::new()
        .chain_update(prepare_script())
        .chain_update([0])
        .chain_update(build)
        .finalize();
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Roles a customer cannot have for an administrator.
pub(super) fn is_reserved(role: &str) -> bool {
    matches!(
        role,
        SUPERUSER | "azure_pg_admin" | "replication" | "public" | "none"
    ) || role.starts_with("pg_")
        || role.is_empty()
}

/// A name as SQL wants it.
pub(crate) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL wants it.
pub(crate) fn quote_literal(text: &str) -> String {
    if text.contains('\\') {
        format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// What the server keeps of a password. Sent in its place, so that the password itself appears in
/// no statement, and so in no log.
pub(crate) fn password_verifier(password: &str) -> String {
    postgres_protocol::password::scram_sha_256(password.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(quote_identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal("a\\'b"), "E'a\\\\''b'");
    }

    #[test]
    fn a_verifier_does_not_hold_the_password() {
        let verifier = password_verifier("open sesame");
        assert!(verifier.starts_with("SCRAM-SHA-256$4096:"));
        assert!(!verifier.contains("sesame"));
    }

    #[test]
    fn another_build_has_another_template() {
        assert_ne!(template_name("15.1"), template_name("15.2"));
        assert_eq!(template_name("15.1"), template_name("15.1"));
    }

    #[test]
    fn the_superuser_is_not_for_customers() {
        assert!(is_reserved(SUPERUSER) && is_reserved("pg_monitor"));
        assert!(!is_reserved("drilladmin"));
    }
}
