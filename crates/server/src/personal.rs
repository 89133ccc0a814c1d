//! Personal data on its way out: reading it is recorded with what it is read for, and who does not work on cases, or does
//! not say what for, sees it masked.
//!
//! Account numbers, names, phones and the victim's own words stand under the same few keys everywhere in the API;
//! [`mask`] covers them all. A test walks every endpoint as an auditor and looks for what must not be there.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use stanch_store::AuditEntry;
use stanch_types::personal::{AccountNumber, PersonName, PhoneNumber, SubjectRef};
use stanch_types::purpose::Purpose;
use stanch_types::{Duration, Timestamp, UserId};

use crate::auth::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// The same person reading the same record again within this time is one reading.
pub const READ_WINDOW: Duration = Duration::from_mins(1);
/// Most readings remembered; all are forgotten when full, so that at worst too many are recorded.
const READS_MAX: usize = 20_000;

/// Readings of personal data that were just recorded.
#[derive(Debug, Default)]
pub struct ReadLog(Mutex<HashMap<(UserId, String), Timestamp>>);

impl ReadLog {
    /// Whether this reading is a new one.
    #[must_use]
    pub fn is_new(&self, who: UserId, subject: &str, now: Timestamp) -> bool {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table
            .get(&(who, subject.to_owned()))
            .is_none_or(|last| now.since(*last) >= READ_WINDOW)
    }

    /// Notes that the reading is on record.
    pub fn note(&self, who: UserId, subject: &str, now: Timestamp) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= READS_MAX {
            table.clear();
        }
        table.insert((who, subject.to_owned()), now);
    }
}

/// Answers `value`, which holds personal data of `subject`: puts the reading on record first and masks the value
/// for those who do not work on cases.
///
/// # Errors
/// Those of the record.
pub async fn reveal<T: Serialize>(
    app: &App,
    caller: &Caller,
    subject: &str,
    value: &T,
) -> ApiResult<Response> {
    note_reading(app, caller, subject).await?;
    shown_to(caller, value)
}

/// Puts on record that the caller reads personal data of `subject`.
///
/// # Errors
/// Those of the record.
pub async fn note_reading(app: &App, caller: &Caller, subject: &str) -> ApiResult<()> {
    let now = app.ctx().now();
    let purpose = caller.purpose.map(Purpose::as_str);
    let reading = format!("{subject} {}", purpose.unwrap_or_default());
    if app.reads().is_new(caller.id(), &reading, now) {
        let mut tx = app.store().begin().await?;
        tx.append_audit(&AuditEntry {
            at: now,
            actor: caller.actor(),
            action: "personal.read",
            subject: subject.to_owned(),
            detail: json!({ "masked": !caller.sees_personal_data(), "purpose": purpose }),
            personal: Vec::new(),
        })
        .await?;
        tx.commit().await?;
        app.reads().note(caller.id(), &reading, now);
    }
    Ok(())
}

/// Answers `value` without recording a reading: for lists and for what the caller just wrote.
///
/// # Errors
/// [`stanch_types::ErrorCode::Internal`] if it cannot be written as JSON.
pub fn shown_to<T: Serialize>(caller: &Caller, value: &T) -> ApiResult<Response> {
    let mut value = serde_json::to_value(value).map_err(ApiError::internal)?;
    if !caller.sees_personal_data() {
        mask(&mut value);
    }
    Ok(Json(value).into_response())
}

/// As [`shown_to`], and the reporter's name and phone are masked too unless the caller works on the case: reporters
/// are protected (Anti-Fraud Law art. 30).
///
/// # Errors
/// [`stanch_types::ErrorCode::Internal`] if it cannot be written as JSON.
pub fn shown_to_worker<T: Serialize>(
    caller: &Caller,
    works_on_it: bool,
    value: &T,
) -> ApiResult<Response> {
    let mut value = serde_json::to_value(value).map_err(ApiError::internal)?;
    if !works_on_it {
        mask_reporters(&mut value);
    }
    shown_to(caller, &value)
}

/// Masks who reported; the rest stays.
fn mask_reporters(value: &mut Value) {
    match value {
        Value::Object(members) if members.contains_key("relation") => mask(value),
        Value::Object(members) => members.values_mut().for_each(mask_reporters),
        Value::Array(items) => items.iter_mut().for_each(mask_reporters),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Masks all personal data in an answer.
pub fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let whose = Whose {
                reporter: members.contains_key("relation"),
                subject: members.contains_key("platform"),
                notice: members.contains_key("remedy"),
            };
            for (key, member) in members.iter_mut() {
                match member {
                    Value::String(text) => {
                        if let Some(masked) = masked(key, text, whose) {
                            *text = masked;
                        }
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Array(_)
                    | Value::Object(_) => mask(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What the object around a text is about.
#[derive(Clone, Copy)]
struct Whose {
    reporter: bool,
    subject: bool,
    notice: bool,
}

fn masked(key: &str, text: &str, whose: Whose) -> Option<String> {
    let hidden = || "*".repeat(text.chars().count().min(8));
    match key {
        "account" => Some(
            text.parse::<AccountNumber>()
                .map_or_else(|_| hidden(), |number| number.masked()),
        ),
        "to_name" | "holder_name" => Some(
            text.parse::<PersonName>()
                .map_or_else(|_| hidden(), |name| name.masked()),
        ),
        "name" if whose.reporter => Some(
            text.parse::<PersonName>()
                .map_or_else(|_| hidden(), |name| name.masked()),
        ),
        "phone" => Some(
            text.parse::<PhoneNumber>()
                .map_or_else(|_| hidden(), |phone| phone.masked()),
        ),
        "reference" if whose.subject => Some(
            text.parse::<SubjectRef>()
                .map_or_else(|_| hidden(), |reference| reference.masked()),
        ),
        "reason" if whose.notice => Some(hidden()),
        "narrative" | "counterpart" | "facts" | "decision_facts" | "says" | "text"
        | "file_name" | "goods" => Some(hidden()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_personal_data_only() {
        let mut value = json!({
            "victim": {"account": {"institution": "BK01", "account": "6222021234567890128"}},
            "nodes": [{"institution": "BK01", "account": "6222021234567890128", "kind": "person"}],
            "report": {"content": {"reporter": {"name": "李小龙", "phone": "+8613800138000", "relation": "victim"},
                "narrative": "told in private", "counterpart": "qq 123456",
                "payments": [{"to_name": "张三"}]}},
            "assigned_to": {"id": "user_1", "name": "Lin"},
        });
        mask(&mut value);
        let text = value.to_string();
        for hidden in [
            "6222021234567890128",
            "李小龙",
            "+8613800138000",
            "private",
            "123456",
            "张三",
        ] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
        for shown in ["Lin", "BK01", "0128", "person"] {
            assert!(text.contains(shown), "{shown} in {text}");
        }
    }

    #[test]
    fn reporters_are_masked_for_who_does_not_work_on_the_case() {
        let mut value = json!({"report": {"content": {
            "reporter": {"name": "李小龙", "phone": "+8613800138000", "relation": "victim"},
            "narrative": "told", "payments": [{"from": {"account": "6222021234567890128"}}]}}});
        mask_reporters(&mut value);
        let text = value.to_string();
        assert!(
            !text.contains("李小龙") && !text.contains("13800138000"),
            "{text}"
        );
        assert!(
            text.contains("told") && text.contains("6222021234567890128"),
            "{text}"
        );
    }

    #[test]
    fn reading_again_soon_is_one_reading() {
        let log = ReadLog::default();
        let who = stanch_types::Ctx::system().new_id();
        let start = Timestamp::from_secs(0);
        assert!(log.is_new(who, "case_1", start));
        log.note(who, "case_1", start);
        assert!(!log.is_new(who, "case_1", start.plus(Duration::from_secs(59))));
        assert!(log.is_new(who, "case_2", start));
        assert!(log.is_new(who, "case_1", start.plus(READ_WINDOW)));
    }
}
