//! The document without operations: the description of the API, its tags and its security schemes.

use shared::http::{ErrorBody, ProblemDetails};
use utoipa::OpenApi as _;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ExternalDocs, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder, Tag,
};

const DESCRIPTION: &str = "\
Accounts, posts, problems, files, payments and the weather, over HTTP and in JSON.

- **Signing in**: `POST /api/auth/login` returns an access token for `Authorization: Bearer`. Browsers can sign in with \
a cookie instead: `POST /api/session`.
- **Errors** have one shape. `code` is for programs and does not change; `error` is for people. A client that prefers \
`application/problem+json` in `Accept` gets problem details (RFC 9457).
- **Methods**: each path supports HEAD where it supports GET, and OPTIONS. Any other method is answered with 405 and \
`Allow`.
- **Lists** have pages: by number with `page` and `limit`, or with `cursor`. The `Link` header has the URLs of other pages.
- **Conditional requests**: single resources have an `ETag`. With `If-None-Match` an unchanged resource is not sent \
again; with `If-Match` a change fails if somebody else changed the resource before.
- **Retries**: a request with an `Idempotency-Key` can be sent again without a second effect.
- **Request bodies** with unknown members are refused. Unknown query parameters are ignored.
- **The gateway** refuses some requests before they reach the API: those with a body of more than 10 MB (413) or above \
the rate that the whole API accepts (429, 503). These errors have the shape `{\"message\": \"...\"}`.";

const TAGS: &[(&str, &str)] = &[
    ("auth", "Accounts, and tokens to authenticate with."),
    ("sessions", "Signing in with a cookie, for browsers."),
    ("users", "The users of the API."),
    ("posts", "Posts that users write: drafts and published ones."),
    ("problems", "Problems that users pose, and a search over their names."),
    ("files", "Files that users upload."),
    ("payments", "Payments that Stripe reports, and the webhook that receives them."),
    ("streams", "Streamed responses. They have a server of their own."),
    ("weather", "The weather in a city."),
    ("operations", "The state of the API, and an echo of requests."),
    ("documentation", "The description of the API."),
];

/// Returns the document without operations.
pub(super) fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Serverless API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()));
    let server = ServerBuilder::new().url("/").description(Some("The host that serves this document"));
    let mut conventions = ExternalDocs::new("/api/docs/api-design.md");
    conventions.description = Some("The conventions of the API".to_owned());
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([server.build()]))
        .external_docs(Some(conventions))
        .tags(Some(TAGS.iter().copied().map(tag)))
        .components(Some(components()))
        .build()
}

fn tag((name, description): (&str, &str)) -> Tag {
    TagBuilder::new().name(name).description(Some(description)).build()
}

/// Both shapes of an error, to which every operation refers.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(ErrorBody<'static>, ProblemDetails<'static>)))]
struct Errors;

/// Returns the components to which operations refer: the shapes of an error and the security schemes.
fn components() -> Components {
    let mut components = Errors::openapi().components.unwrap_or_default();
    components.add_security_scheme("accessToken", access_token());
    components.add_security_scheme("session", session());
    components
}

fn access_token() -> SecurityScheme {
    let description = "An access token (RFC 9068), valid for 15 minutes. `POST /api/auth/login` returns one.";
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    SecurityScheme::Http(scheme.description(Some(description)).build())
}

fn session() -> SecurityScheme {
    let description = "The cookie that `POST /api/session` sets. A request that changes something must come from a page \
                       of the API or of an allowed origin.";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description("__Host-sessionId", description)))
}
