//! Asking a running `serve` or `run` something below `/_azdrill/`.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use url::{Host, Url};

use super::failure::Failure;
use super::serve::address_of_running;

/// The environment variable that leads to a fake Azure, as `run` and `env` set it.
const URL: &str = "AZDRILL_URL";
/// How long it may take until somebody answers the call at all. What is asked for may take longer.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes.
const ANSWER_MAX: usize = 1 << 20;

/// A fake Azure that runs.
pub(super) struct RunningAzure {
    address: SocketAddr,
    /// What is said where nobody answers.
    said_by: String,
}

impl RunningAzure {
    /// The one that is meant: at the address given, or of the folder given, or that of `AZDRILL_URL`, or of the folder
    /// `serve` keeps its state in.
    ///
    /// # Errors
    ///
    /// If there is none, or it is not on this machine.
    pub(super) fn find(url: Option<&str>, state: Option<&Path>) -> Result<Self, Failure> {
        let (url, said_by) = match (url, state, std::env::var(URL)) {
            (Some(url), _, _) => (url.to_owned(), "--url".to_owned()),
            (None, None, Ok(url)) if !url.is_empty() => (url, URL.to_owned()),
            (None, state, _) => (address_of_running(state)?, "its state folder".to_owned()),
        };
        let address = loopback(&url).ok_or_else(|| {
            Failure::Plain(format!(
                "{said_by}: `{url}` is no address of this machine; one like http://127.0.0.1:8443 was expected"
            ))
        })?;
        Ok(Self { address, said_by })
    }

    /// Asks, and reads the answer.
    ///
    /// # Errors
    ///
    /// If nobody answers, or what answers is no azdrill; if it is refused, its own words.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let (status, text) = self.answer(method, path, body).await.map_err(|why| {
            Failure::Plain(format!(
                "nobody answers at {} (from {}): {why}. Is that `azdrill serve` or `run` still going?",
                self.address, self.said_by
            ))
        })?;
        let answer: Option<Value> = serde_json::from_slice(&text).ok();
        match (status, answer) {
            (StatusCode::OK, Some(answer)) => Ok(answer),
            (_, Some(answer)) if answer["error"].is_string() => {
                Err(answer["error"].as_str().unwrap_or_default().to_owned().into())
            }
            _ => Err(format!(
                "what answers at {} is no azdrill of this version ({status})",
                self.address
            )
            .into()),
        }
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Bytes), String> {
        let text = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string())
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(text)))
            .map_err(|error| error.to_string())?;
        let connecting = tokio::time::timeout(CONNECT_PATIENCE, TcpStream::connect(self.address)).await;
        let socket = connecting.map_err(|_| "it takes too long".to_owned())?;
        let socket = socket.map_err(|error| error.to_string())?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket))
            .await
            .map_err(|error| error.to_string())?;
        let connection = tokio::spawn(connection);
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let read = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
        connection.abort();
        Ok((status, read.map_err(|error| error.to_string())?.to_bytes()))
    }
}

/// The socket of an address like `http://127.0.0.1:8443`; nothing that is not on this machine.
fn loopback(url: &str) -> Option<SocketAddr> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    let port = url.port_or_known_default()?;
    let ip = match url.host()? {
        Host::Ipv4(ip) => ip.into(),
        Host::Ipv6(ip) => std::net::IpAddr::from(ip),
        Host::Domain(name) if name.eq_ignore_ascii_case("localhost") => std::net::Ipv4Addr::LOCALHOST.into(),
        Host::Domain(_) => return None,
    };
    ip.is_loopback().then(|| SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked() {
        for (url, expected) in [
            ("http://127.0.0.1:8443", Some("127.0.0.1:8443")),
            ("http://localhost:81/x", Some("127.0.0.1:81")),
            ("http://[::1]:9", Some("[::1]:9")),
            ("http://10.0.0.1:8443", None),
            ("https://127.0.0.1:8443", None),
            ("http://management.azure.com", None),
            ("127.0.0.1:8443", None),
            ("", None),
        ] {
            assert_eq!(
                loopback(url).map(|address| address.to_string()).as_deref(),
                expected,
                "{url}"
            );
        }
    }
}
