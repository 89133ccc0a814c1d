//! Documents that strangers send: what they are, and what they may be called.

use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;
use stanch_types::{ClaimCode, ErrorCode};

use crate::error::{ApiError, ApiResult};

/// The header that carries a claim code beside a document.
const CLAIM_HEADER: &str = "stanch-claim-code";
/// The header that carries a document's name.
const NAME_HEADER: &str = "stanch-document-name";
/// Most characters of a document's name.
const NAME_CHARS_MAX: usize = 120;

/// The claim code beside a document.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] if there is none; `not_found` if it is no claim code.
pub fn claim_beside(headers: &HeaderMap, not_found: ErrorCode) -> ApiResult<ClaimCode> {
    let told = headers
        .get(CLAIM_HEADER)
        .and_then(|value| value.to_str().ok());
    let told = told.ok_or_else(|| {
        let missing = format!("the header {CLAIM_HEADER} is missing");
        ApiError::new(ErrorCode::RequestInvalid, missing)
    })?;
    told.parse().map_err(|_| ApiError::of(not_found))
}

/// The name that a document was sent with: UTF-8, percent-encoded (RFC 3986, section 2.1), as headers carry ASCII only.
/// None if it is something else.
#[must_use]
pub fn name_beside(headers: &HeaderMap) -> Option<String> {
    let told = headers.get(NAME_HEADER)?.to_str().ok()?;
    let name = percent_decode_str(told).decode_utf8().ok()?;
    Some(name.into_owned())
}

/// The media type of a document by its first bytes: an image, a PDF or a text in UTF-8; none of anything else,
/// whatever its sender calls it.
#[must_use]
pub fn media_type_of(bytes: &[u8]) -> Option<&'static str> {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
    ];
    let known = SIGNATURES
        .iter()
        .find(|(start, _)| bytes.starts_with(start));
    if let Some((_, media_type)) = known {
        return Some(media_type);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    (!text.is_empty() && text.chars().all(plain)).then_some("text/plain")
}

/// A name that can be shown: the last part of a path, without control characters, at most 120 characters.
#[must_use]
pub fn plain_name(told: &str) -> String {
    let last = told.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last
        .chars()
        .filter(|c| !c.is_control())
        .take(NAME_CHARS_MAX)
        .collect();
    if plain.trim().is_empty() {
        "document".to_owned()
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_what_their_bytes_say() {
        assert_eq!(media_type_of(b"%PDF-1.7"), Some("application/pdf"));
        assert_eq!(media_type_of(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(
            media_type_of("\u{5de5}\u{8d44}\u{5355}\n".as_bytes()),
            Some("text/plain")
        );
        for bad in [
            b"MZ\x90\0".as_slice(),
            b"",
            b"PK\x03\x04\x14\0",
            b"RIFF\0\0\0\0WAVE\0",
        ] {
            assert_eq!(media_type_of(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn names_lose_their_folders() {
        assert_eq!(plain_name("../../etc/passwd"), "passwd");
        assert_eq!(plain_name("C:\\a\\slip.pdf"), "slip.pdf");
        assert_eq!(plain_name("\r\n"), "document");
    }
}
