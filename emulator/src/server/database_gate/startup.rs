//! The first message of a PostgreSQL connection, protocol 3.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest first message there is; PostgreSQL's own limit.
const MESSAGE_BYTES_MAX: usize = 10_000;
/// The longest cancellation: protocol 3.2 has keys of up to 256 bytes.
const CANCEL_BYTES_MAX: usize = 12 + 256;

const CANCEL: u32 = (1234 << 16) | 5678;
const TLS: u32 = (1234 << 16) | 5679;
const GSS: u32 = (1234 << 16) | 5680;

/// What a client may begin with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum First {
    /// It asks for TLS.
    Tls,
    /// It asks for encryption by GSSAPI.
    Gss,
    /// It asks for the end of what another connection is doing. The whole message, to be passed on.
    Cancel(Vec<u8>),
    /// It begins a session.
    Startup(Startup),
    /// It speaks a version of the protocol that we do not.
    Unknown {
        /// The major version.
        major: u32,
        /// The minor version.
        minor: u32,
    },
}

/// The message that begins a session.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Startup {
    version: u32,
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
}

impl First {
    /// Reads one, and not a byte more: what follows may be the beginning of TLS.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin + ?Sized)) -> io::Result<Self> {
        let length = stream.read_u32().await?;
        let code = stream.read_u32().await?;
        let length = usize::try_from(length).map_err(|_| malformed("its length"))?;
        let longest = if code == CANCEL {
            CANCEL_BYTES_MAX
        } else {
            MESSAGE_BYTES_MAX
        };
        if !(8..=longest).contains(&length) {
            return Err(malformed("its length"));
        }
        let mut rest = vec![0; length - 8];
        stream.read_exact(&mut rest).await?;
        match code {
            TLS | GSS if !rest.is_empty() => Err(malformed("its length")),
            TLS => Ok(Self::Tls),
            GSS => Ok(Self::Gss),
            CANCEL => {
                // The length fits: it was read from as many bytes.
                let mut whole = u32::try_from(length).unwrap_or_default().to_be_bytes().to_vec();
                whole.extend(code.to_be_bytes());
                whole.extend(rest);
                Ok(Self::Cancel(whole))
            }
            version if version >> 16 == 3 => Startup::parse(version, &rest).map(Self::Startup),
            version => Ok(Self::Unknown {
                major: version >> 16,
                minor: version & 0xffff,
            }),
        }
    }
}

impl Startup {
    fn parse(version: u32, bytes: &[u8]) -> io::Result<Self> {
        let mut parameters = Vec::new();
        let mut rest = bytes;
        loop {
            let (name, after) = text(rest)?;
            if name.is_empty() {
                if after.is_empty() {
                    return Ok(Self { version, parameters });
                }
                return Err(malformed("what follows its end"));
            }
            let (value, after) = text(after)?;
            parameters.push((name.to_vec(), value.to_vec()));
            rest = after;
        }
    }

    /// The user, for a person to read.
    pub(super) fn user(&self) -> String {
        self.parameter(b"user")
    }

    /// The database, for a person to read. A client that names none means the one called like it.
    pub(super) fn database(&self) -> String {
        let database = self.parameter(b"database");
        if database.is_empty() {
            self.user()
        } else {
            database
        }
    }

    fn parameter(&self, wanted: &[u8]) -> String {
        let found = self.parameters.iter().rev().find(|(name, _)| name == wanted);
        found.map_or_else(String::new, |(_, value)| {
            String::from_utf8_lossy(value).into_owned()
        })
    }

    /// Takes the server's name off the user's: a single server's users write `name@server`.
    pub(super) fn strip_server(&mut self, server: &str) {
        for (name, value) in &mut self.parameters {
            if name == b"user"
                && let Some(at) = value.iter().rposition(|byte| *byte == b'@')
                && value[at + 1..].eq_ignore_ascii_case(server.as_bytes())
            {
                value.truncate(at);
            }
        }
    }

    /// Has the server begin every transaction of the session as one that only reads. Of options said twice,
    /// the last one counts.
    pub(super) fn only_read(&mut self) {
        const READ_ONLY: &[u8] = b" -c default_transaction_read_only=on";
        match self.parameters.iter_mut().rfind(|(name, _)| name == b"options") {
            Some((_, options)) => options.extend(READ_ONLY),
            None => self.parameters.push((b"options".to_vec(), READ_ONLY.to_vec())),
        }
    }

    /// The message, for the server.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut body = self.version.to_be_bytes().to_vec();
        for (name, value) in &self.parameters {
            for text in [name, value] {
                body.extend(text);
                body.push(0);
            }
        }
        body.push(0);
        // Hardly longer than it was when it was read.
        let length = u32::try_from(body.len() + 4).unwrap_or_default();
        let mut whole = length.to_be_bytes().to_vec();
        whole.extend(body);
        whole
    }
}

/// The bytes up to the next zero, and what follows it.
fn text(bytes: &[u8]) -> io::Result<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0);
    let end = end.ok_or_else(|| malformed("a text without an end"))?;
    Ok((&bytes[..end], &bytes[end + 1..]))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the first message of a PostgreSQL client is wrong: {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> io::Result<First> {
        let mut bytes = bytes;
        First::read(&mut bytes).await
    }

    fn message(code: u32, rest: &[u8]) -> Vec<u8> {
        let mut whole = u32::try_from(rest.len() + 8).unwrap().to_be_bytes().to_vec();
        whole.extend(code.to_be_bytes());
        whole.extend(rest);
        whole
    }

    const V3: u32 = 3 << 16;

    #[tokio::test]
    async fn requests_are_told_apart() {
        assert_eq!(read(&message(TLS, b"")).await.unwrap(), First::Tls);
        assert_eq!(read(&message(GSS, b"")).await.unwrap(), First::Gss);
        let cancel = message(CANCEL, &[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(read(&cancel).await.unwrap(), First::Cancel(cancel.clone()));
        let unknown = First::Unknown { major: 2, minor: 1 };
        assert_eq!(read(&message((2 << 16) | 1, b"")).await.unwrap(), unknown);
    }

    #[tokio::test]
    async fn a_startup_message_survives_being_read_and_written() {
        let sent = message(V3, b"user\0\xffA@b@Drill\0database\0x=y\0options\0-c a=b\0\0");
        let First::Startup(mut startup) = read(&sent).await.unwrap() else {
            panic!("it begins a session");
        };
        assert_eq!(startup.encode(), sent);
        assert_eq!(startup.database(), "x=y");
        startup.strip_server("other");
        assert_eq!(startup.encode(), sent);
        startup.strip_server("drill");
        let wanted = message(V3, b"user\0\xffA@b\0database\0x=y\0options\0-c a=b\0\0");
        assert_eq!(startup.encode(), wanted);
    }

    #[tokio::test]
    async fn without_a_database_the_users_name_stands_for_it() {
        let First::Startup(startup) = read(&message(V3, b"user\0backup\0\0")).await.unwrap() else {
            panic!("it begins a session");
        };
        assert_eq!(startup.database(), "backup");
    }

    #[tokio::test]
    async fn what_is_no_message_is_refused_before_it_is_read() {
        let endless = [u32::MAX.to_be_bytes(), V3.to_be_bytes()].concat();
        let long_cancel = [4000_u32.to_be_bytes(), CANCEL.to_be_bytes()].concat();
        let wrong = [
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            endless,
            long_cancel,
            message(TLS, b"more"),
            message(V3, b"user"),
            message(V3, b"user\0backup"),
            message(V3, b"user\0backup\0\0more"),
            message(V3, b""),
        ];
        for bytes in wrong {
            let error = read(&bytes).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{bytes:?}");
        }
        let cut = read(&message(V3, b"user\0backup\0\0")[..12]).await.unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    }
}
