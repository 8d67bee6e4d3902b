//! `azdrill grants`.

use std::io::Write as _;
use std::process::ExitCode;

use azdrill::postgres::grants::{BackupGrants, restore_grants};
use clap::Args;

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

pub(super) fn run(arguments: GrantsArguments) -> ExitCode {
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
    match sql {
        Ok(sql) => {
            // A reader that has seen enough is no error.
            let _ = std::io::stdout().write_all(sql.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("azdrill: {error}");
            ExitCode::from(2)
        }
    }
}
