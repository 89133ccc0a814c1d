//! Constant arguments: checked when a policy is loaded, prepared once, never parsed per event.

use std::sync::OnceLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use regex::{Regex, RegexBuilder};
use stanch_types::{Currency, Money};

use super::{Arg, BadArgument, Kind};
use crate::ir::Literal;

/// Most bytes a compiled regular expression may take; the crate's own default is 10 MiB.
const REGEX_BYTES_MAX: usize = 512 * 1024;
/// Most bytes of the lazily built automaton of one regular expression.
const REGEX_CACHE_BYTES_MAX: usize = 1024 * 1024;
/// Deepest nesting of groups in a regular expression.
const REGEX_NEST_MAX: u32 = 32;

/// A constant argument in the form the function takes.
#[derive(Debug)]
pub(crate) enum Prepared {
    Regex(Regex),
    Zone(TimeZone),
    Currency(Currency),
}

impl Prepared {
    /// As an argument.
    pub(crate) const fn arg(&self) -> Arg<'_> {
        match self {
            Self::Regex(regex) => Arg::Regex(regex),
            Self::Zone(zone) => Arg::Zone(zone),
            Self::Currency(currency) => Arg::Currency(*currency),
        }
    }

    /// Prepares the text of a constant for a parameter of this kind; `None` for kinds that take values.
    pub(crate) fn new(kind: Kind, text: &str) -> Option<Result<Self, Refusal>> {
        match kind {
            Kind::Regex => Some(regex(text).map(Self::Regex)),
            Kind::Zone => Some(zone(text).map(Self::Zone)),
            Kind::Currency => Some(currency(text).map(Self::Currency)),
            Kind::Bool
            | Kind::Int
            | Kind::Double
            | Kind::Money
            | Kind::String
            | Kind::Timestamp
            | Kind::Duration
            | Kind::List
            | Kind::Map
            | Kind::Decimal => None,
        }
    }
}

/// Why a constant can never work, and what to write instead.
pub(crate) struct Refusal {
    message: String,
    hint: &'static str,
}

/// Refuses constant arguments that no form can work with. `literals` has `None` for what is not a constant.
pub(super) fn check(forms: &[&[Kind]], literals: &[Option<&Literal>]) -> Result<(), BadArgument> {
    let Some(kinds) = forms.iter().find(|kinds| kinds.len() == literals.len()) else {
        return Ok(());
    };
    for (argument, (kind, literal)) in kinds.iter().zip(literals).enumerate() {
        let Some(Literal::String(text)) = literal else {
            continue;
        };
        let refusal = match (kind, Prepared::new(*kind, text)) {
            (_, Some(Err(refusal))) => refusal,
            (Kind::Decimal, _) => match decimal(literals, text) {
                Some(refusal) => refusal,
                None => continue,
            },
            _ => continue,
        };
        return Err(BadArgument {
            argument,
            message: refusal.message,
            hint: refusal.hint.to_owned(),
        });
    }
    Ok(())
}

fn regex(pattern: &str) -> Result<Regex, Refusal> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_CACHE_BYTES_MAX)
        .nest_limit(REGEX_NEST_MAX)
        .build()
        .map_err(|error| Refusal {
            // The library draws a picture over several lines; its last line is the reason.
            message: format!(
                "not a regular expression: {}",
                error
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
            ),
            hint: "no look-around or back-references: every pattern runs in linear time",
        })
}

/// The zones come with the program, so that a policy means the same on every machine.
fn zone(name: &str) -> Result<TimeZone, Refusal> {
    static BUNDLED: OnceLock<TimeZoneDatabase> = OnceLock::new();
    BUNDLED
        .get_or_init(TimeZoneDatabase::bundled)
        .get(name)
        .map_err(|_| Refusal {
            message: format!("no time zone is named `{name}`"),
            hint: "use an IANA name such as \"Asia/Shanghai\"",
        })
}

fn currency(code: &str) -> Result<Currency, Refusal> {
    code.parse().map_err(|_| Refusal {
        message: format!("`{code}` is not an active ISO 4217 currency"),
        hint: "use a code such as \"CNY\"",
    })
}

fn decimal(literals: &[Option<&Literal>], text: &str) -> Option<Refusal> {
    let Some(Some(Literal::String(code))) = literals.first() else {
        return None;
    };
    let currency: Currency = code.parse().ok()?;
    Money::parse_decimal(text, currency)
        .err()
        .map(|error| Refusal {
            message: error.to_string(),
            hint: "write it as \"5000\" or \"5000.00\"",
        })
}
