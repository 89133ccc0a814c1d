//! One word per variant: the same snake_case word in code, SQL, JSON and docs.

/// A word does not name a variant of the wanted enum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of: {allowed}")]
pub struct UnknownWord {
    /// The refused word, cut to 64 characters.
    pub word: String,
    /// The allowed words, comma separated.
    pub allowed: &'static str,
}

/// Gives a field-less enum `ALL`, `as_str`, `Display` and `FromStr` from one table of words. The words must equal
/// the enum's serde names.
#[macro_export]
macro_rules! words {
    ($enum:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $enum {
            /// Every variant, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word that stands for this value in SQL, JSON and docs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $enum {
            type Err = $crate::words::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err($crate::words::UnknownWord {
                        word: word.chars().take(64).collect(),
                        allowed: concat!("", $($word, " "),*),
                    }),
                }
            }
        }
    };
}
