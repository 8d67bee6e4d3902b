//! The environment that leads clients here, in the forms shells and other tools read.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use azdrill_emulator::world::Operator;
use serde::{Deserialize, Serialize};

use crate::run::{Names, Owners};
use crate::scenario::{About, Part, ServerFlavour, World};

/// Where a fake Azure is reached, and who signs in there.
#[derive(Clone)]
pub struct Reach {
    /// The address of its socket, `http://127.0.0.1:PORT`.
    pub address: String,
    /// The authorities to trust, in PEM: the system's and azdrill's.
    pub bundle: PathBuf,
    /// The tenant.
    pub tenant: String,
    /// The subscription.
    pub subscription: String,
    /// The operator's application id.
    pub client_id: String,
    /// The operator's secret. A secret only in form: it is printed for clients to use.
    pub client_secret: String,
}

impl Reach {
    /// Of a socket and an operator.
    pub fn new(address: SocketAddr, bundle: PathBuf, operator: &Operator) -> Self {
        Self {
            address: format!("http://{address}"),
            bundle,
            tenant: operator.tenant.to_string(),
            subscription: operator.subscription.clone(),
            client_id: operator.client_id.to_string(),
            client_secret: operator.client_secret.clone(),
        }
    }
}

/// A form environments are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// `export NAME='value'`, for POSIX shells.
    #[default]
    Sh,
    /// `set -gx NAME 'value'`, for fish.
    Fish,
    /// `$env:NAME = 'value'`, for PowerShell.
    PowerShell,
    /// `NAME="value"`, as many tools read from a file `.env`.
    Dotenv,
    /// `NAME=value`, to be added to the file that `GITHUB_ENV` names.
    GitHub,
}

/// Variables to set, and variables to take away.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Environment {
    /// Names and values, in order; without a value, the variable is taken away.
    entries: Vec<(String, Option<String>)>,
}

/// A word as a POSIX shell reads it back.
pub fn quoted_for_sh(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The name at the end of an id.
fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

/// The host of a database server.
fn host(server: &str) -> String {
    format!("{server}.postgres.database.azure.com")
}

/// What the name of a variable with a secret ends with.
const SECRET_NAMES: [&str; 5] = ["SECRET", "PASSWORD", "TOKEN", "KEY", "IDENTITY_HEADER"];

impl Environment {
    /// The values that nobody is to be shown.
    pub fn secrets(&self) -> Vec<&str> {
        let is_secret = |name: &str| SECRET_NAMES.iter().any(|end| name.ends_with(end));
        let secret = self.entries.iter().filter(|(name, _)| is_secret(name));
        secret.filter_map(|(_, value)| value.as_deref()).collect()
    }

    /// What leads clients of every kind to a fake Azure.
    ///
    /// The certificate variables are set over whatever was there: machines that preset them to the
    /// system's bundle would refuse us silently. `SSL_CERT_DIR` and `ALL_PROXY` would be taken before
    /// what we set.
    pub fn of(reach: &Reach) -> Self {
        let mut environment = Self::default();
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"] {
            environment.set(name, &reach.address);
        }
        for name in ["NO_PROXY", "no_proxy"] {
            environment.set(name, "localhost,127.0.0.1,::1");
        }
        let bundle = reach.bundle.display().to_string();
        for name in [
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "SSL_CERT_FILE",
            "NODE_EXTRA_CA_CERTS",
            "PGSSLROOTCERT",
        ] {
            environment.set(name, &bundle);
        }
        for prefix in ["AZURE", "ARM"] {
            environment.set(&format!("{prefix}_TENANT_ID"), &reach.tenant);
            environment.set(&format!("{prefix}_CLIENT_ID"), &reach.client_id);
            environment.set(&format!("{prefix}_CLIENT_SECRET"), &reach.client_secret);
            environment.set(&format!("{prefix}_SUBSCRIPTION_ID"), &reach.subscription);
        }
        // Managed identities: most clients ask through the proxy; these two do not.
        environment.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", &reach.address);
        environment.set(
            "ARM_MSI_ENDPOINT",
            &format!("{}/metadata/identity/oauth2/token", reach.address),
        );
        environment.set("AZDRILL_URL", &reach.address);
        for name in ["SSL_CERT_DIR", "ALL_PROXY", "all_proxy"] {
            environment.entries.push((name.to_owned(), None));
        }
        environment
    }

    /// Adds the names of a world's resources, as `AZDRILL_…`: those that have names of their own by these, and
    /// whatever there is one of by what it is.
    pub(crate) fn add_world(&mut self, world: &World, names: &Names, operator: &Operator) {
        self.add_named(world, names, operator);
        // Where several could be meant, nothing of the kind is: to be led to one of them would be worse.
        let seen = world
            .seen_by(&About::default(), &[])
            .unwrap_or_else(|_| world.clone());
        let (world, names, has) = (&seen, &names.seen_by(&seen), |part| world.has_one(part));
        let (server, vault) = (has(Part::Server), has(Part::Vault));
        let mut add = |name: &str, value: &str| self.set(&format!("AZDRILL_{name}"), value);
        add("LOCATION", &world.location);
        if server {
            add("SERVER", &world.server.name);
            add("SERVER_ID", &names.server);
            add("SERVER_GROUP", &world.server.group);
            add("SERVER_HOST", &host(&world.server.name));
            add("SERVER_ADMIN", crate::run::ADMIN);
            add("SERVER_PASSWORD", world.server.password.as_str());
            add("DATABASE", &world.server.database);
        }
        if vault {
            add("VAULT", &world.vault.name);
            add("VAULT_ID", &names.vault);
            add("VAULT_GROUP", &world.vault.group);
            add("POLICY", last(&names.policy));
        }
        if server && vault {
            add("INSTANCE", last(&names.instance));
            add("INSTANCE_ID", &names.instance);
        }
        if has(Part::Storage) {
            add("STORAGE_ACCOUNT", &world.storage.name);
            add("STORAGE_ACCOUNT_ID", &names.account);
            add("STORAGE_ID", &names.account);
            add("STORAGE_GROUP", &world.storage.group);
            add("CONTAINER", &world.storage.container);
            add("CONTAINER_URL", &names.container_url);
        }
        if has(Part::KeyVault) && (world.all_named || world.server.flavour == ServerFlavour::Single) {
            add("KEY_VAULT", &world.key_vault.name);
            add("KEY_VAULT_ID", &names.key_vault);
        }
        if let Some(target) = &world.target {
            add("TARGET", &target.name);
            add("TARGET_ID", &names.target);
        }
    }

    /// What has a name of its own, and who owns what is not the operator's.
    fn add_named(&mut self, world: &World, names: &Names, operator: &Operator) {
        let mut add = |name: &str, what: &str, value: &str| {
            let letters = name.chars().map(|letter| match letter {
                'a'..='z' | 'A'..='Z' | '0'..='9' => letter.to_ascii_uppercase(),
                _ => '_',
            });
            self.set(&format!("AZDRILL_{}{what}", letters.collect::<String>()), value);
        };
        for (name, resource) in &world.resources {
            let id = names.called(name).unwrap_or_default();
            add(name, "", last(id));
            add(name, "_ID", id);
            if let Some(password) = resource.password() {
                add(name, "_HOST", &host(last(id)));
                add(name, "_ADMIN", crate::run::ADMIN);
                add(name, "_PASSWORD", password);
            }
        }
        for name in world.subscriptions.keys() {
            add(name, "_SUBSCRIPTION_ID", &names.subscription_id(name));
        }
        for (name, owner) in Owners::of(world, names, operator).tenants() {
            add(name, "_TENANT_ID", &owner.tenant.to_string());
            add(name, "_CLIENT_ID", &owner.client_id.to_string());
            add(name, "_CLIENT_SECRET", &owner.client_secret);
        }
    }

    /// Sets a variable, whether it was set before or not.
    pub fn set(&mut self, name: &str, value: &str) {
        self.entries.retain(|(entry, _)| entry != name);
        self.entries.push((name.to_owned(), Some(value.to_owned())));
    }

    /// The value a variable is set to.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries().find(|(own, _)| *own == name)?.1
    }

    /// Names and values, in order; without a value, the variable is to be taken away.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let entries = self.entries.iter();
        entries.map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// The text to give to a shell or another tool.
    pub fn text(&self, form: Form) -> String {
        let mut text = String::new();
        for (name, value) in self.entries() {
            let _ = match (form, value) {
                (Form::Sh, Some(value)) => {
                    writeln!(text, "export {name}={}", quoted_for_sh(value))
                }
                (Form::Sh, None) => writeln!(text, "unset {name}"),
                (Form::Fish, Some(value)) => {
                    let value = value.replace('\\', r"\\").replace('\'', r"\'");
                    writeln!(text, "set -gx {name} '{value}'")
                }
                (Form::Fish, None) => writeln!(text, "set -e {name}"),
                (Form::PowerShell, Some(value)) => {
                    writeln!(text, "$env:{name} = '{}'", value.replace('\'', "''"))
                }
                (Form::PowerShell, None) => {
                    writeln!(text, "Remove-Item -ErrorAction Ignore Env:{name}")
                }
                (Form::Dotenv, Some(value)) => {
                    let value = value.replace('\\', r"\\").replace('"', "\\\"");
                    writeln!(text, "{name}=\"{}\"", value.replace('$', r"\$"))
                }
                (Form::GitHub, Some(value)) => writeln!(text, "{name}={value}"),
                // Neither has a word for taking a variable away.
                (Form::Dotenv | Form::GitHub, None) => writeln!(text, "{name}="),
            };
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Library;

    fn reach() -> Reach {
        Reach {
            address: "http://127.0.0.1:8443".to_owned(),
            bundle: "/tmp/it's/ca-bundle.pem".into(),
            tenant: "t".to_owned(),
            subscription: "s".to_owned(),
            client_id: "c".to_owned(),
            client_secret: "a$b\"c\\d".to_owned(),
        }
    }

    #[test]
    fn a_posix_shell_reads_back_what_was_meant() {
        let text = Environment::of(&reach()).text(Form::Sh);
        let script = format!(
            "{text}\nprintf '%s|%s|%s' \"$AZURE_CLIENT_SECRET\" \"$SSL_CERT_FILE\" \"${{SSL_CERT_DIR-none}}\""
        );
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("SSL_CERT_DIR", "/etc")
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "a$b\"c\\d|/tmp/it's/ca-bundle.pem|none"
        );
    }

    #[test]
    fn each_form_quotes_in_its_own_way() {
        let environment = Environment::of(&reach());
        let line = |form: Form, name: &str| {
            let text = environment.text(form);
            let found = text.lines().find(|line| line.contains(name)).unwrap_or_default();
            found.to_owned()
        };
        let file = "SSL_CERT_FILE";
        assert_eq!(
            line(Form::Fish, file),
            r"set -gx SSL_CERT_FILE '/tmp/it\'s/ca-bundle.pem'"
        );
        assert_eq!(
            line(Form::PowerShell, file),
            "$env:SSL_CERT_FILE = '/tmp/it''s/ca-bundle.pem'"
        );
        let secret = "AZURE_CLIENT_SECRET";
        assert_eq!(line(Form::Dotenv, secret), r#"AZURE_CLIENT_SECRET="a\$b\"c\\d""#);
        assert_eq!(line(Form::GitHub, secret), r#"AZURE_CLIENT_SECRET=a$b"c\d"#);
        assert_eq!(line(Form::Fish, "SSL_CERT_DIR"), "set -e SSL_CERT_DIR");
        assert_eq!(line(Form::GitHub, "SSL_CERT_DIR"), "SSL_CERT_DIR=");
        assert!(line(Form::PowerShell, "SSL_CERT_DIR").contains("Remove-Item"));
    }

    #[test]
    fn a_world_names_its_resources() {
        let world = World::default();
        let names = Names::of(&world, "s");
        let mut environment = Environment::of(&reach());
        environment.add_world(&world, &names, &Operator::of_seed(1));
        let value = |name: &str| {
            let mut entries = environment.entries();
            entries
                .find(|(entry, _)| *entry == name)
                .and_then(|(_, value)| value)
                .map(str::to_owned)
        };
        assert_eq!(value("AZDRILL_SERVER_ID"), Some(names.server.clone()));
        assert_eq!(value("AZDRILL_POLICY").as_deref(), Some("weekly"));
        assert_eq!(value("AZDRILL_KEY_VAULT"), None, "a flexible server needs none");
    }

    #[test]
    fn a_world_of_named_things_names_these_and_what_it_has_one_of() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own.toml");
        let text = "[tenant.supplier]\n[subscription.theirs]\ntenant = \"supplier\"\n\
            [resource.shop-pg]\nkind = \"flexible_server\"\n[resource.near]\nkind = \"vault\"\n\
            [resource.far]\nkind = \"vault\"\nname = \"far-vault\"\n";
        std::fs::write(&file, text).unwrap();
        let library = Library::find(Some(folder.path()), folder.path()).unwrap();
        let world = library.world(&file.display().to_string()).unwrap().world;
        let names = Names::of(&world, "00000000-0000-0000-0000-000000000001");
        let mut environment = Environment::default();
        environment.add_world(&world, &names, &Operator::of_seed(1));
        let entries = environment.entries().map(|(name, _)| name);
        let mut told: Vec<&str> = entries.collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                "AZDRILL_DATABASE",
                "AZDRILL_FAR",
                "AZDRILL_FAR_ID",
                "AZDRILL_LOCATION",
                "AZDRILL_NEAR",
                "AZDRILL_NEAR_ID",
                "AZDRILL_SERVER",
                "AZDRILL_SERVER_ADMIN",
                "AZDRILL_SERVER_GROUP",
                "AZDRILL_SERVER_HOST",
                "AZDRILL_SERVER_ID",
                "AZDRILL_SERVER_PASSWORD",
                "AZDRILL_SHOP_PG",
                "AZDRILL_SHOP_PG_ADMIN",
                "AZDRILL_SHOP_PG_HOST",
                "AZDRILL_SHOP_PG_ID",
                "AZDRILL_SHOP_PG_PASSWORD",
                "AZDRILL_SUPPLIER_CLIENT_ID",
                "AZDRILL_SUPPLIER_CLIENT_SECRET",
                "AZDRILL_SUPPLIER_TENANT_ID",
                "AZDRILL_THEIRS_SUBSCRIPTION_ID",
            ]
        );
        let mut entries = environment.entries();
        let far = entries.find(|(name, _)| *name == "AZDRILL_FAR");
        assert_eq!(far, Some(("AZDRILL_FAR", Some("far-vault"))));
    }
}
