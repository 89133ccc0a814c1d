//! Detection: what a text says under its disguise, and what in it leads elsewhere.
//!
//! Pure: no IO, no async, no clock. Everything takes the caller's buffers and bounds its memory by them; nothing here
//! decides anything, it gives signals with spans in the original text, which rules and models weigh.

pub mod scan;
pub mod text;
pub mod url;
