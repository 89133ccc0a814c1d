//! The routes with everything around them.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use stanch_types::ErrorCode;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::error::{ApiError, ServeError};
use crate::state::App;
use crate::{access, console, envelope, guard, openapi};

/// The whole service.
///
/// # Errors
/// [`ServeError::Access`] if a route is not in the access table or the other way round.
pub fn router(app: App) -> Result<Router, ServeError> {
    let (routes, description) = openapi::routes();
    access::check(&openapi::listed(&description))?;
    Ok(routes
        .route_layer(from_fn_with_state(app.clone(), guard::guard))
        .method_not_allowed_fallback(wrong_method)
        .fallback(console::serve_file)
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), envelope::envelope))
        .with_state(app))
}

async fn wrong_method() -> ApiError {
    ApiError::of(ErrorCode::RequestMethod)
}

fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    ApiError::internal(format!("a handler panicked: {text}")).into_response()
}
