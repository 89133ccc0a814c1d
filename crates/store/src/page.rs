//! Pages and cursors of lists.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::StoreError;

/// Most items on a page.
pub const PAGE_LIMIT_MAX: i64 = 200;
/// Longest cursor text that is looked at.
const CURSOR_LEN_MAX: usize = 512;

/// Where the next page starts. Opaque; valid only for the list that gave it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

/// Which page of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    limit: i64,
    after: Option<Cursor>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page starts; none after the last.
    pub next: Option<Cursor>,
}

/// A list read whole, page by page, up to a number of items: while a page is [`WholeList::wanted`], read it and let
/// [`WholeList::take`] have it.
#[derive(Debug)]
pub struct WholeList<T> {
    /// What was read so far, in the list's order.
    pub items: Vec<T>,
    wanted: Option<PageRequest>,
    items_max: usize,
}

impl<T> WholeList<T> {
    /// Ends after the page that brings the items to `items_max` or more.
    #[must_use]
    pub const fn up_to(items_max: usize) -> Self {
        Self {
            items: Vec::new(),
            wanted: Some(PageRequest::first()),
            items_max,
        }
    }

    /// The page to read next; none after the last.
    #[must_use]
    pub fn wanted(&self) -> Option<PageRequest> {
        self.wanted.clone()
    }

    /// Adds the page that was wanted.
    pub fn take(&mut self, page: Page<T>) {
        self.items.extend(page.items);
        let more = page.next.filter(|_| self.items.len() < self.items_max);
        self.wanted = more.map(|cursor| PageRequest::first().following(cursor));
    }
}

impl Cursor {
    /// A cursor as a client gave it back. Whether it fits the list is found out when it is used.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The cursor as text, of `A-Z a-z 0-9 - _`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A cursor of the list `list` after the item with these sort keys.
    fn encode(list: &'static str, keys: &[String]) -> Self {
        let mut plain = String::from(list);
        for key in keys {
            plain.push('\n');
            plain.push_str(key);
        }
        Self(URL_SAFE_NO_PAD.encode(plain))
    }

    /// The sort keys, if this is a cursor of `list` with `N` of them.
    fn decode<const N: usize>(&self, list: &'static str) -> Result<[String; N], StoreError> {
        let refuse = || StoreError::BadCursor(self.0.chars().take(64).collect());
        if self.0.len() > CURSOR_LEN_MAX {
            return Err(refuse());
        }
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| refuse())?;
        let plain = String::from_utf8(bytes).map_err(|_| refuse())?;
        let mut parts = plain.split('\n');
        // A NUL would be refused by PostgreSQL as a broken text.
        if parts.next() != Some(list) || plain.contains('\0') {
            return Err(refuse());
        }
        let keys: Vec<String> = parts.map(str::to_owned).collect();
        keys.try_into().map_err(|_| refuse())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PageRequest {
    /// The page of at most `limit` items after `after`.
    ///
    /// # Errors
    /// [`StoreError::PageLimit`] unless `limit` is 1 to [`PAGE_LIMIT_MAX`].
    pub fn new(limit: i64, after: Option<Cursor>) -> Result<Self, StoreError> {
        if (1..=PAGE_LIMIT_MAX).contains(&limit) {
            Ok(Self { limit, after })
        } else {
            Err(StoreError::PageLimit(limit))
        }
    }

    /// The first page, of [`PAGE_LIMIT_MAX`] items.
    #[must_use]
    pub const fn first() -> Self {
        Self {
            limit: PAGE_LIMIT_MAX,
            after: None,
        }
    }

    /// The page of the same size after `cursor`.
    #[must_use]
    pub fn following(&self, cursor: Cursor) -> Self {
        Self {
            limit: self.limit,
            after: Some(cursor),
        }
    }

    /// One more than the page holds, to learn whether another follows.
    pub(crate) fn fetch_limit(&self) -> i64 {
        self.limit.saturating_add(1)
    }

    /// The sort keys of the cursor.
    pub(crate) fn keys<const N: usize>(
        &self,
        list: &'static str,
    ) -> Result<Option<[String; N]>, StoreError> {
        self.after
            .as_ref()
            .map(|cursor| cursor.decode(list))
            .transpose()
    }

    /// A number that is a sort key of the cursor.
    pub(crate) fn number(&self, key: &str) -> Result<i64, StoreError> {
        key.parse().map_err(|_| {
            let text = self.after.as_ref().map_or("", Cursor::as_str);
            StoreError::BadCursor(text.chars().take(64).collect())
        })
    }

    /// Makes the page of `items`, which hold one more than the page if another follows.
    pub(crate) fn page<T>(
        &self,
        list: &'static str,
        mut items: Vec<T>,
        keys: impl Fn(&T) -> Vec<String>,
    ) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(|last| Cursor::encode(list, &keys(last)))
        } else {
            None
        };
        Page { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_fits_only_its_own_list() {
        let cursor = Cursor::encode("cases", &["p0".into(), "17".into()]);
        assert_eq!(
            cursor.decode::<2>("cases").unwrap(),
            ["p0".to_owned(), "17".to_owned()]
        );
        assert!(cursor.decode::<2>("orders").is_err());
        assert!(cursor.decode::<3>("cases").is_err());
        for text in ["", "%%", "AAAA", "zzzz", &"A".repeat(600)] {
            let bad = Cursor::from_text(text).decode::<2>("cases");
            assert!(matches!(bad, Err(StoreError::BadCursor(_))), "{text}");
        }
    }

    #[test]
    fn a_whole_list_ends_at_its_last_page_or_at_its_bound() {
        let page = |items: Vec<u8>, more: bool| Page {
            items,
            next: more.then(|| Cursor::from_text("c")),
        };
        let mut all = WholeList::up_to(3);
        assert_eq!(all.wanted(), Some(PageRequest::first()));
        all.take(page(vec![1, 2], true));
        let second = all.wanted().unwrap();
        assert_eq!(second.after, Some(Cursor::from_text("c")));
        all.take(page(vec![3, 4], true));
        assert_eq!(
            (all.wanted(), all.items.as_slice()),
            (None, [1, 2, 3, 4].as_slice())
        );
        let mut short = WholeList::up_to(3);
        short.take(page(vec![1], false));
        assert_eq!(short.wanted(), None);
    }

    #[test]
    fn pages_have_1_to_200_items() {
        for limit in [i64::MIN, 0, 201, i64::MAX] {
            assert!(PageRequest::new(limit, None).is_err());
        }
        assert!(PageRequest::new(1, None).is_ok() && PageRequest::new(200, None).is_ok());
    }
}
