//! The identity of a vault.

words! {
    /// The identity the roles were given to, and what the request says about it.
    Identity {
        /// The vault's system-assigned identity; the request names none.
        System = "system-assigned",
        /// A user-assigned identity of the vault, named in the request's `identityDetails`.
        UserNamed = "user-assigned, named in the request",
        /// A user-assigned identity of the vault, but the request names none.
        UserNotNamed = "user-assigned, not named",
        /// A user-assigned identity the request names and the vault does not have.
        UserDetached = "user-assigned, named, not on the vault",
        /// The system-assigned identity of a vault that has it switched off by now.
        SystemSwitchedOff = "system-assigned, switched off",
    }
}
