//! The SQL that lets a user back a database up, or restore into a server: what `azdrill grants`
//! prints. It grants what Azure's own overview asks for, and says in comments what that leaves out.

use std::fmt::Write as _;

use super::azure::{quote_identifier, quote_literal};

/// The longest name PostgreSQL keeps whole, in bytes.
const NAME_BYTES_MAX: usize = 63;

/// What a backup is to be let do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupGrants {
    /// The user.
    pub user: String,
    /// The database it is meant for: the statements then refuse to run in another one.
    pub database: Option<String>,
    /// Owners whose later objects are to be covered too, besides those of whoever runs it.
    pub for_roles: Vec<String>,
}

/// A name that no role, or no database, can have.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadName {
    /// There is nothing.
    #[error("an empty name is the name of nobody")]
    Empty,
    /// A zero byte ends it.
    #[error("a name cannot hold a zero byte")]
    Zero,
    /// PostgreSQL would cut it, and mean somebody else.
    #[error("`{0}` is longer than {NAME_BYTES_MAX} bytes, which PostgreSQL would cut off")]
    Long(String),
    /// It means something else, quoted or not.
    #[error("`{0}` is no user: PostgreSQL takes it for a word of its own, even in quotes")]
    Reserved(String),
}

impl BackupGrants {
    /// The statements, to be run by the owner of what is in the database.
    ///
    /// # Errors
    /// If one of the names cannot be one.
    pub fn sql(&self) -> Result<String, BadName> {
        check_role(&self.user)?;
        for role in &self.for_roles {
            check_role(role)?;
        }
        if let Some(database) = &self.database {
            check_name(database)?;
        }
        let body = self.body();
        let tag = tag_for(&body);
        let mut sql = String::from(
            "-- Lets a user back up the database this runs in. Run it as the owner of the schemas, tables and\n\
             -- sequences there; what belongs to somebody else stops it, and nothing is granted.\n",
        );
        let _ = write!(sql, "DO {tag}\n{body}{tag};\n");
        sql.push_str(
            "-- Not covered: tables and sequences that another role makes later (that role runs this too, or give\n\
             -- it by --for-role), schemas made later (run this again), large objects (GRANT SELECT ON LARGE\n\
             -- OBJECT, one by one), and tables with row-level security (the user needs BYPASSRLS).\n",
        );
        Ok(sql)
    }

    fn body(&self) -> String {
        let guard = match &self.database {
            Some(database) => format!(
                "    IF current_database() <> {name} THEN
        RAISE EXCEPTION 'these grants are for database %, and this is %', {name}, current_database();
    END IF;\n",
                name = quote_literal(database)
            ),
            None => String::new(),
        };
        let makers: String = std::iter::once("NULL".to_owned())
            .chain(self.for_roles.iter().map(|role| quote_literal(role)))
            .collect::<Vec<_>>()
            .join(", ");
        format!(
            "DECLARE
    backup_user CONSTANT text := {user};
    in_schema text;
    maker text;
BEGIN
{guard}    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), backup_user);
    FOR in_schema IN
        SELECT nspname FROM pg_catalog.pg_namespace
        WHERE left(nspname, 3) <> 'pg_' AND nspname <> 'information_schema'
        ORDER BY nspname
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', in_schema, backup_user);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', in_schema, backup_user);
        EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', in_schema, backup_user);
        FOREACH maker IN ARRAY ARRAY[{makers}]::text[]
        LOOP
            EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON TABLES TO %I',
                           coalesce(maker, current_user), in_schema, backup_user);
            EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON SEQUENCES TO %I',
                           coalesce(maker, current_user), in_schema, backup_user);
        END LOOP;
    END LOOP;
END
",
            user = quote_literal(&self.user)
        )
    }
}

/// The statements that let a user create a database and restore into it.
///
/// # Errors
/// If the name cannot be a user's.
pub fn restore_grants(user: &str) -> Result<String, BadName> {
    check_role(user)?;
    let user = quote_identifier(user);
    Ok(format!(
        "-- Lets a user restore into this server as a new database. Run it as the server's administrator.\n\
         ALTER ROLE {user} CREATEDB;\n\
         GRANT azure_pg_admin TO {user};\n"
    ))
}

/// A dollar-quote that does not occur in what it quotes.
fn tag_for(body: &str) -> String {
    (0..)
        .map(|number| format!("$grants{number}$"))
        .find(|tag| !body.contains(tag.as_str()))
        .unwrap_or_default()
}

fn check_role(name: &str) -> Result<(), BadName> {
    check_name(name)?;
    if matches!(name, "public" | "none") {
        return Err(BadName::Reserved(name.to_owned()));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), BadName> {
    if name.is_empty() {
        return Err(BadName::Empty);
    }
    if name.contains('\0') {
        return Err(BadName::Zero);
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(BadName::Long(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(user: &str) -> Result<String, BadName> {
        let grants = BackupGrants {
            user: user.to_owned(),
            ..BackupGrants::default()
        };
        grants.sql()
    }

    #[test]
    fn names_that_mean_somebody_else_are_refused() {
        let long = "ä".repeat(32);
        for (name, expected) in [
            ("", BadName::Empty),
            ("a\0b", BadName::Zero),
            ("public", BadName::Reserved("public".to_owned())),
            ("none", BadName::Reserved("none".to_owned())),
            (long.as_str(), BadName::Long(long.clone())),
        ] {
            assert_eq!(grants(name), Err(expected.clone()));
            assert_eq!(restore_grants(name), Err(expected));
        }
        let of_others = BackupGrants {
            user: "backup".to_owned(),
            database: Some("public".to_owned()),
            for_roles: vec!["public".to_owned()],
        };
        assert_eq!(of_others.sql(), Err(BadName::Reserved("public".to_owned())));
    }

    #[test]
    fn a_name_cannot_end_the_quoting_around_it() {
        let sql = grants("x $grants0$ y").unwrap();
        assert!(
            sql.contains("DO $grants1$") && sql.contains("$grants1$;"),
            "{sql}"
        );
    }
}
