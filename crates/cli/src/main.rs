//! The one binary `stanch`.
fn main() {}
