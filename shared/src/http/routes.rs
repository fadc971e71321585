//! The operations of a function: as routes that it serves, or as their OpenAPI document.

use axum::Router;
use axum::handler::Handler;
use axum::routing::MethodRouter;
use utoipa::openapi::OpenApi;
use utoipa_axum::PathItemExt;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::openapi::function_url;

#[doc(hidden)]
pub use utoipa_axum::{paste, routes as described_routes};

/// A collection of operations: a [`Router`] that serves them, or the [`OpenApi`] document that describes them.
///
/// A function makes the router alone. The document would take a tenth of its cold start.
pub trait Routes<D = ()>: Default {
    /// Adds the operations at one path, which [`routes!`](crate::routes) makes.
    #[must_use]
    fn routes(self, operations: (impl FnOnce() -> Route<D>, impl FnOnce() -> UtoipaMethodRouter<D>)) -> Self;

    /// Changes the routes that are there, for example by a layer.
    #[must_use]
    fn map(self, change: impl FnOnce(Router<D>) -> Router<D>) -> Self;

    /// Says that `function` answers at its own URL instead of through the HTTP API.
    #[must_use]
    fn at_function_url(self, function: &str) -> Self;
}

impl<D: Clone + Send + Sync + 'static> Routes<D> for Router<D> {
    fn routes(self, (route, _): (impl FnOnce() -> Route<D>, impl FnOnce() -> UtoipaMethodRouter<D>)) -> Self {
        let Route { path, methods } = route();
        self.route(&path, methods)
    }

    fn map(self, change: impl FnOnce(Self) -> Self) -> Self {
        change(self)
    }

    fn at_function_url(self, _: &str) -> Self {
        self
    }
}

impl<D: Clone + Send + Sync + 'static> Routes<D> for OpenApi {
    fn routes(
        self,
        (_, described): (impl FnOnce() -> Route<D>, impl FnOnce() -> UtoipaMethodRouter<D>),
    ) -> Self {
        OpenApiRouter::with_openapi(self).routes(described()).into_openapi()
    }

    fn map(self, _: impl FnOnce(Router<D>) -> Router<D>) -> Self {
        self
    }

    fn at_function_url(mut self, function: &str) -> Self {
        self.servers = Some(function_url(function).into());
        self
    }
}

/// The handlers at one path.
pub struct Route<D> {
    path: String,
    methods: MethodRouter<D>,
}

impl<D: Clone + Send + Sync + 'static> Route<D> {
    #[doc(hidden)]
    #[must_use]
    pub fn new() -> Self {
        Self { path: String::new(), methods: MethodRouter::new() }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn on<P: utoipa::Path, T: 'static>(self, handler: &impl Handler<T, D>) -> Self {
        let methods = P::methods()
            .iter()
            .fold(self.methods, |methods, method| methods.on(method.to_method_filter(), handler.clone()));
        Self { path: P::path(), methods }
    }
}

/// Names the handlers at one path, each `module::function` with the attribute `utoipa::path`, for [`Routes::routes`].
///
/// [`Routes::routes`]: crate::http::Routes::routes
#[macro_export]
macro_rules! routes {
    ($($module:ident::$handler:ident),+ $(,)?) => {
        (
            || $crate::http::paste! {
                $crate::http::Route::new()$(.on::<$module::[<__path_ $handler>], _>(&$module::$handler))+
            },
            || $crate::http::described_routes!($($module::$handler),+),
        )
    };
}
