//! `azdrill explain`: would this work, why not, and what is the least that must change?

use std::path::Path;
use std::process::ExitCode;

use azdrill::check::{self, Asked, Checked};
use azdrill::page::Page;
use azdrill::run::built;
use azdrill::serve::{asked_request, principal_named};
use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::given::{Given, WorldArguments};
use super::output::{show, write};

/// What `--help` says below the options.
const CODES: &str = "\
What a change is, and how it is proved: docs/check.md.

Exit code 0: it works. 1: it does not. 2: it could not be asked.";

#[derive(Args)]
#[command(after_help = CODES)]
pub(super) struct ExplainArguments {
    /// What is asked about.
    #[arg(long, value_enum, value_name = "WHAT", required_unless_present = "request")]
    operation: Option<OperationArgument>,
    /// A request that is asked about instead, as `PUT https://drillrestore.blob.core.windows.net/restored/x`; a path
    /// alone is one of Resource Manager.
    #[arg(long, value_name = "REQUEST", conflicts_with = "operation")]
    request: Option<String>,
    /// Who makes the request: an object id, an application id or a display name; somebody without a token if left out.
    #[arg(long = "as", value_name = "WHO", requires = "request")]
    by: Option<String>,
    /// Say it for programs.
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    format: FormatArgument,
    #[command(flatten)]
    world: WorldArguments,
}

/// What can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OperationArgument {
    /// Protecting what nothing protects.
    Protect,
    /// Backing up each instance.
    BackUp,
    /// Restoring each instance as files, into each container there is.
    RestoreAsFiles,
}

/// The forms there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FormatArgument {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

pub(super) async fn run(arguments: ExplainArguments, folder: Option<&Path>) -> Result<ExitCode, Failure> {
    let given = Given::read(&arguments.world, folder)?;
    let from = given.from().clone();
    let world = given.world.as_ref();
    let world = world.ok_or_else(|| "name a world: --world flexible_server_private_storage".to_owned())?;
    let built = built(world, arguments.world.profile(), arguments.world.assumptions()).await;
    let built = built.map_err(|error| error.to_string())?;
    let asked = match (arguments.operation, &arguments.request) {
        (Some(OperationArgument::Protect), _) => Asked::Protect,
        (Some(OperationArgument::BackUp), _) => Asked::BackUp,
        (Some(OperationArgument::RestoreAsFiles), _) => Asked::RestoreAsFiles,
        (None, request) => {
            let text = request.as_deref().unwrap_or_default();
            let (method, url) = text.split_once(' ').unwrap_or(("GET", text));
            let by = arguments
                .by
                .as_deref()
                .map(|name| principal_named(&built.azure, name))
                .transpose();
            Asked::Request {
                by: by.map_err(|wrong| format!("--as: {wrong}"))?,
                from,
                request: Box::new(asked_request(method, url).map_err(|wrong| format!("--request: {wrong}"))?),
            }
        }
    };
    let checked = Checked {
        world: &built.azure,
        now: built.now,
        operator: built.operator.object_id,
        profile: arguments.world.profile(),
        other: arguments.world.other_rules(Some(world))?,
    };
    let explained = check::explain(&checked, &asked);
    let explained = explained.ok_or_else(|| "the operator of the world is gone".to_owned())?;
    if explained.is_empty() {
        return Err("there is nothing in that world that this could be asked about"
            .to_owned()
            .into());
    }
    match arguments.format {
        FormatArgument::Text => show(&check::print_explained(&Page::of(&std::io::stdout()), &explained))?,
        FormatArgument::Json => {
            let text = serde_json::to_string_pretty(&explained).map_err(|error| error.to_string())?;
            write(&(text + "\n"))?;
        }
    }
    Ok(ExitCode::from(u8::from(!explained.iter().all(|own| own.works))))
}
