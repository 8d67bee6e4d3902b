//! How a lease stands, and what it is on.

use crate::rules::{Code, code};

/// The row of the error a lease refuses with.
pub(in crate::services::storage) type LeaseError = Code;

/// How a lease stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services::storage) enum LeaseState {
    Available,
    Leased,
    Expired,
    Breaking,
    Broken,
}

impl LeaseState {
    /// `x-ms-lease-state`.
    pub(in crate::services::storage) fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Leased => "leased",
            Self::Expired => "expired",
            Self::Breaking => "breaking",
            Self::Broken => "broken",
        }
    }

    /// `x-ms-lease-status`.
    pub(in crate::services::storage) fn status(self) -> &'static str {
        if self.locks() { "locked" } else { "unlocked" }
    }

    /// Whether writing takes the lease's id.
    pub(in crate::services::storage) fn locks(self) -> bool {
        matches!(self, Self::Leased | Self::Breaking)
    }
}

/// What is leased: the codes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services::storage) enum LeaseLevel {
    Blob,
    Container,
}

impl LeaseLevel {
    pub(super) fn missing(self) -> LeaseError {
        match self {
            Self::Blob => code::BlobLeaseIdMissing,
            Self::Container => code::ContainerLeaseIdMissing,
        }
    }

    pub(super) fn mismatch(self) -> LeaseError {
        match self {
            Self::Blob => code::LeaseIdMismatchWithBlobOperation,
            Self::Container => code::LeaseIdMismatchWithContainerOperation,
        }
    }

    pub(super) fn not_present(self) -> LeaseError {
        match self {
            Self::Blob => code::LeaseNotPresentWithBlobOperation,
            Self::Container => code::LeaseNotPresentWithContainerOperation,
        }
    }
}
