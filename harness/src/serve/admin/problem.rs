//! A request that cannot be done.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
#[cfg(test)]
use utoipa::ToSchema;

/// Why a request was not done.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub(super) struct Problem {
    /// What is wrong and what was expected.
    error: String,
    #[serde(skip)]
    status: StatusCode,
}

impl Problem {
    /// What was sent makes no sense.
    pub(super) fn bad(error: impl std::fmt::Display) -> Self {
        Self {
            error: error.to_string(),
            status: StatusCode::BAD_REQUEST,
        }
    }

    /// There is no such thing.
    pub(super) fn missing(error: impl std::fmt::Display) -> Self {
        Self {
            error: error.to_string(),
            status: StatusCode::NOT_FOUND,
        }
    }

    /// It cannot be done as things stand.
    pub(super) fn conflict(error: impl std::fmt::Display) -> Self {
        Self {
            error: error.to_string(),
            status: StatusCode::CONFLICT,
        }
    }
}

impl Problem {
    /// It cannot be kept.
    pub(super) fn full(error: impl std::fmt::Display) -> Self {
        Self {
            error: error.to_string(),
            status: StatusCode::INSUFFICIENT_STORAGE,
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self {
            error: rejection.body_text(),
            status: rejection.status(),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self {
            error: rejection.body_text(),
            status: rejection.status(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}
