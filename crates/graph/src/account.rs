//! Accounts: who they are and what is known of them. A node is (institution, account number, currency).

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use stanch_types::personal::AccountNumber;
use stanch_types::{AccountKind, AccountRef, Currency, InstitutionCode, Timestamp};

use crate::{AccountIx, GraphError};

/// What an institution has said of an account. What it has not said is left at the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountFacts {
    /// What kind of account. [`AccountKind::Cash`] ends every trace.
    pub kind: AccountKind,
    /// The account behind this one: the customer's account that owns a fund holding.
    pub owner: Option<AccountIx>,
    /// Balance before the first known payment, in minor units; never negative.
    pub opening_minor: i64,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
}

impl Default for AccountFacts {
    fn default() -> Self {
        Self {
            kind: AccountKind::Unknown,
            owner: None,
            opening_minor: 0,
            opened_at: None,
        }
    }
}

/// An account as stored.
#[derive(Debug, Clone, Copy)]
pub struct AccountView<'g> {
    /// Its index.
    pub ix: AccountIx,
    /// Where it is held.
    pub institution: &'g InstitutionCode,
    /// Its number there.
    pub account: &'g AccountNumber,
    /// The currency it is kept in.
    pub currency: Currency,
    /// What is known of it.
    pub facts: AccountFacts,
}

impl AccountView<'_> {
    /// Institution and number, as orders name it.
    #[must_use]
    pub fn reference(&self) -> AccountRef {
        AccountRef {
            institution: self.institution.clone(),
            account: self.account.clone(),
        }
    }
}

#[derive(Debug)]
struct Account {
    number: AccountNumber,
    facts: AccountFacts,
    currency: Currency,
    institution: u16,
}

/// All accounts, and the index from their names.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    accounts: Vec<Account>,
    by_name: HashTable<u32>,
    hasher: DefaultHashBuilder,
    institutions: Vec<InstitutionCode>,
    number_bytes: usize,
}

impl Accounts {
    pub(crate) fn len(&self) -> usize {
        self.accounts.len()
    }

    pub(crate) fn intern(
        &mut self,
        institution: &InstitutionCode,
        number: &AccountNumber,
        currency: Currency,
    ) -> Result<AccountIx, GraphError> {
        if let Some(known) = self.lookup(institution, number, currency) {
            return Ok(known);
        }
        let ix = u32::try_from(self.accounts.len())
            .ok()
            .filter(|ix| *ix < u32::MAX)
            .ok_or(GraphError::Full("account"))?;
        let institution = self.intern_institution(institution)?;
        self.number_bytes += number.expose().len();
        self.accounts.push(Account {
            number: number.clone(),
            facts: AccountFacts::default(),
            currency,
            institution,
        });
        let hash = self.hash_of(institution, number, currency);
        let (accounts, hasher) = (&self.accounts, &self.hasher);
        self.by_name.insert_unique(hash, ix, |other| {
            accounts.get(*other as usize).map_or(0, |account| {
                hasher.hash_one((account.institution, &account.number, account.currency))
            })
        });
        Ok(AccountIx(ix))
    }

    pub(crate) fn lookup(
        &self,
        institution: &InstitutionCode,
        number: &AccountNumber,
        currency: Currency,
    ) -> Option<AccountIx> {
        let institution = self.lookup_institution(institution)?;
        let hash = self.hash_of(institution, number, currency);
        let same = |ix: &u32| {
            self.accounts.get(*ix as usize).is_some_and(|account| {
                account.institution == institution
                    && account.number == *number
                    && account.currency == currency
            })
        };
        self.by_name.find(hash, same).map(|ix| AccountIx(*ix))
    }

    pub(crate) fn get(&self, ix: AccountIx) -> Option<AccountView<'_>> {
        let account = self.accounts.get(ix.place())?;
        Some(AccountView {
            ix,
            institution: self.institutions.get(usize::from(account.institution))?,
            account: &account.number,
            currency: account.currency,
            facts: account.facts,
        })
    }

    pub(crate) fn kind(&self, ix: AccountIx) -> AccountKind {
        self.accounts
            .get(ix.place())
            .map_or(AccountKind::Unknown, |account| account.facts.kind)
    }

    pub(crate) fn currency(&self, ix: AccountIx) -> Option<Currency> {
        self.accounts
            .get(ix.place())
            .map(|account| account.currency)
    }

    pub(crate) fn set_facts(&mut self, ix: AccountIx, facts: AccountFacts) {
        if let Some(account) = self.accounts.get_mut(ix.place()) {
            account.facts = facts;
        }
    }

    pub(crate) fn shrink(&mut self) {
        self.accounts.shrink_to_fit();
    }

    pub(crate) fn bytes_used(&self) -> usize {
        // An allocator rounds each small text up to 16 bytes and keeps 8 of its own.
        let number_bytes = self.number_bytes + 16 * self.accounts.len();
        self.accounts.capacity() * size_of::<Account>()
            + number_bytes
            + self.by_name.allocation_size()
    }

    fn hash_of(&self, institution: u16, number: &AccountNumber, currency: Currency) -> u64 {
        self.hasher.hash_one((institution, number, currency))
    }

    /// Institutions are few (hundreds); the list is scanned.
    fn lookup_institution(&self, code: &InstitutionCode) -> Option<u16> {
        let place = self.institutions.iter().position(|known| known == code)?;
        u16::try_from(place).ok()
    }

    fn intern_institution(&mut self, code: &InstitutionCode) -> Result<u16, GraphError> {
        if let Some(known) = self.lookup_institution(code) {
            return Ok(known);
        }
        let place =
            u16::try_from(self.institutions.len()).map_err(|_| GraphError::Full("institution"))?;
        self.institutions.push(code.clone());
        Ok(place)
    }
}
