//! A journal gives the same machine again.

mod calls;
mod format;
mod lines;
mod mangled;
mod sequences;
mod world;
