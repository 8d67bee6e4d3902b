//! What must not be told: passwords, keys, tokens, signatures. Hidden by name where a name says it,
//! by form where it does not.

use crate::rules::cloud;
use serde_json::{Map, Value};

/// What stands where something is hidden.
pub(super) const HIDDEN: &str = "(hidden)";

/// A member is secret whose name has one of these in it …
const SECRET: [&str; 12] = [
    "password",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "assertion",
    "connectionstring",
    "privatekey",
    "accountkey",
    "signature",
    "device_code",
    "sasuri",
];
/// … unless it ends like this, and tells about a secret, and not the secret.
const ABOUT: [&str; 15] = [
    "uri",
    "url",
    "id",
    "type",
    "name",
    "hint",
    "version",
    "time",
    "date",
    "enabled",
    "policy",
    "identifier",
    "endpoint",
    "lifetime",
    "permissions",
];
/// The private members of a JSON web key.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "k", "key_hsm"];
/// Parameters of a query, and of a form, that are secret.
const PARAMETERS: [&str; 9] = [
    "sig",
    "client_secret",
    "client_assertion",
    "password",
    "assertion",
    "refresh_token",
    "access_token",
    "code",
    "device_code",
];

/// A query without what signs it.
pub(super) fn shown_query(query: String) -> String {
    // Nearly every query is an API version.
    if !query.split('&').any(is_secret_pair) {
        return query;
    }
    let pairs = query.split('&').map(|pair| {
        if is_secret_pair(pair) {
            let name = pair.split('=').next().unwrap_or_default();
            format!("{name}={HIDDEN}")
        } else {
            pair.to_owned()
        }
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn is_secret_pair(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    let decoded = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    PARAMETERS
        .iter()
        .any(|parameter| decoded.eq_ignore_ascii_case(parameter))
}

/// An address without what signs it.
pub(super) fn shown_address(address: &str) -> String {
    match address.split_once('?') {
        Some((place, query)) => format!("{place}?{}", shown_query(query.to_owned())),
        None => address.to_owned(),
    }
}

/// A form as an object, without its secrets.
pub(super) fn shown_form(form: &[u8]) -> Value {
    let form = String::from_utf8_lossy(form);
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let pairs = form.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name), decoded(value));
        let secret = PARAMETERS
            .iter()
            .any(|parameter| name.eq_ignore_ascii_case(parameter))
            || is_secret(&name);
        let shown = if secret {
            Some(HIDDEN.to_owned())
        } else {
            hidden_inside(&value)
        };
        (name, Value::String(shown.unwrap_or(value)))
    });
    Value::Object(pairs.collect())
}

/// A body without its secrets. Whatever is called a value at a key vault is one.
pub(super) fn shown_json(host: &str, path: &str, mut body: Value) -> Value {
    let path = path.to_ascii_lowercase();
    let of_vault = cloud().is_vault_host(host) || path.contains("/vaults/") && path.contains("/secrets");
    let secure = secure_parameters(&body);
    hide(&mut body, of_vault, &secure);
    body
}

fn contains(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    text.windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part)) && !ABOUT.iter().any(|end| name.ends_with(end))
}

/// The names of a template's parameters that are declared secure.
pub(super) fn secure_parameters(body: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect_secure(body, &mut names);
    names
}

fn collect_secure(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_secure(item, names)),
        Value::Object(members) => {
            for (name, member) in members {
                let kind = member["type"].as_str().unwrap_or_default();
                if kind
                    .get(..6)
                    .is_some_and(|start| start.eq_ignore_ascii_case("secure"))
                {
                    names.push(name.to_ascii_lowercase());
                }
                collect_secure(member, names);
            }
        }
        _ => {}
    }
}

fn hide(value: &mut Value, of_vault: bool, secure: &[String]) {
    match value {
        Value::String(text) => {
            if let Some(shown) = hidden_inside(text) {
                *text = shown;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, of_vault, secure)),
        Value::Object(members) => {
            let of_vault = of_vault || is_vault_secret(members);
            let is_key = members.contains_key("kty");
            // A key of an account has its name beside it, and a secret of a backup instance where it is stored.
            let beside = ["keyName", "secretStoreType"];
            let has_secret = of_vault || beside.iter().any(|name| members.contains_key(*name));
            for (name, member) in members.iter_mut() {
                let scalar = member.is_string() || member.is_number();
                let is_value = name == "value" && has_secret;
                if scalar && (is_value || is_key && PRIVATE.contains(&name.as_str()) || is_secret(name)) {
                    *member = Value::String(HIDDEN.to_owned());
                } else if secure.contains(&name.to_ascii_lowercase()) {
                    hide_values(member);
                } else {
                    hide(member, of_vault, secure);
                }
            }
        }
        _ => {}
    }
}

/// A secret of a key vault as a resource.
fn is_vault_secret(members: &Map<String, Value>) -> bool {
    let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
    kind.to_ascii_lowercase().ends_with("vaults/secrets")
}

/// What a parameter that is declared secure holds.
fn hide_values(parameter: &mut Value) {
    match parameter {
        Value::Object(members) => {
            for name in ["value", "defaultValue"] {
                if let Some(value) = members.get_mut(name) {
                    *value = Value::String(HIDDEN.to_owned());
                }
            }
        }
        other => *other = Value::String(HIDDEN.to_owned()),
    }
}

/// A text that is a secret by its form, hidden: a token, an account's key, a signed address, a
/// connection string. `None` for every other.
fn hidden_inside(text: &str) -> Option<String> {
    let is_token = text.starts_with("eyJ") && text.matches('.').count() >= 2 && !text.contains(' ');
    let is_account_key = text.len() == 88 && text.ends_with("==") && !text.contains(' ');
    let words = ["accountkey=", "password=", "pwd=", "sharedaccesssignature="];
    if is_token || is_account_key || words.iter().any(|word| contains(text, word)) {
        return Some(HIDDEN.to_owned());
    }
    if !contains(text, "sig=") {
        return None;
    }
    Some(match text.split_once('?') {
        Some((place, query)) => format!("{place}?{}", shown_query(query.to_owned())),
        None => shown_query(text.to_owned()),
    })
}

/// A text that somebody wrote without what is secret in it: these values, and whatever is a secret by its form.
pub fn without_secrets(text: &str, known: &[&str]) -> String {
    let mut shown = text.to_owned();
    // The longest first: one may be a part of another.
    let mut known: Vec<&str> = known
        .iter()
        .copied()
        .filter(|own| own.len() >= KNOWN_MIN)
        .collect();
    known.sort_by_key(|own| std::cmp::Reverse(own.len()));
    for value in known {
        if shown.contains(value) {
            shown = shown.replace(value, HIDDEN);
        }
    }
    let parts = shown.split_inclusive(|letter: char| letter.is_whitespace() || ENDS_WORD.contains(letter));
    parts.map(without_secret_word).collect()
}

/// What is shorter is too likely to be a part of something else.
const KNOWN_MIN: usize = 6;
/// What a secret by its form does not have in it.
const ENDS_WORD: &str = "\"'`,<>()[]{}";

/// A word, with what ended it.
fn without_secret_word(part: &str) -> String {
    let ended = |letter: char| letter.is_whitespace() || ENDS_WORD.contains(letter);
    let word = part.trim_end_matches(ended);
    // A token may stand behind a name: `token=eyJ…`.
    let named = word.rfind("eyJ").map_or((word, ""), |place| word.split_at(place));
    match (hidden_inside(word), hidden_inside(named.1)) {
        (_, Some(token)) => format!("{}{token}{}", named.0, &part[word.len()..]),
        (Some(hidden), None) => format!("{hidden}{}", &part[word.len()..]),
        (None, None) => part.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn queries_lose_their_signatures_however_they_are_spelled() {
        let shown = |query: &str| shown_query(query.to_owned());
        assert_eq!(shown("api-version=2024-04-01"), "api-version=2024-04-01");
        assert_eq!(shown("sp=rw&sig=abc%3D&sr=c"), "sp=rw&sig=(hidden)&sr=c");
        assert_eq!(shown("s%69g=abc&sr=c"), "s%69g=(hidden)&sr=c");
        assert_eq!(shown("SIG=abc"), "SIG=(hidden)");
    }

    #[test]
    fn bodies_lose_what_is_secret_and_keep_what_is_about_it() {
        let arm = |body| shown_json("management.azure.com", "/subscriptions/s", body);
        assert_eq!(
            arm(json!({"properties": {"administratorLogin": "me", "administratorLoginPassword": "S3cret!"}})),
            json!({"properties": {"administratorLogin": "me", "administratorLoginPassword": "(hidden)"}})
        );
        let kept = json!({"secretStoreResource": {"secretStoreType": "AzureKeyVault", "uri": "https://v.vault.azure.net/secrets/s"}, "keyUri": "https://v.vault.azure.net/keys/k/1", "permissions": {"secrets": ["get"]}});
        assert_eq!(arm(kept.clone()), kept);
        assert_eq!(
            arm(json!({"keys": [{"keyName": "key1", "value": "abc", "permissions": "FULL"}]})),
            json!({"keys": [{"keyName": "key1", "value": "(hidden)", "permissions": "FULL"}]})
        );
        assert_eq!(
            arm(json!({"secretStoreResource": {"secretStoreType": "AzureKeyVault", "value": "S3cret!"}})),
            json!({"secretStoreResource": {"secretStoreType": "AzureKeyVault", "value": "(hidden)"}})
        );
        assert_eq!(
            arm(json!({"outputs": {"x": {"value": format!("{}==", "A".repeat(86))}}})),
            json!({"outputs": {"x": {"value": "(hidden)"}}})
        );
        assert_eq!(
            arm(
                json!({"sas": "https://a.blob.core.windows.net/c?sp=r&sig=abc", "c": "Server=x;Password=y;"})
            ),
            json!({"sas": "https://a.blob.core.windows.net/c?sp=r&sig=(hidden)", "c": "(hidden)"})
        );
        assert_eq!(
            arm(
                json!({"parameters": {"admin": {"value": "S3cret!"}, "name": {"value": "x"}}, "template": {"parameters": {"admin": {"type": "securestring"}, "name": {"type": "string"}}}})
            ),
            json!({"parameters": {"admin": {"value": "(hidden)"}, "name": {"value": "x"}}, "template": {"parameters": {"admin": {"type": "securestring"}, "name": {"type": "string"}}}})
        );
    }

    #[test]
    fn values_at_a_key_vault_and_private_keys_are_hidden() {
        let vault = |body| shown_json("v.vault.azure.net", "/secrets/s", body);
        assert_eq!(
            vault(json!({"value": "S3cret!", "id": "https://v.vault.azure.net/secrets/s/1"})),
            json!({"value": "(hidden)", "id": "https://v.vault.azure.net/secrets/s/1"})
        );
        assert_eq!(
            vault(json!({"value": [{"id": "i"}]})),
            json!({"value": [{"id": "i"}]})
        );
        assert_eq!(
            vault(json!({"key": {"kty": "RSA", "n": "public", "d": "private"}})),
            json!({"key": {"kty": "RSA", "n": "public", "d": "(hidden)"}})
        );
    }

    #[test]
    fn what_somebody_wrote_is_shown_without_its_secrets() {
        let shown = |text: &str| without_secrets(text, &["S3cret!", "S3cret!-and-more", "short"]);
        for (text, expected) in [
            ("failed with 403 in 3 s\n", "failed with 403 in 3 s\n"),
            (
                "password S3cret!\nS3cret!-and-more",
                "password (hidden)\n(hidden)",
            ),
            ("a short one", "a short one"),
            ("Bearer eyJa.b.c\n", "Bearer (hidden)\n"),
            ("token=eyJa.b.c next", "token=(hidden) next"),
            (
                "{\"access_token\": \"eyJa.b.c\"}",
                "{\"access_token\": \"(hidden)\"}",
            ),
            (
                "https://a.b/c?sp=r&sig=abc ok",
                "https://a.b/c?sp=r&sig=(hidden) ok",
            ),
            ("Server=x;Password=y; no", "(hidden) no"),
        ] {
            assert_eq!(shown(text), expected);
        }
        let key = format!("key: {}==\n", "A".repeat(86));
        assert_eq!(shown(&key), "key: (hidden)\n");
    }

    #[test]
    fn a_sign_in_tells_who_and_nothing_more() {
        let form = b"grant_type=client_credentials&client_id=i&client_secret=s%7E&scope=x";
        assert_eq!(
            shown_form(form),
            json!({"grant_type": "client_credentials", "client_id": "i", "client_secret": "(hidden)", "scope": "x"})
        );
        let answer = json!({"token_type": "Bearer", "access_token": "eyJ", "expires_in": 3599});
        assert_eq!(
            shown_json("login.microsoftonline.com", "/t/oauth2/v2.0/token", answer),
            json!({"token_type": "Bearer", "access_token": "(hidden)", "expires_in": 3599})
        );
    }
}
