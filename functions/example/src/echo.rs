use std::collections::BTreeMap;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use shared::http::{AnyObject, Error, Json, MultipartForm};
use utoipa::ToSchema;

const X_API_VERSION: HeaderName = HeaderName::from_static("x-api-version");

/// The replacement of a masked value.
const MASK: &str = "***";

/// Headers whose names contain one of these words carry credentials, or values derived from them.
const CREDENTIALS: [&str; 7] = ["auth", "cookie", "key", "password", "secret", "signature", "token"];

/// The content of a request.
#[derive(Serialize, ToSchema)]
#[schema(as = Echo)]
pub(crate) struct EchoBody {
    /// The method of the request.
    #[schema(example = "GET")]
    method: String,
    /// The path of the request.
    #[schema(example = "/api/example")]
    path: String,
    /// The values of each query parameter, decoded, in their order in the query.
    #[schema(example = json!({"q": ["rust", "lambda"]}))]
    query: BTreeMap<String, Vec<String>>,
    /// The headers: names in lower case, values of one name joined by commas, credentials masked.
    #[schema(example = json!({"accept": "application/json", "authorization": "***"}))]
    headers: BTreeMap<String, String>,
    /// The names of the cookies. Their values are masked.
    #[schema(example = json!({"theme": "***"}))]
    cookies: BTreeMap<String, &'static str>,
    /// The body of a POST: the JSON object, or the values of each field of the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = AnyObject, required = false)]
    body: Option<Carried>,
}

/// The body of a request.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Carried {
    Json(Box<RawValue>),
    Form(BTreeMap<String, Vec<Field>>),
}

/// One value of a form.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Field {
    Text(String),
    #[serde(rename_all = "camelCase")]
    File {
        file_name: String,
        content_type: Option<String>,
        size: usize,
    },
}

impl Carried {
    /// Reads a form that is encoded like a query.
    pub(crate) fn pairs(pairs: &[u8]) -> Self {
        let fields = many(pairs).into_iter();
        Self::Form(
            fields.map(|(name, values)| (name, values.into_iter().map(Field::Text).collect())).collect(),
        )
    }

    /// Reads a form that can have files.
    pub(crate) fn form(form: &MultipartForm) -> Result<Self, Error> {
        let mut fields: BTreeMap<String, Vec<Field>> = BTreeMap::new();
        for part in &form.parts {
            let field = match part.file_name.clone() {
                None => Field::Text(form.text(part)?),
                Some(file_name) => Field::File {
                    file_name,
                    content_type: part.content_type.clone(),
                    size: part.content.len(),
                },
            };
            fields.entry(part.name.clone()).or_default().push(field);
        }
        Ok(Self::Form(fields))
    }
}

impl EchoBody {
    pub(crate) fn of(request: &Parts, body: Option<Carried>) -> Self {
        Self {
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
            query: many(request.uri.query().unwrap_or_default().as_bytes()),
            headers: headers(&request.headers),
            cookies: cookies(&request.headers),
            body,
        }
    }
}

impl IntoResponse for EchoBody {
    fn into_response(self) -> Response {
        ([(X_API_VERSION, env!("CARGO_PKG_VERSION"))], Json(self)).into_response()
    }
}

/// Groups the pairs of a query or a form by name.
fn many(pairs: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut many: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(pairs) {
        many.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    many
}

fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let shown = |name: &HeaderName| {
        if CREDENTIALS.iter().any(|word| name.as_str().contains(word)) {
            return MASK.to_owned();
        }
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.collect::<Vec<_>>().join(",")
    };
    headers.keys().map(|name| (name.to_string(), shown(name))).collect()
}

fn cookies(headers: &HeaderMap) -> BTreeMap<String, &'static str> {
    // A cookie without `=` is left out, because it could be a secret and not a name.
    shared::http::cookies(headers)
        .map(|(name, _)| (String::from_utf8_lossy(name).into_owned(), MASK))
        .collect()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, Request};
    use serde_json::{Value, json};
    use shared::http::ContentType;

    use super::*;

    fn echo(request: axum::http::request::Builder) -> Value {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        serde_json::to_value(EchoBody::of(&parts, None)).unwrap()
    }

    #[test]
    fn what_is_there_twice_keeps_all_of_its_values() {
        let echo = echo(
            Request::get("/api/example?a=1&b=%C3%A9+x&a=&c")
                .header("accept", "application/json")
                .header("accept", "text/html"),
        );
        assert_eq!(echo["query"], json!({"a": ["1", ""], "b": ["é x"], "c": [""]}));
        assert_eq!(echo["headers"], json!({"accept": "application/json,text/html"}));
        assert!(echo.get("body").is_none());
    }

    #[test]
    fn a_form_comes_back_with_ten_times_its_bytes_at_most() {
        // Lambda sends the JSON in a JSON string.
        let sent_back =
            |form: Carried| serde_json::to_string(&serde_json::to_string(&form).unwrap()).unwrap().len();
        let names = || (1..=0x1f_u8).flat_map(|a| (1..=0x1f_u8).map(move |b| vec![a, b, b'&']));
        for pairs in [vec![1; 3000], b"&a".repeat(1000), b"%01%02".repeat(500), names().flatten().collect()] {
            let length = sent_back(Carried::pairs(&pairs));
            assert!(length <= 10 * pairs.len(), "{length} of {}: {pairs:?}", pairs.len());
        }
        let part = "--B\r\nContent-Disposition:form-data;name=\"\u{1}\"\r\n\r\n\u{1}\u{2}\"\\\r\n".repeat(50);
        let body = (part + "--B--").into();
        let form =
            MultipartForm::read(&ContentType::parse("multipart/form-data; boundary=B"), &body).unwrap();
        let length = sent_back(Carried::form(&form).unwrap());
        assert!(length <= 10 * body.len(), "{length} of {}", body.len());
    }

    #[test]
    fn every_credential_is_masked() {
        let names = [
            "authorization",
            "cookie",
            "proxy-authorization",
            "stripe-signature",
            "x-amz-security-token",
            "x-api-key",
            "x-csrf-token",
        ];
        let request =
            names.iter().fold(Request::get("/"), |request, name| request.header(*name, "canary=canary"));
        let echo = echo(request.header("x-plain", "shown"));
        assert!(!echo["headers"].to_string().contains("canary"), "{echo}");
        assert_eq!(echo["headers"]["x-plain"], "shown");
        assert_eq!(echo["cookies"], json!({"canary": MASK}));
    }

    #[test]
    fn a_cookie_without_a_name_is_not_taken_for_one() {
        let echo = echo(Request::get("/").header("cookie", "theme=dark; canary; =canary; a=b=c; theme=x"));
        assert_eq!(echo["cookies"], json!({"theme": MASK, "a": MASK}));
    }

    #[test]
    fn a_cookie_of_other_bytes_hides_none_beside_it() {
        let value = HeaderValue::from_bytes(b"theme=dark; n=Zo\xeb; \xff=1; sid=a=b").unwrap();
        let echo = echo(Request::get("/").header("cookie", value));
        assert_eq!(echo["cookies"], json!({"theme": MASK, "n": MASK, "\u{fffd}": MASK, "sid": MASK}));
    }
}
