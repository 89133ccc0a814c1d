//! What is in memory: the graph, and what else the log says. Changed only by [`State::apply`].

use hashbrown::HashMap;
use stanch_graph::{AccountFacts, AccountIx, Graph, GraphError, Inserted, NewPayment};
use stanch_types::Timestamp;

use crate::batch::{NodeKey, Rows};
use crate::block::{Entry, Facts, ImportMark, SourceDigest};
use crate::payment;
use crate::reject::{Refusal, RejectCode};

/// A pure function of the entries applied, in order.
#[derive(Default)]
pub(crate) struct State {
    pub graph: Graph,
    /// Indices by account number of the log.
    pub accounts: Vec<AccountIx>,
    pub devices: Devices,
    /// The last mark of every import by its source.
    pub marks: HashMap<SourceDigest, ImportMark>,
}

/// Device of each account that has one.
#[derive(Default)]
pub(crate) struct Devices {
    by_account: HashMap<u32, Box<str>>,
}

/// Why an entry does not go with what is there.
#[derive(Debug)]
pub(crate) enum ApplyError {
    /// It contradicts earlier entries.
    Misfit(&'static str),
    /// The graph refused.
    Graph(GraphError),
}

/// What the graph did not take although it is in the log: amounts that pass the turnover an account can count.
/// The same at every replay.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    /// Places in the entry's rows.
    pub rows: Vec<usize>,
    /// Places in the entry's facts.
    pub facts: Vec<usize>,
}

impl State {
    pub fn apply(&mut self, entry: &Entry) -> Result<LeftOut, ApplyError> {
        if usize::try_from(entry.accounts_before) != Ok(self.accounts.len()) {
            return Err(ApplyError::Misfit("accounts are missing before it"));
        }
        for key in &entry.accounts {
            let NodeKey { account, currency } = key;
            let ix = self
                .graph
                .intern_account(&account.institution, &account.account, *currency)
                .map_err(ApplyError::Graph)?;
            if usize::try_from(ix.get()) != Ok(self.accounts.len()) {
                return Err(ApplyError::Misfit("an account is added twice"));
            }
            self.accounts.push(ix);
        }
        let mut left_out = LeftOut::default();
        for (place, facts) in entry.facts.iter().enumerate() {
            if !self.apply_facts(facts)? {
                left_out.facts.push(place);
            }
        }
        left_out.rows = self.apply_rows(&entry.rows)?;
        if let Some(mark) = &entry.mark {
            self.marks.insert(mark.digest, mark.clone());
        }
        Ok(left_out)
    }

    fn apply_facts(&mut self, facts: &Facts) -> Result<bool, ApplyError> {
        let ix = self.account(facts.account)?;
        let stored = self.graph.set_account(
            ix,
            AccountFacts {
                kind: facts.kind,
                owner: facts.owner.map(|owner| self.account(owner)).transpose()?,
                opening_minor: facts.opening_minor,
                opened_at: facts.opened_ms.map(Timestamp::from_millis),
            },
        );
        match stored {
            Ok(()) => {}
            Err(GraphError::TurnoverOverflow(_)) => return Ok(false),
            Err(other) => return Err(ApplyError::Graph(other)),
        }
        self.devices.set(facts.account, facts.device_id.clone());
        Ok(true)
    }

    fn apply_rows(&mut self, rows: &Rows) -> Result<Vec<usize>, ApplyError> {
        let mut left_out = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let inserted = self.graph.insert(NewPayment {
                tx_id: row.tx_id,
                at_ms: row.at_ms,
                from: self.account(row.from)?,
                to: self.account(row.to)?,
                minor: row.minor,
                channel: row.channel,
            });
            match inserted {
                Ok(Inserted::New(_)) => {}
                Ok(Inserted::Unchanged(_)) | Err(GraphError::Conflict(_)) => {
                    return Err(ApplyError::Misfit("a payment is added twice"));
                }
                Err(GraphError::TurnoverOverflow(_)) => left_out.push(place),
                Err(other) => return Err(ApplyError::Graph(other)),
            }
        }
        Ok(left_out)
    }

    fn account(&self, number: u32) -> Result<AccountIx, ApplyError> {
        self.accounts
            .get(number as usize)
            .copied()
            .ok_or(ApplyError::Misfit("an account is not known"))
    }

    /// The number of an account, if the log has named it.
    pub fn number_of(&self, key: &NodeKey) -> Option<u32> {
        let ix = self.graph.lookup_account(&key.account, key.currency)?;
        Some(ix.get())
    }

    /// Whether `facts` says only what is known.
    pub fn knows(&self, facts: &Facts) -> bool {
        let Some(account) = self
            .accounts
            .get(facts.account as usize)
            .and_then(|ix| self.graph.account(*ix))
        else {
            return false;
        };
        let known = account.facts;
        known.kind == facts.kind
            && known.owner.map(AccountIx::get) == facts.owner
            && known.opened_at.map(Timestamp::as_millis) == facts.opened_ms
            && known.opening_minor == facts.opening_minor
            && self.devices.get(facts.account) == facts.device_id.as_deref()
    }
}

impl Devices {
    fn set(&mut self, account: u32, device: Option<Box<str>>) {
        match device {
            Some(device) => self.by_account.insert(account, device),
            None => self.by_account.remove(&account),
        };
    }

    pub fn get(&self, account: u32) -> Option<&str> {
        self.by_account.get(&account).map(AsRef::as_ref)
    }
}

/// Accounts of one import or call by local number, and their numbers in the log once known.
#[derive(Default)]
pub(crate) struct Resolver {
    keys: Vec<NodeKey>,
    numbers: Vec<Option<u32>>,
    /// Local numbers whose accounts the planned entry adds.
    planned: Vec<u32>,
}

/// An entry to be stored and what becomes of each row it was made from.
pub(crate) struct Plan {
    pub entry: Entry,
    /// The row of the batch that each row of the entry is.
    pub origins: Vec<usize>,
    pub unchanged: u64,
    pub refused: Vec<(usize, Refusal)>,
}

impl Resolver {
    /// Adds the keys of the next local numbers.
    pub fn extend(&mut self, keys: Vec<NodeKey>) {
        self.numbers.resize(self.keys.len() + keys.len(), None);
        self.keys.extend(keys);
    }

    /// Sorts rows with local account numbers into new, known and conflicting ones.
    pub fn plan_rows(&mut self, state: &State, rows: &Rows) -> Plan {
        let mut plan = self.start(state, rows.len());
        let mut fresh: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            if let Some(ix) = state.graph.find_payment(row.tx_id) {
                let same = state.graph.payment(ix).is_some_and(|known| {
                    known.at_ms == row.at_ms
                        && known.minor == row.minor
                        && known.channel == row.channel
                        && self.known(state, row.from) == Some(known.from.get())
                        && self.known(state, row.to) == Some(known.to.get())
                });
                plan.repeated(place, row.tx_id, same);
                continue;
            }
            match fresh.entry(row.tx_id) {
                hashbrown::hash_map::Entry::Occupied(first) => {
                    plan.repeated(place, row.tx_id, rows.get(*first.get()) == Some(row));
                }
                hashbrown::hash_map::Entry::Vacant(first) => {
                    first.insert(place);
                    let mut stored = row;
                    stored.from = self.number(state, &mut plan.entry, row.from);
                    stored.to = self.number(state, &mut plan.entry, row.to);
                    plan.entry.rows.push(stored);
                    plan.origins.push(place);
                }
            }
        }
        plan
    }

    /// Sorts facts with local account numbers into new and known ones.
    pub fn plan_facts(&mut self, state: &State, facts: Vec<Facts>) -> Plan {
        let mut plan = self.start(state, 0);
        for (place, mut facts) in facts.into_iter().enumerate() {
            facts.account = self.number(state, &mut plan.entry, facts.account);
            facts.owner = facts
                .owner
                .map(|owner| self.number(state, &mut plan.entry, owner));
            if state.knows(&facts) {
                plan.unchanged += 1;
            } else {
                plan.entry.facts.push(facts);
                plan.origins.push(place);
            }
        }
        plan
    }

    /// The planned entry was not stored: its new accounts have no numbers yet.
    pub fn abandon(&mut self) {
        for local in self.planned.drain(..) {
            if let Some(number) = self.numbers.get_mut(local as usize) {
                *number = None;
            }
        }
    }

    fn start(&mut self, state: &State, rows: usize) -> Plan {
        self.planned.clear();
        Plan {
            entry: Entry {
                accounts_before: u32::try_from(state.accounts.len()).unwrap_or(u32::MAX),
                ..Entry::default()
            },
            origins: Vec::with_capacity(rows),
            unchanged: 0,
            refused: Vec::new(),
        }
    }

    fn known(&mut self, state: &State, local: u32) -> Option<u32> {
        let number = self.numbers.get_mut(local as usize)?;
        if number.is_none() {
            *number = self
                .keys
                .get(local as usize)
                .and_then(|key| state.number_of(key));
        }
        *number
    }

    fn number(&mut self, state: &State, entry: &mut Entry, local: u32) -> u32 {
        if let Some(number) = self.known(state, local) {
            return number;
        }
        let added = u32::try_from(entry.accounts.len()).unwrap_or(u32::MAX);
        let number = entry.accounts_before.saturating_add(added);
        entry
            .accounts
            .extend(self.keys.get(local as usize).cloned());
        if let Some(place) = self.numbers.get_mut(local as usize) {
            *place = Some(number);
        }
        self.planned.push(local);
        number
    }
}

impl Plan {
    fn repeated(&mut self, place: usize, tx_id: &str, same: bool) {
        if same {
            self.unchanged += 1;
        } else {
            let reason = format!("tx_id `{tx_id}` is known with other content");
            self.refused.push((place, (RejectCode::Conflict, reason)));
        }
    }

    /// What is refused because an account's turnover would not fit.
    pub fn overflow() -> Refusal {
        let reason = format!("the account's turnover would pass {} minor units", i64::MAX);
        (RejectCode::AmountOverflow, reason)
    }
}

/// Facts of a record with local account numbers; device and opening are checked.
pub(crate) fn check_record(
    record: &payment::AccountRecord,
    account: u32,
    owner: Option<u32>,
) -> Result<Facts, Refusal> {
    let opened_ms = record.opened_at.map(Timestamp::as_millis);
    if let Some(device) = &record.device_id
        && !payment::is_reference(device)
    {
        let reason = "device_id is not 1 to 64 printable ASCII characters".to_owned();
        return Err((RejectCode::FieldInvalid, reason));
    }
    let opening_minor = record.opening.minor();
    if opening_minor != 0 {
        payment::check_minor(opening_minor)?;
    }
    Ok(Facts {
        account,
        kind: record.kind,
        owner,
        opened_ms,
        device_id: record.device_id.as_deref().map(Into::into),
        opening_minor,
    })
}
