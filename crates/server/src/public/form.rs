//! Forms as browsers send them: urlencoded, or in parts with files. Everything is bounded.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Multipart, Request};
use stanch_casework::ATTACHMENT_BYTES_MAX;
use stanch_types::ErrorCode;
use stanch_types::report::ATTACHMENTS_MAX;

use crate::error::{ApiError, ApiResult};
use crate::extract::{media_type, whole_body};
use crate::state::App;

/// Most bytes of a form without files.
const FIELDS_BYTES_MAX: usize = 64 << 10;
/// Most fields of a form.
const FIELDS_MAX: usize = 200;

/// A file as it was sent.
pub struct SentFile {
    /// What its sender calls it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What was filled in.
#[derive(Default)]
pub struct Form {
    fields: BTreeMap<String, String>,
    /// Files, at most ten; empty ones are left out.
    pub files: Vec<SentFile>,
}

impl Form {
    /// What was typed, without the spaces around it; empty if nothing was.
    pub fn typed(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |text| text.trim())
    }

    /// Whether a box is ticked or a button pressed.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A form filled in with `fields`.
    #[cfg(test)]
    pub fn of(fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter();
        Self {
            fields: fields
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect(),
            files: Vec::new(),
        }
    }

    fn put(&mut self, name: String, text: String) -> ApiResult<()> {
        if self.fields.len() >= FIELDS_MAX {
            return Err(too_large());
        }
        self.fields.insert(name, text.replace("\r\n", "\n"));
        Ok(())
    }

    async fn read_parts(request: Request, app: &App) -> ApiResult<Self> {
        let broken = || ApiError::new(ErrorCode::RequestInvalid, "the form cannot be read");
        let mut parts = Multipart::from_request(request, app)
            .await
            .map_err(|_| broken())?;
        let (mut form, mut left) = (Self::default(), app.config().limits.bulk_bytes);
        let mut text_left = FIELDS_BYTES_MAX;
        while let Some(mut part) = parts.next_field().await.map_err(|_| broken())? {
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let most = match file_name {
                Some(_) => ATTACHMENT_BYTES_MAX.min(left),
                None => text_left,
            };
            let mut bytes = Vec::new();
            while let Some(chunk) = part.chunk().await.map_err(|_| broken())? {
                if bytes.len().saturating_add(chunk.len()) > most {
                    return Err(too_large());
                }
                bytes.extend_from_slice(&chunk);
            }
            left = left.saturating_sub(bytes.len());
            if let Some(name) = file_name {
                if bytes.is_empty() {
                    continue;
                }
                if form.files.len() >= ATTACHMENTS_MAX {
                    return Err(too_large());
                }
                form.files.push(SentFile { name, bytes });
            } else {
                text_left = text_left.saturating_sub(bytes.len());
                form.put(name, String::from_utf8(bytes).map_err(|_| broken())?)?;
            }
        }
        Ok(form)
    }
}

fn too_large() -> ApiError {
    let why = "a file has at most 10 MiB, a form ten files and 64 KiB of text";
    ApiError::new(ErrorCode::RequestTooLarge, why)
}

impl FromRequest<App> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        super::page::sent_from_here(request.headers())?;
        match media_type(&request).to_ascii_lowercase().as_str() {
            "multipart/form-data" => Self::read_parts(request, app).await,
            "application/x-www-form-urlencoded" => {
                let bytes = whole_body(request.into_body(), FIELDS_BYTES_MAX).await?;
                let mut form = Self::default();
                for (name, text) in url::form_urlencoded::parse(&bytes) {
                    form.put(name.into_owned(), text.into_owned())?;
                }
                Ok(form)
            }
            _ => Err(ApiError::of(ErrorCode::RequestMediaType)),
        }
    }
}
