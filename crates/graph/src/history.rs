//! One account's movements in order of booking, with running totals at every block.
//!
//! A movement is 12 bytes: the signed amount (inflow positive) and the payment. Movements lie in blocks of at most
//! [`BLOCK_LEN_MAX`]; a block knows where the account stood before it, so standing anywhere costs one search over
//! the blocks and one short scan. A movement that arrives late goes into its block and the standings of later
//! blocks are put right at once, from sums kept per block.

use std::cmp::Ordering;

use crate::PaymentIx;
use crate::payment::Payments;

/// Most movements in one block. A scan of half a block is some 100 ns; a late movement costs one block and one step
/// for each later block.
const BLOCK_LEN_MAX: usize = 256;

/// Where an account stands between two movements: sums of what is known before that point.
///
/// Money positions (first in, first out) follow from it: the next inflow takes positions from
/// [`Standing::position_in`], the next outflow uses positions from [`Standing::outflow_minor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Opening balance and inflows.
    pub inflow_minor: i64,
    /// Outflows.
    pub outflow_minor: i64,
    /// Outflows that nothing known covered when they were booked: money of unknown origin.
    pub missing_minor: i64,
}

impl Standing {
    /// What is in the account, so far as known: inflows and missing money less outflows; never negative.
    #[must_use]
    pub const fn balance_minor(self) -> i64 {
        self.position_in() - self.outflow_minor
    }

    /// Inflows less outflows, negative where more is known to have left than came.
    #[must_use]
    pub const fn net_minor(self) -> i64 {
        self.inflow_minor - self.outflow_minor
    }

    /// First position that the next inflow takes.
    #[must_use]
    pub const fn position_in(self) -> i64 {
        self.inflow_minor + self.missing_minor
    }

    fn opening(opening_minor: i64) -> Self {
        Self {
            inflow_minor: opening_minor,
            ..Self::default()
        }
    }

    fn after(mut self, movement: Movement) -> Self {
        let minor = movement.minor;
        if minor < 0 {
            return self.after_outflow(-minor);
        }
        self.inflow_minor += minor;
        self
    }

    fn after_outflow(mut self, minor: i64) -> Self {
        self.outflow_minor += minor;
        self.missing_minor = self.missing_minor.max(-self.net_minor());
        self
    }

    fn after_block(self, sums: Sums) -> Self {
        Self {
            inflow_minor: self.inflow_minor + sums.inflow_minor,
            outflow_minor: self.outflow_minor + sums.outflow_minor,
            missing_minor: self
                .missing_minor
                .max(sums.deepest_minor.saturating_sub(self.net_minor())),
        }
    }
}

/// One side of a payment as its account sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, packed(4))]
pub(crate) struct Movement {
    /// Positive: came in. Negative: went out. Never zero.
    pub(crate) minor: i64,
    pub(crate) payment: PaymentIx,
}

/// What a block does to any standing before it.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    inflow_minor: i64,
    outflow_minor: i64,
    /// Most that outflows exceed inflows at any point within the block; 0 if they never do.
    deepest_minor: i64,
}

impl Sums {
    fn of(movements: &[Movement]) -> Self {
        let mut sums = Self::default();
        for movement in movements {
            sums.add(*movement);
        }
        sums
    }

    fn add(&mut self, movement: Movement) {
        let minor = movement.minor;
        if minor >= 0 {
            self.inflow_minor += minor;
        } else {
            self.outflow_minor -= minor;
            let depth = self.outflow_minor - self.inflow_minor;
            self.deepest_minor = self.deepest_minor.max(depth);
        }
    }
}

#[derive(Debug)]
struct Block {
    before: Standing,
    sums: Sums,
    movements: Vec<Movement>,
}

/// Most accounts fit one block and need no standings: theirs starts at the opening balance.
#[derive(Debug)]
enum Blocks {
    One(Vec<Movement>),
    Many(Vec<Block>),
}

/// All movements of one account.
#[derive(Debug)]
pub(crate) struct History {
    opening_minor: i64,
    /// Opening balance + inflows + outflows: fits 64 bits, so no position can overflow.
    turnover_minor: i64,
    blocks: Blocks,
}

/// A place between movements: before `index` of `block`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    block: usize,
    index: usize,
    pub(crate) standing: Standing,
}

impl Cursor {
    /// The place after an outflow of `minor` that this place stands before.
    pub(crate) fn past_outflow(self, minor: i64) -> Self {
        Self {
            index: self.index + 1,
            standing: self.standing.after_outflow(minor),
            ..self
        }
    }
}

impl Default for History {
    fn default() -> Self {
        Self {
            opening_minor: 0,
            turnover_minor: 0,
            blocks: Blocks::One(Vec::new()),
        }
    }
}

impl History {
    /// Sets the opening balance; false if the turnover would overflow.
    pub(crate) fn set_opening(&mut self, opening_minor: i64) -> bool {
        let others = self.turnover_minor - self.opening_minor;
        let Some(turnover) = others.checked_add(opening_minor) else {
            return false;
        };
        self.turnover_minor = turnover;
        self.opening_minor = opening_minor;
        self.restate_from(0);
        true
    }

    /// Whether `minor` more may move without overflow.
    pub(crate) fn has_room_for(&self, minor: i64) -> bool {
        self.turnover_minor.checked_add(minor).is_some()
    }

    /// Adds a movement booked after all others.
    pub(crate) fn append(&mut self, movement: Movement) {
        self.turnover_minor += { movement.minor }.abs();
        match &mut self.blocks {
            Blocks::One(movements) if movements.len() < BLOCK_LEN_MAX => movements.push(movement),
            Blocks::One(_) => {
                self.split_one();
                self.append_to_last(movement);
            }
            Blocks::Many(_) => self.append_to_last(movement),
        }
    }

    /// Adds a movement at its place in the order of booking.
    pub(crate) fn insert(&mut self, payments: &Payments, movement: Movement) {
        let is_last = self
            .last()
            .is_none_or(|last| compare(payments, last, movement) == Ordering::Less);
        if is_last {
            return self.append(movement);
        }
        if matches!(&self.blocks, Blocks::One(movements) if movements.len() >= BLOCK_LEN_MAX) {
            self.split_one();
        }
        self.turnover_minor += { movement.minor }.abs();
        match &mut self.blocks {
            Blocks::One(movements) => insert_sorted(payments, movements, movement),
            Blocks::Many(blocks) => {
                let after = blocks.partition_point(|block| {
                    block
                        .movements
                        .first()
                        .is_some_and(|first| compare(payments, *first, movement) == Ordering::Less)
                });
                let place = after.saturating_sub(1);
                if let Some(block) = blocks.get_mut(place) {
                    insert_sorted(payments, &mut block.movements, movement);
                    let spill = (block.movements.len() > BLOCK_LEN_MAX)
                        .then(|| Block::new(block.movements.split_off(BLOCK_LEN_MAX / 2)));
                    block.sums = Sums::of(&block.movements);
                    if let Some(spill) = spill {
                        blocks.insert(place + 1, spill);
                    }
                }
                self.restate_from(place);
            }
        }
    }

    /// Takes out a movement; nothing happens if it is not there.
    pub(crate) fn remove(&mut self, payments: &Payments, movement: Movement) {
        let (place, movements) = match &mut self.blocks {
            Blocks::One(movements) => (0, movements),
            Blocks::Many(blocks) => {
                let after = blocks.partition_point(|block| {
                    block.movements.first().is_some_and(|first| {
                        compare(payments, *first, movement) != Ordering::Greater
                    })
                });
                let place = after.saturating_sub(1);
                match blocks.get_mut(place) {
                    Some(block) => (place, &mut block.movements),
                    None => return,
                }
            }
        };
        let Some(index) = movements.iter().position(|other| *other == movement) else {
            return;
        };
        movements.remove(index);
        self.turnover_minor -= { movement.minor }.abs();
        if let Blocks::Many(blocks) = &mut self.blocks {
            if let Some(block) = blocks.get_mut(place) {
                block.sums = Sums::of(&block.movements);
                if block.movements.is_empty() && blocks.len() > 1 {
                    blocks.remove(place);
                }
            }
            self.restate_from(place.saturating_sub(1));
        }
    }

    /// The start of the history.
    pub(crate) fn start(&self) -> Cursor {
        Cursor {
            block: 0,
            index: 0,
            standing: Standing::opening(self.opening_minor),
        }
    }

    /// Where the account stands after everything known.
    pub(crate) fn standing_at_end(&self) -> Standing {
        match &self.blocks {
            Blocks::One(movements) => movements
                .iter()
                .fold(self.start().standing, |standing, m| standing.after(*m)),
            Blocks::Many(blocks) => blocks.last().map_or(self.start().standing, |block| {
                block.before.after_block(block.sums)
            }),
        }
    }

    /// Before the first movement booked at or after `at_ms`.
    pub(crate) fn seek_time(&self, payments: &Payments, at_ms: i64) -> Cursor {
        let earlier = |movement: &Movement| payments.row(movement.payment).at_ms < at_ms;
        let mut cursor = self.block_before(|movements| movements.first().is_some_and(earlier));
        let movements = self.movements(cursor.block);
        let index = movements.partition_point(earlier);
        for movement in movements.iter().take(index) {
            cursor.standing = cursor.standing.after(*movement);
        }
        Cursor { index, ..cursor }
    }

    /// Before the inflow side of `payment`, which this account received.
    pub(crate) fn seek_inflow(&self, payments: &Payments, payment: PaymentIx) -> Cursor {
        let sought = Movement { minor: 1, payment };
        let not_after =
            |movement: &Movement| compare(payments, *movement, sought) != Ordering::Greater;
        let mut cursor = self.block_before(|movements| movements.first().is_some_and(not_after));
        for movement in self.movements(cursor.block) {
            if movement.payment == payment && movement.minor > 0 {
                break;
            }
            cursor.standing = cursor.standing.after(*movement);
            cursor.index += 1;
        }
        cursor
    }

    /// The first outflow at or after `cursor` that uses money beyond `position`, and the place before it.
    pub(crate) fn next_outflow(
        &self,
        mut cursor: Cursor,
        position: i64,
    ) -> Option<(Cursor, PaymentIx)> {
        let position = position.max(cursor.standing.outflow_minor);
        if let Blocks::Many(blocks) = &self.blocks {
            // The last block that begins at or before the position is the one whose outflows pass it.
            let later = blocks.get(cursor.block + 1..).unwrap_or_default();
            let skip = later.partition_point(|block| block.before.outflow_minor <= position);
            if let Some(block) = skip.checked_sub(1).and_then(|last| later.get(last)) {
                cursor = Cursor {
                    block: cursor.block + skip,
                    index: 0,
                    standing: block.before,
                };
            }
        }
        let rest = self.movements(cursor.block).get(cursor.index..)?;
        for movement in rest {
            let after = cursor.standing.after(*movement);
            if after.outflow_minor > position {
                return Some((cursor, movement.payment));
            }
            cursor.standing = after;
            cursor.index += 1;
        }
        None
    }

    /// The movements from `cursor` on.
    pub(crate) fn iter_from(&self, cursor: Cursor) -> impl Iterator<Item = Movement> {
        let count = match &self.blocks {
            Blocks::One(_) => 1,
            Blocks::Many(blocks) => blocks.len(),
        };
        (cursor.block..count)
            .flat_map(|block| self.movements(block).iter().copied())
            .skip(cursor.index)
    }

    pub(crate) fn shrink(&mut self) {
        match &mut self.blocks {
            Blocks::One(movements) => movements.shrink_to_fit(),
            Blocks::Many(blocks) => {
                for block in blocks.iter_mut() {
                    block.movements.shrink_to_fit();
                }
                blocks.shrink_to_fit();
            }
        }
    }

    /// Bytes on the heap.
    pub(crate) fn bytes_used(&self) -> usize {
        let size = |movements: &Vec<Movement>| movements.capacity() * size_of::<Movement>();
        match &self.blocks {
            Blocks::One(movements) => size(movements),
            Blocks::Many(blocks) => {
                blocks.capacity() * size_of::<Block>()
                    + blocks
                        .iter()
                        .map(|block| size(&block.movements))
                        .sum::<usize>()
            }
        }
    }

    fn last(&self) -> Option<Movement> {
        match &self.blocks {
            Blocks::One(movements) => movements.last().copied(),
            Blocks::Many(blocks) => blocks
                .last()
                .and_then(|block| block.movements.last().copied()),
        }
    }

    fn movements(&self, block: usize) -> &[Movement] {
        match &self.blocks {
            Blocks::One(movements) if block == 0 => movements,
            Blocks::One(_) => &[],
            Blocks::Many(blocks) => blocks.get(block).map_or(&[], |block| &block.movements),
        }
    }

    /// The start of the last block for which `begins_before` holds, else of the first block.
    fn block_before(&self, begins_before: impl Fn(&[Movement]) -> bool) -> Cursor {
        let Blocks::Many(blocks) = &self.blocks else {
            return self.start();
        };
        let place = blocks
            .partition_point(|block| begins_before(&block.movements))
            .saturating_sub(1);
        Cursor {
            block: place,
            index: 0,
            standing: blocks
                .get(place)
                .map_or(self.start().standing, |block| block.before),
        }
    }

    fn split_one(&mut self) {
        if let Blocks::One(movements) = &mut self.blocks {
            let block = Block::new(std::mem::take(movements));
            self.blocks = Blocks::Many(vec![block]);
            self.restate_from(0);
        }
    }

    fn append_to_last(&mut self, movement: Movement) {
        let Blocks::Many(blocks) = &mut self.blocks else {
            return;
        };
        let Some(last) = blocks.last_mut() else {
            return;
        };
        if last.movements.len() < BLOCK_LEN_MAX {
            last.movements.push(movement);
            last.sums.add(movement);
            return;
        }
        let mut movements = Vec::with_capacity(BLOCK_LEN_MAX);
        movements.push(movement);
        let before = last.before.after_block(last.sums);
        let sums = Sums::of(&movements);
        blocks.push(Block {
            before,
            sums,
            movements,
        });
    }

    /// Puts the standings of block `place` and later right.
    fn restate_from(&mut self, place: usize) {
        let opening = self.start().standing;
        let Blocks::Many(blocks) = &mut self.blocks else {
            return;
        };
        let mut standing = place
            .checked_sub(1)
            .and_then(|earlier| blocks.get(earlier))
            .map_or(opening, |block| block.before.after_block(block.sums));
        for block in blocks.iter_mut().skip(place) {
            block.before = standing;
            standing = standing.after_block(block.sums);
        }
    }
}

impl Block {
    fn new(movements: Vec<Movement>) -> Self {
        Self {
            before: Standing::default(),
            sums: Sums::of(&movements),
            movements,
        }
    }
}

/// Order of booking; a payment to oneself goes out before it comes in.
fn compare(payments: &Payments, a: Movement, b: Movement) -> Ordering {
    if a.payment == b.payment {
        return ({ a.minor } > 0).cmp(&({ b.minor } > 0));
    }
    payments.compare(a.payment, b.payment)
}

fn insert_sorted(payments: &Payments, movements: &mut Vec<Movement>, movement: Movement) {
    let place =
        movements.partition_point(|other| compare(payments, *other, movement) == Ordering::Less);
    movements.insert(place, movement);
}
