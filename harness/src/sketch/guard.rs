//! What sketches say of the Resource Guard of a vault.

words! {
    /// Whether a Resource Guard protects the vault.
    Guard {
        /// The vault is mapped to none.
        None = "none",
        /// It is mapped to one that leaves nothing out.
        Protects = "protects everything",
        /// It is mapped to one that leaves out what it can.
        LeavesOut = "leaves out what it can",
    }
}

words! {
    /// What the caller may do at the guard. At the vault it is everything.
    AtGuard {
        /// Act there.
        Operator = "Backup MUA Operator",
        /// Read it.
        Reader = "Reader",
        /// Nothing.
        Nothing = "no role",
    }
}
