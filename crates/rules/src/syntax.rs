//! Text to tree and back: lexer, tree, parser with recovery, canonical printer.
//!
//! Nothing here knows what a name means. Every input ends in a tree and a list of diagnostics; nested constructs
//! are bounded ([`parser::HEIGHT_MAX`]), so no later walk over a tree can exhaust the stack.

pub mod ast;
pub mod lexer;
pub mod parser;
pub mod print;
