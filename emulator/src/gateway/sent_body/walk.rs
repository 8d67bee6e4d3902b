//! Goes through a body beside its type: what is wrong with it, and what of it is not taken.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value};

use super::wrong::{Wrong, wrong_value};
use crate::model::{Request, called, named};
use crate::rules::{ApiVersion, BodyType, Format, JsonType, Member, Operation, Rules, Variant};

/// Members a resource's body may have besides what its type lists: what it was answered with.
const ANSWERED: [&str; 6] = ["id", "name", "type", "etag", "systemData", "apiVersion"];

/// A step of the way to a value.
pub(super) enum Step<'a> {
    Member(Cow<'a, str>),
    Item(usize),
}

pub(super) struct Walk<'a> {
    pub(super) rules: &'a Rules,
    pub(super) own: &'a BodyType,
    asked: ApiVersion,
    /// The version asked for is newer than the type.
    newer: bool,
    /// Members may be left out: what is not named stays as it is.
    partial: bool,
    /// The body is a resource's and not an action's.
    is_resource: bool,
    pub(super) path: Vec<Step<'a>>,
    /// The places that are not taken, because the version does not have them.
    pub(super) ignored: Vec<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        rules: &'a Rules,
        operation: &Operation,
        own: &'a BodyType,
        asked: ApiVersion,
        request: &Request,
    ) -> Self {
        Self {
            rules,
            own,
            newer: asked > own.version,
            asked,
            // A vault that comes back from deletion is as it was, whatever the request leaves out.
            partial: operation.method == Method::PATCH || request.header("x-ms-deleted-vault-id").is_some(),
            is_resource: operation.method != Method::POST,
            path: Vec::new(),
            ignored: Vec::new(),
        }
    }

    /// Goes through the whole body.
    pub(super) fn whole(&mut self, body: &mut Value) -> Result<(), Wrong> {
        if body.is_null() && self.takes_nothing() {
            return Ok(());
        }
        self.value(&self.own.body, body, true)
    }

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
        // Of an array of which nothing more is known, how long it is may be.
        let unknown = inside.says_nothing_of_its_inside() && value.is_object();
        if inside.kind == JsonType::Any || unknown {
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
        let fits = match member.kind {
            JsonType::Any => true,
            JsonType::String => value.is_string(),
            JsonType::Integer => is_integer(value),
            JsonType::Boolean => value.is_boolean(),
            JsonType::Object => value.is_object(),
            JsonType::Array => value.is_array(),
        };
        if fits {
            return Ok(());
        }
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) if is_integer(value) => "an integer",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        Err(Wrong::Type {
            wanted: member.kind,
            found,
        })
    }

    fn object(
        &mut self,
        inside: &'a Member,
        object: &mut Map<String, Value>,
        whole: bool,
    ) -> Result<(), Wrong> {
        if let Some(each) = inside.each.as_deref() {
            for (key, value) in object.iter_mut().filter(|(_, value)| !value.is_null()) {
                self.step(Step::Member(key.clone().into()), |walk| {
                    walk.value(each, value, false)
                })?;
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
                        self.step(Step::Member(name.into()), |walk| walk.value(member, value, false))?;
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
            let short: String = key.chars().take(TOLD * 4).collect();
            self.path.push(Step::Member(short.into()));
            self.ignored.push(self.place(false));
            self.path.pop();
        }
    }

    /// Whether all that must be there is. What is inside an array is always whole.
    fn missing(
        &mut self,
        inside: &'a Member,
        variant: Option<&'a Variant>,
        object: &Map<String, Value>,
    ) -> Result<(), Wrong> {
        if self.partial && !self.path.iter().any(|step| matches!(step, Step::Item(_))) {
            return Ok(());
        }
        let more = variant.into_iter().flat_map(|variant| &variant.members);
        for (name, member) in inside.members.iter().chain(more) {
            let wanted = !member.read_only && member.required.at(&self.asked) && member.is_there(&self.asked);
            if wanted && named(object, name).is_none_or(Value::is_null) {
                self.path.push(Step::Member(Cow::Borrowed(name)));
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
            self.step(Step::Item(index), |walk| walk.value(each, value, false))?;
        }
        Ok(())
    }

    fn text(&self, member: &Member, text: &mut String) -> Result<(), Wrong> {
        if let Some(words) = member.words.as_ref().filter(|words| words.closed) {
            let known = |text: &str| words.words.iter().find(|word| word.eq_ignore_ascii_case(text));
            match known(text) {
                Some(word) if **word == **text => {}
                Some(word) => *text = word.to_string(),
                None if words.several && text.split(',').all(|word| known(word.trim()).is_some()) => {}
                None => {
                    let wanted = format!("one of {}", words.words.join(", "));
                    return Err(wrong_value(member, wanted, text));
                }
            }
        }
        if let Some(format) = member.format.filter(|format| !self.rules.has_form(*format, text)) {
            return Err(wrong_value(member, format.wanted().to_owned(), text));
        }
        if member.least.is_none() && member.most.is_none() {
            return Ok(());
        }
        let (measured, unit) = Format::measure(member.format, text);
        self.within(member, measured, unit)
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
        step: Step<'a>,
        inside: impl FnOnce(&mut Self) -> Result<T, Wrong>,
    ) -> Result<T, Wrong> {
        self.path.push(step);
        let done = inside(self)?;
        // Only where all is well: what is wrong leaves the way to it.
        self.path.pop();
        Ok(done)
    }
}

/// Whether a number has nothing behind its point, however it is written.
fn is_integer(value: &Value) -> bool {
    value.as_i64().is_some() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// The variant an object is of.
fn chosen<'a>(inside: &'a Member, object: &Map<String, Value>) -> Option<&'a Variant> {
    // Mostly all variants go by the same member, which is looked for once.
    let mut last: Option<(&str, Option<&str>)> = None;
    inside.variants.iter().find(|variant| {
        let word = match last {
            Some((by, word)) if by == &*variant.by => word,
            _ => called(object, &variant.by).and_then(Value::as_str),
        };
        last = Some((&variant.by, word));
        word.is_some_and(|word| word.eq_ignore_ascii_case(&variant.is))
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
