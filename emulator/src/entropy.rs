//! Seeded randomness as a tree: each use forks its own branch by name, so that one more draw in
//! one place shifts nothing elsewhere.

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A branch of the tree. The same seed and the same names give the same draws.
#[derive(Clone)]
pub struct Entropy {
    key: [u8; 32],
}

impl Entropy {
    /// The root for a seed.
    pub fn from_seed(seed: u64) -> Self {
        Self {
            key: Sha256::digest(seed.to_le_bytes()).into(),
        }
    }

    /// The branch of that name.
    #[must_use]
    pub fn fork(&self, name: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(name.as_bytes());
        Self {
            key: hash.finalize().into(),
        }
    }

    /// The branch's own 32 bytes. For key material; a secret.
    pub fn bytes(&self) -> [u8; 32] {
        self.fork("bytes").key
    }

    /// A generator that starts at this branch.
    pub fn rng(&self) -> ChaCha12Rng {
        ChaCha12Rng::from_seed(self.key)
    }

    /// A version-4-shaped UUID.
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.bytes()[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_names_give_the_same_draws_and_others_do_not() {
        let root = Entropy::from_seed(7);
        assert_eq!(root.fork("a").uuid(), Entropy::from_seed(7).fork("a").uuid());
        assert_ne!(root.fork("a").uuid(), root.fork("b").uuid());
        assert_ne!(root.uuid(), Entropy::from_seed(8).uuid());
        assert_eq!(root.uuid().get_version_num(), 4);
    }
}
