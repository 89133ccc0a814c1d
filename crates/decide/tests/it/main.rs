//! The engine with the real log, index and record.

#[cfg(test)]
mod engine;
#[cfg(test)]
mod house;
#[cfg(test)]
mod offline;
