//! What list operations have in common: where a page begins and ends.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::place::invalid_query;
use crate::gateway::Refusal;
use crate::model::Request;
use crate::rules::{BlobLimits, code};

/// Which page of a list is wanted.
#[derive(Debug)]
pub(super) struct ListPage {
    /// What all names begin with.
    pub(super) prefix: String,
    /// The name the page begins at.
    pub(super) from: String,
    /// The most entries.
    pub(super) limit: usize,
}

impl ListPage {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// 400 if the marker is none of ours or the number of entries is none.
    pub(super) fn of(limits: &BlobLimits, request: &Request) -> Result<Self, Refusal> {
        let most = limits.list_entries.most_in_memory();
        let value = |name: &str| request.query_value(name).unwrap_or_default();
        let limit = match value("maxresults").as_str() {
            "" => most,
            text => {
                let limit: i64 = text.parse().map_err(|_| invalid_query("maxresults"))?;
                if limit < 1 {
                    return Err(Refusal::of_blob(code::OutOfRangeQueryParameterValue, &[]));
                }
                usize::try_from(limit).unwrap_or(most).min(most)
            }
        };
        Ok(Self {
            prefix: value("prefix"),
            from: name_of(&value("marker"))?,
            limit,
        })
    }
}

/// The marker for a page that begins at this name.
pub(super) fn marker_of(name: &str) -> String {
    format!("2!{}!{}", name.len(), URL_SAFE_NO_PAD.encode(name))
}

fn name_of(marker: &str) -> Result<String, Refusal> {
    if marker.is_empty() {
        return Ok(String::new());
    }
    marker
        .rsplit('!')
        .next()
        .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|name| marker_of(name) == marker)
        .ok_or_else(|| invalid_query("marker"))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::rules::Rules;

    fn asked(query: &str) -> Result<ListPage, Refusal> {
        let rules = Rules::load(Default::default(), &Default::default()).expect("the rules load");
        let request = Request::new(Method::GET, "a.blob.core.windows.net", &format!("/c?{query}"));
        ListPage::of(&rules.blob_limits, &request)
    }

    #[test]
    fn a_marker_leads_back_to_its_name() {
        for name in ["a", "a/ü !b", "x".repeat(1024).as_str()] {
            let page = asked(&format!("marker={}", marker_of(name))).expect("readable");
            assert_eq!(page.from, name);
        }
        assert_eq!(
            asked("marker=nonsense").unwrap_err().code,
            "InvalidQueryParameterValue"
        );
    }

    #[test]
    fn pages_have_between_1_and_5000_entries() {
        assert_eq!(asked("").expect("readable").limit, 5000);
        assert_eq!(asked("maxresults=9999999999").expect("readable").limit, 5000);
        assert_eq!(asked("maxresults=7").expect("readable").limit, 7);
        assert_eq!(
            asked("maxresults=0").unwrap_err().code,
            "OutOfRangeQueryParameterValue"
        );
        assert_eq!(
            asked("maxresults=x").unwrap_err().code,
            "InvalidQueryParameterValue"
        );
    }
}
