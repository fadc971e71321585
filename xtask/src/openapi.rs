//! `cargo xtask openapi`: openapi.json and the README's route table, both from the code.

use std::path::Path;

use shared::http::{ErrorBody, Failed, ProblemBody};
use utoipa::OpenApi as _;
use utoipa::openapi::schema::{AdditionalProperties, Components, Schema};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ServerBuilder, Tag};

use crate::diff::diff;
use crate::error::{Error, read, write};
use crate::functions::{self, body_schemas, operations_mut};
use crate::{route_table, template};

/// What `openapi` is told.
#[derive(clap::Args)]
pub struct Args {
    /// Write nothing; fail where the files are not what the code says
    #[arg(long)]
    pub check: bool,
}

/// Writes, or checks, openapi.json and the table in README.md.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let document = document();
    let readme = root.join("README.md");
    let old_readme = if readme.exists() { read(&readme)? } else { route_table::EMPTY_README.to_owned() };
    let table = route_table::render(&document, &template::load(root)?);
    let files =
        [(root.join("openapi.json"), json(&document)?), (readme, route_table::insert(&old_readme, &table))];
    if args.check {
        let drift: Vec<String> = files.iter().filter_map(|(path, text)| drift(path, text)).collect();
        return if drift.is_empty() {
            Ok("openapi.json and README.md are what the code says".to_owned())
        } else {
            Err(Error::Drift(drift.join("\n")))
        };
    }
    for (path, text) in &files {
        // Untouched where it is the same: whatever embeds it is not built again.
        if drift(path, text).is_some() {
            write(path, text)?;
        }
    }
    Ok("openapi.json and the route table of README.md are written".to_owned())
}

/// The document as the file has it.
pub fn json(document: &OpenApi) -> Result<String, Error> {
    Ok(document.to_pretty_json()? + "\n")
}

/// All functions' operations in one document, with what they have in common.
#[must_use]
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Serverless API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()));
    let mut document = OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .tags(Some(TAGS.map(tag)))
        .components(Some(components()))
        .build();
    for mut function in functions::all() {
        name_own_url(&mut function.document);
        document.merge(function.document);
    }
    answer_with_the_error_shape(&mut document);
    refuse_unknown_members(&mut document);
    document
}

const DESCRIPTION: &str = "\
Users and posts over HTTP, in JSON.

- **Errors** have one shape, whatever goes wrong; `code` is for programs. With `Accept: application/problem+json` \
they come as RFC 9457 has them.
- **Every path** answers every method: HEAD where there is GET, OPTIONS with `Allow`, and otherwise 405.
- **Every answer** carries `X-Request-Id`, which is also in the logs.
- **Lists** come in pages, by `page` and `limit` or by `cursor`; the `Link` header has the neighbours.
- **Single resources** carry `ETag` and `Last-Modified`: `If-None-Match` saves a transfer, `If-Match` a lost update.
- **Unknown members** of a body are refused, unknown query parameters are ignored.";

const TAGS: [(&str, &str); 11] = [
    ("auth", "Accounts, and tokens to act with"),
    ("sessions", "Who is signed in by a cookie"),
    ("users", "Who has an account"),
    ("posts", "What users write"),
    ("problems", "What users pose, found by parts of its name"),
    ("files", "What users upload"),
    ("payments", "What was paid at Stripe"),
    ("streams", "Answers that are sent as they are made, at a function's own URL"),
    ("weather", "What it is like outside"),
    ("operations", "Whether the API is up, and what reaches it"),
    ("documentation", "What the API is"),
];

fn tag((name, description): (&str, &str)) -> Tag {
    TagBuilder::new().name(name).description(Some(description)).build()
}

/// What operations refer to by name: the failed answer, and the scheme of the tokens.
#[derive(utoipa::OpenApi)]
#[openapi(components(responses(Failed), schemas(ErrorBody<'static>, ProblemBody<'static>)))]
struct Common;

fn components() -> Components {
    let mut components = Common::openapi().components.unwrap_or_default();
    components.add_security_scheme("accessToken", access_token());
    components.add_security_scheme("session", session());
    components
}

fn access_token() -> SecurityScheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    SecurityScheme::Http(scheme.description(Some("An access token (RFC 9068)")).build())
}

fn session() -> SecurityScheme {
    let description =
        "The cookie of `POST /api/session`, which only the API's own pages and allowed origins may use";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description("__Host-sessionId", description)))
}

/// What a function says of where it is goes to each of its operations: those of other functions are elsewhere.
fn name_own_url(document: &mut OpenApi) {
    let servers = document.servers.take();
    if servers.is_some() {
        operations_mut(document).for_each(|operation| operation.servers.clone_from(&servers));
    }
}

/// Any operation can fail in ways that have nothing to do with it: 405, 406, 500, 503.
fn answer_with_the_error_shape(document: &mut OpenApi) {
    for operation in operations_mut(document) {
        let failed = RefOr::Ref(Ref::from_response_name("Failed"));
        operation.responses.responses.entry("default".to_owned()).or_insert(failed);
    }
}

/// `Fields::read` refuses members that a body does not know.
fn refuse_unknown_members(document: &mut OpenApi) {
    let bodies: Vec<String> = functions::operations(document)
        .flat_map(|(_, _, operation)| body_schemas(operation))
        .map(str::to_owned)
        .collect();
    let Some(components) = &mut document.components else { return };
    for name in bodies {
        if let Some(RefOr::T(Schema::Object(body))) = components.schemas.get_mut(&name) {
            body.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// What to say of a file that does not have this text.
fn drift(path: &Path, text: &str) -> Option<String> {
    let old = std::fs::read_to_string(path).unwrap_or_default();
    (old != text).then(|| format!("{}, {}", path.display(), diff(&old, text)))
}
