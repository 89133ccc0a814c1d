//! What handlers take from a request, with refusals as problem details.

use std::str::FromStr;

use aws_lc_rs::digest;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use stanch_types::ErrorCode;

use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// The one parameter of a path, such as an id. What does not parse names nothing: 404.
#[derive(Debug, Clone)]
pub struct InPath<T>(pub T);

impl<T: FromStr + Send> FromRequestParts<App> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let Path(text) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|_| ApiError::of(ErrorCode::NotFound))?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::of(ErrorCode::NotFound))
    }
}

/// Query parameters; unknown and malformed ones are refused with 400.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Query::<T>::from_request_parts(parts, app)
            .await
            .map(|Query(value)| Self(value))
            .map_err(|refusal| ApiError::new(ErrorCode::RequestInvalid, refusal.body_text()))
    }
}

/// A JSON body and the SHA-256 of its bytes. Refused: other media types (415), too large (413), malformed or not
/// of the documented form (400, with a pointer to the field).
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    /// The value.
    pub value: T,
    /// SHA-256 of the bytes, for idempotency.
    pub sha256: [u8; 32],
}

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        expect_media_type(&request, "application/json")?;
        let bytes = whole_body(request.into_body(), app.config().limits.body_bytes).await?;
        Ok(Self {
            value: parse_json(&bytes)?,
            sha256: sha256(&bytes),
        })
    }
}

/// A JSON body that may be left out; it is then `T::default()`.
#[derive(Debug, Clone)]
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<App> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        let typed = request.headers().contains_key(header::CONTENT_TYPE);
        if typed {
            expect_media_type(&request, "application/json")?;
        }
        let bytes = whole_body(request.into_body(), app.config().limits.body_bytes).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !typed {
            return Err(ApiError::of(ErrorCode::RequestMediaType));
        }
        parse_json(&bytes).map(Self)
    }
}

/// The media type of a request's body without parameters such as `charset`; empty when none is told.
pub fn media_type(request: &Request) -> &str {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
}

/// Refuses a request whose `content-type` is not `wanted` (parameters such as `charset` aside).
///
/// # Errors
/// [`ErrorCode::RequestMediaType`].
pub fn expect_media_type(request: &Request, wanted: &str) -> ApiResult<()> {
    if media_type(request).eq_ignore_ascii_case(wanted) {
        Ok(())
    } else {
        Err(ApiError::new(
            ErrorCode::RequestMediaType,
            format!("this endpoint reads {wanted}"),
        ))
    }
}

/// The whole body, at most `bytes_max`.
///
/// # Errors
/// [`ErrorCode::RequestTooLarge`]; [`ErrorCode::RequestInvalid`] when the connection breaks off.
pub async fn whole_body(body: HttpBody, bytes_max: usize) -> ApiResult<Bytes> {
    axum::body::to_bytes(body, bytes_max)
        .await
        .map_err(|error| {
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(inner) = cause {
                if inner.to_string().contains("length limit exceeded") {
                    return ApiError::new(
                        ErrorCode::RequestTooLarge,
                        format!("the body may have at most {bytes_max} bytes"),
                    );
                }
                cause = inner.source();
            }
            ApiError::new(ErrorCode::RequestInvalid, "the body broke off")
        })
}

/// Reads JSON, naming the field at fault.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`].
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    // Serde also takes a list of the members' values for an object; the API does not.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let why = "the body is a list, not an object";
        return Err(ApiError::new(ErrorCode::RequestInvalid, why));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = json_pointer(error.path());
        let why = error.inner().to_string();
        ApiError::new(
            ErrorCode::RequestInvalid,
            format!("the body is wrong: {why}"),
        )
        .at(pointer, why)
    })?;
    reader
        .end()
        .map_err(|error| ApiError::new(ErrorCode::RequestInvalid, error.to_string()))?;
    Ok(value)
}

fn json_pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// Refuses a text that has no, too many or control characters (line breaks and tabs aside).
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] pointing at `pointer`.
pub fn check_text(pointer: &str, text: &str, chars_max: usize) -> ApiResult<()> {
    let why = if text.trim().is_empty() {
        "is empty".to_owned()
    } else if text.chars().count() > chars_max {
        format!("has more than {chars_max} characters")
    } else if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        "has control characters".to_owned()
    } else {
        return Ok(());
    };
    Err(ApiError::new(ErrorCode::RequestInvalid, format!("{pointer} {why}")).at(pointer, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[expect(dead_code, reason = "read by the parser only")]
        lines: Vec<u8>,
    }

    #[test]
    fn points_at_the_field() {
        let error = parse_json::<Form>(br#"{"lines":[1,-2]}"#).unwrap_err();
        assert_eq!(error.problem("").errors[0].pointer, "/lines/1");
        for bad in [
            "",
            "{",
            "[]",
            r#"{"lines":[]} x"#,
            r#"{"lines":[],"a":1}"#,
            "\0",
        ] {
            let error = parse_json::<Form>(bad.as_bytes()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::RequestInvalid, "{bad}");
        }
    }

    #[test]
    fn texts_are_bounded() {
        assert!(check_text("/reason", "because\n", 500).is_ok());
        for bad in ["", "  ", "a\0", "toolong"] {
            assert!(check_text("/reason", bad, 4).is_err());
        }
    }

    #[tokio::test]
    async fn bodies_are_bounded() {
        let error = whole_body(HttpBody::from(vec![0; 11]), 10)
            .await
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::RequestTooLarge);
        assert_eq!(
            whole_body(HttpBody::from(vec![0; 10]), 10)
                .await
                .unwrap()
                .len(),
            10
        );
    }
}
