//! A journal gives the same machine again.

mod format;
mod mangled;
mod sequences;
mod world;
