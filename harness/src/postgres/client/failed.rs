//! How a client's session fails.

use azdrill_emulator::jobs::SessionFailure;
use azdrill_emulator::server::EngineError;

/// An error of a client's session.
pub(super) fn failed(failure: SessionFailure, message: impl Into<String>) -> EngineError {
    EngineError::Session {
        failure,
        message: message.into(),
    }
}
