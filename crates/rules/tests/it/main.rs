//! Whole policies: the default bundle, deliberate mistakes, random bytes, the reference, functions, features,
//! explanations.

#[cfg(test)]
mod bundle;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod script;
#[cfg(test)]
mod shipped;

/// A policy of one file.
#[cfg(test)]
fn policy(text: &str) -> stanch_rules::Policy {
    let files = [("a.policy".to_owned(), text.as_bytes().to_vec())];
    let files = stanch_rules::PolicyFiles::new(files).unwrap();
    stanch_rules::Policy::load(&files).unwrap_or_else(|found| panic!("{found:#?}"))
}

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
