//! Snapshots: the whole state of an engine as bytes, little-endian, and back.

use std::collections::VecDeque;

use stanch_types::Channel;
use thiserror::Error;

use super::edge::{Edge, Ring};
use super::finding::Told;
use super::recent::{Account, DAY, Recent, WEEK, WINDOWS_MS};
use super::{PatternEngine, PatternKind};

/// The bytes are not a snapshot of this version, or are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a snapshot of a pattern engine")]
pub struct BadSnapshot;

/// First bytes: name and version.
const MAGIC: &[u8; 8] = b"STPATT01";

const CHANNELS: [Channel; 12] = [
    Channel::Transfer,
    Channel::QrPay,
    Channel::Pos,
    Channel::B2b,
    Channel::Bill,
    Channel::Salary,
    Channel::AtmWithdraw,
    Channel::AtmDeposit,
    Channel::Payout,
    Channel::FundPurchase,
    Channel::FundRedeem,
    Channel::Other,
];

const KINDS: [PatternKind; 12] = [
    PatternKind::FanIn,
    PatternKind::FanOut,
    PatternKind::ScatterGather,
    PatternKind::GatherScatter,
    PatternKind::Cycle,
    PatternKind::PassThrough,
    PatternKind::Bipartite,
    PatternKind::Stack,
    PatternKind::WaterRoom,
    PatternKind::FundLaundering,
    PatternKind::PosCashOut,
    PatternKind::Random,
];

impl PatternEngine {
    /// The state as bytes. Equal states give equal bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let recent = &self.recent;
        let mut out = MAGIC.to_vec();
        let mut put = |value: u64| out.extend(value.to_le_bytes());
        put(recent.now_ms.cast_unsigned());
        put(recent.ring.base());
        recent.cursors.into_iter().for_each(&mut put);
        put(recent.ring.len() as u64);
        for (_, edge) in recent.ring.iter() {
            edge_words(edge).into_iter().for_each(&mut put);
        }
        put(recent.accounts.len() as u64);
        for account in &recent.accounts {
            account_words(account).into_iter().for_each(&mut put);
        }
        put(self.told.order.len() as u64);
        for (at_ms, kind, account) in &self.told.order {
            let level = self.told.levels.get(&(*kind, *account));
            put(at_ms.cast_unsigned());
            put(place(&KINDS, *kind));
            put(u64::from(*account));
            put(level.map_or(0, |(told_ms, _)| told_ms.cast_unsigned()));
            put(level.map_or(0, |(_, size)| u64::from(*size)));
        }
        out
    }

    /// An engine that goes on where the one that gave `bytes` stood.
    ///
    /// # Errors
    /// [`BadSnapshot`].
    pub fn restore(bytes: &[u8]) -> Result<Self, BadSnapshot> {
        let mut words = Words(bytes.strip_prefix(MAGIC).ok_or(BadSnapshot)?);
        let mut recent = Recent {
            now_ms: words.signed()?,
            ..Recent::default()
        };
        let base = words.next()?;
        for cursor in &mut recent.cursors {
            *cursor = words.next()?;
        }
        let mut edges = VecDeque::new();
        for _ in 0..words.next()? {
            edges.push_back(words.edge()?);
        }
        recent.ring = Ring::restored(base, edges);
        for _ in 0..words.next()? {
            recent.accounts.push(words.account()?);
        }
        recount(&mut recent);
        let mut told = Told::default();
        for _ in 0..words.next()? {
            let (at_ms, kind) = (words.signed()?, words.pick(&KINDS)?);
            let account = words.small()?;
            told.order.push_back((at_ms, kind, account));
            let level = (words.signed()?, words.small()?);
            if level.1 > 0 {
                told.levels.insert((kind, account), level);
            }
        }
        if !words.0.is_empty() {
            return Err(BadSnapshot);
        }
        Ok(Self {
            recent,
            told,
            ..Self::default()
        })
    }
}

/// What follows from the payments remembered: pairs, and which late ones are in which window.
fn recount(recent: &mut Recent) {
    let now_ms = recent.now_ms;
    let Recent {
        ring, pairs, late, ..
    } = recent;
    for (number, edge) in ring.iter() {
        for (window, (length_ms, late)) in WINDOWS_MS.iter().zip(late.iter_mut()).enumerate() {
            if edge.at_ms <= now_ms.saturating_sub(*length_ms) {
                continue;
            }
            if edge.late {
                late.insert((edge.at_ms, number));
            }
            if window == DAY {
                pairs.entry((edge.from, edge.to)).or_default().day += 1;
            } else if window == WEEK {
                pairs.entry((edge.from, edge.to)).or_default().week += 1;
            }
        }
    }
}

fn place<T: PartialEq>(all: &[T], one: T) -> u64 {
    let place = all.iter().position(|other| *other == one);
    place.map_or(u64::MAX, |place| place as u64)
}

fn pack(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

fn edge_words(edge: &Edge) -> [u64; 6] {
    let [depth, fast, squares] = [edge.depth, edge.fast_depth, edge.squares].map(u64::from);
    let marks = depth
        | fast << 8
        | squares << 16
        | place(&CHANNELS, edge.channel) << 24
        | u64::from(edge.late) << 32;
    [
        edge.at_ms.cast_unsigned(),
        edge.minor.cast_unsigned(),
        pack(edge.from, edge.to),
        pack(edge.back_in, edge.back_out),
        u64::from(edge.back_funder),
        marks,
    ]
}

fn account_words(account: &Account) -> Vec<u64> {
    let mut words = Vec::with_capacity(23);
    for flow in account.flows {
        words.extend([
            flow.in_minor.cast_unsigned(),
            flow.out_minor.cast_unsigned(),
            pack(flow.in_count, flow.out_count),
            pack(flow.payers, flow.payees),
        ]);
    }
    let times = [account.first_ms, account.last_in_ms, account.last_out_ms];
    let sums = [
        account.net_minor,
        account.low_minor,
        account.out_max,
        account.in_max,
    ];
    words.extend([account.last_in, account.last_out]);
    words.extend(times.map(i64::cast_unsigned));
    words.extend(sums.map(i64::cast_unsigned));
    words.push(pack(account.in_count, account.out_count));
    words.push(pack(account.fast_out, account.fast_in));
    words
}

/// Little-endian words still to be read.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn next(&mut self) -> Result<u64, BadSnapshot> {
        let (word, rest) = self.0.split_first_chunk::<8>().ok_or(BadSnapshot)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*word))
    }

    fn signed(&mut self) -> Result<i64, BadSnapshot> {
        self.next().map(u64::cast_signed)
    }

    fn small(&mut self) -> Result<u32, BadSnapshot> {
        u32::try_from(self.next()?).map_err(|_| BadSnapshot)
    }

    fn two(&mut self) -> Result<(u32, u32), BadSnapshot> {
        let word = self.next()?;
        Ok(((word & u64::from(u32::MAX)) as u32, (word >> 32) as u32))
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> Result<T, BadSnapshot> {
        let place = usize::try_from(self.next()?).map_err(|_| BadSnapshot)?;
        all.get(place).copied().ok_or(BadSnapshot)
    }

    fn edge(&mut self) -> Result<Edge, BadSnapshot> {
        let (at_ms, minor) = (self.signed()?, self.signed()?);
        let ((from, to), (back_in, back_out)) = (self.two()?, self.two()?);
        let back_funder = self.small()?;
        let [depth, fast_depth, squares, channel, late, ..] = self.next()?.to_le_bytes();
        Ok(Edge {
            at_ms,
            minor,
            from,
            to,
            back_in,
            back_out,
            back_funder,
            depth,
            fast_depth,
            squares,
            channel: *CHANNELS.get(usize::from(channel)).ok_or(BadSnapshot)?,
            late: late != 0,
        })
    }

    fn account(&mut self) -> Result<Account, BadSnapshot> {
        let mut account = Account::default();
        for flow in &mut account.flows {
            (flow.in_minor, flow.out_minor) = (self.signed()?, self.signed()?);
            (flow.in_count, flow.out_count) = self.two()?;
            (flow.payers, flow.payees) = self.two()?;
        }
        (account.last_in, account.last_out) = (self.next()?, self.next()?);
        account.first_ms = self.signed()?;
        (account.last_in_ms, account.last_out_ms) = (self.signed()?, self.signed()?);
        (account.net_minor, account.low_minor) = (self.signed()?, self.signed()?);
        (account.out_max, account.in_max) = (self.signed()?, self.signed()?);
        (account.in_count, account.out_count) = self.two()?;
        (account.fast_out, account.fast_in) = self.two()?;
        Ok(account)
    }
}
