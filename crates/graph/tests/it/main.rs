//! Integration tests of the money-flow graph.

mod fundflow;
mod truth;
