//! What comes in is checked before it is queued: JSON, schema, size, and a digest that tells repetition from conflict.

use std::sync::Arc;

use bytes::Bytes;
use stanch_rules::ir::{Decision, FieldIx};
use stanch_rules::{Event, Policy};

use crate::block::EVENT_BYTES_MAX;
use crate::index::{Digest16, digest16};
use crate::record::{Fallback, read_by_several_keys};

/// The policy that checks what comes in.
#[derive(Debug)]
pub struct Live {
    /// The policy.
    pub policy: Policy,
    /// Its hash, `sha256:…`.
    pub hash: Arc<str>,
    /// See [`read_by_several_keys`].
    pub(crate) several_keys: Vec<Vec<bool>>,
}

impl Live {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            hash: policy.hash().to_string().into(),
            several_keys: read_by_several_keys(policy.engine()),
            policy,
        }
    }
}

/// An event that may be queued.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The event's own id.
    pub event_id: Arc<str>,
    /// The event, typed after the live policy.
    pub event: Event,
    /// The event as it came, without white space around it.
    pub line: Bytes,
    /// Digest of its content: kind, time and values, however they were spelled.
    pub content: Digest16,
    /// The policy that checked it.
    pub live: Arc<Live>,
}

/// Why an event is not decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of fault.
    pub fault: Fault,
    /// What is wrong, for the sender. Never holds values of the event.
    pub detail: String,
    /// The event, if its id could be read.
    pub event_id: Option<String>,
}

impl Refusal {
    /// The refusal of an event whose id is known with other content.
    #[must_use]
    pub fn conflict(event_id: &str) -> Self {
        Self {
            fault: Fault::Conflict,
            detail: "an event with this id is known with other content".to_owned(),
            event_id: Some(event_id.to_owned()),
        }
    }
}

/// What kind of fault an event has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not JSON or does not fit the schema.
    Invalid,
    /// Its id is known with other content.
    Conflict,
}

/// Checks one event.
///
/// # Errors
/// What is wrong with it.
pub fn check(live: &Arc<Live>, line: &Bytes) -> Result<Checked, Refusal> {
    let trimmed = line.trim_ascii();
    if trimmed.len() > EVENT_BYTES_MAX {
        return Err(Refusal {
            fault: Fault::Invalid,
            detail: format!("an event has at most {EVENT_BYTES_MAX} bytes"),
            event_id: None,
        });
    }
    let event = live.policy.decode(trimmed).map_err(|error| Refusal {
        fault: Fault::Invalid,
        detail: error.to_string(),
        event_id: None,
    })?;
    let content = content_of(&live.policy, &event);
    Ok(Checked {
        event_id: event.event_id().into(),
        content,
        line: line.slice_ref(trimmed),
        live: Arc::clone(live),
        event,
    })
}

/// Digest of an event's kind, time and values.
#[must_use]
pub fn content_of(policy: &Policy, event: &Event) -> Digest16 {
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(event.kind_name().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&event.occurred_at_us().to_le_bytes());
    for (field, index) in event.schema().fields.iter().zip(0..) {
        // By name and only when present: a field that a later policy adds changes no digest.
        if let Some(value) = event.get(FieldIx(index)) {
            bytes.extend_from_slice(field.name.as_bytes());
            bytes.push(0);
            value.write_key(policy.program(), &mut bytes);
        }
    }
    digest16(&[&bytes])
}

impl Checked {
    /// The name of its kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.event.kind_name()
    }

    /// What the caller is told when the decision comes too late.
    #[must_use]
    pub(crate) fn fallback(&self, decision: Decision) -> Fallback {
        Fallback {
            event_id: Arc::clone(&self.event_id),
            kind: self.event.kind(),
            occurred_at: self.event.occurred_at(),
            decision,
            live: Arc::clone(&self.live),
        }
    }
}
