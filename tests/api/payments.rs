use serde_json::{Value, json};
use tests::{App, Client, checkout_event};

const COMPLETED: &str = "checkout.session.completed";

/// Registers a user who has confirmed the address.
async fn buyer(app: &App, email: &str) -> Client {
    let user = app.confirmed_account(email).await;
    app.user(&user.id.to_string())
}

/// Pays a checkout that was created at this second.
async fn pay(app: &App, at: i64, changes: Value) {
    let mut changes = changes;
    changes["created"] = json!(at);
    changes["id"] = json!(format!("cs_test_{at}"));
    app.stripe().deliver(&checkout_event(COMPLETED, &changes)).await.expect(200);
}

async fn seconds(client: &Client, query: &str) -> (Vec<i64>, Value) {
    let body = client.get(&format!("/api/payments{query}")).await.expect(200).json();
    let id = |payment: &Value| {
        payment["id"].as_str().unwrap().trim_start_matches("cs_test_").parse::<i64>().unwrap()
    };
    (body["payments"].as_array().unwrap().iter().map(id).collect(), body["pagination"].clone())
}

#[tokio::test]
async fn a_payment_shows_what_was_paid() {
    let app = App::start().await;
    let ada = buyer(&app, "ada@example.com").await;
    pay(&app, 1_763_656_375, json!({"payment_intent": "pi_1"})).await;
    let list = ada.get("/api/payments").await.expect(200).json();
    let payment = json!({
        "id": "cs_test_1763656375", "amountTotal": 1999, "currency": "eur", "paymentStatus": "paid",
        "livemode": false, "paymentIntent": "pi_1",
        "createdAt": "2025-11-20T16:32:55.000Z", "paidAt": "2025-11-20T16:35:00.000Z",
    });
    let pagination = json!({"page": 1, "limit": 10, "total": 1, "totalPages": 1, "nextCursor": null});
    assert_eq!(list, json!({"payments": [payment], "pagination": pagination}));
}

#[tokio::test]
async fn payments_by_id_and_by_address_are_one_list_newest_first() {
    let app = App::start().await;
    let ada = buyer(&app, "Ada@example.com").await;
    for at in 1..=7 {
        let changes = match at % 3 {
            0 => json!({"customer_details": {"email": "ADA@EXAMPLE.COM"}}),
            1 => json!({"client_reference_id": ada.id(), "customer_details": {"email": "other@example.com"}}),
            _ => {
                json!({"client_reference_id": "cart-7", "customer_details": null, "customer_email": "ada@example.com"})
            }
        };
        pay(&app, at, changes).await;
    }
    let (all, pagination) = seconds(&ada, "").await;
    assert_eq!((all, &pagination["total"]), (vec![7, 6, 5, 4, 3, 2, 1], &json!(7)));

    let (first, pagination) = seconds(&ada, "?limit=3").await;
    assert_eq!((first, &pagination["totalPages"]), (vec![7, 6, 5], &json!(3)));
    let cursor = pagination["nextCursor"].as_str().unwrap();
    assert_eq!(seconds(&ada, &format!("?limit=3&cursor={cursor}")).await.0, [4, 3, 2]);
    assert_eq!(seconds(&ada, "?limit=3&page=2").await.0, [4, 3, 2]);
    let last = ada.get("/api/payments?limit=3&page=3").await.expect(200);
    assert_eq!(
        last.header("link"),
        "</api/payments?page=1&limit=3>; rel=\"first\", </api/payments?page=2&limit=3>; rel=\"prev\", \
         </api/payments?page=3&limit=3>; rel=\"last\""
    );
    assert_eq!(
        ada.get("/api/payments?limit=0&page=x&cursor=y").await.bad_fields(),
        ["cursor", "limit", "page"]
    );
}

#[tokio::test]
async fn nobody_sees_what_somebody_else_paid() {
    let app = App::start().await;
    let (ada, bea) = (buyer(&app, "ada@example.com").await, buyer(&app, "bea@example.com").await);
    pay(&app, 1, json!({})).await;
    // The application's reference names the payer, whatever address was entered at the checkout.
    pay(&app, 2, json!({"client_reference_id": bea.id()})).await;
    pay(&app, 3, json!({"client_reference_id": null, "customer_details": null})).await;
    assert_eq!(seconds(&ada, "").await.0, [1]);
    assert_eq!(seconds(&bea, "").await.0, [2]);
    assert_eq!(seconds(&ada, "").await.1["total"], 1);
    app.anonymous().get("/api/payments").await.expect_error(401, "missing_token");
}

#[tokio::test]
async fn payments_by_address_follow_the_address_and_those_by_id_the_user() {
    let app = App::start().await;
    let ada = buyer(&app, "ada@example.com").await;
    pay(&app, 1, json!({})).await;
    pay(&app, 2, json!({"client_reference_id": ada.id()})).await;
    let url = format!("/api/users/{}", ada.id());
    ada.patch(&url, &json!({"email": "lovelace@example.com"})).await.expect(200);
    assert_eq!(seconds(&ada, "").await.0, [2, 1], "the change is pending");
    let token = app.link_token("lovelace@example.com", 1).await;
    app.anonymous().post("/api/auth/email-confirmation/confirm", &json!({"token": token})).await.expect(204);
    assert_eq!(seconds(&ada, "").await.0, [2]);
    let next = buyer(&app, "ada@example.com").await;
    assert_eq!(seconds(&next, "").await.0, [1]);
}

#[tokio::test]
async fn payments_by_address_are_for_who_has_confirmed_it_alone() {
    let app = App::start().await;
    pay(&app, 1, json!({})).await;
    let registration = json!({"email": "ada@example.com", "password": "correct horse"});
    let id = app.anonymous().post("/api/auth/register", &registration).await.expect(201).text("/user/id");
    let stranger = app.user(&id);
    let (none, pagination) = seconds(&stranger, "").await;
    assert_eq!((none, &pagination["total"]), (vec![], &json!(0)));
    let token = app.link_token("ada@example.com", 1).await;
    app.anonymous().post("/api/auth/email-confirmation/confirm", &json!({"token": token})).await.expect(204);
    assert_eq!(seconds(&stranger, "").await.0, [1]);
}

#[tokio::test]
async fn a_token_whose_user_is_gone_lists_nothing() {
    let app = App::start().await;
    let ada = buyer(&app, "ada@example.com").await;
    pay(&app, 1, json!({"client_reference_id": ada.id()})).await;
    ada.delete(&format!("/api/users/{}", ada.id())).await.expect(204);
    ada.get("/api/payments").await.expect_error(401, "invalid_token");
}
