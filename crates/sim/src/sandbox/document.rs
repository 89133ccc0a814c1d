//! The order document as an institution reads it (`stanch.order/1`), with the checks of its form.

use serde::{Deserialize, Serialize};
use stanch_types::order::{AnswerOutcome, Authority, OrderKind};
use stanch_types::personal::{AccountNumber, PersonName};
use stanch_types::{
    AccountRef, Amount, ApplicationId, InstitutionCode, OrderId, Timestamp, UserId,
};

/// An order as received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderDocument {
    /// `stanch.order/1`.
    pub schema: String,
    /// Serial number of the transmission.
    pub transmission_serial: String,
    /// Who sends.
    pub sender: String,
    /// Who is to act.
    pub receiver: InstitutionCode,
    /// Message number of the national platform.
    pub message_code: Option<String>,
    /// What is asked.
    pub kind: OrderKind,
    /// The sender's own id.
    pub order_id: OrderId,
    /// Idempotency key.
    pub application_id: ApplicationId,
    /// The order prolonged, released or converted.
    pub parent_application_id: Option<ApplicationId>,
    /// The case.
    pub case_number: String,
    /// `telecom_fraud`.
    pub case_type: String,
    /// `01` normal, `02` urgent.
    pub emergency: String,
    /// The account.
    pub target: Target,
    /// How much.
    pub hold: Hold,
    /// From when.
    pub starts_at: Timestamp,
    /// How long, from the moment of the hold; 0 for releases.
    pub duration_secs: i64,
    /// Why.
    pub reason: String,
    /// The legal authority.
    pub authority: Option<Authority>,
    /// Who drafted it.
    pub operator: Officer,
    /// Who approved it.
    pub second_officer: Option<Officer>,
    /// When it was applied for.
    pub applied_at: Timestamp,
    /// The disputed transfer.
    pub disputed: Option<Disputed>,
}

/// The account of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Where.
    pub institution: InstitutionCode,
    /// Its number.
    pub account: AccountNumber,
    /// `01` person, `02` entity.
    pub account_kind: Option<String>,
    /// The holder, if the sender knows.
    pub holder_name: Option<PersonName>,
}

/// How much to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// `01` limited amount, `02` whole account, `units` fund units.
    pub mode: String,
    /// The most to hold, or the units' value.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Why the whole account.
    #[serde(default)]
    pub reason: Option<String>,
    /// The fund product.
    #[serde(default)]
    pub product: Option<String>,
    /// Units in hundredths.
    #[serde(default)]
    pub units_centi: Option<i64>,
}

/// A person who answers for the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// Id at the sender.
    pub id: UserId,
    /// Name.
    pub name: String,
}

/// The disputed transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disputed {
    /// Reference.
    pub tx_id: String,
    /// Who paid.
    pub payer: AccountRef,
    /// How much.
    pub amount: Amount,
    /// When.
    pub occurred_at: Timestamp,
}

/// What an institution answers, on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerMessage {
    /// The order.
    pub application_id: ApplicationId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What.
    pub outcome: AnswerOutcome,
}

/// How much an order wants held, after the form was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// At most this many fen.
    Limited(i64),
    /// Everything.
    Whole,
    /// Fund units worth this many fen.
    Units(i64),
}

impl OrderDocument {
    /// What is wrong with the form, if anything.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let most = self.kind.duration().as_secs();
        let checks = [
            (self.schema == "stanch.order/1", "schema"),
            (!self.transmission_serial.is_empty(), "transmission_serial"),
            (!self.sender.is_empty(), "sender"),
            (
                self.message_code.as_deref() == self.kind.message_code(),
                "message_code",
            ),
            (!self.case_number.is_empty(), "case_number"),
            (self.case_type == "telecom_fraud", "case_type"),
            (matches!(self.emergency.as_str(), "01" | "02"), "emergency"),
            (
                self.target.institution == self.receiver,
                "target.institution",
            ),
            ((0..=most).contains(&self.duration_secs), "duration_secs"),
            (most == 0 || self.duration_secs > 0, "duration_secs"),
            ((1..=500).contains(&self.reason.chars().count()), "reason"),
            (self.wanted().is_some(), "hold"),
            (!self.operator.name.is_empty(), "operator"),
            // Two persons and an authority, save for an emergency stop (rule 6).
            (
                self.may_be_alone() || self.second_officer.is_some(),
                "second_officer",
            ),
            (self.may_be_alone() || self.authority.is_some(), "authority"),
            (
                self.second_officer
                    .as_ref()
                    .is_none_or(|second| second.id != self.operator.id)
                    || self.may_be_alone(),
                "second_officer",
            ),
        ];
        checks
            .iter()
            .find(|(holds, _)| !holds)
            .map(|(_, name)| *name)
    }

    fn may_be_alone(&self) -> bool {
        self.emergency == "02" && self.kind == OrderKind::StopPayment
    }

    /// How much is wanted; none when the hold is malformed.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        let positive = |minor: i64| (minor > 0).then_some(minor);
        match self.hold.mode.as_str() {
            "01" => positive(self.hold.amount?.minor()).map(Wanted::Limited),
            "02" => {
                let reason = self.hold.reason.as_deref()?;
                (reason.chars().count() >= 10).then_some(Wanted::Whole)
            }
            "units" => {
                self.hold
                    .product
                    .as_deref()
                    .filter(|product| !product.is_empty())?;
                // A money-market unit is worth one yuan, so a hundredth of a unit is a fen.
                positive(self.hold.units_centi?).map(Wanted::Units)
            }
            _ => None,
        }
    }
}
