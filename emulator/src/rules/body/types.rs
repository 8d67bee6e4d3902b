//! The types of bodies, as read.

use std::collections::BTreeMap;

use super::super::file::{RulesError, row_error};
use super::super::{ApiVersion, Mark, Operation};
use super::{BodyRefusal, Format};
use crate::rules::Code;

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// Text.
    String,
    /// A number without a fraction. Clients write it as `14.0`, too.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// An object.
    Object,
    /// An array.
    Array,
    /// Anything.
    Any,
}

impl JsonType {
    /// The word in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
            Self::Any => "any",
        }
    }
}

/// When a member must be there, its parent being there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Required {
    /// Never.
    #[default]
    No,
    /// At every version.
    Always,
    /// At versions after this one.
    After(ApiVersion),
    /// Up to this version.
    UpTo(ApiVersion),
    /// Before this version.
    Before(ApiVersion),
}

impl Required {
    /// Whether it must be there at this version.
    pub fn at(&self, version: &ApiVersion) -> bool {
        match self {
            Self::No => false,
            Self::Always => true,
            Self::After(last) => version > last,
            Self::UpTo(last) => version <= last,
            Self::Before(first) => version < first,
        }
    }
}

/// The words a text may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The words, in Azure's spelling. Letter case makes no difference.
    pub words: Vec<Box<str>>,
    /// Whether there are no others.
    pub closed: bool,
    /// Whether they may stand together, with commas between them.
    pub several: bool,
}

/// What a service is known to refuse although its published type would take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLimit {
    /// The row of `errors.toml` it answers with, where it is not the provider's usual one.
    pub code: Option<Code>,
    /// How sure we are that it does.
    pub mark: Mark,
}

/// Another place whose members are these as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Same {
    /// The type.
    pub of: Box<str>,
    /// The place in it, `*` the whole body.
    pub at: Box<str>,
}

/// Members that are there when a member beside them has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The member that chooses.
    pub by: Box<str>,
    /// Its value.
    pub is: Box<str>,
    /// The members.
    pub members: Vec<(Box<str>, Member)>,
}

/// One value of a body, and what is inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it is.
    pub kind: JsonType,
    /// Whether it must be there.
    pub required: Required,
    /// Whether it is answered and never taken.
    pub read_only: bool,
    /// Whether it is taken and never answered.
    pub write_only: bool,
    /// Whether it has more inside than is listed.
    pub open: bool,
    /// The first stable version that has it.
    pub since: Option<ApiVersion>,
    /// The last version that has it.
    pub until: Option<ApiVersion>,
    /// The words it may be.
    pub words: Option<Words>,
    /// The least: length of texts, value of numbers, count of arrays.
    pub least: Option<i64>,
    /// The most, likewise.
    pub most: Option<i64>,
    /// The form it must have.
    pub format: Option<Format>,
    /// What a limit adds to the published type.
    pub limit: Option<ServiceLimit>,
    /// The members of an object.
    pub members: Vec<(Box<str>, Self)>,
    /// More members, by what another member says.
    pub variants: Vec<Variant>,
    /// The items of an array, or the values of a map.
    pub each: Option<Box<Self>>,
    /// Another place whose inside is this one's.
    pub same: Option<Same>,
}

impl Member {
    /// A member of this kind of which nothing else is known.
    pub fn new(kind: JsonType) -> Self {
        Self {
            kind,
            required: Required::No,
            read_only: false,
            write_only: false,
            open: false,
            since: None,
            until: None,
            words: None,
            least: None,
            most: None,
            format: None,
            limit: None,
            members: Vec::new(),
            variants: Vec::new(),
            each: None,
            same: None,
        }
    }

    /// Whether nothing is known of what is inside it.
    pub fn says_nothing_of_its_inside(&self) -> bool {
        self.members.is_empty() && self.variants.is_empty() && self.each.is_none() && self.same.is_none()
    }

    /// Whether a version has it. Previews may have had it before the first stable version did.
    pub fn is_there(&self, version: &ApiVersion) -> bool {
        let begun = self
            .since
            .as_ref()
            .is_none_or(|since| version >= since || version.is_preview() && !since.is_preview());
        begun && self.until.as_ref().is_none_or(|until| version <= until)
    }

    /// The place `path` leads to.
    pub(super) fn find_mut(&mut self, path: &str) -> Option<&mut Self> {
        let Some((step, rest)) = first_step(path) else {
            return Some(self);
        };
        let next = match step {
            "[]" | "*" => self.each.as_deref_mut()?,
            _ if step.starts_with('{') => {
                let (by, is) = step.trim_matches(['{', '}']).split_once('=')?;
                let variant = self
                    .variants
                    .iter_mut()
                    .find(|own| &*own.by == by && &*own.is == is)?;
                let (name, rest) = first_step(rest)?;
                let (_, member) = variant.members.iter_mut().find(|(own, _)| &**own == name)?;
                return member.find_mut(rest);
            }
            name => {
                let (_, member) = self.members.iter_mut().find(|(own, _)| &**own == name)?;
                member
            }
        };
        next.find_mut(rest)
    }

    fn find(&self, path: &str) -> Option<&Self> {
        match first_step(path) {
            None => Some(self),
            Some(("[]" | "*", rest)) => self.each.as_deref()?.find(rest),
            Some((name, rest)) => {
                let (_, member) = self.members.iter().find(|(own, _)| &**own == name)?;
                member.find(rest)
            }
        }
    }
}

/// The first step of a path such as `properties.rules[]{objectType=X}.name`, and the rest.
fn first_step(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix('.').unwrap_or(path);
    if path.is_empty() {
        return None;
    }
    let end = match path.as_bytes()[0] {
        b'[' => 2,
        b'{' => path.find('}')? + 1,
        _ => path.find(['.', '[', '{']).unwrap_or(path.len()),
    };
    path.split_at_checked(end)
}

/// A body, or the body of an action.
#[derive(Clone, Debug)]
pub struct BodyType {
    /// The resource type, and `POST action` behind it.
    pub name: Box<str>,
    /// The version it was read at.
    pub version: ApiVersion,
    /// Whether it may be written with comments, and names without quotes.
    pub with_comments: bool,
    /// The whole body.
    pub body: Member,
}

/// All types of bodies.
#[derive(Debug, Default)]
pub struct BodyTypes {
    types: BTreeMap<String, BodyType>,
    /// How each provider refuses.
    pub(super) refusals: Vec<BodyRefusal>,
}

impl BodyTypes {
    /// The body of a resource type, or of an action on it: `Microsoft.Storage/storageAccounts` or
    /// `Microsoft.Storage/storageAccounts POST regenerateKey`. Letter case makes no difference.
    pub fn get(&self, name: &str) -> Option<&BodyType> {
        self.types.get(&name.to_ascii_lowercase())
    }

    /// The place another place is the same as. `check` has seen to it that it is there.
    pub fn resolve(&self, same: &Same) -> Option<&Member> {
        let of = &self.get(&same.of)?.body;
        if &*same.at == "*" {
            Some(of)
        } else {
            of.find(&same.at)
        }
    }

    /// How the provider of a type refuses.
    pub fn refusal(&self, name: &str) -> Option<&BodyRefusal> {
        self.refusals.iter().find(|row| row.covers(name))
    }

    /// The type an operation's body has; `None` where it takes none.
    pub fn of_operation(&self, operation: &Operation) -> Option<&BodyType> {
        self.types.get(operation.body_type.as_deref()?)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut BodyType> {
        self.types.get_mut(&name.to_ascii_lowercase())
    }

    /// Adds a type; answers whether there was none of that name.
    pub(super) fn add(&mut self, own: BodyType) -> bool {
        self.types.insert(own.name.to_ascii_lowercase(), own).is_none()
    }

    /// Checks that what places say they are the same as is there, and that each provider says how
    /// it refuses.
    pub(super) fn check(&self) -> Result<(), RulesError> {
        for own in self.types.values() {
            if self.refusal(&own.name).is_none() {
                return Err(row_error(
                    "bodies/refusals.toml",
                    &own.name,
                    "there is no row for its provider",
                ));
            }
            self.check_member(&own.name, &own.body)?;
        }
        Ok(())
    }

    fn check_member(&self, name: &str, member: &Member) -> Result<(), RulesError> {
        if let Some(same) = &member.same
            && self.resolve(same).is_none()
        {
            let what = format!("it is the same as `{}#{}`, which is not there", same.of, same.at);
            return Err(row_error("bodies", name, &what));
        }
        let inside = member
            .members
            .iter()
            .chain(member.variants.iter().flat_map(|own| &own.members));
        for (_, own) in inside {
            self.check_member(name, own)?;
        }
        member
            .each
            .as_deref()
            .map_or(Ok(()), |each| self.check_member(name, each))
    }
}
