//! Full text of the record: records found by what stands in them, Chinese too.
//!
//! The index is a copy beside the record (`D/search/`), a function of it, made anew when missing. It follows the audit
//! tree, whose entries name every row that changed, so nothing needs to tell it. It keeps no text: a record's texts are
//! cut into [`text`]'s pieces, and a piece is known only by a keyed hash, whose key lies in the index encrypted under the
//! organisation's data key. What the index finds is read from the record and compared with the words before it is told.

mod error;
mod index;
mod key;
mod postings;
mod query;
pub mod text;

pub use error::SearchError;
pub use index::{Followed, SearchIndex};
pub use query::{Excerpt, Found, Hit, QUERY_CHARS_MAX, Query, WORDS_MAX};
