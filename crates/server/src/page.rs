//! Lists: `?limit=1..200&cursor=…`.

use serde::{Deserialize, Serialize};
use stanch_store::{Cursor, PageRequest};
use stanch_types::ErrorCode;
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, ApiResult};

/// Items in a page unless asked otherwise.
pub const LIMIT_DEFAULT: u16 = 50;

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PageView<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Give this as `cursor` to get the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> PageView<T> {
    /// One page and where the next one starts.
    #[must_use]
    pub fn new(items: Vec<T>, next: Option<Cursor>) -> Self {
        Self {
            items,
            next_cursor: next.map(|cursor| cursor.to_string()),
        }
    }

    /// A list that has one page only.
    #[must_use]
    pub const fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}

/// The parameters of a list without filters.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

impl PageParams {
    /// The page asked for.
    ///
    /// # Errors
    /// [`ErrorCode::RequestInvalid`].
    pub fn page(self) -> ApiResult<PageRequest> {
        page(self.limit, self.cursor)
    }
}

/// The page asked for with `limit` and `cursor`.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] unless the limit is 1 to 200.
pub fn page(limit: Option<u16>, cursor: Option<String>) -> ApiResult<PageRequest> {
    let limit = i64::from(limit.unwrap_or(LIMIT_DEFAULT));
    PageRequest::new(limit, cursor.map(Cursor::from_text)).map_err(|_| {
        ApiError::new(ErrorCode::RequestInvalid, "`limit` must be 1 to 200")
            .at("limit", "must be 1 to 200")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_bounded() {
        assert!(page(None, None).is_ok());
        assert!(page(Some(200), None).is_ok());
        assert!(page(Some(0), None).is_err());
        assert!(page(Some(201), None).is_err());
    }
}
