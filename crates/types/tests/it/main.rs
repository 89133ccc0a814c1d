//! The crate from outside: wire forms and the tables of every workflow.

// `cfg(test)` tells clippy that helper functions in these modules are test code too.
#[cfg(test)]
mod fairness;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod states;
#[cfg(test)]
mod wire;
