//! Files victims' reports with Stanch.

use std::time::Duration as StdDuration;

use serde::Deserialize;
use stanch_types::personal::Secret;
use stanch_types::report::ReportContent;

use crate::SimError;

/// Waits between attempts while Stanch cannot be reached or is busy.
const RETRY: [StdDuration; 5] = [
    StdDuration::from_millis(500),
    StdDuration::from_secs(1),
    StdDuration::from_secs(2),
    StdDuration::from_secs(5),
    StdDuration::from_secs(10),
];

/// Files reports over `POST /v1/reports`.
pub(super) struct Reporter {
    url: String,
    token: Secret,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Filed {
    #[serde(default)]
    case_number: Option<String>,
}

impl Reporter {
    pub fn new(stanch_url: &str, token: Secret) -> Result<Self, SimError> {
        Ok(Self {
            url: format!("{}/v1/reports", stanch_url.trim_end_matches('/')),
            token,
            client: crate::sandbox::client()?,
        })
    }

    /// Files a report; answers the case number, or why not. `key` makes repeats harmless.
    pub async fn file(&self, key: &str, content: &ReportContent) -> Result<Option<String>, String> {
        let mut last = String::new();
        for wait in std::iter::once(StdDuration::ZERO).chain(RETRY) {
            tokio::time::sleep(wait).await;
            let sent = self
                .client
                .post(&self.url)
                .bearer_auth(self.token.expose())
                .header("idempotency-key", key)
                .json(content)
                .send()
                .await;
            let response = match sent {
                Ok(response) => response,
                Err(error) => {
                    last = error.to_string();
                    continue;
                }
            };
            let status = response.status();
            if status.is_success() {
                return Ok(response
                    .json::<Filed>()
                    .await
                    .ok()
                    .and_then(|filed| filed.case_number));
            }
            let words = response.text().await.unwrap_or_default();
            last = format!(
                "{}: {}",
                status.as_u16(),
                words.chars().take(400).collect::<String>()
            );
            if status.is_client_error() && status.as_u16() != 429 {
                break;
            }
        }
        Err(last)
    }
}
