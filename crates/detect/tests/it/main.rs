//! What the crate promises, checked from outside; and the programs that make its committed tables.

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tables;
