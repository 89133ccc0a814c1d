//! Integration tests of the money-flow graph.

mod fundflow;
mod oracle;
mod small_worlds;
mod truth;
