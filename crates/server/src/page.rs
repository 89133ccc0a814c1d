//! Lists: `?limit=1..200&cursor=…`.

use serde::{Deserialize, Serialize};
use stanch_types::ErrorCode;
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, ApiResult};

/// Items in a page unless asked otherwise.
pub const LIMIT_DEFAULT: u16 = 50;
/// Most items in a page.
pub const LIMIT_MAX: u16 = 200;

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PageView<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Give this as `cursor` to get the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> PageView<T> {
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

/// The number of items asked for.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] unless 1 to 200.
pub fn checked_limit(limit: Option<u16>) -> ApiResult<u16> {
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(
            ApiError::new(ErrorCode::RequestInvalid, "`limit` must be 1 to 200")
                .at("limit", "must be 1 to 200"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_bounded() {
        assert_eq!(checked_limit(None).unwrap(), 50);
        assert_eq!(checked_limit(Some(200)).unwrap(), 200);
        assert!(checked_limit(Some(0)).is_err());
        assert!(checked_limit(Some(201)).is_err());
    }
}
