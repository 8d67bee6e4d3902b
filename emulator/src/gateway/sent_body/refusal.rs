//! How what is wrong with a body is said.

use serde_json::json;

use super::walk::{Step, Walk};
use super::wrong::Wrong;
use crate::gateway::{Refusal, Shape};
use crate::rules::{BodyRefusal, BodyShape, Code, Mark, code};

impl Walk<'_> {
    /// The place that is wrong, as the providers write it: without the leading `properties`.
    pub(super) fn place(&self, from_properties: bool) -> String {
        let mut place = String::new();
        for (index, step) in self.path.iter().enumerate() {
            match step {
                Step::Member(name) if from_properties && index == 0 && name == "properties" => {}
                Step::Member(name) if place.is_empty() => place.push_str(name),
                Step::Member(name) => {
                    place.push('.');
                    place.push_str(name);
                }
                Step::Item(_) if from_properties => place.push_str("[*]"),
                Step::Item(number) => place.push_str(&format!("[{number}]")),
            }
        }
        place
    }

    /// The provider's refusal of what is wrong.
    pub(super) fn refuse(&self, wrong: Wrong) -> Refusal {
        let place = match self.place(false) {
            place if place.is_empty() => "The body".to_owned(),
            place => format!("`{place}`"),
        };
        let Some(row) = self.rules.bodies.refusal(&self.own.name) else {
            return Refusal::of(code::BodyIsNoObject, &[("what", &place)]);
        };
        let said = Said::of(wrong, row, &place);
        let regions = self.rules.region_names();
        let short = self.place(true);
        let fill = [
            ("path", short.as_str()),
            ("name", self.name().unwrap_or("body")),
            ("what", said.what.as_str()),
            ("type", &*self.own.name),
            ("value", said.value.as_str()),
            ("regions", regions.as_str()),
        ];
        let shape = match row.shape {
            BodyShape::UserFacing => Shape::UserFacing,
            BodyShape::Arm | BodyShape::ArmDetails => Shape::Arm,
        };
        let error = said.code;
        let mut refusal = Refusal::in_shape(shape, error, &fill).because(said.what.clone());
        // A code seen once is used for every body its provider refuses: the row says how sure that is.
        if [row.kind, row.missing, row.value].contains(&said.code) {
            refusal.mark = row.mark;
        }
        // That it is refused at all may be less certain than how.
        refusal.mark = refusal.mark.max(said.occasion);
        if let Some(detail) = row.detail {
            let detail = Refusal::of(detail, &fill);
            refusal.details = vec![json!({"code": detail.code, "message": detail.message})];
        }
        refusal
    }

    /// The name of the member that is wrong, or that holds what is.
    fn name(&self) -> Option<&str> {
        self.path.iter().rev().find_map(|step| match step {
            Step::Member(name) => Some(&**name),
            Step::Item(_) => None,
        })
    }
}

/// What is said of a value that is wrong.
struct Said {
    /// The row of `errors.toml`.
    code: Code,
    /// In a sentence.
    what: String,
    /// The value that was sent, where it may be repeated.
    value: String,
    /// How sure we are that it is refused.
    occasion: Mark,
}

impl Said {
    fn of(wrong: Wrong, row: &BodyRefusal, place: &str) -> Self {
        let published = |code: Code, what: String| Self {
            code,
            what,
            value: String::new(),
            occasion: Mark::Doc,
        };
        match wrong {
            Wrong::Type { wanted, found } => {
                let kind = wanted.as_str();
                let what = format!("{place} must be of the kind `{kind}`, and is {found}.");
                published(row.kind, what)
            }
            Wrong::Missing => published(row.missing, format!("{place} is missing.")),
            Wrong::Value { wanted, sent, limit } => {
                let what = format!("{place} must be {wanted}, and is `{sent}`.");
                let code = limit.as_ref().and_then(|limit| limit.code);
                Self {
                    occasion: limit.as_ref().map_or(Mark::Doc, |limit| limit.mark),
                    value: sent,
                    ..published(code.unwrap_or(row.value), what)
                }
            }
        }
    }
}
