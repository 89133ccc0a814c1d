//! A person's numbers taken out of words that others wrote.

use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stanch_store::{HeldRow, StoreError, Tx};
use stanch_types::CaseId;
use stanch_types::desk::{Note, Task};
use stanch_types::report::Report;

use super::{goes_on, is_worked_on};
use crate::error::CaseworkError;
use crate::person::Person;

const WORKED_ON: &str = "its case is worked on";
const ACCOUNTED: &str = "it is part of the account of what was done";

/// A record whose words others wrote, held against changes.
enum Words {
    Note(Note),
    Task(Task),
    Report(Box<Report>),
}

/// Takes the person's numbers out of a row's words; gives the reason why they stay, if they do.
pub(super) async fn take_out(
    tx: &mut Tx,
    person: &Person,
    row: &HeldRow,
) -> Result<Result<(), &'static str>, CaseworkError> {
    let Some(words) = Words::lock(tx, row).await? else {
        return Ok(Err(ACCOUNTED));
    };
    let is_worked_on = match &words {
        Words::Note(note) => case_goes_on(tx, note.case_id).await?,
        Words::Task(task) => case_goes_on(tx, task.case_id).await?,
        Words::Report(report) => is_worked_on(tx, report).await?,
    };
    if is_worked_on {
        return Ok(Err(WORKED_ON));
    }
    let Some(words) = words.without(person) else {
        return Ok(Err(ACCOUNTED));
    };
    match &words {
        Words::Note(note) => tx.update_note(note).await?,
        Words::Task(task) => tx.update_task(task).await?,
        Words::Report(report) => tx.update_report(report).await?,
    }
    Ok(Ok(()))
}

impl Words {
    /// What the row holds; none if its words are not taken apart.
    async fn lock(tx: &mut Tx, row: &HeldRow) -> Result<Option<Self>, StoreError> {
        Ok(Some(match row.table {
            "notes" => Self::Note(tx.lock_note(id_of(row)?).await?),
            "tasks" => Self::Task(tx.lock_task(id_of(row)?).await?),
            "reports" => Self::Report(Box::new(tx.lock_report(id_of(row)?).await?)),
            _ => return Ok(None),
        }))
    }

    /// With the person's numbers taken out of all texts; none if a number is more than words in it.
    fn without(&self, person: &Person) -> Option<Self> {
        Some(match self {
            Self::Note(note) => Self::Note(without(person, note)?),
            Self::Task(task) => Self::Task(without(person, task)?),
            Self::Report(report) => Self::Report(Box::new(without(person, report.as_ref())?)),
        })
    }
}

fn id_of<I: FromStr>(row: &HeldRow) -> Result<I, StoreError> {
    row.key.parse().map_err(|_| StoreError::NotFound {
        what: row.table,
        id: row.key.clone(),
    })
}

async fn case_goes_on(tx: &mut Tx, id: CaseId) -> Result<bool, CaseworkError> {
    let case = tx.lookup_case(id).await?;
    Ok(case.is_some_and(|case| goes_on(&case)))
}

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
