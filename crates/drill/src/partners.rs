//! Partners as they are: down for hours, slow to answer, told the same thing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use stanch_casework::Partners;
use stanch_types::Timestamp;
use stanch_types::institution::Institution;

/// What a partner knows of a measure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// What it was told, in the order in which it heard it first: verb and when that was decided.
    pub verbs: Vec<(String, Timestamp)>,
    /// The claim code, where the notice is shown.
    pub claim: Option<String>,
}

/// All partners.
#[derive(Debug, Default)]
pub(crate) struct Town(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    /// Until when a partner is down.
    down: BTreeMap<String, Timestamp>,
    /// Answers still to be lost.
    lose: u32,
    /// Messages heard, by partner and id.
    heard: BTreeSet<(String, String)>,
    known: BTreeMap<(String, String), Known>,
}

impl Town {
    /// Takes a partner down until `until`.
    pub fn fail(&self, partner: &str, until: Timestamp) {
        let mut books = self.books();
        let down = books.down.entry(partner.to_owned()).or_insert(until);
        *down = until.max(*down);
    }

    /// Has the next `answers` answers lost on their way back.
    pub fn lose(&self, answers: u32) {
        self.books().lose = answers;
    }

    /// Ends all outages.
    pub fn mend(&self) {
        let mut books = self.books();
        books.down.clear();
        books.lose = 0;
    }

    /// What `partner` knows of `measure`.
    pub fn known(&self, partner: &str, measure: &str) -> Known {
        let key = (partner.to_owned(), measure.to_owned());
        self.books().known.get(&key).cloned().unwrap_or_default()
    }

    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(
        &self,
        partner: &str,
        id: &str,
        message: &[u8],
        now: Timestamp,
    ) -> Result<String, String> {
        let mut books = self.books();
        if books.down.get(partner).is_some_and(|until| now < *until) {
            return Err("no connection to the institution".to_owned());
        }
        let value: Value = serde_json::from_slice(message).map_err(|error| error.to_string())?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let (Some(measure), Some(verb), Some(decided)) =
            (text("measure_id"), text("verb"), text("decided_at"))
        else {
            return Err("the message lacks a part".to_owned());
        };
        let decided_at = decided
            .parse()
            .map_err(|_| "the message has no time".to_owned())?;
        if books.heard.insert((partner.to_owned(), id.to_owned())) {
            let known = books
                .known
                .entry((partner.to_owned(), measure))
                .or_default();
            known.verbs.push((verb, decided_at));
            known.claim = known.claim.take().or_else(|| text("claim_code"));
        }
        if books.lose > 0 {
            books.lose -= 1;
            return Err("the connection to the institution broke".to_owned());
        }
        Ok(format!("R-{id}"))
    }
}

impl Partners for Town {
    async fn post(
        &self,
        partner: &Institution,
        id: &str,
        message: &[u8],
        now: Timestamp,
    ) -> Result<String, String> {
        self.take(partner.code.as_str(), id, message, now)
    }
}
