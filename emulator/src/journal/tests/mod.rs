//! A journal gives the same machine again.

mod calls;
mod format;
mod mangled;
mod sequences;
mod world;
