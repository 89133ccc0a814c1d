//! Tests of stanch-train that read files beside the crate.
#![cfg(test)]

mod tables;
