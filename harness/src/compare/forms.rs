//! The forms recordings have: VCR cassettes (of Python and of Go), the JSON that is trimmed from them,
//! the Azure SDKs' test proxy, and our own record of a run.

use azdrill_emulator::model::Timestamp;
use http::Method;
use serde_json::Value;
use url::Url;

use super::recording::Interaction;
use super::yaml::PathStep;

/// What is wrong, where.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) path: Vec<PathStep>,
    pub(super) expected: String,
}

/// Headers of a request that change what is answered.
const KEPT_HEADERS: [&str; 3] = ["accept", "x-ms-deleted-vault-id", "x-ms-client-request-id"];

/// A value with the way to it.
#[derive(Clone)]
struct Located<'a> {
    value: &'a Value,
    path: Vec<PathStep>,
}

impl<'a> Located<'a> {
    fn member(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name)?;
        let mut path = self.path.clone();
        path.push(PathStep::Member(name.to_owned()));
        Some(Self { value, path })
    }

    fn must(&self, name: &str) -> Result<Self, Wrong> {
        self.member(name)
            .ok_or_else(|| self.wrong(format!("`{name}` was expected in here")))
    }

    fn any(&self, names: &[&str]) -> Option<Self> {
        names.iter().find_map(|name| self.member(name))
    }

    fn must_any(&self, names: &[&str]) -> Result<Self, Wrong> {
        let words = names.join("` or `");
        self.any(names)
            .ok_or_else(|| self.wrong(format!("`{words}` was expected in here")))
    }

    fn items(&self) -> Result<Vec<Self>, Wrong> {
        let items = self.value.as_array();
        let items = items.ok_or_else(|| self.wrong("a list was expected here".to_owned()))?;
        Ok(items
            .iter()
            .enumerate()
            .map(|(number, value)| {
                let mut path = self.path.clone();
                path.push(PathStep::Item(number));
                Located { value, path }
            })
            .collect())
    }

    fn text(&self) -> Result<&'a str, Wrong> {
        let text = self.value.as_str();
        text.ok_or_else(|| self.wrong("a text was expected here".to_owned()))
    }

    fn status(&self) -> Result<u16, Wrong> {
        let number = match self.value {
            Value::String(text) => text.split(' ').next().unwrap_or_default().parse().ok(),
            other => other.as_u64(),
        };
        number
            .and_then(|number| u16::try_from(number).ok())
            .filter(|status| (100..600).contains(status))
            .ok_or_else(|| self.wrong("a status between 100 and 599 was expected here".to_owned()))
    }

    fn wrong(&self, expected: String) -> Wrong {
        Wrong {
            path: self.path.clone(),
            expected,
        }
    }
}

/// Reads what was asked and answered.
pub(super) fn interactions(whole: &Value) -> Result<Vec<Interaction>, Wrong> {
    let root = Located {
        value: whole,
        path: Vec::new(),
    };
    let read: fn(usize, &Located<'_>) -> Result<Option<Interaction>, Wrong>;
    let items = if whole.is_array() {
        read = cassette;
        root.items()?
    } else if let Some(list) = root.member("interactions") {
        read = cassette;
        list.items()?
    } else if let Some(list) = root.any(&["Entries", "entries"]) {
        read = proxy;
        list.items()?
    } else if let Some(list) = root.any(&["calls", "exchanges"]) {
        read = of_our_record;
        list.items()?
    } else {
        return Err(root.wrong(
            "no recording: a list of requests was expected, as `interactions` (a VCR cassette), \
             `Entries` (the SDKs' test proxy), `calls` (`run --record`), or a list by itself"
                .to_owned(),
        ));
    };
    let mut found = Vec::new();
    for (number, item) in items.iter().enumerate() {
        found.extend(read(number + 1, item)?);
    }
    Ok(found)
}

/// A cassette's interaction, or one of the trimmed JSON.
fn cassette(number: usize, item: &Located<'_>) -> Result<Option<Interaction>, Wrong> {
    let request = item.must("request")?;
    let response = item.must("response")?;
    let status = match response.member("status") {
        Some(status) => status.member("code").unwrap_or(status),
        None => response.must("code")?,
    };
    // go-vcr has the number beside the words.
    let status = response.member("code").unwrap_or(status).status()?;
    let answer = response.member("body");
    let answer = answer.map(|body| body.any(&["string", "base64_string"]).unwrap_or(body));
    let answer_headers = headers(response.member("headers").as_ref());
    let uri = request.must_any(&["uri", "url"])?;
    Ok(Some(Interaction {
        number,
        method: method(&request.must("method")?)?,
        uri: uri_of(&uri)?,
        headers: kept(headers(request.member("headers").as_ref())),
        body: body(request.member("body").map(|body| body.value)),
        status,
        at: time(&answer_headers),
        answer_headers,
        has_answer: answer.is_some(),
        answer: body(answer.map(|body| body.value)),
    }))
}

/// An entry of the SDKs' test proxy.
fn proxy(number: usize, item: &Located<'_>) -> Result<Option<Interaction>, Wrong> {
    let answer_headers = headers(item.member("ResponseHeaders").as_ref());
    Ok(Some(Interaction {
        number,
        method: method(&item.must("RequestMethod")?)?,
        uri: uri_of(&item.must("RequestUri")?)?,
        headers: kept(headers(item.member("RequestHeaders").as_ref())),
        body: body(item.member("RequestBody").map(|body| body.value)),
        status: item.must("StatusCode")?.status()?,
        at: time(&answer_headers),
        answer_headers,
        has_answer: item.member("ResponseBody").is_some(),
        answer: body(item.member("ResponseBody").map(|body| body.value)),
    }))
}

/// A call of our own record. What the fake services asked each other is none of the command's.
fn of_our_record(number: usize, item: &Located<'_>) -> Result<Option<Interaction>, Wrong> {
    let by_service = item
        .member("by_service")
        .is_some_and(|place| place.value == &Value::Bool(true));
    let method_place = item.must("method")?;
    if by_service || method_place.value == "CONNECT" {
        return Ok(None);
    }
    let host = item.must("host")?.text()?.to_owned();
    let path = item.must("path")?.text()?.to_owned();
    let query = item
        .member("query")
        .and_then(|place| place.value.as_str().map(str::to_owned));
    let query = query.filter(|query| !query.is_empty());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let text = Value::String(format!("https://{host}{path}{query}"));
    let uri = Located {
        value: &text,
        path: item.path.clone(),
    };
    let at = item
        .member("at")
        .and_then(|place| place.value.as_str()?.parse().ok());
    Ok(Some(Interaction {
        number,
        method: method(&method_place)?,
        uri: uri_of(&uri)?,
        headers: kept(headers(item.member("request_headers").as_ref())),
        body: body(item.member("request_body").map(|body| body.value)),
        status: item.must("status")?.status()?,
        at,
        answer_headers: headers(item.member("response_headers").as_ref()),
        // Of what is no JSON the length is told.
        has_answer: item
            .member("response_body")
            .is_some_and(|body| body.member("x-azdrill-bytes").is_none()),
        answer: body(item.member("response_body").map(|body| body.value)),
    }))
}

fn method(place: &Located<'_>) -> Result<Method, Wrong> {
    Method::from_bytes(place.text()?.as_bytes())
        .map_err(|_| place.wrong("the method of a request was expected here".to_owned()))
}

fn uri_of(place: &Located<'_>) -> Result<Url, Wrong> {
    Url::parse(place.text()?)
        .ok()
        .filter(Url::has_host)
        .ok_or_else(|| place.wrong("an address (https://…) was expected here".to_owned()))
}

/// A body: JSON if it is some, text if not, `Null` if there is none.
fn body(value: Option<&Value>) -> Value {
    match value {
        Some(Value::String(text)) if text.is_empty() => Value::Null,
        Some(Value::String(text)) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
        }
        Some(other) => other.clone(),
        None => Value::Null,
    }
}

/// Headers with their names in lower case; of several values the first.
fn headers(place: Option<&Located<'_>>) -> Vec<(String, String)> {
    let Some(members) = place.and_then(|place| place.value.as_object()) else {
        return Vec::new();
    };
    members
        .iter()
        .filter_map(|(name, value)| {
            let value = match value {
                Value::Array(values) => values.first()?.as_str()?,
                other => other.as_str()?,
            };
            Some((name.to_ascii_lowercase(), value.to_owned()))
        })
        .collect()
}

fn kept(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    headers
        .into_iter()
        .filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str()))
        .collect()
}

/// When it was answered, by the answer's own word.
fn time(headers: &[(String, String)]) -> Option<Timestamp> {
    let (_, date) = headers.iter().find(|(name, _)| name == "date")?;
    jiff::fmt::rfc2822::parse(date)
        .ok()
        .map(|zoned| zoned.timestamp())
}
