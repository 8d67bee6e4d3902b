//! How every list is written: its beginning, its elements, its end.

use std::fmt::Write;

use http::StatusCode;
use quick_xml::escape::{escape, partial_escape};

use super::account;
use crate::model::{Request, Response};

/// Opens a list: the root element, and what was asked for, as far as it was.
pub(super) fn open(request: &Request, container: Option<&str>, asked: &[&str]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"{}/\"",
        escape(request.authority())
    );
    if let Some(name) = container {
        let _ = write!(text, " ContainerName=\"{}\"", escape(name));
    }
    text.push('>');
    for tag in asked {
        if let Some(value) = request
            .query_value(&tag.to_ascii_lowercase())
            .filter(|value| !value.is_empty())
        {
            let _ = write!(text, "<{tag}>{}</{tag}>", partial_escape(value));
        }
    }
    text
}

/// Closes a list. `next` is the marker of the next page, if there is one.
pub(super) fn close(mut text: String, next: Option<&str>) -> Response {
    match next {
        Some(marker) => {
            let _ = write!(text, "<NextMarker>{marker}</NextMarker>");
        }
        None => text.push_str("<NextMarker />"),
    }
    text.push_str("</EnumerationResults>");
    account::xml(StatusCode::OK, text)
}

/// An element with text, or an empty one.
pub(super) fn element(text: &mut String, tag: &str, value: &str) {
    if value.is_empty() {
        let _ = write!(text, "<{tag} />");
    } else {
        let _ = write!(text, "<{tag}>{}</{tag}>", partial_escape(value));
    }
}

/// A name; percent-encoded and marked so if XML has no way to write it.
pub(super) fn name_element(text: &mut String, name: &str) {
    let writable = |letter: char| !matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if name.chars().all(writable) {
        element(text, "Name", name);
    } else {
        let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let _ = write!(text, "<Name Encoded=\"true\">{name}</Name>");
    }
}
