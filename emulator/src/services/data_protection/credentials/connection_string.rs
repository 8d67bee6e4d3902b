//! The value of the secret: a connection string in the form of ADO.NET, `Server=…;User Id=…;…`.
//!
//! The grammar is .NET's `DbConnectionStringBuilder`: pairs of a key and a value between
//! semicolons; white space around both is dropped; a value in single or double quotes is taken as
//! it stands, with the quote doubled inside it; an equals sign in a key is doubled; the last of two
//! equal keys counts; letter case in keys does not.

/// The port of PostgreSQL, at which every server of Azure's listens.
pub(in crate::services::data_protection) const PORT_OF_POSTGRESQL: u16 = 5432;

/// What Azure Backup takes from a connection string. Holds a password, so it has no `Debug`.
#[derive(Clone)]
pub(in crate::services::data_protection) struct ConnectionString {
    /// `User Id`.
    pub(in crate::services::data_protection) user: String,
    /// The host of the server it is for.
    pub(in crate::services::data_protection) server: String,
    /// `Password`.
    pub(in crate::services::data_protection) password: String,
    /// `Port`; PostgreSQL's own where it is not said.
    pub(in crate::services::data_protection) port: u16,
}

/// The names a key goes by, in lower case.
const SERVER: [&str; 3] = ["server", "host", "data source"];
const USER: [&str; 5] = ["user id", "user", "username", "user name", "uid"];
const PASSWORD: [&str; 2] = ["password", "pwd"];
const PORT: [&str; 1] = ["port"];

impl ConnectionString {
    /// Reads a secret's value.
    ///
    /// # Errors
    ///
    /// What is wrong with it. The text holds nothing of the value, which may be a bare password.
    pub(in crate::services::data_protection) fn parse(value: &str) -> Result<Self, &'static str> {
        let pairs = pairs(value)?;
        let get = |names: &[&str]| {
            pairs
                .iter()
                .rev()
                .find(|(key, _)| names.contains(&key.as_str()))
                .map(|(_, value)| value.as_str())
        };
        let required = |names: &[&str], why: &'static str| match get(names) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(why),
        };
        Ok(Self {
            server: required(&SERVER, "it names no Server")?,
            user: required(&USER, "it names no User Id")?,
            password: required(&PASSWORD, "it names no Password")?,
            port: match get(&PORT) {
                None | Some("") => PORT_OF_POSTGRESQL,
                Some(port) => port.parse().map_err(|_| "its Port is no port number")?,
            },
        })
    }
}

/// The pairs in order, keys in lower case.
fn pairs(value: &str) -> Result<Vec<(String, String)>, &'static str> {
    let mut rest = value.trim_start();
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(';') {
            rest = after.trim_start();
            continue;
        }
        let (key, after) = key(rest)?;
        let (value, after) = quoted_or_plain(after.trim_start())?;
        pairs.push((key, value));
        rest = after.trim_start();
    }
    if pairs.is_empty() {
        return Err("it is empty");
    }
    Ok(pairs)
}

fn key(text: &str) -> Result<(String, &str), &'static str> {
    let mut key = String::new();
    let mut rest = text;
    loop {
        let Some(at) = rest.find(['=', ';']) else {
            return Err("it is not made of key=value pairs");
        };
        if rest.as_bytes()[at] == b';' {
            return Err("it is not made of key=value pairs");
        }
        key.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('=') {
            // A doubled sign is one of the key's own.
            Some(after) => {
                key.push('=');
                rest = after;
            }
            None => break,
        }
    }
    let key = key.trim().to_lowercase();
    if key.is_empty() {
        return Err("a key has no name");
    }
    Ok((key, rest))
}

fn quoted_or_plain(text: &str) -> Result<(String, &str), &'static str> {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        let end = text.find(';').unwrap_or(text.len());
        let rest = text.get(end + 1..).unwrap_or_default();
        return Ok((text[..end].trim_end().to_owned(), rest));
    };
    let mut value = String::new();
    let mut rest = &text[1..];
    loop {
        let at = rest.find(quote).ok_or("a quoted value has no end")?;
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix(quote) {
            Some(after) => {
                value.push(quote);
                rest = after;
            }
            None => break,
        }
    }
    let rest = rest.trim_start();
    match rest.strip_prefix(';') {
        Some(after) => Ok((value, after)),
        None if rest.is_empty() => Ok((value, rest)),
        None => Err("something stands behind a quoted value"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, String, u16), &'static str> {
        ConnectionString::parse(text).map(|own| (own.user, own.password, own.port))
    }

    #[test]
    fn the_form_the_portal_shows_is_read() {
        let text = "Server=drill.postgres.database.azure.com;Database=shop;Port=5432;User Id=backup@drill;Password=a b!;Ssl Mode=Require;";
        assert_eq!(read(text), Ok(("backup@drill".into(), "a b!".into(), 5432)));
    }

    #[test]
    fn keys_go_by_several_names_and_the_last_counts() {
        let text = "HOST = x ; uid=a; Username=b ; PWD='p;\"q''r' ;port=6000";
        assert_eq!(read(text), Ok(("b".into(), "p;\"q'r".into(), 6000)));
    }

    #[test]
    fn awkward_passwords_survive_quoting() {
        for (written, password) in [
            ("\"a\"\"b;c\"", "a\"b;c"),
            ("' spaces '", " spaces "),
            ("pässwörd=日本", "pässwörd=日本"),
            ("a'b", "a'b"),
            ("\"\\\"", "\\"),
        ] {
            let text = format!("Server=x;User Id=u;Password={written};");
            assert_eq!(read(&text), Ok(("u".into(), password.into(), 5432)), "{written}");
        }
    }

    #[test]
    fn every_other_form_is_refused() {
        for text in [
            "",
            ";;",
            "correct horse battery staple",
            "postgresql://u:p@x.postgres.database.azure.com:5432/shop?sslmode=require",
            "{\"Server\": \"x\", \"User Id\": \"u\", \"Password\": \"p\"}",
            "host=x port=5432 user=u password=p",
            "Server=x;User Id=u",
            "Server=x;Password=p",
            "User Id=u;Password=p",
            "Server=x;User Id=u;Password=",
            "Server=x;User Id=u;Password='p",
            "Server=x;User Id=u;Password='p'q",
            "Server=x;User Id=u;Password=p;Port=many",
            "=x;User Id=u;Password=p",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
