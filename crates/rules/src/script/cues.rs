//! Which cues an event shows: all cues of its kind decided together, as rules are, once, when the event is decoded.

use hashbrown::HashMap;

use crate::event::Event;
use crate::ir::{EventIx, Expr, FieldIx, Program};
use crate::row::Row;
use crate::row::closure::Compiler;
use crate::row::index::{self, Index, Pass};
use crate::value::Slot;
use crate::verdict::RuleSet;

/// The cues of one event kind.
pub(crate) struct Cues {
    index: Index,
    /// For each condition the signal it sets a bit of, and the bit.
    owners: Vec<(FieldIx, usize)>,
}

impl Cues {
    /// The cues on a kind; `None` without any. `parts`: the constants of `contains` by their place in the automaton.
    pub(crate) fn new(
        compiler: &mut Compiler<'_>,
        event: EventIx,
        parts: &HashMap<Box<str>, usize>,
    ) -> Option<Self> {
        let program = compiler.env.program.clone();
        let (mut conditions, mut owners): (Vec<&Expr>, Vec<_>) = (Vec::new(), Vec::new());
        let sources = program.scripts.iter().flat_map(|script| &script.sources);
        for source in sources.filter(|source| source.event == event) {
            let Some(mask) = source.mask else {
                continue;
            };
            for (cue, condition) in &source.cues {
                conditions.push(condition);
                owners.push((mask, *cue));
            }
        }
        (!owners.is_empty()).then(|| Self {
            index: index::build(compiler, &conditions, parts),
            owners,
        })
    }

    /// The signals of cues that are true, with a bit for each.
    pub(crate) fn look(&self, row: &Row<'_>) -> Vec<(FieldIx, i64)> {
        let mut pass = Pass::new();
        self.index.run(row, &mut pass);
        let mut holds = RuleSet::with_room(self.owners.len());
        self.index.conditions(&pass, &mut holds);
        let mut masks: Vec<(FieldIx, i64)> = Vec::new();
        for (field, bit) in crate::verdict::bits(holds.words())
            .filter_map(|condition| self.owners.get(condition).copied())
        {
            match masks.iter_mut().find(|(known, _)| *known == field) {
                Some((_, mask)) => *mask |= 1 << bit,
                None => masks.push((field, 1 << bit)),
            }
        }
        masks
    }
}

/// The cues of a script that an event shows, as bits; 0 for none.
pub(crate) fn mask(event: &Event, field: FieldIx) -> i64 {
    match event.slot(field) {
        Slot::Int(mask) => mask,
        Slot::Missing
        | Slot::Bool(_)
        | Slot::Double(_)
        | Slot::Money(..)
        | Slot::Timestamp(_)
        | Slot::Duration(_)
        | Slot::Enum(..)
        | Slot::Text(..)
        | Slot::List(..)
        | Slot::Map(..) => 0,
    }
}

/// Conditions of all cues, for what is shared by all kinds.
pub(crate) fn conditions(program: &Program) -> impl Iterator<Item = &Expr> {
    let sources = program.scripts.iter().flat_map(|script| &script.sources);
    sources
        .flat_map(|source| &source.cues)
        .map(|(_, condition)| condition)
}
