//! What an institution says about an order, pushed or in reply to a question.

use serde::{Deserialize, Serialize};
use stanch_types::order::AnswerOutcome;
use stanch_types::{Amount, ApplicationId, Timestamp};

use crate::error::Finding;

/// Most characters of a receipt number.
pub const RECEIPT_CHARS_MAX: usize = 64;
/// Most characters of an institution's own words.
pub const DETAIL_CHARS_MAX: usize = 500;
/// Most bytes of an answer message.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// One answer as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderAnswerMessage {
    /// The order's application id.
    pub application_id: ApplicationId,
    /// When it happened at the institution.
    pub occurred_at: Timestamp,
    /// What happened.
    pub outcome: AnswerOutcome,
}

impl OrderAnswerMessage {
    /// Reads an answer and checks its limits.
    ///
    /// # Errors
    /// The findings, each with a JSON pointer.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Finding>> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(vec![Finding::new("", "the message has more than 16 KiB")]);
        }
        let message: Self = serde_json::from_slice(bytes)
            .map_err(|error| vec![Finding::new("", error.to_string())])?;
        let findings = message.findings();
        if findings.is_empty() {
            Ok(message)
        } else {
            Err(findings)
        }
    }

    /// What is wrong with the message by itself; empty if nothing is.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        match &self.outcome {
            AnswerOutcome::Acked { receipt } => text(
                "/outcome/receipt",
                receipt,
                1..=RECEIPT_CHARS_MAX,
                "1 to 64",
            ),
            AnswerOutcome::Refused { detail, .. } | AnswerOutcome::Failed { detail } => text(
                "/outcome/detail",
                detail,
                0..=DETAIL_CHARS_MAX,
                "at most 500",
            ),
            AnswerOutcome::Executing
            | AnswerOutcome::Executed { .. }
            | AnswerOutcome::PartiallyExecuted { .. } => Vec::new(),
        }
    }

    /// What the answer says is held, if it says so.
    #[must_use]
    pub fn held(&self) -> Option<Amount> {
        match &self.outcome {
            AnswerOutcome::Executed { held } | AnswerOutcome::PartiallyExecuted { held } => *held,
            AnswerOutcome::Acked { .. }
            | AnswerOutcome::Executing
            | AnswerOutcome::Refused { .. }
            | AnswerOutcome::Failed { .. } => None,
        }
    }
}

/// The body of a `202`: the institution has the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptMessage {
    /// The institution's receipt number.
    pub receipt: String,
}

fn text(
    pointer: &'static str,
    value: &str,
    chars: std::ops::RangeInclusive<usize>,
    range: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !chars.contains(&value.chars().count()) {
        findings.push(Finding::new(pointer, format!("it has {range} characters")));
    }
    if value.chars().any(|c| c.is_control() && c != '\n') {
        findings.push(Finding::new(pointer, "control characters are not allowed"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_example_of_the_contract() {
        let text = r#"{"application_id":"application_018f0000000070008000000000000001","occurred_at":"2026-03-02T08:00:00Z",
            "outcome":{"outcome":"executed","held":{"minor":1,"currency":"CNY"}}}"#;
        let message = OrderAnswerMessage::parse(text.as_bytes()).unwrap();
        assert_eq!(message.held().map(Amount::minor), Some(1));
        let back = serde_json::to_vec(&message).unwrap();
        assert_eq!(OrderAnswerMessage::parse(&back), Ok(message));
    }

    #[test]
    fn refuses_what_breaks_the_limits() {
        let with = |outcome: &str| {
            format!(
                r#"{{"application_id":"application_018f0000000070008000000000000001","occurred_at":"2026-03-02T08:00:00Z","outcome":{outcome}}}"#
            )
        };
        let long = "x".repeat(501);
        for outcome in [
            r#"{"outcome":"acked","receipt":""}"#.to_owned(),
            format!(r#"{{"outcome":"acked","receipt":"{}"}}"#, &long[..65]),
            format!(r#"{{"outcome":"failed","detail":"{long}"}}"#),
            r#"{"outcome":"failed","detail":"a\u0000b"}"#.to_owned(),
            r#"{"outcome":"executed","held":{"minor":-1,"currency":"CNY"}}"#.to_owned(),
            r#"{"outcome":"executed","held":{"minor":1.5,"currency":"CNY"}}"#.to_owned(),
            r#"{"outcome":"executed","held":{"minor":1,"currency":"XXX"}}"#.to_owned(),
            r#"{"outcome":"burnt"}"#.to_owned(),
            "null".to_owned(),
        ] {
            let bytes = with(&outcome);
            assert!(
                OrderAnswerMessage::parse(bytes.as_bytes()).is_err(),
                "{outcome}"
            );
        }
        for bytes in [&b""[..], b"\xff\xfe", b"[]", b"{}", &[b' '; 20_000]] {
            assert!(OrderAnswerMessage::parse(bytes).is_err());
        }
    }
}
