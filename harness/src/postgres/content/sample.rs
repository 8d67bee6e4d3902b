//! Named contents. The same name gives the same rows everywhere.

use std::fmt;
use std::str::FromStr;

use azdrill_emulator::server::EngineError;
use tokio_postgres::Client;

use crate::postgres::superuser::sql_error;

/// A database name that breaks whatever forgets to quote: in SQL, in a connection string, in a
/// shell, in a URL.
pub const AWKWARD_DATABASE: &str = "Kunden \"Süd\" & host=Söhne's";

const SHOP: &str = include_str!("shop.sql");
const BULK: &str = include_str!("bulk.sql");

/// A content for a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// Nothing.
    Empty,
    /// A small shop: several thousand rows of many types in two schemas, large objects, sequences,
    /// views, functions, and names that need quoting.
    Shop,
    /// One table of about this many megabytes, half of which compress well and half not at all.
    Bulk {
        /// The size.
        megabytes: u32,
    },
}

impl Sample {
    /// Puts the content into the database the client is connected to, which is empty. Everything
    /// in it belongs to the client's user.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn apply(self, client: &Client) -> Result<(), EngineError> {
        let sql = match self {
            Self::Empty => return Ok(()),
            Self::Shop => SHOP.to_owned(),
            Self::Bulk { megabytes } => BULK.replace(":megabytes", &megabytes.to_string()),
        };
        let what = format!("filling a database with `{self}`");
        client
            .batch_execute(&sql)
            .await
            .map_err(|error| sql_error(&what, &error))
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Shop => f.write_str("shop"),
            Self::Bulk { megabytes } => write!(f, "bulk:{megabytes}"),
        }
    }
}

impl FromStr for Sample {
    type Err = UnknownSample;

    fn from_str(text: &str) -> Result<Self, UnknownSample> {
        let unknown = || UnknownSample(text.to_owned());
        match text.split_once(':') {
            None if text == "empty" => Ok(Self::Empty),
            None if text == "shop" => Ok(Self::Shop),
            Some(("bulk", size)) => Ok(Self::Bulk {
                megabytes: size.parse().map_err(|_| unknown())?,
            }),
            _ => Err(unknown()),
        }
    }
}

/// A text that names no sample.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no sample content: say empty, shop or bulk:<megabytes>")]
pub struct UnknownSample(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_parsed_and_nothing_else_is() {
        for sample in [Sample::Empty, Sample::Shop, Sample::Bulk { megabytes: 500 }] {
            assert_eq!(sample.to_string().parse(), Ok(sample));
        }
        for text in ["", "bulk", "bulk:", "bulk:-1", "shop:1"] {
            assert_eq!(text.parse::<Sample>(), Err(UnknownSample(text.to_owned())));
        }
    }
}
