//! A seeded world: accounts at banks, wallets and fund companies, a stream of payments up to a given instant, planted
//! fraud cases with ground truth, and live cases whose payments run on after that instant.
//!
//! The shape follows `fundflow_gen` (channels, hours, amounts, gangs, laundering patterns), its CSVs have the same
//! columns. Invariants, each a test: the same config gives the same bytes; payments are sorted by (time, id) and ids
//! are unique; nobody is overdrawn; every planted hop moves money that an earlier hop of its case brought.
//!
//! It does not simulate gangs that react to a freeze, chargebacks or several currencies.

mod background;
mod csv;
mod gangs;
mod laundering;
mod opening;
mod people;
mod planted;
mod stories;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use stanch_types::personal::{AccountNumber, PersonName};
use stanch_types::report::ReportContent;
use stanch_types::{
    AccountKind, AccountRef, Amount, Channel, Currency, Duration, InstitutionCode, InstitutionKind,
    Payment, Timestamp,
};

pub use csv::{TX_HEADER, WorldFiles};

use crate::SimError;

/// One minute in milliseconds.
pub(crate) const MIN_MS: i64 = 60_000;
/// One hour in milliseconds.
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// One day in milliseconds.
pub(crate) const DAY_MS: i64 = 86_400_000;
/// The city's clock is UTC+8.
pub(crate) const CITY_OFFSET_MS: i64 = 8 * HOUR_MS;

/// What kind of world to make. Missing fields take the defaults of [`WorldConfig::new`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldConfig {
    /// The same seed and config give the same world.
    pub seed: u64,
    /// The instant at which history ends and the live part begins.
    pub end: Timestamp,
    /// Accounts of persons, merchants and businesses, 500 to 2,000,000.
    #[serde(default = "defaults::accounts")]
    pub accounts: u32,
    /// Payments up to `end`, 1,000 to 20,000,000; planted ones included.
    #[serde(default = "defaults::payments")]
    pub payments: u32,
    /// Fraud cases whose payments were made before `end` (their last hops may come later and are then live).
    #[serde(default = "defaults::cases")]
    pub cases: u32,
    /// Gangs, 1 to 500; each case is one gang's.
    #[serde(default = "defaults::gangs")]
    pub gangs: u32,
    /// Days of history, 5 to 365.
    #[serde(default = "defaults::days")]
    pub days: u32,
    /// Banks, 3 to 50.
    #[serde(default = "defaults::banks")]
    pub banks: u32,
    /// Wallets, 2 to 20.
    #[serde(default = "defaults::wallets")]
    pub wallets: u32,
    /// Fund companies, 6 to 20.
    #[serde(default = "defaults::funds")]
    pub funds: u32,
    /// Cases in progress: the first one's victim has just paid when history ends, the others follow at intervals.
    #[serde(default)]
    pub live_cases: u32,
    /// Seconds between two live cases.
    #[serde(default = "defaults::live_case_every_secs")]
    pub live_case_every_secs: u32,
    /// Minutes of live background payments after `end`.
    #[serde(default)]
    pub live_minutes: u32,
    /// Live background payments a minute.
    #[serde(default = "defaults::live_per_minute")]
    pub live_per_minute: u32,
}

mod defaults {
    pub(super) const fn accounts() -> u32 {
        20_000
    }
    pub(super) const fn payments() -> u32 {
        200_000
    }
    pub(super) const fn cases() -> u32 {
        120
    }
    pub(super) const fn gangs() -> u32 {
        20
    }
    pub(super) const fn days() -> u32 {
        30
    }
    pub(super) const fn banks() -> u32 {
        3
    }
    pub(super) const fn wallets() -> u32 {
        2
    }
    pub(super) const fn funds() -> u32 {
        6
    }
    pub(super) const fn live_case_every_secs() -> u32 {
        180
    }
    pub(super) const fn live_per_minute() -> u32 {
        180
    }
}

impl WorldConfig {
    /// The default city (20,000 accounts, 200,000 payments in 30 days, 120 cases), without a live part.
    #[must_use]
    pub const fn new(seed: u64, end: Timestamp) -> Self {
        Self {
            seed,
            end,
            accounts: defaults::accounts(),
            payments: defaults::payments(),
            cases: defaults::cases(),
            gangs: defaults::gangs(),
            days: defaults::days(),
            banks: defaults::banks(),
            wallets: defaults::wallets(),
            funds: defaults::funds(),
            live_cases: 0,
            live_case_every_secs: defaults::live_case_every_secs(),
            live_minutes: 0,
            live_per_minute: defaults::live_per_minute(),
        }
    }

    fn check(&self) -> Result<(), SimError> {
        let bounds = [
            ("accounts", self.accounts, 500, 2_000_000),
            ("payments", self.payments, 1_000, 20_000_000),
            ("cases", self.cases, 0, 100_000),
            ("gangs", self.gangs, 1, 500),
            ("days", self.days, 5, 365),
            ("banks", self.banks, 3, 50),
            ("wallets", self.wallets, 2, 20),
            ("funds", self.funds, 6, 20),
            ("live_cases", self.live_cases, 0, 500),
            ("live_case_every_secs", self.live_case_every_secs, 1, 86_400),
            ("live_minutes", self.live_minutes, 0, 1_440),
            ("live_per_minute", self.live_per_minute, 0, 60_000),
        ];
        for (name, value, low, high) in bounds {
            if !(low..=high).contains(&value) {
                return Err(SimError::Config(format!("{name} must be {low} to {high}")));
            }
        }
        let people = self.gangs.saturating_mul(40) + self.cases + self.live_cases;
        if people > self.accounts / 2 {
            return Err(SimError::Config(format!(
                "{} accounts are too few for {} gangs and {} cases",
                self.accounts, self.gangs, self.cases
            )));
        }
        Ok(())
    }

    /// The first instant of history, in Unix milliseconds.
    #[must_use]
    pub(crate) fn start_ms(&self) -> i64 {
        self.end.as_millis() - i64::from(self.days) * DAY_MS
    }
}

/// An institution of the city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldInstitution {
    /// `BKnn`, `WLnn` or `FDnn`.
    pub code: InstitutionCode,
    /// An invented name.
    pub name: String,
    /// What it is.
    pub kind: InstitutionKind,
}

/// An account of the city. Numbers are unique over all institutions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldAccount {
    /// Number at its institution.
    pub number: AccountNumber,
    /// Index into [`World::institutions`].
    pub institution: u32,
    /// What it is.
    pub kind: AccountKind,
    /// For fund holdings: the customer's account, an index into [`World::accounts`].
    pub owner: Option<u32>,
    /// When it was opened, Unix milliseconds.
    pub opened_ms: i64,
    /// The device it is used from; shared by many mules of a gang. -1: none.
    pub device: i64,
    /// Balance before the first payment, in fen.
    pub opening_minor: i64,
    /// The holder's (invented) name.
    pub holder: PersonName,
}

/// A payment of the city, compact; [`World::payment`] gives the full form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorldPayment {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Payer, an index into [`World::accounts`].
    pub from: u32,
    /// Payee, an index into [`World::accounts`].
    pub to: u32,
    /// How much, in fen; more than 0.
    pub minor: i64,
    /// How.
    pub channel: Channel,
}

/// What a planted payment is for, in the words of `truth_planted.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The victim pays.
    VictimPayment,
    /// The gang tries a mule with a little money.
    TestPayment,
    /// Passed on whole.
    Layer,
    /// Passed on in parts.
    FanOut,
    /// First half of scatter-gather.
    Scatter,
    /// Second half of scatter-gather.
    Gather,
    /// Into a collector.
    FanIn,
    /// Round a ring of mules.
    Cycle,
    /// Notes from a machine.
    CashoutAtm,
    /// Sham purchase at a complicit merchant.
    CashoutPos,
    /// Fund units bought.
    CashoutFund,
    /// To a coin trader.
    CashoutOtc,
    /// Fund units sold again.
    FundRedeem,
    /// The merchant is paid out.
    PosSettle,
    /// The mule draws his fee.
    CommissionAtm,
}

stanch_types::words! { Role {
    VictimPayment = "victim_payment", TestPayment = "test_payment", Layer = "layer", FanOut = "fan_out",
    Scatter = "scatter", Gather = "gather", FanIn = "fan_in", Cycle = "cycle", CashoutAtm = "cashout_atm",
    CashoutPos = "cashout_pos", CashoutFund = "cashout_fund", CashoutOtc = "cashout_otc", FundRedeem = "fund_redeem",
    PosSettle = "pos_settle", CommissionAtm = "commission_atm",
} }

/// Ground truth of one planted payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// Index into [`World::payments`].
    pub payment: u32,
    /// Index into [`World::cases`].
    pub case: u32,
    /// Hops from the victim: 0 is the victim's own payment.
    pub tier: u32,
    /// What it is for.
    pub role: Role,
    /// The planted payments that brought the money it moves, indices into [`World::planted`]; none for the
    /// victim's payments and test payments.
    pub after: Vec<u32>,
}

/// A fraud case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldCase {
    /// Whose gang.
    pub gang: u32,
    /// The laundering pattern.
    pub pattern: Pattern,
    /// The victim's account, an index into [`World::accounts`].
    pub victim: u32,
    /// The victim's payments, indices into [`World::payments`], in order.
    pub victim_payments: Vec<u32>,
    /// First payment of the victim, Unix milliseconds.
    pub first_payment_ms: i64,
    /// When the victim reports, Unix milliseconds; may be after `end`.
    pub report_ms: i64,
    /// Sum of the victim's payments, in fen.
    pub loss_minor: i64,
    /// Whether it is one of the live cases.
    pub live: bool,
    /// What the victim tells.
    pub report: ReportContent,
}

/// How a gang moves a case's money through its mules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// One mule after the other.
    Chain,
    /// Split at every tier.
    FanOut,
    /// Split, then gathered again.
    ScatterGather,
    /// Round a ring and on.
    Cycle,
    /// Split, then through a collector.
    FanIn,
}

stanch_types::words! { Pattern {
    Chain = "chain", FanOut = "fan_out", ScatterGather = "scatter_gather", Cycle = "cycle", FanIn = "fan_in",
} }

/// A member of a gang, for `truth_accounts.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GangMember {
    /// Index into [`World::accounts`].
    pub account: u32,
    /// Which gang.
    pub gang: u32,
    /// `mule_t1` … `mule_t5`, `collector`, `complicit_merchant` or `otc_trader`.
    pub role: &'static str,
}

/// A generated world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// What it was made from.
    pub config: WorldConfig,
    /// Banks, then wallets, then fund companies.
    pub institutions: Vec<WorldInstitution>,
    /// All accounts.
    pub accounts: Vec<WorldAccount>,
    /// All payments by (time, id); the first [`World::history`] of them lie before `end`.
    pub payments: Vec<WorldPayment>,
    /// How many of the payments are history; the rest is live.
    pub history: usize,
    /// Ground truth of the planted payments, by payment.
    pub planted: Vec<Planted>,
    /// The cases: those of history by first payment, then the live ones.
    pub cases: Vec<WorldCase>,
    /// The gangs' accounts.
    pub gang_members: Vec<GangMember>,
}

/// Makes a world. 200,000 payments take well under a second in an optimised build; memory is about 100 bytes a
/// payment.
///
/// # Errors
/// [`SimError::Config`] when a value is out of range.
pub fn generate(config: &WorldConfig) -> Result<World, SimError> {
    config.check()?;
    planted::build(config)
}

impl World {
    /// The unique id of the payment at `index`: sorts as text in the order of the stream, and differs between
    /// worlds with another `end`.
    #[must_use]
    pub fn tx_id(&self, index: usize) -> String {
        format!("T{:010}-{index:08}", self.config.end.as_secs())
    }

    /// The account at `index` as others name it.
    #[must_use]
    pub fn account_ref(&self, index: u32) -> Option<AccountRef> {
        let account = self.accounts.get(index as usize)?;
        let institution = self.institutions.get(account.institution as usize)?;
        Some(AccountRef {
            institution: institution.code.clone(),
            account: account.number.clone(),
        })
    }

    /// The payment at `index` as an institution would report it.
    #[must_use]
    pub fn payment(&self, index: usize) -> Option<Payment> {
        let row = self.payments.get(index)?;
        Some(Payment {
            tx_id: self.tx_id(index),
            occurred_at: Timestamp::from_millis(row.at_ms),
            from: self.account_ref(row.from)?,
            to: self.account_ref(row.to)?,
            amount: Amount::new(row.minor, Currency::CNY).ok()?,
            channel: row.channel,
        })
    }

    /// How long after `end` the payment at `index` is due; negative for history.
    #[must_use]
    pub fn due_after_end(&self, index: usize) -> Option<Duration> {
        let row = self.payments.get(index)?;
        Some(Duration::from_millis(
            row.at_ms - self.config.end.as_millis(),
        ))
    }
}
