//! A folder in which the Azure CLI is signed in already.

use std::path::{Path, PathBuf};

use azdrill::serve::{Environment, ServedWorld, write_az_profile};

/// Writes the folder, and leads `az` to it.
pub(super) fn sign_in(
    environment: &mut Environment,
    served: &ServedWorld,
    folder: &Path,
) -> Result<(), String> {
    write_az_profile(folder, &served.reach())
        .map_err(|error| format!("cannot write a profile for az: {error}"))?;
    environment.set("AZURE_CONFIG_DIR", &folder.display().to_string());
    // Extensions live in the folder that was just replaced.
    if std::env::var_os("AZURE_EXTENSION_DIR").is_none()
        && let Some(extensions) = extensions().filter(|folder| folder.is_dir())
    {
        environment.set("AZURE_EXTENSION_DIR", &extensions.display().to_string());
    }
    Ok(())
}

fn extensions() -> Option<PathBuf> {
    let config = std::env::var_os("AZURE_CONFIG_DIR").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".azure"));
    Some(config.or_else(home)?.join("cliextensions"))
}
