//! A search: the words, what has all of them, and where.

use std::collections::BTreeSet;

use serde_json::Value;
use stanch_store::{Cursor, PAGE_LIMIT_MAX, Tx};
use stanch_types::search::SearchKind;
use stanch_types::{CaseId, Timestamp};

use crate::error::SearchError;
use crate::index::{SearchIndex, bodies};
use crate::key::Term;
use crate::text::{begun_at, case_of, fold, pieces, texts};

/// Longest query, in characters.
pub const QUERY_CHARS_MAX: usize = 200;
/// Most words of a query.
pub const WORDS_MAX: usize = 8;
/// Records that are read together.
const READ_AT_ONCE: usize = 16;
/// Records that are read for one page at most; a page may end before it is full, and says where the next begins.
const READ_MAX: usize = 400;
/// Characters told before and after what was found.
const AROUND_CHARS: usize = 24;
/// Most places told of one record.
const EXCERPTS_MAX: usize = 4;
/// The member that says who reported. Reporters are protected (Anti-Fraud Law art. 30): what stands around a word found
/// there is not told.
const REPORTER: &str = "content.reporter.";

/// Words, all of which a record must have, each within one of its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    words: Vec<String>,
    /// The words as they were asked for, if that is an identifier.
    id: Option<String>,
}

/// A record that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: SearchKind,
    /// Its identifier.
    pub id: String,
    /// The case it belongs to.
    pub case_id: Option<CaseId>,
    /// When it came to be.
    pub at: Option<Timestamp>,
    /// Where the words stand, at most four places; none for a record that was found by its identifier.
    pub excerpts: Vec<Excerpt>,
}

/// A place where a word stands. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The names of the members it stands under, joined by dots.
    pub field: String,
    /// What stands before.
    pub before: String,
    /// The word as it stands there.
    pub found: String,
    /// What stands after.
    pub after: String,
}

/// A page of what was found, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The records.
    pub hits: Vec<Hit>,
    /// Where the next page begins; none if there is no more. A page with few hits may have a next one.
    pub next: Option<Cursor>,
}

impl Query {
    /// The words of a query, split at blanks.
    ///
    /// # Errors
    /// [`SearchError::Query`] if it is too long or has too many words, or none of two characters of Chinese, Japanese or
    /// Korean or three letters or digits that stand together.
    pub fn parse(text: &str) -> Result<Self, SearchError> {
        if text.chars().count() > QUERY_CHARS_MAX {
            return Err(SearchError::Query(
                "at most 200 characters can be searched for",
            ));
        }
        let folded = fold(text).text;
        let words: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
        if words.len() > WORDS_MAX {
            return Err(SearchError::Query("at most 8 words can be searched for"));
        }
        let id = words.first().filter(|_| words.len() == 1).cloned();
        let query = Self { words, id };
        let mut has_pieces = false;
        for word in &query.words {
            pieces(word, |_| has_pieces = true);
        }
        if !has_pieces {
            return Err(SearchError::Query(
                "search for two Chinese characters or more, or for three letters or digits or more that stand together",
            ));
        }
        Ok(query)
    }

    fn terms(&self, index: &SearchIndex) -> BTreeSet<Term> {
        let mut terms = BTreeSet::new();
        for word in &self.words {
            pieces(word, |piece| {
                terms.insert(index.term(piece));
            });
        }
        terms
    }

    /// Where the words stand in a body; none if it does not have them all.
    fn places(&self, body: &Value) -> Option<Vec<Excerpt>> {
        let mut missing: BTreeSet<&str> = self.words.iter().map(String::as_str).collect();
        let mut excerpts = Vec::new();
        texts(body, |path, text| {
            let folded = fold(text);
            for word in &self.words {
                let Some(at) = folded.text.find(word.as_str()) else {
                    continue;
                };
                missing.remove(word.as_str());
                if excerpts.len() < EXCERPTS_MAX {
                    let (start, end) = folded.origin(at, at + word.len(), text);
                    excerpts.push(excerpt(path, text, start, end));
                }
            }
        });
        missing.is_empty().then_some(excerpts)
    }
}

fn excerpt(path: &str, text: &str, start: usize, end: usize) -> Excerpt {
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let (mut before, mut after) = (String::new(), String::new());
    if !path.starts_with(REPORTER) {
        let first = part(0, start)
            .char_indices()
            .rev()
            .take(AROUND_CHARS)
            .last();
        before.push_str(part(first.map_or(start, |(at, _)| at), start));
        after.extend(part(end, text.len()).chars().take(AROUND_CHARS));
    }
    Excerpt {
        field: path.to_owned(),
        before,
        found: part(start, end).to_owned(),
        after,
    }
}

impl SearchIndex {
    /// Records of `kinds` that have all words of `query`, the newest texts first, from `after` on. Each was read from the
    /// record in `tx` and compared: what was changed a moment ago and no longer has the words is not told.
    ///
    /// # Errors
    /// [`SearchError::Query`] for a cursor of something else; [`SearchError::Store`], [`SearchError::Index`],
    /// [`SearchError::Damaged`].
    pub async fn search(
        &self,
        tx: &mut Tx,
        query: &Query,
        kinds: &[SearchKind],
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Found, SearchError> {
        let limit = limit.clamp(1, usize::try_from(PAGE_LIMIT_MAX).unwrap_or(usize::MAX));
        let mut before = match after {
            None => self.next_doc()?,
            Some(cursor) => cursor
                .as_str()
                .parse()
                .map_err(|_| SearchError::Query("the cursor is not one of a search"))?,
        };
        let mut hits = Vec::new();
        if after.is_none()
            && let Some(id) = &query.id
            && let Some(kind) = SearchKind::of_id(id).filter(|kind| kinds.contains(kind))
            && let Some(body) = tx.searched_bodies(kind, &[id]).await?.remove(id)
        {
            hits.push(hit(kind, id.clone(), &body, Vec::new()));
        }
        let (wanted, mut any) = (query.terms(self), BTreeSet::new());
        if kinds.len() < SearchKind::ALL.len() {
            any.extend(kinds.iter().map(|kind| self.kind_term(*kind)));
        }
        if kinds.is_empty() {
            return Ok(Found { hits, next: None });
        }
        let mut read = 0;
        loop {
            let index = self.clone();
            let (terms, either) = (wanted.clone(), any.clone());
            let look = move || index.candidates(&terms, &either, before);
            let found = tokio::task::spawn_blocking(look).await;
            let Some(candidates) = found.map_err(|_| SearchError::Stopped)?? else {
                return Ok(Found { hits, next: None });
            };
            for some in candidates.chunks(READ_AT_ONCE) {
                let mut found = bodies(tx, some.iter().map(|(_, id)| id.as_str())).await?;
                for (doc, id) in some {
                    if hits.len() == limit || read == READ_MAX {
                        let next = Some(Cursor::from_text(before.to_string()));
                        return Ok(Found { hits, next });
                    }
                    (before, read) = (*doc, read + 1);
                    let Some(kind) = SearchKind::of_id(id) else {
                        return Err(SearchError::Damaged("a record of no kind"));
                    };
                    if let Some(body) = found.remove(id)
                        && let Some(places) = query.places(&body)
                    {
                        hits.push(hit(kind, id.clone(), &body, places));
                    }
                }
            }
        }
    }
}

fn hit(kind: SearchKind, id: String, body: &Value, excerpts: Vec<Excerpt>) -> Hit {
    Hit {
        kind,
        id,
        case_id: case_of(kind, body).and_then(|case| case.parse().ok()),
        at: begun_at(body),
        excerpts,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn queries_that_find_nothing_are_told_why() {
        let long = "群".repeat(QUERY_CHARS_MAX + 1);
        for bad in ["", "  ", "王", "ab", "a b c", "1 2 3 4 5 6 7 8 999", &long] {
            assert!(
                matches!(Query::parse(bad), Err(SearchError::Query(_))),
                "{bad}"
            );
        }
        assert_eq!(
            Query::parse(" ＶＸ群主　王 ").unwrap().words,
            ["vx群主", "王"]
        );
    }

    #[test]
    fn every_word_must_stand_within_one_text() {
        let body = json!({"content": {
            "narrative": "他让我加微信 WX8899 进群刷单", "reporter": {"name": "王小明"}, "a": "刷", "b": "单"}});
        let places = |text: &str| Query::parse(text).unwrap().places(&body);
        let found = places("wx8899 刷单").unwrap();
        assert_eq!(
            (
                found[0].before.as_str(),
                found[0].found.as_str(),
                found[0].after.as_str()
            ),
            ("他让我加微信 ", "WX8899", " 进群刷单")
        );
        assert_eq!(found[1].field, "content.narrative");
        assert!(places("微信 返利").is_none());
        assert!(places("单刷 微信").is_none(), "not over two texts");
        let reporter = &places("小明").unwrap()[0];
        assert_eq!(
            (reporter.before.as_str(), reporter.found.as_str()),
            ("", "小明")
        );
    }
}
