//! The address of a PostgreSQL database, whose password is shown nowhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stanch_types::personal::Secret;
use url::Url;

/// Longest address in bytes.
const LENGTH_MAX: usize = 2_048;

/// `postgres://user:password@host:port/database`, with `sslmode` and other parameters of libpq after a `?`. Prints and
/// serialises without password and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    whole: Secret,
    shown: String,
}

impl DatabaseUrl {
    /// The address with its password, for connecting.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.whole.expose()
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    /// What is wrong is said without repeating the text, which may hold a password.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LENGTH_MAX {
            return Err(format!("the address has more than {LENGTH_MAX} bytes"));
        }
        let url = Url::parse(text).map_err(|why| {
            format!("it is not an address like postgres://user:password@host:5432/database ({why})")
        })?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(
                "it must begin with postgres:// (without it the record is SQLite)".to_owned(),
            );
        }
        let is_socket = url.query_pairs().any(|(key, _)| key == "host");
        if url.host_str().is_none_or(str::is_empty) && !is_socket {
            return Err("it names no host".to_owned());
        }
        let database = url.path().trim_start_matches('/');
        if database.is_empty() || database.contains('/') {
            return Err("it must end in the name of one database, as in /stanch".to_owned());
        }
        let password = if url.password().is_some() { ":***" } else { "" };
        let at = if url.username().is_empty() { "" } else { "@" };
        let port = url
            .port()
            .map_or_else(String::new, |port| format!(":{port}"));
        let (user, host) = (url.username(), url.host_str().unwrap_or_default());
        Ok(Self {
            shown: format!("postgres://{user}{password}{at}{host}{port}/{database}"),
            whole: Secret::new(text.to_owned()),
        })
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.shown)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed: Result<Self, String> = text.parse();
        parsed.map_err(|why| serde::de::Error::custom(format!("database_url: {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_shown_nowhere() {
        for text in [
            "postgres://stanch:hunter2@db.example:5433/stanch?sslmode=verify-full&password=hunter2",
            "postgresql://stanch:hunter2@db.example/stanch",
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.expose(), text);
            let json = serde_json::to_string(&url).unwrap();
            for shown in [url.to_string(), format!("{url:?}"), json] {
                assert!(!shown.contains("hunter2"), "{shown}");
                assert!(shown.contains("stanch:***@db.example"), "{shown}");
            }
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused_without_repeating_it() {
        for text in [
            "hunter2",
            "mysql://u:hunter2@h/d",
            "postgres://u:hunter2@h",
            "postgres://u:hunter2@h/",
            "postgres://u:hunter2@h/a/b",
            "postgres:///hunter2",
            "postgres://u:hunter2@h:port/d",
            &format!("postgres://u:hunter2@h/{}", "d".repeat(2_048)),
        ] {
            let refused = text.parse::<DatabaseUrl>();
            let why = refused.expect_err(text);
            assert!(!why.contains("hunter2"), "{why}");
        }
        let socket = "postgres:///stanch?host=/run/postgresql&user=stanch";
        assert!(socket.parse::<DatabaseUrl>().is_ok());
    }
}
