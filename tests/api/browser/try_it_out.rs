//! Every operation of the page at `/api/docs`, tried with the values that the page fills in.

use serde_json::{Value, json};
use shared::auth::Subject;
use shared::domain::Role;
use tests::{App, Chromium, Client, just_signed_in};

/// The id of every example in the document.
const EXAMPLE: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

/// Operations that the API refuses with the filled-in values, and why. All others succeed.
const REFUSED: [(&str, &str, &str); 8] = [
    ("register", "409", "the reader has the example's address already"),
    ("createUser", "409", "so it is with another user"),
    ("refreshTokens", "401", "the example's token is nobody's"),
    ("endListedSession", "404", "the example's session is nobody's"),
    ("endSessions", "401", "the session has ended before, so that the access token stays valid"),
    ("confirmEmail", "400", "the example's link was sent to nobody"),
    ("resetPassword", "400", "the example's link was sent to nobody"),
    ("receiveStripeEvent", "400", "the example's signature is not Stripe's"),
];

const TRY_IT_OUT: &str = include_str!("try_it_out.js");

/// Enters the access token in the page's dialogue.
const AUTHORIZE: &str = "const until = async (condition) => {
        for (let found;;) {
            if ((found = condition())) return found;
            await new Promise((ready) => setTimeout(ready, 10));
        }
    };
    document.querySelector('.btn.authorize').click();
    await until(() => document.querySelector('.auth-container'));
    const button = (name) => [...document.querySelectorAll('.auth-btn-wrapper .btn')].find((button) => button.innerText === name);
    button('Logout')?.click();
    await until(() => !button('Logout'));
    const input = await until(() => document.querySelector('.auth-container input'));
    // React notices only values that the browser's own setter sets.
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, args);
    input.dispatchEvent(new Event('input', {bubbles: true}));
    document.querySelector('.auth-btn-wrapper .authorize').click();
    await until(() => button('Logout'));
    document.querySelector('.btn-done').click();";

/// Gives the entity with this id the example's id.
fn make_the_example(app: &App, id: &str) {
    for item in app.items() {
        let text = item.to_string();
        if text.contains(id) {
            let item: Value = serde_json::from_str(&text.replace(id, EXAMPLE)).unwrap();
            let request = json!({"TableName": app.stack.table_name(), "Item": item});
            app.stack.dynamodb().database().put_item(serde_json::from_value(request).unwrap()).unwrap();
        }
    }
}

/// Creates an account with the address and password of the document's examples, and one resource of each kind that it
/// owns.
async fn write_the_examples(app: &App, document: &Value) -> Client {
    let account = &document["components"]["examples"]["RegistrationInput"]["value"];
    let registered = app.anonymous().post("/api/auth/register", account).await.expect(201);
    make_the_example(app, &registered.text("/user/id"));
    let reader = app.user(EXAMPLE);
    for resource in app.resources_below_others_too() {
        if resource.path() != "/api/users" {
            let created = reader.post(&resource.shown_path(), &resource.body()).await.expect(201);
            make_the_example(app, &created.text("/id"));
        }
    }
    make_the_example(app, &reader.upload("a.txt", "text/plain", b"Hello").await.expect(201).text("/fileId"));
    reader
}

/// Orders the operations: those that sign in come first, then the others, then those that remove and sign out, and the
/// removal of the account last. What is below another resource goes before it. A post is created after the removal of the
/// one that has the example's title.
fn order(operation: &Value) -> usize {
    let id = operation["operationId"].as_str().unwrap();
    let first = ["beginSession"];
    let last =
        ["deletePost", "createPost", "logout", "endListedSession", "endSession", "deleteUser", "endSessions"];
    match (first.iter().position(|name| *name == id), last.iter().position(|name| *name == id)) {
        (Some(place), _) => place,
        (_, Some(place)) => 100 + place,
        _ if id.starts_with("delete") => 99,
        _ => 50,
    }
}

#[tokio::test]
async fn every_operation_works_as_the_page_fills_it_in() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    let document = app.anonymous().get("/api/openapi.json").await.expect(200).json();
    let methods =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let mut operations: Vec<&Value> = methods.filter(|method| method["operationId"].is_string()).collect();
    operations.sort_by_key(|operation| order(operation));

    let reader = write_the_examples(&app, &document).await;
    let page =
        chromium.open(&format!("{}/api/docs", app.stack.url().replace("127.0.0.1", "localhost"))).await;
    page.until("document.querySelector('.opblock')").await;
    let shown = page.run("return document.querySelectorAll('.opblock').length", Value::Null).await;
    assert_eq!(shown, operations.len());
    app.admin().patch(&format!("/api/users/{EXAMPLE}"), &json!({"role": "admin"})).await.expect(200);
    let authorize = async |auth_epoch| {
        let admin = Subject { auth_epoch, ..just_signed_in(reader.id().parse().unwrap(), Role::Admin) };
        page.run(AUTHORIZE, json!(app.tokens.sign(admin).unwrap())).await;
    };
    authorize(0).await;

    let mut failures = Vec::new();
    for operation in operations {
        let id = operation["operationId"].as_str().unwrap();
        let tag = operation["tags"][0].as_str().unwrap();
        if id == "deleteUser" {
            // It takes a sign-in of the last five minutes, and a busy machine needs longer for all the others.
            authorize(1).await;
        }
        let seen = page.run(TRY_IT_OUT, json!(format!("operations-{tag}-{id}"))).await;
        // Swagger UI adds a word to a status that the document lacks.
        let status = seen["status"].as_str().unwrap_or_default();
        let expected = REFUSED.iter().find(|(refused, ..)| *refused == id);
        let is_fine = match expected {
            Some((_, expected, _)) => status == *expected,
            None => status.len() == 3 && status.starts_with('2'),
        };
        if !is_fine {
            failures.push(format!("{id}: {seen:#}"));
        }
        if id == "updateProfile" {
            // It changes the password, which ends the access token.
            authorize(1).await;
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    page.close().await;
}
