//! What a user lacks for what it is to do, found out without doing it.

use azdrill_emulator::jobs::{MissingRight, NeededRights, SessionFailure};
use azdrill_emulator::server::{ClientCall, EngineError};
use tokio_postgres::Client;

use super::failed::failed;
use super::sign_in::{enter, session_error};
use crate::postgres::azure::quote_identifier;

const WHAT: &str = "looking at a user's rights";

/// Whoever owns an object called like one of ours must not be asked instead of it.
const LOOK_ONLY: &str = "BEGIN TRANSACTION READ ONLY; SET LOCAL search_path = pg_catalog;";

/// What `pg_dump` locks or reads, and the user must not. It locks tables and partitioned tables and
/// reads the state of sequences; with row security switched off it reads tables, which fails where a
/// policy would hide a row; and it reads large objects, whose privileges no function tells. Views
/// and materialized views it only describes. What belongs to an extension is the extension's, with
/// the identity columns of its tables, except what the extension names as holding a user's rows.
const MISSING: &str = "
WITH members AS (
    SELECT objid AS oid FROM pg_depend WHERE classid = 'pg_class'::regclass AND deptype = 'e'
), relations AS (
    SELECT c.oid, c.relkind, n.oid AS schema, quote_ident(n.nspname) AS schema_name,
           format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S') AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
      AND (EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig))
           OR NOT (c.oid IN (SELECT oid FROM members)
                   OR EXISTS (SELECT FROM pg_depend d
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND c.relkind = 'S'
                                AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
                                AND d.refobjid IN (SELECT oid FROM members))))
), missing AS (
    SELECT 'schema ' || schema_name AS object, 'USAGE' AS privilege
    FROM relations WHERE NOT has_schema_privilege(schema, 'USAGE')
    UNION
    SELECT 'table ' || name, 'SELECT' FROM relations
    WHERE relkind <> 'S' AND NOT has_table_privilege(oid, 'SELECT')
    UNION
    SELECT 'sequence ' || name, 'SELECT' FROM relations
    WHERE CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(oid, 'SELECT') END
    UNION
    SELECT 'table ' || name, 'BYPASSRLS' FROM relations
    WHERE relkind = 'r' AND row_security_active(oid)
    UNION
    SELECT 'large object ' || o.oid, 'SELECT' FROM pg_largeobject_metadata o, pg_roles me
    WHERE me.rolname = current_user AND NOT me.rolsuper AND NOT current_setting('lo_compat_privileges')::boolean
      AND NOT EXISTS (SELECT FROM aclexplode(coalesce(o.lomacl, acldefault('L', o.lomowner))) a
                      WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))
)
SELECT object, privilege FROM missing ORDER BY object COLLATE \"C\", privilege COLLATE \"C\" LIMIT 50";

const MAY_RESTORE: &str = "
SELECT me.rolsuper OR me.rolcreatedb,
       coalesce((SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = 'azure_pg_admin'), false),
       EXISTS (SELECT FROM pg_database WHERE datname::text = $1),
       quote_ident(current_user)
FROM pg_roles me WHERE me.rolname = current_user";

/// Signs in and looks what the user lacks.
pub(in crate::postgres) async fn examine(
    call: &ClientCall,
    needed: &NeededRights,
) -> Result<Vec<MissingRight>, EngineError> {
    let client = match enter(call).await {
        Ok(entered) => entered.client,
        // Nothing else can be seen from outside.
        Err(EngineError::Session {
            failure: SessionFailure::MissingPrivilege,
            ..
        }) => {
            let object = format!("database {}", as_format_would(&call.database));
            return Ok(vec![missing(object, "CONNECT")]);
        }
        Err(error) => return Err(error),
    };
    match needed {
        NeededRights::Backup => lacks_for_backup(&client).await,
        NeededRights::Restore { database } => lacks_for_restore(&client, database).await,
    }
}

async fn lacks_for_backup(client: &Client) -> Result<Vec<MissingRight>, EngineError> {
    let failed = |error| session_error(WHAT, &error);
    client.batch_execute(LOOK_ONLY).await.map_err(failed)?;
    let rows = client.query(MISSING, &[]).await.map_err(failed)?;
    let rights = rows
        .iter()
        .map(|row| missing(row.get::<_, String>(0), row.get(1)));
    Ok(rights.collect())
}

async fn lacks_for_restore(client: &Client, database: &str) -> Result<Vec<MissingRight>, EngineError> {
    let asking = |error| session_error(WHAT, &error);
    client.batch_execute(LOOK_ONLY).await.map_err(asking)?;
    let row = client
        .query_one(MAY_RESTORE, &[&database])
        .await
        .map_err(asking)?;
    let (may_create, is_admin, exists): (bool, bool, bool) = (row.get(0), row.get(1), row.get(2));
    let mut lacks = Vec::new();
    if !is_admin {
        lacks.push(missing("role azure_pg_admin".to_owned(), "MEMBER"));
    }
    if !may_create {
        lacks.push(missing(format!("role {}", row.get::<_, String>(3)), "CREATEDB"));
    }
    if lacks.is_empty() && exists {
        let text = format!("database \"{database}\" already exists");
        return Err(failed(SessionFailure::DatabaseExists, text));
    }
    Ok(lacks)
}

fn missing(object: String, privilege: &str) -> MissingRight {
    MissingRight {
        object,
        privilege: privilege.to_owned(),
    }
}

/// A name as the server would write it, who cannot be asked.
fn as_format_would(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    let begins = name.starts_with(plain);
    if begins && name.chars().all(|c| plain(c) || c.is_ascii_digit()) {
        return name.to_owned();
    }
    quote_identifier(name)
}
