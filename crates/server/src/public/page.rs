//! What every page has: language, frame, styles, headers; and the look whether a form was sent from here.

use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use stanch_types::{Duration, ErrorCode, Timestamp};

use super::words::{EN, Words, ZH};
use crate::error::{ApiError, ApiResult};
use crate::extract::sha256;
use crate::state::App;

const STYLES: &str = "\
:root{color-scheme:light dark;--ink:#14202b;--soft:#4a5764;--paper:#fff;--line:#6b7885;--brand:#0b57a4;--bad:#a3160f;--tint:#eef4fa}\
@media(prefers-color-scheme:dark){:root{--ink:#eef2f6;--soft:#b7c2cd;--paper:#10171e;--line:#8b98a5;--brand:#8ec5ff;--bad:#ff9a92;--tint:#1a2530}}\
*{box-sizing:border-box}body{margin:0;font:1rem/1.6 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;color:var(--ink);background:var(--paper)}\
header,main,footer{max-width:42rem;margin:0 auto;padding:1rem}header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between}\
nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem}nav a{padding:.5rem 0;min-height:2.75rem;display:inline-flex;align-items:center}\
a{color:var(--brand)}h1{font-size:1.5rem;line-height:1.3;margin:.5rem 0}h2{font-size:1.2rem;margin:1.5rem 0 .5rem}\
fieldset{border:1px solid var(--line);border-radius:.5rem;margin:1.25rem 0;padding:.5rem 1rem 1rem}legend{font-weight:600;padding:0 .25rem}\
.f{margin:.9rem 0}label{display:block;font-weight:600}.h{color:var(--soft);margin:.1rem 0;font-weight:400}\
input,select,textarea{font:inherit;color:inherit;background:var(--paper);width:100%;min-height:2.75rem;padding:.5rem;border:1px solid var(--line);border-radius:.35rem}\
textarea{min-height:8rem}.c{display:flex;gap:.75rem;align-items:center;font-weight:400;min-height:2.75rem}.c input{width:1.5rem;height:1.5rem;min-height:0;flex:none}\
button{font:inherit;font-weight:600;min-height:3rem;padding:.5rem 1.25rem;border:2px solid var(--brand);border-radius:.35rem;background:var(--brand);color:var(--paper);cursor:pointer}\
button.s{background:var(--paper);color:var(--brand)}:focus-visible{outline:3px solid var(--brand);outline-offset:2px}\
.e{color:var(--bad);font-weight:600;margin:.2rem 0}.b{border:2px solid var(--bad);border-radius:.5rem;padding:.5rem 1rem}.n{background:var(--tint);border-radius:.5rem;padding:.75rem 1rem}\
.code{font:700 1.6rem/1.4 ui-monospace,monospace;letter-spacing:.05em;overflow-wrap:anywhere}[aria-invalid=true]{border:2px solid var(--bad)}\
.skip{position:absolute;left:-99rem}.skip:focus{position:static}dt{font-weight:600}dd{margin:0 0 .75rem;white-space:pre-wrap;overflow-wrap:anywhere}";

/// Nothing may run or be loaded; the one style is known by its digest.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = STANDARD.encode(sha256(STYLES.as_bytes()));
    let text = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// Its words.
    pub const fn words(self) -> &'static Words {
        match self {
            Self::Chinese => &ZH,
            Self::English => &EN,
        }
    }

    /// The value of `?lang=`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
        }
    }

    /// `?lang=` if it is one of ours, else the first of ours in `Accept-Language`, else Chinese.
    fn of(query: &str, headers: &HeaderMap) -> Self {
        let asked = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "lang")
            .and_then(|(_, value)| Self::of_tag(&value));
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        asked
            .or_else(|| accepted.split(',').find_map(Self::of_tag))
            .unwrap_or(Self::Chinese)
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', ';', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

impl FromRequestParts<App> for Language {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(
            parts.uri.query().unwrap_or_default(),
            &parts.headers,
        ))
    }
}

/// Refuses a form that another site sent.
///
/// # Errors
/// [`ErrorCode::CsrfInvalid`].
pub fn sent_from_here(headers: &HeaderMap) -> ApiResult<()> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some("same-origin") => return Ok(()),
        Some(site) if site != "none" => return Err(ApiError::of(ErrorCode::CsrfInvalid)),
        Some(_) | None => {}
    }
    let foreign_origin = match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_none_or(|(_, from)| !from.eq_ignore_ascii_case(host)),
        (Some(_), None) => true,
        (None, _) => false,
    };
    if foreign_origin {
        Err(ApiError::of(ErrorCode::CsrfInvalid))
    } else {
        Ok(())
    }
}

/// A time as a clock in Beijing showed it, to the minute.
pub fn beijing(at: Timestamp) -> String {
    let text = at.plus(Duration::from_hours(8)).to_string();
    let minutes = text.replace('T', " ");
    minutes.chars().take("2026-03-02 09:30".len()).collect()
}

/// A whole page.
pub fn page(
    language: Language,
    path: &str,
    status: StatusCode,
    title: &str,
    body: &Markup,
) -> Response {
    let words = language.words();
    let other = match language {
        Language::Chinese => Language::English,
        Language::English => Language::Chinese,
    };
    let to = |path: &str| format!("{path}?lang={}", language.code());
    let markup = html! {
        (DOCTYPE)
        html lang=(words.html_lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) " · " (words.site) }
                style { (PreEscaped(STYLES)) }
            }
            body {
                a.skip href="#main" { (words.skip) }
                header {
                    strong { (words.site) }
                    nav aria-label=(words.navigation) {
                        a href=(to("/report")) { (words.nav_report) }
                        a href=(to("/status")) { (words.nav_status) }
                        a href=(to("/appeal")) { (words.nav_appeal) }
                        a href=(format!("{path}?lang={}", other.code())) hreflang=(other.code()) lang=(other.words().html_lang) {
                            (other.words().language_name)
                        }
                    }
                }
                main #main tabindex="-1" { h1 { (title) } (body) }
                footer { p.h { (words.footer) } }
            }
        }
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(words.html_lang),
        ),
        (header::VARY, HeaderValue::from_static("accept-language")),
        // Without a referrer browsers would not say where a form comes from.
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        ),
    ];
    (status, headers, markup.into_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    axum::http::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn the_asked_language_wins_then_the_accepted_one() {
        let accepts = |text| headers(&[("accept-language", text)]);
        let english = accepts("fr, en-GB;q=0.8, zh;q=0.5");
        assert_eq!(Language::of("lang=zh", &english), Language::Chinese);
        assert_eq!(Language::of("", &english), Language::English);
        assert_eq!(Language::of("lang=fr", &accepts("fr")), Language::Chinese);
    }

    #[test]
    fn forms_of_other_sites_are_refused() {
        let own = [("origin", "https://a.example"), ("host", "a.example")];
        assert!(sent_from_here(&headers(&own)).is_ok());
        assert!(sent_from_here(&headers(&[])).is_ok());
        for foreign in [
            [("origin", "https://b.example"), ("host", "a.example")],
            [("origin", "null"), ("host", "a.example")],
            [("sec-fetch-site", "cross-site"), ("host", "a.example")],
        ] {
            assert!(sent_from_here(&headers(&foreign)).is_err(), "{foreign:?}");
        }
    }
}
