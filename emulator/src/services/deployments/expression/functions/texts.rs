//! Texts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Call, Maybe, PART_BYTES, count, shortened, written};
use crate::services::deployments::expression::evaluate::Problem;

/// What `uriComponent` leaves as it is, besides letters and digits.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

impl Call<'_> {
    pub(super) fn of_texts(&self, name: &str) -> Maybe {
        Some(match name {
            "concat" => self.concat(),
            "string" => self.any(0).map(|value| Value::from(written(value))),
            "tolower" => self.text(0).map(|text| Value::from(text.to_lowercase())),
            "toupper" => self.text(0).map(|text| Value::from(text.to_uppercase())),
            "trim" => self.text(0).map(|text| Value::from(text.trim())),
            "format" => self.format(),
            "replace" => self.replace(),
            "split" => self.split(),
            "startswith" => (|| {
                let (text, part) = (self.text(0)?.to_lowercase(), self.text(1)?.to_lowercase());
                Ok(Value::from(text.starts_with(&part)))
            })(),
            "endswith" => (|| {
                let (text, part) = (self.text(0)?.to_lowercase(), self.text(1)?.to_lowercase());
                Ok(Value::from(text.ends_with(&part)))
            })(),
            "substring" => self.substring(),
            "padleft" => self.pad_left(),
            "join" => (|| {
                let items: Vec<String> = self.array(0)?.iter().map(written).collect();
                let separator = self.text(1)?;
                self.many(items.len(), separator.len())?;
                Ok(Value::from(items.join(separator)))
            })(),
            "json" => self.text(0).and_then(|text| self.parsed(text)),
            _ => return None,
        })
    }

    pub(super) fn of_encodings(&self, name: &str) -> Maybe {
        Some(match name {
            "base64" => self.text(0).map(|text| Value::from(STANDARD.encode(text))),
            "base64tostring" => self.text(0).and_then(|text| self.decoded(text).map(Value::from)),
            "base64tojson" => self
                .text(0)
                .and_then(|text| self.decoded(text))
                .and_then(|text| self.parsed(&text)),
            "datauri" => self.text(0).map(|text| {
                let encoded = STANDARD.encode(text);
                Value::from(format!("data:text/plain;charset=utf8;base64,{encoded}"))
            }),
            "datauritostring" => self.text(0).and_then(|text| {
                let encoded = text.split_once(";base64,").map(|(_, encoded)| encoded);
                let encoded = encoded.ok_or_else(|| count(self.function, "a data URI"))?;
                self.decoded(encoded).map(Value::from)
            }),
            "uricomponent" => self.text(0).map(|text| {
                let encoded = utf8_percent_encode(text, COMPONENT).to_string();
                Value::from(encoded)
            }),
            "uricomponenttostring" => self.text(0).and_then(|text| {
                let decoded = percent_decode_str(text).decode_utf8();
                let decoded = decoded.map_err(|_| count(self.function, "text in UTF-8"))?;
                Ok(Value::from(decoded.into_owned()))
            }),
            "uri" => (|| Ok(Value::from(combined(self.text(0)?, self.text(1)?))))(),
            _ => return None,
        })
    }

    fn concat(&self) -> Result<Value, Problem> {
        let Some(Value::Array(_)) = self.values.first() else {
            return Ok(Value::from(self.values.iter().map(written).collect::<String>()));
        };
        let arrays = self.values.iter().map(|value| {
            let array = value.as_array().map(Vec::as_slice);
            array.ok_or_else(|| count(self.function, "arrays only, or texts only"))
        });
        Ok(Value::from(arrays.collect::<Result<Vec<_>, _>>()?.concat()))
    }

    fn replace(&self) -> Result<Value, Problem> {
        let (text, from, to) = (self.text(0)?, self.text(1)?, self.text(2)?);
        self.many(text.matches(from).count(), to.len())?;
        Ok(Value::from(text.replace(from, to)))
    }

    /// At a text, or at each of several.
    fn split(&self) -> Result<Value, Problem> {
        let text = self.text(0)?;
        let separators: Vec<&str> = match self.any(1)? {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => vec![self.text(1)?],
        };
        let mut parts = vec![text];
        for separator in separators.into_iter().filter(|separator| !separator.is_empty()) {
            self.many(text.matches(separator).count(), PART_BYTES)?;
            self.many(parts.len(), 0)?;
            parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
        }
        Ok(json!(parts))
    }

    fn substring(&self) -> Result<Value, Problem> {
        let text = self.text(0)?;
        self.many(text.len(), size_of::<char>())?;
        let letters: Vec<char> = text.chars().collect();
        let from = self.size(1)?;
        let length = match self.values.get(2) {
            Some(_) => self.size(2)?,
            None => letters.len().saturating_sub(from),
        };
        let part = from
            .checked_add(length)
            .and_then(|end| letters.get(from..end))
            .ok_or_else(|| {
                let what = "The index and length must refer to a location within the string";
                Problem::wrong(format!("{}(): {what}.", self.function))
            })?;
        Ok(Value::from(part.iter().collect::<String>()))
    }

    fn pad_left(&self) -> Result<Value, Problem> {
        let text = written(self.any(0)?);
        let width = self.size(1)?;
        let letter = match self.values.get(2) {
            Some(_) => self.text(2)?.chars().next().unwrap_or(' '),
            None => ' ',
        };
        let missing = width.saturating_sub(text.chars().count());
        self.many(missing, letter.len_utf8())?;
        let mut padded: String = std::iter::repeat_n(letter, missing).collect();
        padded.push_str(&text);
        Ok(Value::from(padded))
    }

    fn parsed(&self, text: &str) -> Result<Value, Problem> {
        // A value takes more than the two letters it can be written with.
        self.many(text.len() / 2, PART_BYTES)?;
        serde_json::from_str(text).map_err(|error| Problem::wrong(format!("{}(): {error}.", self.function)))
    }

    fn decoded(&self, text: &str) -> Result<String, Problem> {
        let bytes = STANDARD.decode(text).ok();
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| count(self.function, "text in base64"))
    }

    fn format(&self) -> Result<Value, Problem> {
        let mut text = String::new();
        let mut rest = self.text(0)?;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let doubled = &rest[at..at + 1];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(doubled) {
                text.push_str(doubled);
                rest = after;
                continue;
            }
            let end = rest
                .find('}')
                .ok_or_else(|| Problem::wrong("format(): a `{` has no `}`."))?;
            let (number, shape) = rest[..end].split_once([':', ',']).unwrap_or((&rest[..end], ""));
            let at: usize = number
                .trim()
                .parse()
                .map_err(|_| Problem::wrong(format!("format(): `{number}` is no number of an argument.")))?;
            let part = shaped(self.any(at.saturating_add(1))?, shape)?;
            self.many(1, part.len())?;
            text.push_str(&part);
            rest = &rest[end + 1..];
        }
        text.push_str(rest);
        Ok(Value::from(text))
    }
}

/// A number with so many digits (`D3`), or a value as it is.
fn shaped(value: &Value, shape: &str) -> Result<String, Problem> {
    const DIGITS_MAX: usize = 99;
    let Some(digits) = shape.strip_prefix(['D', 'd']) else {
        return match shape {
            "" => Ok(written(value)),
            other => Err(Problem::wrong(format!(
                "format(): azdrill does not know the shape `{other}`."
            ))),
        };
    };
    let digits = if digits.is_empty() {
        Some(0)
    } else {
        digits.parse().ok()
    };
    match (value.as_i64(), digits) {
        (Some(number), Some(digits)) if digits <= DIGITS_MAX => {
            let sign = if number < 0 { "-" } else { "" };
            Ok(format!("{sign}{:0digits$}", number.unsigned_abs()))
        }
        _ => Err(Problem::wrong(format!(
            "format(): {} cannot be written as `{shape}`.",
            shortened(value)
        ))),
    }
}

/// An address below another, as `uri()` puts them together: what stands behind the last slash of the base
/// goes.
fn combined(base: &str, relative: &str) -> String {
    let host = base.find("://").map_or(0, |at| at + 3);
    let kept = match base[host..].rfind('/') {
        Some(slash) => &base[..=host + slash],
        None => return format!("{base}/{}", relative.trim_start_matches('/')),
    };
    match relative.strip_prefix('/') {
        // From the host on.
        Some(rest) => {
            let end = base[host..].find('/').map_or(base.len(), |slash| host + slash);
            format!("{}/{rest}", &base[..end])
        }
        None => format!("{kept}{relative}"),
    }
}
