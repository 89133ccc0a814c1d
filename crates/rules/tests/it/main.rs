//! Integration tests of the policy language.

#[cfg(test)]
mod shipped;
