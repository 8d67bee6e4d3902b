//! What Azure Resource Manager and its providers make of a request before they act on it: the
//! version it asks for, and whether its body is of the type published for that version.
//!
//! A body that is not is refused as its provider refuses one, before anything changes. What is only
//! answered and never taken is left out, and so is what the version asked for does not have, as
//! providers take no notice of it; of a version newer than the type was read at, it is kept.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{ParsedBody, Refusal, Shape};
use crate::model::Request;
use crate::rules::{
    ApiVersion, BodyShape, BodyType, Endpoint, Kind, Member, Operation, Required, Rules, Variant,
};

/// Members a resource's body may have besides what its type lists: what it was answered with.
const ANSWERED: [&str; 6] = ["id", "name", "type", "etag", "systemData", "apiVersion"];

/// The body of a request as JSON; null where there is none.
///
/// # Errors
///
/// 400 with line and column if it is not JSON, 415 if it says it is something else.
pub(crate) fn read_json(request: &Request) -> Result<Value, Refusal> {
    if request.body.is_empty() {
        return Ok(Value::Null);
    }
    let kind = request.header("content-type").unwrap_or("application/json");
    let is_json = kind
        .as_bytes()
        .windows(4)
        .any(|part| part.eq_ignore_ascii_case(b"json"));
    if !is_json {
        return Err(Refusal::arm(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            format!(
                "The content media type '{kind}' is not supported. Only 'application/json' is supported."
            ),
        ));
    }
    let parsed = ParsedBody::of(request).unwrap_or_else(|| serde_json::from_slice(request.body.bytes()));
    parsed.map_err(|error| Refusal::invalid_json(&error))
}

/// Checks the version a request asks for and its body, and leaves this in `request.json` as far as it
/// is taken. Answers with the places that are not, because the version does not have them.
///
/// # Errors
///
/// The refusal of Resource Manager or of the provider.
pub(crate) fn check(
    rules: &Rules,
    operation: &Operation,
    request: &mut Request,
) -> Result<Vec<String>, Refusal> {
    if operation.endpoint != Endpoint::Arm || operation.anonymous {
        return Ok(Vec::new());
    }
    let asked = version(rules, operation, request)?;
    let Some(own) = rules.bodies.of_operation(operation) else {
        return Ok(Vec::new());
    };
    let mut body = match read_json(request) {
        // A template may be written with comments: whoever reads templates reads this one.
        Err(_) if own.name.starts_with("Microsoft.Resources/deployments") => return Ok(Vec::new()),
        read => read?,
    };
    let mut check = Check {
        rules,
        own,
        newer: asked > own.version,
        asked,
        // A vault that comes back from deletion is as it was, whatever the request leaves out.
        partial: operation.method == Method::PATCH || request.header("x-ms-deleted-vault-id").is_some(),
        is_resource: operation.method != Method::POST,
        path: Vec::new(),
        ignored: Vec::new(),
    };
    if !(body.is_null() && check.takes_nothing()) {
        check
            .value(&own.body, &mut body, true)
            .map_err(|wrong| check.refuse(wrong))?;
    }
    request.json = Some(body);
    Ok(check.ignored)
}

/// The version a request asks for.
///
/// # Errors
///
/// Resource Manager's refusal if it names none, or one its provider does not have.
fn version(rules: &Rules, operation: &Operation, request: &Request) -> Result<ApiVersion, Refusal> {
    let refuse = |code: &str, fill: &[(&str, &str)]| Refusal::of_row(Shape::Arm, rules.error(code), fill);
    let text = match request.query_value("api-version") {
        Some(text) if !text.is_empty() => text,
        _ => return Err(refuse("MissingApiVersionParameter", &[])),
    };
    let (namespace, of) = operation.resource_type.split_once('/').unwrap_or_default();
    let provider = rules.provider_or_own(namespace);
    if let Some(version) = ApiVersion::parse(&text).filter(|version| provider.takes(version)) {
        return Ok(version);
    }
    let known = provider.api_versions.join(", ");
    Err(if provider.namespace.eq_ignore_ascii_case(namespace) {
        let regions = rules.region_names();
        let fill = [
            ("location", ""),
            ("version", &*text),
            ("type", of),
            ("known", &*known),
            ("locations", &*regions),
        ];
        refuse("NoRegisteredProviderFound", &fill)
    } else {
        refuse(
            "InvalidApiVersionParameter",
            &[("version", &text), ("known", &known)],
        )
    })
}

/// What is wrong with a value.
enum Wrong {
    Kind {
        wanted: Kind,
        found: &'static str,
    },
    Missing,
    Value {
        wanted: String,
        code: Option<String>,
        sent: String,
    },
}

/// A step of the way to a value.
enum Step {
    Member(String),
    Item(usize),
}

struct Check<'a> {
    rules: &'a Rules,
    own: &'a BodyType,
    asked: ApiVersion,
    /// The version asked for is newer than the type.
    newer: bool,
    /// Members may be left out: what is not named stays as it is.
    partial: bool,
    /// The body is a resource's and not an action's.
    is_resource: bool,
    path: Vec<Step>,
    /// The places that are not taken, because the version does not have them.
    ignored: Vec<String>,
}

impl<'a> Check<'a> {
    /// Whether a body may be left out: nothing in it must be there.
    fn takes_nothing(&self) -> bool {
        let needs = |(_, member): &(Box<str>, Member)| member.required.at(&self.asked);
        self.partial || !self.own.body.members.iter().any(needs)
    }

    fn value(&mut self, member: &'a Member, value: &mut Value, whole: bool) -> Result<(), Wrong> {
        self.kind(member, value)?;
        let inside = match &member.same {
            Some(same) => self.rules.bodies.resolve(same).unwrap_or(member),
            None => member,
        };
        if inside.kind == Kind::Any
            || inside.says_nothing_of_its_inside() && !value.is_string() && !value.is_number()
        {
            return Ok(());
        }
        match value {
            Value::Object(object) => self.object(inside, object, whole),
            Value::Array(items) => self.array(member, inside, items),
            Value::String(text) => self.text(member, text),
            Value::Number(number) => {
                let rounded = number
                    .as_i64()
                    .or_else(|| number.as_f64().map(|number| number as i64));
                self.within(member, rounded.unwrap_or(i64::MAX), "")
            }
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn kind(&self, member: &Member, value: &Value) -> Result<(), Wrong> {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(number) if number.as_i64().is_some() => "an integer",
            Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
                "an integer"
            }
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        let fits = match member.kind {
            Kind::Any => true,
            Kind::String => value.is_string(),
            Kind::Integer => found == "an integer",
            Kind::Boolean => value.is_boolean(),
            Kind::Object => value.is_object(),
            Kind::Array => value.is_array(),
        };
        if fits {
            Ok(())
        } else {
            Err(Wrong::Kind {
                wanted: member.kind,
                found,
            })
        }
    }

    fn object(
        &mut self,
        inside: &'a Member,
        object: &mut Map<String, Value>,
        whole: bool,
    ) -> Result<(), Wrong> {
        if let Some(each) = inside.each.as_deref() {
            for (key, value) in object.iter_mut().filter(|(_, value)| !value.is_null()) {
                self.step(Step::Member(key.clone()), |check| check.value(each, value, false))?;
            }
            return Ok(());
        }
        let variant = chosen(inside, object);
        let mut surplus = BTreeMap::new();
        for (key, value) in object.iter_mut() {
            let known = find(inside, variant, key)
                .or_else(|| self.elsewhere(inside, variant, key))
                .filter(|(_, member)| member.is_there(&self.asked));
            match known {
                Some((_, member)) if member.read_only => {
                    surplus.insert(key.clone(), None);
                }
                Some((name, member)) => {
                    if key != name {
                        surplus.insert(key.clone(), Some(name));
                    }
                    // A member that is null is one that was not said.
                    if !value.is_null() {
                        self.step(Step::Member(name.to_owned()), |check| {
                            check.value(member, value, false)
                        })?;
                    }
                }
                None if inside.open || self.newer => {}
                None if whole
                    && self.is_resource
                    && ANSWERED.iter().any(|own| own.eq_ignore_ascii_case(key)) => {}
                None => {
                    self.ignore(key);
                    surplus.insert(key.clone(), None);
                }
            }
        }
        if !surplus.is_empty() {
            let mut renamed = Vec::new();
            // All at once: taking them out one by one would move all others each time.
            object.retain(|key, value| match surplus.get(key) {
                None => true,
                Some(name) => {
                    renamed.extend(name.map(|name| (name, value.take())));
                    false
                }
            });
            for (name, value) in renamed {
                object.entry(name).or_insert(value);
            }
        }
        self.missing(inside, variant, object)
    }

    /// A member of a variant that a change need not name.
    fn elsewhere(
        &self,
        inside: &'a Member,
        variant: Option<&'a Variant>,
        key: &str,
    ) -> Option<(&'a str, &'a Member)> {
        let open = self.partial && variant.is_none();
        let mut all = inside.variants.iter().filter(|_| open);
        all.find_map(|own| {
            own.members
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(key))
        })
        .map(|(name, member)| (&**name, member))
    }

    /// Keeps the place of a member that is not taken: the first few, as they are told in a header.
    fn ignore(&mut self, key: &str) {
        const TOLD: usize = 16;
        if self.ignored.len() < TOLD {
            self.path.push(Step::Member(key.chars().take(TOLD * 4).collect()));
            self.ignored.push(self.place(false));
            self.path.pop();
        }
    }

    /// Whether all that must be there is. What is inside an array is always whole.
    fn missing(
        &mut self,
        inside: &Member,
        variant: Option<&Variant>,
        object: &Map<String, Value>,
    ) -> Result<(), Wrong> {
        if self.partial && !self.path.iter().any(|step| matches!(step, Step::Item(_))) {
            return Ok(());
        }
        let more = variant.into_iter().flat_map(|variant| &variant.members);
        for (name, member) in inside.members.iter().chain(more) {
            let wanted = member.required != Required::No
                && !member.read_only
                && member.required.at(&self.asked)
                && member.is_there(&self.asked);
            if wanted && object.get(&**name).is_none_or(Value::is_null) {
                self.path.push(Step::Member(name.to_string()));
                return Err(Wrong::Missing);
            }
        }
        Ok(())
    }

    fn array(&mut self, member: &'a Member, inside: &'a Member, items: &mut [Value]) -> Result<(), Wrong> {
        self.within(member, i64::try_from(items.len()).unwrap_or(i64::MAX), " items")?;
        let Some(each) = inside.each.as_deref() else {
            return Ok(());
        };
        for (index, value) in items.iter_mut().enumerate() {
            self.step(Step::Item(index), |check| check.value(each, value, false))?;
        }
        Ok(())
    }

    fn text(&self, member: &Member, text: &mut String) -> Result<(), Wrong> {
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        self.within(member, length, " characters")?;
        if let Some(words) = member.words.as_ref().filter(|words| words.closed) {
            match words.words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
                Some(word) => *text = word.to_string(),
                None => {
                    let wanted = format!("one of {}", words.words.join(", "));
                    return Err(wrong_value(member, wanted, text));
                }
            }
        }
        match member.format {
            Some(format) if !format.fits(text, self.rules) => {
                Err(wrong_value(member, format.wanted().to_owned(), text))
            }
            _ => Ok(()),
        }
    }

    fn within(&self, member: &Member, number: i64, unit: &str) -> Result<(), Wrong> {
        let low = member.least.is_some_and(|least| number < least);
        let high = member.most.is_some_and(|most| number > most);
        if !low && !high {
            return Ok(());
        }
        let wanted = match (member.least, member.most) {
            (Some(least), Some(most)) => format!("from {least} to {most}{unit}"),
            (Some(least), None) => format!("at least {least}{unit}"),
            (None, most) => format!("at most {}{unit}", most.unwrap_or_default()),
        };
        Err(wrong_value(member, wanted, &format!("{number}{unit}")))
    }

    fn step<T>(
        &mut self,
        step: Step,
        inside: impl FnOnce(&mut Self) -> Result<T, Wrong>,
    ) -> Result<T, Wrong> {
        self.path.push(step);
        let done = inside(self)?;
        // Only where all is well: what is wrong leaves the way to it.
        self.path.pop();
        Ok(done)
    }

    /// The place that is wrong, as the providers write it: without the leading `properties`.
    fn place(&self, from_properties: bool) -> String {
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

    fn refuse(&self, wrong: Wrong) -> Refusal {
        let place = match self.place(false) {
            place if place.is_empty() => "The body".to_owned(),
            place => format!("`{place}`"),
        };
        let name = self.path.iter().rev().find_map(|step| match step {
            Step::Member(name) => Some(name.as_str()),
            Step::Item(_) => None,
        });
        let Some(row) = self.rules.bodies.refusal(&self.own.name) else {
            return Refusal::arm(StatusCode::BAD_REQUEST, "InvalidRequestContent", place);
        };
        let (code, what, value) = match wrong {
            Wrong::Kind { wanted, found } => {
                let what = format!(
                    "{place} must be of the kind `{}`, and is {found}.",
                    wanted.as_str()
                );
                (row.kind.clone(), what, String::new())
            }
            Wrong::Missing => (row.missing.clone(), format!("{place} is missing."), String::new()),
            Wrong::Value { wanted, code, sent } => {
                let what = format!("{place} must be {wanted}, and is `{sent}`.");
                (code.unwrap_or_else(|| row.value.clone()), what, sent)
            }
        };
        let regions = self.rules.region_names();
        let short = self.place(true);
        let fill = [
            ("path", short.as_str()),
            ("name", name.unwrap_or("body")),
            ("what", what.as_str()),
            ("type", &*self.own.name),
            ("value", value.as_str()),
            ("regions", regions.as_str()),
        ];
        let shape = match row.shape {
            BodyShape::UserFacing => Shape::UserFacing,
            BodyShape::Arm | BodyShape::ArmDetails => Shape::Arm,
        };
        let mut refusal = Refusal::of_row(shape, self.rules.error(&code), &fill).because(what.clone());
        // A code seen once is used for every body its provider refuses: the row says how sure that is.
        if code == row.kind || code == row.missing || code == row.value {
            refusal.mark = row.mark;
        }
        if let Some(detail) = &row.detail {
            let detail = Refusal::of_row(Shape::Arm, self.rules.error(detail), &fill);
            refusal.details = vec![json!({"code": detail.code, "message": detail.message})];
        }
        refusal
    }
}

/// The variant an object is of.
fn chosen<'a>(inside: &'a Member, object: &Map<String, Value>) -> Option<&'a Variant> {
    inside.variants.iter().find(|variant| {
        let own = object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(&variant.by));
        own.and_then(|(_, value)| value.as_str())
            .is_some_and(|word| word.eq_ignore_ascii_case(&variant.is))
    })
}

/// A member by its name, whose case makes no difference.
fn find<'a>(inside: &'a Member, variant: Option<&'a Variant>, key: &str) -> Option<(&'a str, &'a Member)> {
    let more = variant.into_iter().flat_map(|variant| &variant.members);
    // First what the variant says: an answer's member may be taken by one of them.
    let mut all = more.chain(&inside.members);
    all.find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(name, member)| (&**name, member))
}

/// Says what a value should be. What is taken and never answered may be a secret, and a long text no
/// word: neither is repeated.
fn wrong_value(member: &Member, wanted: String, sent: &str) -> Wrong {
    const LONGEST: usize = 60;
    let sent = if member.write_only {
        "something else".to_owned()
    } else {
        sent.chars().take(LONGEST).collect()
    };
    Wrong::Value {
        wanted,
        code: member.limit.as_ref().and_then(|limit| limit.code.clone()),
        sent,
    }
}
