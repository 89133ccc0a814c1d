//! Who lives in the city: institutions, persons, merchants, businesses, their accounts and invented names.

use hashbrown::HashMap;
use serde::Deserialize;
use stanch_types::personal::{AccountNumber, PersonName};
use stanch_types::{AccountKind, InstitutionCode, InstitutionKind};

use super::{DAY_MS, WorldAccount, WorldConfig, WorldInstitution};
use crate::SimError;
use crate::dice::Dice;

/// Share of businesses and of merchants among the accounts; the rest are persons.
const BUSINESS_SHARE: f64 = 0.05;
const MERCHANT_SHARE: f64 = 0.12;

/// Word lists of `data/names.json`.
#[derive(Deserialize)]
struct Names {
    surnames: String,
    given: String,
    districts: Vec<String>,
    shops: Vec<String>,
    trades: Vec<String>,
    banks: Vec<String>,
    wallets: Vec<String>,
    funds: Vec<String>,
}

/// The city's people while the world is being made.
pub(super) struct People {
    pub institutions: Vec<WorldInstitution>,
    pub accounts: Vec<WorldAccount>,
    pub persons: Vec<u32>,
    pub merchants: Vec<u32>,
    pub businesses: Vec<u32>,
    /// How much an account pays, relative.
    pub activity: Vec<f64>,
    /// How much an account is paid, relative.
    pub popularity: Vec<f64>,
    /// The cash account of each bank and wallet.
    pub cash: Vec<u32>,
    /// Number of banks.
    pub banks: usize,
    /// Index of the first fund company.
    first_fund: usize,
    holdings: HashMap<(u32, usize), u32>,
    start_ms: i64,
}

impl People {
    /// Draws the city's people.
    pub fn settle(config: &WorldConfig) -> Result<Self, SimError> {
        let names: Names = serde_json::from_str(include_str!("../../data/names.json"))
            .map_err(|error| SimError::Config(format!("data/names.json: {error}")))?;
        let institutions = institutions(config, &names)?;
        let (banks, wallets) = (config.banks as usize, config.wallets as usize);
        let mut people = Self {
            institutions,
            accounts: Vec::with_capacity(config.accounts as usize * 11 / 10),
            persons: Vec::new(),
            merchants: Vec::new(),
            businesses: Vec::new(),
            activity: Vec::new(),
            popularity: Vec::new(),
            cash: Vec::new(),
            banks,
            first_fund: banks + wallets,
            holdings: HashMap::new(),
            start_ms: config.start_ms(),
        };
        let mut dice = Dice::new(config.seed, "people");
        let sizes: Vec<f64> = (1..=banks)
            .map(|rank| (rank as f64).powf(-0.8))
            .chain((1..=wallets).map(|rank| 0.9 / rank as f64))
            .collect();
        for _ in 0..config.accounts {
            people.add_person(&mut dice, &names, &sizes)?;
        }
        for institution in 0..banks + wallets {
            let holder = format!("{}现金", people.institution_name(institution));
            let opened = people.start_ms - DAY_MS;
            let index = people.add(institution, AccountKind::Cash, None, opened, -1, &holder)?;
            people.cash.push(index);
        }
        Ok(people)
    }

    fn add_person(
        &mut self,
        dice: &mut Dice,
        names: &Names,
        sizes: &[f64],
    ) -> Result<(), SimError> {
        let drawn = dice.unit();
        let kind = if drawn < BUSINESS_SHARE {
            AccountKind::Business
        } else if drawn > 1.0 - MERCHANT_SHARE {
            AccountKind::Merchant
        } else {
            AccountKind::Person
        };
        let institution = dice.weighted(sizes);
        let opened = self.start_ms - (dice.unit().powf(0.7) * 3_000.0 * DAY_MS as f64) as i64;
        let holder = names.holder(kind, dice);
        let device = self.accounts.len() as i64;
        let index = self.add(institution, kind, None, opened, device, &holder)?;
        self.activity.push((dice.pareto(1.7) + 0.3).min(400.0));
        self.popularity
            .push((dice.pareto(1.15) + 0.2).min(20_000.0));
        match kind {
            AccountKind::Business => self.businesses.push(index),
            AccountKind::Merchant => self.merchants.push(index),
            AccountKind::Person
            | AccountKind::FundHolding
            | AccountKind::Cash
            | AccountKind::Unknown => self.persons.push(index),
        }
        Ok(())
    }

    /// The fund holding of `owner` at fund company `fund` (0-based), opened when first used.
    pub fn holding(&mut self, owner: u32, fund: usize) -> Result<u32, SimError> {
        if let Some(index) = self.holdings.get(&(owner, fund)) {
            return Ok(*index);
        }
        let holder = self
            .accounts
            .get(owner as usize)
            .map_or_else(String::new, |account| account.holder.expose().to_owned());
        let index = self.add(
            self.first_fund + fund,
            AccountKind::FundHolding,
            Some(owner),
            self.start_ms - DAY_MS,
            -1,
            &holder,
        )?;
        self.holdings.insert((owner, fund), index);
        Ok(index)
    }

    /// How many fund companies there are.
    pub fn funds(&self) -> usize {
        self.institutions.len() - self.first_fund
    }

    /// The first instant of history, in Unix milliseconds.
    pub const fn start_ms(&self) -> i64 {
        self.start_ms
    }

    /// Scales an account's own activity and popularity.
    pub fn quieten(&mut self, account: u32, activity: f64, popularity: f64) {
        if let Some(value) = self.activity.get_mut(account as usize) {
            *value *= activity;
        }
        if let Some(value) = self.popularity.get_mut(account as usize) {
            *value *= popularity;
        }
    }

    fn institution_name(&self, index: usize) -> &str {
        self.institutions.get(index).map_or("", |i| &i.name)
    }

    fn add(
        &mut self,
        institution: usize,
        kind: AccountKind,
        owner: Option<u32>,
        opened_ms: i64,
        device: i64,
        holder: &str,
    ) -> Result<u32, SimError> {
        let serial = self.accounts.len();
        let index = u32::try_from(serial)
            .map_err(|_| SimError::Config("more than 2^32 accounts".into()))?;
        let code = self
            .institutions
            .get(institution)
            .ok_or_else(|| SimError::Config(format!("no institution {institution}")))?;
        let number = account_number(code, institution, kind, serial as u64);
        let bad = |error: stanch_types::personal::BadPersonalData| {
            SimError::Config(format!("{number} of {holder}: {error}"))
        };
        let account = WorldAccount {
            number: number.parse::<AccountNumber>().map_err(bad)?,
            institution: institution as u32,
            kind,
            owner,
            opened_ms,
            device,
            opening_minor: 0,
            holder: holder.parse::<PersonName>().map_err(bad)?,
        };
        self.accounts.push(account);
        Ok(index)
    }
}

impl Names {
    fn holder(&self, kind: AccountKind, dice: &mut Dice) -> String {
        let pick =
            |dice: &mut Dice, words: &[String]| dice.pick(words).cloned().unwrap_or_default();
        match kind {
            AccountKind::Merchant => {
                let district = pick(dice, &self.districts);
                format!(
                    "{district}{}{}",
                    char_of(&self.given, dice),
                    pick(dice, &self.shops)
                )
            }
            AccountKind::Business => {
                let (first, second) = (char_of(&self.given, dice), char_of(&self.given, dice));
                format!("{first}{second}{}", pick(dice, &self.trades))
            }
            AccountKind::Person
            | AccountKind::FundHolding
            | AccountKind::Cash
            | AccountKind::Unknown => {
                let mut name = String::from(char_of(&self.surnames, dice));
                name.push(char_of(&self.given, dice));
                if dice.chance(0.7) {
                    name.push(char_of(&self.given, dice));
                }
                name
            }
        }
    }
}

fn char_of(chars: &str, dice: &mut Dice) -> char {
    let index = dice.below(chars.chars().count());
    chars.chars().nth(index).unwrap_or('某')
}

fn institutions(config: &WorldConfig, names: &Names) -> Result<Vec<WorldInstitution>, SimError> {
    let groups = [
        ("BK", config.banks, InstitutionKind::Bank, &names.banks),
        (
            "WL",
            config.wallets,
            InstitutionKind::Wallet,
            &names.wallets,
        ),
        (
            "FD",
            config.funds,
            InstitutionKind::FundCompany,
            &names.funds,
        ),
    ];
    let mut all = Vec::new();
    for (prefix, count, kind, words) in groups {
        for index in 0..count as usize {
            let code = format!("{prefix}{:02}", index + 1);
            let base = words.get(index % words.len().max(1)).map_or(prefix, |w| w);
            let round = index / words.len().max(1);
            let suffix = if round == 0 {
                String::new()
            } else {
                format!("{}号", round + 1)
            };
            all.push(WorldInstitution {
                code: code
                    .parse::<InstitutionCode>()
                    .map_err(|error| SimError::Config(error.to_string()))?,
                name: format!("{base}{suffix}"),
                kind,
            });
        }
    }
    Ok(all)
}

/// A number in the form its kind of institution uses: 19-digit cards with a valid Luhn digit at banks, 16 digits at
/// wallets, a contract number at fund companies. Distinct for distinct `serial` below 10^10.
fn account_number(
    institution: &WorldInstitution,
    index: usize,
    kind: AccountKind,
    serial: u64,
) -> String {
    if kind == AccountKind::Cash {
        return format!("CASH-{}", institution.code);
    }
    // Multiplication by a number coprime to 10 permutes the residues, so that neighbours look unrelated.
    let scramble = |modulus: u128| (u128::from(serial) * 618_033_988_749 + 104_729) % modulus;
    match institution.kind {
        InstitutionKind::Bank => {
            let body = format!("6299{index:02}{:012}", scramble(1_000_000_000_000));
            let check = luhn_digit(&body);
            format!("{body}{check}")
        }
        InstitutionKind::Wallet => format!("2099{index:02}{:010}", scramble(10_000_000_000)),
        InstitutionKind::FundCompany | InstitutionKind::Platform => {
            format!("{}-{:010}", institution.code, scramble(10_000_000_000))
        }
    }
}

/// The digit that makes `body` and it pass the Luhn check (ISO/IEC 7812-1).
fn luhn_digit(body: &str) -> u32 {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.saturating_sub(b'0'));
            let weighed = if place % 2 == 0 { digit * 2 } else { digit };
            weighed / 10 + weighed % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::luhn_digit;

    #[test]
    fn luhn_vector() {
        // Bank card of the domain reference, section 4.
        assert_eq!(luhn_digit("622202123456789012"), 8);
    }
}
