//! A person's numbers taken out of words that others wrote.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stanch_store::{HeldRow, Tx};
use stanch_types::CaseId;

use super::{goes_on, is_worked_on};
use crate::error::CaseworkError;
use crate::person::Person;

const WORKED_ON: &str = "its case is worked on";
const ACCOUNTED: &str = "it is part of the account of what was done";

/// Takes the person's numbers out of a row's words; gives the reason why they stay, if they do.
pub(super) async fn take_out(
    tx: &mut Tx,
    person: &Person,
    row: &HeldRow,
) -> Result<Result<(), &'static str>, CaseworkError> {
    match row.table {
        "notes" => {
            let Ok(id) = row.key.parse() else {
                return Ok(Err(ACCOUNTED));
            };
            let note = tx.lock_note(id).await?;
            if case_goes_on(tx, note.case_id).await? {
                return Ok(Err(WORKED_ON));
            }
            let Some(without) = without(person, &note) else {
                return Ok(Err(ACCOUNTED));
            };
            tx.update_note(&without).await?;
        }
        "tasks" => {
            let Ok(id) = row.key.parse() else {
                return Ok(Err(ACCOUNTED));
            };
            let task = tx.lock_task(id).await?;
            if case_goes_on(tx, task.case_id).await? {
                return Ok(Err(WORKED_ON));
            }
            let Some(without) = without(person, &task) else {
                return Ok(Err(ACCOUNTED));
            };
            tx.update_task(&without).await?;
        }
        "reports" => {
            let Ok(id) = row.key.parse() else {
                return Ok(Err(ACCOUNTED));
            };
            let report = tx.lock_report(id).await?;
            if is_worked_on(tx, &report).await? {
                return Ok(Err(WORKED_ON));
            }
            let Some(without) = without(person, &report) else {
                return Ok(Err(ACCOUNTED));
            };
            tx.update_report(&without).await?;
        }
        _ => return Ok(Err(ACCOUNTED)),
    }
    Ok(Ok(()))
}

async fn case_goes_on(tx: &mut Tx, id: CaseId) -> Result<bool, CaseworkError> {
    let case = tx.lookup_case(id).await?;
    Ok(case.is_some_and(|case| goes_on(&case)))
}

/// The record with the person's numbers taken out of all its texts; none if a number is more than words in it.
fn without<T: Serialize + DeserializeOwned>(person: &Person, record: &T) -> Option<T> {
    let mut value = serde_json::to_value(record).ok()?;
    take_out_of(person, &mut value);
    serde_json::from_value(value).ok()
}

fn take_out_of(person: &Person, value: &mut Value) {
    match value {
        Value::String(text) => *text = person.taken_out_of(text),
        Value::Array(items) => items.iter_mut().for_each(|item| take_out_of(person, item)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| take_out_of(person, member)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
