//! `azdrill grants`.

use std::process::ExitCode;

use azdrill::postgres::grants::{BackupGrants, restore_grants};
use clap::Args;

use super::failure::Failure;
use super::output::write;

#[derive(Args)]
pub(super) struct GrantsArguments {
    /// The database user whose credentials Azure Backup takes out of the key vault.
    user: String,
    /// The database the user is to back up: the SQL then refuses to run in another one.
    #[arg(long, conflicts_with = "restore")]
    database: Option<String>,
    /// Cover what this role makes later, too; whoever runs the SQL is covered anyway, and must be a
    /// member of the role.
    #[arg(long, conflicts_with = "restore")]
    for_role: Vec<String>,
    /// What a restore as a database needs, instead.
    #[arg(long)]
    restore: bool,
}

pub(super) fn run(arguments: GrantsArguments) -> Result<ExitCode, Failure> {
    let sql = if arguments.restore {
        restore_grants(&arguments.user)
    } else {
        let grants = BackupGrants {
            user: arguments.user,
            database: arguments.database,
            for_roles: arguments.for_role,
        };
        grants.sql()
    };
    write(&sql.map_err(|error| error.to_string())?)?;
    Ok(ExitCode::SUCCESS)
}
