//! The order document: what an institution reads, signs for and keeps. JSON, `stanch.order/1`.
//!
//! The document is fixed when the order is signed; its bytes are stored as a blob and its SHA-256 stands in the
//! order's record. The bytes are compact JSON with the fields in the order declared here. The published schema is
//! `docs/schemas/order.schema.json`.

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use stanch_types::order::{Authority, DisputedTransfer, HoldScope, Order, OrderContent, OrderKind};
use stanch_types::personal::PersonName;
use stanch_types::{
    AccountKind, AccountRef, Amount, ApplicationId, InstitutionCode, OrderId, Timestamp, UserId,
};

use crate::error::OrdersError;

/// The `schema` member of every document.
pub const SCHEMA: &str = "stanch.order/1";
/// Most bytes of a document (Standard Webhooks: less than 20 kB).
pub const DOCUMENT_BYTES_MAX: usize = 20_000;

/// A person who answers for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// Identifier in Stanch.
    pub id: UserId,
    /// Name as shown to colleagues.
    pub name: String,
}

/// The account an order is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentTarget {
    /// Where the account is held.
    pub institution: InstitutionCode,
    /// Its number there.
    pub account: stanch_types::personal::AccountNumber,
    /// `01` a person's, `02` an entity's, null when not known.
    pub account_kind: Option<String>,
    /// The holder's name, if known; the institution refuses on a mismatch (rule 2).
    pub holder_name: Option<PersonName>,
}

/// How much is to be held. Mode `01` limited amount, `02` whole account, `units` fund units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentHold {
    /// `01`, `02` or `units`.
    pub mode: String,
    /// The most to hold (`01`), or the value of the units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Why a limited amount does not do (`02`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The fund product (`units`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Units in hundredths (`units`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_centi: Option<i64>,
}

impl From<&HoldScope> for DocumentHold {
    fn from(scope: &HoldScope) -> Self {
        let mut hold = Self {
            mode: String::new(),
            amount: None,
            reason: None,
            product: None,
            units_centi: None,
        };
        match scope {
            HoldScope::LimitedAmount { amount } => {
                hold.mode = "01".into();
                hold.amount = Some(*amount);
            }
            HoldScope::WholeAccount { reason } => {
                hold.mode = "02".into();
                hold.reason = Some(reason.clone());
            }
            HoldScope::FundUnits {
                product,
                units_centi,
                amount,
            } => {
                hold.mode = "units".into();
                hold.product = Some(product.clone());
                hold.units_centi = Some(*units_centi);
                hold.amount = Some(*amount);
            }
        }
        hold
    }
}

/// The document. Field names are the wire's; see the schema for limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderDocument {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Serial number of the transmission: the application id's 32 digits.
    pub transmission_serial: String,
    /// The sending body (`sender` of the configuration).
    pub sender: InstitutionCode,
    /// The institution that shall act.
    pub receiver: InstitutionCode,
    /// Message number of the national platform; null for redemption orders.
    pub message_code: Option<String>,
    /// What is asked.
    pub kind: OrderKind,
    /// The order in Stanch.
    pub order_id: OrderId,
    /// Idempotency key (rule 7).
    pub application_id: ApplicationId,
    /// Application id of the order that this one prolongs, releases or converts.
    pub parent_application_id: Option<ApplicationId>,
    /// The case's number.
    pub case_number: String,
    /// Always `telecom_fraud`.
    pub case_type: String,
    /// `01` normal, `02` urgent.
    pub emergency: String,
    /// The account.
    pub target: DocumentTarget,
    /// How much.
    pub hold: DocumentHold,
    /// From when the order stands.
    pub starts_at: Timestamp,
    /// How long the hold lasts from the moment it is made; 0 for releases.
    pub duration_secs: i64,
    /// Why, in words.
    pub reason: String,
    /// The legal authority; null for an emergency stop.
    pub authority: Option<Authority>,
    /// Who drafted it.
    pub operator: Officer,
    /// Who approved it; null when an emergency stop had one person only.
    pub second_officer: Option<Officer>,
    /// When it was applied for.
    pub applied_at: Timestamp,
    /// The disputed transfer, to be checked first (rule 2).
    pub disputed: Option<DocumentDisputed>,
}

/// The disputed transfer as documents carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentDisputed {
    /// The institution's reference.
    pub tx_id: String,
    /// The payer's account.
    pub payer: AccountRef,
    /// How much.
    pub amount: Amount,
    /// When.
    pub occurred_at: Timestamp,
}

impl From<&DisputedTransfer> for DocumentDisputed {
    fn from(disputed: &DisputedTransfer) -> Self {
        Self {
            tx_id: disputed.tx_id.clone(),
            payer: disputed.payer.clone(),
            amount: disputed.amount,
            occurred_at: disputed.occurred_at,
        }
    }
}

/// What a document needs beside the order itself.
#[derive(Debug, Clone)]
pub struct DocumentParts {
    /// The sending body.
    pub sender: InstitutionCode,
    /// The case's number.
    pub case_number: String,
    /// What kind of account the target is, if known.
    pub account_kind: Option<AccountKind>,
    /// Application id of the parent order.
    pub parent_application_id: Option<ApplicationId>,
    /// Who drafted the order.
    pub operator: Officer,
    /// Who approved it, if another person.
    pub second_officer: Option<Officer>,
    /// When it is signed.
    pub starts_at: Timestamp,
}

impl OrderDocument {
    /// Builds the document of `order`.
    #[must_use]
    pub fn new(order: &Order, parts: DocumentParts) -> Self {
        let OrderContent {
            kind,
            case_id: _,
            plan_id: _,
            parent: _,
            target,
            holder_name,
            scope,
            disputed,
            reason,
            authority,
            emergency,
        } = order.content.clone();
        let application = order.application_id.to_string();
        let serial = application.rsplit('_').next().unwrap_or_default();
        Self {
            schema: SCHEMA.into(),
            transmission_serial: serial.to_owned(),
            sender: parts.sender,
            receiver: target.institution.clone(),
            message_code: kind.message_code().map(str::to_owned),
            kind,
            order_id: order.id,
            application_id: order.application_id,
            parent_application_id: parts.parent_application_id,
            case_number: parts.case_number,
            case_type: "telecom_fraud".into(),
            emergency: if emergency { "02" } else { "01" }.into(),
            target: DocumentTarget {
                institution: target.institution,
                account: target.account,
                account_kind: parts.account_kind.and_then(holder_code),
                holder_name,
            },
            hold: DocumentHold::from(&scope),
            starts_at: parts.starts_at,
            duration_secs: kind.duration().as_secs(),
            reason,
            authority,
            operator: parts.operator,
            second_officer: parts.second_officer,
            applied_at: order.created_at,
            disputed: disputed.as_ref().map(DocumentDisputed::from),
        }
    }

    /// The bytes that are signed, sent and stored.
    ///
    /// # Errors
    /// [`OrdersError::Document`] if they are more than [`DOCUMENT_BYTES_MAX`], which the limits of order contents
    /// exclude.
    pub fn to_bytes(&self) -> Result<Vec<u8>, OrdersError> {
        let bytes = serde_json::to_vec(self).map_err(OrdersError::DocumentJson)?;
        if bytes.len() > DOCUMENT_BYTES_MAX {
            return Err(OrdersError::Document(bytes.len()));
        }
        Ok(bytes)
    }
}

/// SHA-256 of `bytes`, lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes).as_ref())
}

/// Account kind on the wire: `01` person, `02` entity.
fn holder_code(kind: AccountKind) -> Option<String> {
    match kind {
        AccountKind::Person => Some("01".into()),
        AccountKind::Merchant | AccountKind::Business => Some("02".into()),
        AccountKind::FundHolding | AccountKind::Cash | AccountKind::Unknown => None,
    }
}

#[cfg(test)]
mod tests;
