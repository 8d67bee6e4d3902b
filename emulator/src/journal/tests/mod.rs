//! A journal gives the same machine again.

mod calls;
mod format;
mod kill_points;
mod lines;
mod mangled;
mod sequences;
mod world;
