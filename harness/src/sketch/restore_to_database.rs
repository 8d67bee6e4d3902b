//! Whether a recovery point of a single server's database can be restored to a database.

use super::validate_single_backup::Sketch as Target;
use super::{Dimension, Shape, dimension};

words! {
    /// Where it is asked for.
    Asked {
        /// In the vault's region.
        Own = "the vault’s region",
        /// In the region that it is paired with, and copied to for more than two days.
        Paired = "the paired region",
    }
}

words! {
    /// Where the server is.
    Region {
        /// In the vault's region.
        Vaults = "the vault’s",
        /// In the one that it is paired with.
        Paired = "the paired one",
        /// In another.
        Third = "another",
    }
}

words! {
    /// The name of the database to be made.
    Name {
        /// None has it.
        Free = "free",
        /// One has it.
        Taken = "taken",
        /// It is the datasource itself.
        Source = "the datasource’s own",
    }
}

/// A vault with a recovery point, and a server to restore it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// The server, with what a backup of one of its databases would meet there; which database has no meaning here, and
    /// neither has its region.
    pub target: Target,
    /// Its region.
    pub region: Region,
    /// The name of the database to be made.
    pub name: Name,
    /// Where it is asked for.
    pub asked: Asked,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            target: Target::in_order(),
            region: Region::Vaults,
            name: Name::Free,
            asked: Asked::Own,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("time", |sketch: &mut Self, word| sketch.target.time = word),
            dimension("identity", |sketch, word| sketch.target.identity = word),
            dimension("asked in", |sketch, word| sketch.asked = word),
            dimension("region", |sketch, word| sketch.region = word),
            dimension("name", |sketch, word| sketch.name = word),
            dimension("server", |sketch, word| sketch.target.server = word),
            dimension("the identity holds", |sketch, word| sketch.target.reads = word),
            dimension("key vault", |sketch, word| sketch.target.store = word),
            dimension("may read the secret", |sketch, word| sketch.target.access = word),
            dimension("secret", |sketch, word| sketch.target.secret = word),
            dimension("server’s network", |sketch, word| sketch.target.network = word),
            dimension("the database", |sketch, word| sketch.target.session = word),
        ]
    }
}
