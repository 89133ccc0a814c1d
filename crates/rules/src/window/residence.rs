//! Which chunks are in memory: a budget, a queue, and the way out and back.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashTable;

use super::chunk::Chunk;
use super::cold::ColdChunks;
use super::error::WindowError;
use super::key::spread;
use super::layout::{Layout, Row};

/// A hot chunk waiting to be moved out when memory is short.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    pub(super) slot: u32,
    pub(super) id: u64,
    /// First time of the chunk when the ticket was made; finds it again in a tree.
    pub(super) at_us: i64,
}

/// Keeps the raw events within their budget.
///
/// Second chance: a chunk at the head of the queue that was used since it last came there goes to the end.
pub(super) struct Residence {
    cold: Option<Box<dyn ColdChunks>>,
    pub(super) queue: VecDeque<Ticket>,
    pub(super) hot_bytes: usize,
    pub(super) budget: usize,
    pub(super) reads: u64,
    pub(super) writes: u64,
    next_id: u64,
    buffer: Vec<u8>,
    interner: Interner,
}

/// Texts that are kept, each once.
#[derive(Default)]
struct Interner {
    texts: HashTable<(i64, Arc<str>)>,
    bytes: usize,
    purge_at: usize,
}

impl Interner {
    fn intern(&mut self, word: i64, text: &str) -> Arc<str> {
        if self.texts.len() >= self.purge_at.max(1_024) {
            self.texts.retain(|(_, text)| Arc::strong_count(text) > 1);
            self.bytes = self.texts.iter().map(|(_, text)| text.len()).sum();
            self.purge_at = self.texts.len() * 2;
        }
        let hash = spread(word.cast_unsigned());
        let same = |known: &(i64, Arc<str>)| known.0 == word && &*known.1 == text;
        if let Some((_, known)) = self.texts.find(hash, same) {
            return known.clone();
        }
        let kept: Arc<str> = text.into();
        let rehash = |known: &(i64, Arc<str>)| spread(known.0.cast_unsigned());
        self.texts.insert_unique(hash, (word, kept.clone()), rehash);
        self.bytes += text.len();
        kept
    }
}

impl Residence {
    pub(super) fn new(cold: Option<Box<dyn ColdChunks>>, budget: usize) -> Self {
        Self {
            cold,
            queue: VecDeque::new(),
            hot_bytes: 0,
            budget,
            reads: 0,
            writes: 0,
            next_id: 0,
            buffer: Vec::new(),
            interner: Interner::default(),
        }
    }

    /// Bytes on the heap, chunks apart: the queue, the kept texts, the buffer.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.interner.texts.capacity() * (size_of::<(i64, Arc<str>)>() + 1);
        self.queue.capacity() * size_of::<Ticket>()
            + self.buffer.capacity()
            + texts
            + self.interner.bytes
    }

    pub(super) fn intern(&mut self, word: i64, text: &str) -> Arc<str> {
        self.interner.intern(word, text)
    }

    /// Whether raw events must move out.
    pub(super) fn is_over_budget(&self) -> bool {
        self.hot_bytes > self.budget && !self.queue.is_empty()
    }

    /// Registers a new hot chunk.
    pub(super) fn admit(&mut self, chunk: &mut Chunk, slot: u32, at_us: i64) {
        chunk.id = self.next_id;
        self.next_id += 1;
        self.hot_bytes += chunk.bytes();
        self.enqueue(chunk, slot, at_us);
    }

    /// Puts a hot chunk at the end of the queue; a ticket it may have there already does no harm.
    pub(super) fn enqueue(&mut self, chunk: &Chunk, slot: u32, at_us: i64) {
        if self.cold.is_some() {
            let id = chunk.id;
            self.queue.push_back(Ticket { slot, id, at_us });
        }
    }

    /// Puts an event into a hot chunk.
    pub(super) fn insert(&mut self, layout: &Layout, chunk: &mut Chunk, at: usize, row: &Row) {
        let before = chunk.bytes();
        chunk.insert(layout, at, row);
        chunk.touched = true;
        self.hot_bytes = self.hot_bytes + chunk.bytes() - before;
    }

    /// Reads a cold chunk back; answers whether it was cold.
    pub(super) fn warm(
        &mut self,
        layout: &Layout,
        chunk: &mut Chunk,
        slot: u32,
        at_us: i64,
    ) -> Result<bool, WindowError> {
        chunk.touched = true;
        if chunk.is_hot() {
            return Ok(false);
        }
        let copy = self.fetch(layout, chunk)?;
        chunk.warm(copy);
        self.hot_bytes += chunk.bytes();
        self.enqueue(chunk, slot, at_us);
        Ok(true)
    }

    /// Shows a chunk to `visit` without keeping it in memory.
    pub(super) fn show(
        &mut self,
        layout: &Layout,
        chunk: &Chunk,
        visit: &mut impl FnMut(&Chunk) -> Result<(), WindowError>,
    ) -> Result<(), WindowError> {
        match chunk.is_hot() {
            true => visit(chunk),
            false => visit(&self.fetch(layout, chunk)?),
        }
    }

    fn fetch(&mut self, layout: &Layout, chunk: &Chunk) -> Result<Chunk, WindowError> {
        let id = chunk.id;
        let mut bytes = std::mem::take(&mut self.buffer);
        if let Some(cold) = &mut self.cold {
            let read = cold.get(id, &mut bytes);
            read.map_err(|source| WindowError::Cold { id, source })?;
        }
        let copy = Chunk::decode(layout, &bytes, |word, text| self.intern(word, text));
        self.buffer = bytes;
        self.reads += 1;
        let copy = copy?;
        match copy.rows() == chunk.rows() {
            true => Ok(copy),
            false => Err(WindowError::Damaged {
                what: format!("cold chunk {id}: it has another number of events"),
            }),
        }
    }

    /// Moves a hot chunk out.
    pub(super) fn cool(&mut self, layout: &Layout, chunk: &mut Chunk) -> Result<(), WindowError> {
        let Some(cold) = &mut self.cold else {
            return Ok(());
        };
        if !chunk.stored {
            chunk.encode(layout, &mut self.buffer);
            let put = cold.put(chunk.id, &self.buffer);
            put.map_err(|source| WindowError::Cold {
                id: chunk.id,
                source,
            })?;
            self.writes += 1;
            chunk.stored = true;
            chunk.copied = true;
        }
        self.hot_bytes -= chunk.bytes();
        chunk.cool();
        Ok(())
    }

    /// Lets go of a chunk whose events have left.
    pub(super) fn forget(&mut self, chunk: &Chunk) -> Result<(), WindowError> {
        self.hot_bytes -= chunk.bytes();
        match &mut self.cold {
            Some(cold) if chunk.copied => {
                let id = chunk.id;
                let deleted = cold.delete(id);
                deleted.map_err(|source| WindowError::Cold { id, source })
            }
            Some(_) | None => Ok(()),
        }
    }
}
