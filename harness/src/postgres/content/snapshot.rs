//! What a database holds, reduced to what can be compared: counts, checksums and names.

use std::collections::{BTreeMap, BTreeSet};

use azdrill_emulator::server::EngineError;
use tokio_postgres::Client;

use crate::postgres::superuser::sql_error;

/// What a database holds. Objects of extensions are left out: they are the extension's business.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseContent {
    /// Tables, partitions and materialized views, by their quoted name with schema.
    pub tables: BTreeMap<String, TableContent>,
    /// Sequences, by their quoted name with schema.
    pub sequences: BTreeMap<String, SequenceContent>,
    /// The large objects together.
    pub large_objects: LargeObjects,
    /// Everything else that has a name, such as `view public.totals`.
    pub objects: BTreeSet<String>,
}

/// What a table holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableContent {
    /// Its columns in order, each with its type.
    pub columns: Vec<String>,
    /// How many rows.
    pub rows: i64,
    /// A checksum of the rows, whatever their order.
    pub checksum: String,
}

/// Where a sequence stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SequenceContent {
    /// The last value given, or the first to give.
    pub last_value: i64,
    /// Whether `last_value` has been given already.
    pub is_called: bool,
}

/// The large objects of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LargeObjects {
    /// How many.
    pub count: i64,
    /// A checksum of their numbers and bytes.
    pub checksum: String,
}

/// How values are written depends on the session, and must not.
const SETTINGS: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1;
SET LOCAL search_path = pg_catalog;";

/// The sum does not mind the order, and unlike an exclusive or notices a row that is there twice.
const CHECKSUM: &str = "coalesce(sum(('x' || left(md5(t), 16))::bit(64)::bigint::numeric), 0)::text
    || '/' || coalesce(sum(('x' || right(md5(t), 16))::bit(64)::bigint::numeric), 0)::text";

const MINE: &str = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";

const TABLES: &str = "SELECT format('%I.%I', n.nspname, c.relname),
       ARRAY(SELECT format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm')";

const SEQUENCES: &str = "SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S'";

const OBJECTS: &str = "SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'p' THEN 'partitioned table' ELSE 'index' END
       || format(' %I.%I', n.nspname, c.relname), c.oid, 'pg_class'::regclass
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'i', 'I', 'p') AND {mine}
UNION ALL
SELECT format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), p.oid, 'pg_proc'::regclass
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {mine}
UNION ALL
SELECT format('constraint %I on %I.%I', o.conname, n.nspname, c.relname), c.oid, 'pg_class'::regclass
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE o.contype IN ('c', 'f', 'p', 'u', 'x') AND {mine}
UNION ALL
SELECT format('trigger %I on %I.%I', g.tgname, n.nspname, c.relname), c.oid, 'pg_class'::regclass
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND {mine}
UNION ALL
SELECT format('type %I.%I', n.nspname, y.typname), y.oid, 'pg_type'::regclass
FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace WHERE y.typtype IN ('d', 'e') AND {mine}
UNION ALL
SELECT format('schema %I', n.nspname), n.oid, 'pg_namespace'::regclass FROM pg_namespace n WHERE {mine}";

/// Reads what the database the client is connected to holds, at one point in time. Needs to see
/// everything, as a superuser or the owner of all of it does.
///
/// # Errors
/// If the server refuses.
pub async fn snapshot(client: &Client) -> Result<DatabaseContent, EngineError> {
    let begun = client.batch_execute(SETTINGS).await;
    let content = match begun {
        Ok(()) => read(client).await,
        Err(error) => Err(error),
    };
    // Also after an error: the client is the caller's, who may go on with it.
    let ended = client.batch_execute("ROLLBACK").await;
    let content = content.map_err(|error| sql_error("reading what a database holds", &error))?;
    ended.map_err(|error| sql_error("reading what a database holds", &error))?;
    Ok(content)
}

async fn read(client: &Client) -> Result<DatabaseContent, tokio_postgres::Error> {
    let mut content = DatabaseContent::default();
    for row in client.query(&not_of_extensions(TABLES), &[]).await? {
        let (name, columns): (String, Vec<String>) = (row.get(0), row.get(1));
        let statement =
            // By the type's own function: a cast of rows to text may be anybody's, and what it does is done
            // by who asks.
            format!(
                "SELECT count(*), {CHECKSUM} FROM (SELECT record_out(r)::text AS t FROM ONLY {name} AS r) AS rows"
            );
        let found = client.query_one(&statement, &[]).await?;
        let table = TableContent {
            columns,
            rows: found.get(0),
            checksum: found.get(1),
        };
        content.tables.insert(name, table);
    }
    for row in client.query(&not_of_extensions(SEQUENCES), &[]).await? {
        let name: String = row.get(0);
        let found = client
            .query_one(&format!("SELECT last_value, is_called FROM {name}"), &[])
            .await?;
        let sequence = SequenceContent {
            last_value: found.get(0),
            is_called: found.get(1),
        };
        content.sequences.insert(name, sequence);
    }
    let statement = format!(
        "SELECT count(*), {CHECKSUM}
         FROM (SELECT oid || ':' || md5(lo_get(oid)) AS t FROM pg_largeobject_metadata) AS objects"
    );
    let found = client.query_one(&statement, &[]).await?;
    content.large_objects = LargeObjects {
        count: found.get(0),
        checksum: found.get(1),
    };
    let statement = format!(
        "SELECT name FROM ({}) AS o (name, id, class) WHERE {}",
        OBJECTS.replace("{mine}", MINE),
        no_member("o.id", "o.class")
    );
    content.objects = client
        .query(&statement, &[])
        .await?
        .iter()
        .map(|row| row.get(0))
        .collect();
    Ok(content)
}

fn not_of_extensions(relations: &str) -> String {
    format!(
        "{relations} AND {MINE} AND {}",
        no_member("c.oid", "'pg_class'::regclass")
    )
}

fn no_member(id: &str, class: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = {class} AND d.objid = {id} AND d.deptype = 'e')"
    )
}
