//! Lists as people saved them.

use serde::{Deserialize, Serialize};

use crate::id::{UserId, ViewId};
use crate::time::Timestamp;

/// Longest name, in characters.
pub const VIEW_NAME_CHARS_MAX: usize = 64;
/// Longest path, in characters.
pub const VIEW_PATH_CHARS_MAX: usize = 1_000;
/// Most views of one person.
pub const VIEWS_MAX: usize = 100;

/// A list as somebody saved it: a screen of the console and its filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SavedView {
    /// Identifier.
    pub id: ViewId,
    /// Whose it is.
    pub user_id: UserId,
    /// Name, 1 to 64 characters.
    pub name: String,
    /// The screen's path with its filters, such as `/cases?state=open`, at most 1,000 characters.
    pub path: String,
    /// Whether everybody sees it.
    pub shared: bool,
    /// When it was saved.
    pub saved_at: Timestamp,
}

/// Whether `path` is one of the console's own: it begins with one slash and holds no blank or control character, so that
/// following it leads nowhere else.
#[must_use]
pub fn is_own_path(path: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '\\';
    path.starts_with('/') && !path.starts_with("//") && path.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_nowhere_else() {
        for good in ["/cases", "/cases?state=open&unit=%E4%B8%9C", "/"] {
            assert!(is_own_path(good), "{good}");
        }
        for bad in [
            "",
            "cases",
            "//evil.example",
            "https://a",
            "/\\evil",
            "/a b",
            "/a\n",
            "javascript:1",
        ] {
            assert!(!is_own_path(bad), "{bad}");
        }
    }
}
