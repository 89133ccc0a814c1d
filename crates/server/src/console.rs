//! The console: the files of `web/dist`, inside the binary.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use stanch_types::ErrorCode;

use crate::error::ApiError;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Files;

/// Only the server's own scripts, none inline. Styles may be inline: the component library writes them so.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);
/// Files under `assets/` carry a hash in their name.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Answers everything that is not a route: files of the console, and its page for its own addresses. What looks
/// like the API is not found.
pub async fn serve_file(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    if !is_read || path == "v1" || path.starts_with("v1/") {
        return ApiError::of(ErrorCode::NotFound).into_response();
    }
    if let Some(file) = Files::get(path) {
        return answer(path, &file, request.headers());
    }
    // A missing file is missing; an address without an extension is a page of the console.
    let is_page =
        !path.starts_with("assets/") && !path.rsplit('/').next().unwrap_or_default().contains('.');
    match Files::get("index.html").filter(|_| is_page) {
        Some(file) => answer("index.html", &file, request.headers()),
        None => ApiError::of(ErrorCode::NotFound).into_response(),
    }
}

fn answer(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let unchanged = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(',')
                .any(|one| one.trim().trim_start_matches("W/") == tag)
        });
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, value);
    }
    headers.insert(
        header::CACHE_CONTROL,
        if path.starts_with("assets/") {
            FOR_EVER
        } else {
            ASK_AGAIN
        },
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    if unchanged {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let media_type = mime_guess::from_path(path).first_or_octet_stream();
    let media_type = if media_type.type_() == "text" {
        format!("{media_type}; charset=utf-8")
    } else {
        media_type.to_string()
    };
    if let Ok(value) = HeaderValue::from_str(&media_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    (headers, file.data.to_vec()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    async fn get(path: &str) -> Response {
        serve_file(Request::get(path).body(Body::empty()).unwrap()).await
    }

    #[tokio::test]
    async fn pages_fall_back_and_files_do_not() {
        for page in ["/", "/cases/1", "/login", "/index.html"] {
            let response = get(page).await;
            assert_eq!(response.status(), StatusCode::OK, "{page}");
            assert_eq!(
                response.headers()[header::CONTENT_TYPE],
                "text/html; charset=utf-8"
            );
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        }
        for missing in [
            "/assets/none.js",
            "/none.js",
            "/v1/none",
            "/v1",
            "/assets/../../Cargo.toml",
        ] {
            assert_eq!(
                get(missing).await.status(),
                StatusCode::NOT_FOUND,
                "{missing}"
            );
        }
    }

    #[tokio::test]
    async fn unchanged_files_are_not_sent_again() {
        let tag = get("/").await.headers()[header::ETAG].clone();
        let request = Request::get("/")
            .header(header::IF_NONE_MATCH, tag)
            .body(Body::empty())
            .unwrap();
        assert_eq!(serve_file(request).await.status(), StatusCode::NOT_MODIFIED);
    }
}
