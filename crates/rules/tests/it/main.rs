//! The language over whole policies: the default bundle, deliberate mistakes, random bytes, the reference.

#[cfg(test)]
mod bundle;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod shipped;

#[cfg(test)]
mod repository {
    use std::path::PathBuf;

    /// A path inside the repository.
    pub fn path(inside: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(inside)
    }

    /// Whether golden files are to be written instead of compared.
    pub fn blesses() -> bool {
        std::env::var_os("STANCH_BLESS").is_some()
    }
}
