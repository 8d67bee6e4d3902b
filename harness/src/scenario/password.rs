//! Passwords of a world.

use std::fmt;

use azdrill_emulator::entropy::Entropy;
use rand::RngExt;
use serde::Deserialize;

/// A password: what the file says, or else one made up. Worlds are reached over sockets that anybody
/// on the machine can open, so that none may be known beforehand.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String"))]
#[serde(try_from = "String")]
pub struct Password {
    text: String,
    /// Whether it was made up, and may be made up again.
    made_up: bool,
}

impl Password {
    /// The password itself.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The password, if the file says it.
    pub(super) fn said(&self) -> Option<&str> {
        (!self.made_up).then_some(self.text.as_str())
    }

    /// Of bytes nobody can guess. It has what Azure asks of a password: small letters, capitals,
    /// digits and a sign.
    fn made_of(bytes: u128) -> Self {
        Self {
            text: format!("Az1-{bytes:032x}"),
            made_up: true,
        }
    }

    /// Makes it up from a seed, unless the file says it: the same seed gives the same.
    pub fn derive(&mut self, entropy: &Entropy) {
        if self.made_up {
            *self = Self::made_of(entropy.uuid().as_u128());
        }
    }
}

/// One made up by the system's own randomness.
impl Default for Password {
    fn default() -> Self {
        Self::made_of(rand::rng().random())
    }
}

impl TryFrom<String> for Password {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() {
            return Err("a password cannot be empty; left out, one is made up");
        }
        Ok(Self { text, made_up: false })
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// Two that were made up are the same thing said: nothing.
impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.made_up == other.made_up && (self.made_up || self.text == other.text)
    }
}

impl Eq for Password {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_made_up_each_time() {
        let (mut one, mut other) = (Password::default(), Password::default());
        assert_ne!(one.as_str(), other.as_str());
        assert!(one.as_str().len() >= 32);
        assert_eq!(one, other);
        for password in [&mut one, &mut other] {
            password.derive(&Entropy::from_seed(7));
        }
        assert_eq!(one.as_str(), other.as_str(), "the same seed");
        other.derive(&Entropy::from_seed(8));
        assert_ne!(one.as_str(), other.as_str());
        assert_eq!(format!("{one:?}"), "Password");
    }

    #[test]
    fn what_is_said_stays() {
        let mut said = Password::try_from("Said-by-a-file-1".to_owned()).unwrap();
        said.derive(&Entropy::from_seed(7));
        assert_eq!(said.as_str(), "Said-by-a-file-1");
        assert!(Password::try_from(String::new()).is_err());
    }
}
