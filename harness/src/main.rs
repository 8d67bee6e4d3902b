//! azdrill.
fn main() {}
