//! A configuration folder in which the Azure CLI is signed in already.

use std::io;
use std::path::Path;

use azdrill_emulator::server::check_own;
use serde_json::json;

use super::Reach;
use crate::private_file;
use crate::scratch::private_folder;

/// Writes the files by which `az` (2.30 and later) knows a service principal that has signed in, and
/// the subscription it works in. A folder of its own: the user's sign-ins are no business of ours.
///
/// # Errors
///
/// If a file cannot be written.
pub fn write_az_profile(folder: &Path, reach: &Reach) -> io::Result<()> {
    check_own(folder).map_err(io::Error::other)?;
    private_folder(folder)?;
    // It may have been made, and filled, by another while the folder it is in was open to others.
    let files = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    for path in std::iter::once(folder.to_owned()).chain(files) {
        check_own(&path).map_err(io::Error::other)?;
    }
    // One of an earlier start may be open to others.
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    let entries = json!([{
        "tenant": reach.tenant,
        "client_id": reach.client_id,
        "client_secret": reach.client_secret,
    }]);
    let profile = json!({
        "installationId": "00000000-0000-0000-0000-000000000000",
        "subscriptions": [{
            "id": reach.subscription,
            "name": "azdrill",
            "state": "Enabled",
            "user": {"name": reach.client_id, "type": "servicePrincipal"},
            "isDefault": true,
            "tenantId": reach.tenant,
            "homeTenantId": reach.tenant,
            "environmentName": "AzureCloud",
            "managedByTenants": [],
        }],
    });
    private_file::write(
        &folder.join("service_principal_entries.json"),
        &entries.to_string(),
    )?;
    private_file::write(&folder.join("azureProfile.json"), &profile.to_string())?;
    // Telemetry and the look for a newer version would go to hosts that are not ours; the cache of
    // tokens is not worth a keyring.
    let config = "[core]\ncollect_telemetry = no\nencrypt_token_cache = no\n\
                  [auto-upgrade]\nenable = no\n";
    private_file::write(&folder.join("config"), config)
}
