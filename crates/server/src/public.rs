//! Pages for anybody, made on the server: they work without scripts, on old phones, in Chinese and English.
//!
//! A page is one file of at most 40 kB with its styles inside. Strangers' words are escaped by `maud`; the content
//! policy lets nothing run. Forms are answered only when they were sent from these pages.

pub mod appeal;
mod form;
mod page;
pub mod report;
pub mod status;
mod told;
mod words;

/// The addresses of the pages: their forms are counted against [`crate::auth::rate`].
pub const PAGES: &[&str] = &[
    "/appeal",
    "/report",
    "/report/done",
    "/statistics",
    "/status",
];
