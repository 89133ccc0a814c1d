//! Evidence: items collected by two people, what happened to each, and packages that prove themselves.
//!
//! A package (`docs/formats/evidence.md`) is a zip whose every byte follows from its files, their list (the manifest)
//! and one signature; [`verify`] needs nothing but the file and finds any changed byte.
//!
//! Invariants:
//! - An item has two different collectors ([`stanch_types::evidence::Collectors`]).
//! - Every step writes a link of the item's chain and an audit entry with the link's digest, in one transaction.
//! - A package is a function of the record at one instant; building it twice gives the same bytes but for its export.
//!
//! Deliberately absent: compression and times in the zip (both could differ unseen), changing or removing links.

mod content;
mod custody;
mod digest;
mod error;
mod export;
mod format;
mod gather;
mod manifest;
mod summary;
mod verify;
mod zip;

pub use custody::{
    Collecting, ItemWithChain, collect, give_notice, hand_over, items_of_case, release, view,
};
pub use error::EvidenceError;
pub use export::{ExportedPackage, export};
pub use format::{EvidenceFormat, FORMATS, format_of_name, format_of_type};
pub use verify::{Difference, Whole, verify};

/// Most bytes of one item.
pub const ITEM_BYTES_MAX: usize = 64 << 20;
/// Most bytes of all items of a package together.
pub const ITEMS_BYTES_MAX: u64 = 512 << 20;
/// Most bytes of a package that is looked at.
pub const PACKAGE_BYTES_MAX: u64 = 1 << 30;
