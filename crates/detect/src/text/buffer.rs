//! A vector for loops that write much and allocate seldom.

/// A vector that keeps its items' memory filled, so that writing needs one comparison and no reallocation.
#[derive(Debug, Default)]
pub(super) struct Buffer<T> {
    /// As many as were ever needed; what is behind `len` is left over from earlier.
    pub(super) items: Vec<T>,
    /// Items that count.
    pub(super) len: usize,
}

impl<T: Copy + Default> Buffer<T> {
    /// Makes room for `more` items.
    pub(super) fn room(&mut self, more: usize) {
        if self.items.len() < self.len + more {
            self.items.resize(self.len + more, T::default());
        }
    }

    /// Forgets the items and makes room for `most` others.
    pub(super) fn restart(&mut self, most: usize) {
        self.len = 0;
        self.room(most);
    }

    /// The items.
    pub(super) fn get(&self) -> &[T] {
        self.items.get(..self.len).unwrap_or_default()
    }

    /// Adds an item for which room was made; without room it is left out.
    #[inline]
    pub(super) fn put(&mut self, item: T) {
        if let Some(slot) = self.items.get_mut(self.len) {
            *slot = item;
            self.len += 1;
        }
    }

    /// Adds an item and, if there is no room for it, makes room for `more`.
    pub(super) fn push(&mut self, item: T, more: usize) {
        self.room(more);
        self.put(item);
    }
}
