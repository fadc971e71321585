//! The API accepts exactly the requests that the schemas in openapi.json accept. Each operation's own example is sent,
//! and the example with one value changed.

mod variants;

use std::fmt;

use serde_json::{Value, json};
use tests::{Answer, App, Body, Document, Operation, Parameter, Sender};

use self::variants::{texts, values};

/// Values for header parameters: valid and invalid entity tags, and dates.
const HEADERS: [&str; 7] =
    ["\"1\"", "\"1\", W/\"2\"", "*", "1", "\"1", "Fri, 20 Nov 2026 16:32:55 GMT", "yesterday"];

/// Fields on which the API is stricter or more lenient than a schema can express.
const BODIES: &[Exception] = &[
    refused("POST /api/auth/email-confirmation/confirm", "the example", NO_LINK),
    refused("POST /api/auth/email-confirmation/confirm", "token", NO_LINK),
    refused("POST /api/auth/password-reset/confirm", "the example", NO_LINK),
    refused("POST /api/auth/password-reset/confirm", "token", NO_LINK),
    refused("POST /api/auth/password-reset/confirm", "password", NO_LINK),
    refused("PUT /api/profile", "currentPassword", "it is the caller's own"),
    refused("POST /api/upload/presign", "fileName", "its extension is one of the type's"),
    refused("POST /api/upload/presign", "contentType", "the name's extension is one of its own"),
    taken(
        "POST /api/upload/presign",
        "contentType",
        "media types have no case, and a schema lists one spelling",
    ),
];
const PARAMETERS: &[Exception] = &[
    refused(ANY, "cursor", "it is sealed: only those that the list gave are good"),
    refused("GET /api/docs/{file}", "file", "there are these files and no others"),
    refused("POST /api/webhooks/stripe", "Stripe-Signature", "it is of the body and the time, by a secret"),
];

const NO_LINK: &str = "the link of the example was sent to nobody";

/// Each operation that has the field.
const ANY: &str = "*";

struct Exception {
    operation: &'static str,
    field: &'static str,
    /// True if the schema accepts the values. The API disagrees with it.
    schema_takes_it: bool,
    #[expect(dead_code, reason = "for whoever reads the list")]
    why: &'static str,
}

/// Declares that the API refuses values that the schema accepts.
const fn refused(operation: &'static str, field: &'static str, why: &'static str) -> Exception {
    Exception { operation, field, schema_takes_it: true, why }
}

/// Declares that the API accepts values that the schema refuses.
const fn taken(operation: &'static str, field: &'static str, why: &'static str) -> Exception {
    Exception { operation, field, schema_takes_it: false, why }
}

/// A request on which the schema and the API disagree.
struct Disagreement {
    operation: String,
    field: String,
    value: String,
    schema_takes_it: bool,
    answer: Answer,
}

#[tokio::test]
async fn a_body_is_taken_where_its_schema_takes_it() {
    let app = App::start().await;
    let mut found = Vec::new();
    for operation in &Document::published().operations {
        for body in &operation.bodies {
            found.extend(of_body(&app, operation, body).await);
        }
    }
    expect_only(BODIES, &found);
}

#[tokio::test]
async fn a_parameter_is_taken_where_its_schema_takes_it() {
    let app = App::start().await;
    let mut found = Vec::new();
    for operation in &Document::published().operations {
        for parameter in &operation.parameters {
            found.extend(of_parameter(&app, operation, parameter).await);
        }
    }
    expect_only(PARAMETERS, &found);
}

/// Sends the example, the example without each of its members, with each member changed, and with one more.
async fn of_body(app: &App, operation: &Operation, body: &Body) -> Vec<Disagreement> {
    let sender = Sender::new(app, operation).await;
    let example = sender.example(body);
    let mut tries = vec![("the example".to_owned(), example.clone())];
    for (member, schema) in body.definition["properties"].as_object().into_iter().flatten() {
        let mut changed = example.clone();
        changed.as_object_mut().unwrap().remove(member);
        tries.push((member.clone(), changed.clone()));
        let shown = example.get(member).unwrap_or(&body.example()[member]).clone();
        let others = if body.is_form() { texts(schema, &shown) } else { values(schema, &shown) };
        for value in others {
            changed[member] = value;
            tries.push((member.clone(), changed.clone()));
        }
    }
    let mut unknown = example;
    unknown["unknownMember"] = json!("x");
    tries.push(("unknownMember".to_owned(), unknown));

    let mut found = Vec::new();
    for (field, value) in tries {
        let schema_takes_it = Document::published().takes_body(body, &value);
        let answer = sender.send_body(body, &value).await;
        if is_taken(&answer, &[400, 413, 415, 422]) != schema_takes_it {
            let value = value.get(&field).unwrap_or(&value).to_string();
            found.push(Disagreement {
                operation: operation.name.clone(),
                field,
                value,
                schema_takes_it,
                answer,
            });
        }
    }
    found
}

/// Sends each of the [`tries`].
async fn of_parameter(app: &App, operation: &Operation, parameter: &Parameter) -> Vec<Disagreement> {
    let mut sender = Sender::new(app, operation).await;
    let refusals: &[u16] = if parameter.location == "path" { &[400, 404] } else { &[400] };

    let mut found = Vec::new();
    for number in 0..tries(parameter, sender.parameter_example(parameter)).len() {
        // A new resource may have another id.
        sender.renew().await;
        let text = tries(parameter, sender.parameter_example(parameter)).swap_remove(number);
        // An empty query parameter counts as missing, because forms send their empty fields.
        let text_of_schema = text.as_ref().filter(|text| parameter.location != "query" || !text.is_empty());
        let schema_takes_it = text_of_schema
            .map_or(!parameter.is_required, |text| Document::published().takes_parameter(parameter, text));
        let answer = sender.send_parameter(parameter, text.as_deref()).await;
        if is_taken(&answer, refusals) != schema_takes_it {
            let (operation, field) = (operation.name.clone(), parameter.name.clone());
            let value = text.map_or_else(|| "its absence".to_owned(), |text| format!("{text:?}"));
            found.push(Disagreement { operation, field, value, schema_takes_it, answer });
        }
    }
    found
}

/// Returns the example of a parameter, `None` for its absence, and other texts.
fn tries(parameter: &Parameter, example: Option<String>) -> Vec<Option<String>> {
    let mut others = texts(&parameter.definition, &json!(example));
    if parameter.location == "header" {
        others.extend(HEADERS.map(Value::from));
    }
    let others = others.iter().filter_map(Value::as_str).map(|text| Some(text.to_owned()));
    let mut tries: Vec<Option<String>> = [example, None].into_iter().chain(others).collect();
    if parameter.location == "path" {
        tries.retain(|text| text.as_ref().is_some_and(|text| !text.is_empty()));
    }
    tries
}

/// Tells whether the request itself was valid. Statuses such as 401 or 409 have reasons that a schema cannot express.
fn is_taken(answer: &Answer, refusals: &[u16]) -> bool {
    assert!(answer.status < 500, "{answer:?}");
    !refusals.contains(&answer.status)
}

/// Checks that the exceptions match the disagreements exactly.
fn expect_only(exceptions: &[Exception], found: &[Disagreement]) {
    let is = |disagreement: &Disagreement, exception: &Exception| {
        [ANY, &disagreement.operation].contains(&exception.operation)
            && (&*disagreement.field, disagreement.schema_takes_it)
                == (exception.field, exception.schema_takes_it)
    };
    let unexplained = found.iter().filter(|found| !exceptions.iter().any(|exception| is(found, exception)));
    let mut wrong: Vec<String> = unexplained.map(ToString::to_string).collect();
    for exception in exceptions.iter().filter(|exception| !found.iter().any(|found| is(found, exception))) {
        wrong.push(format!("{}, {}: no exception any more", exception.operation, exception.field));
    }
    assert!(wrong.is_empty(), "\n\n{}\n", wrong.join("\n"));
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, field, value, schema_takes_it, answer } = self;
        let value: String = value.chars().take(100).collect();
        let schema = if *schema_takes_it { "takes" } else { "refuses" };
        let said = String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)]);
        write!(
            f,
            "{operation}, {field}: the schema {schema} {value}, the API answers {} {said}",
            answer.status
        )
    }
}
