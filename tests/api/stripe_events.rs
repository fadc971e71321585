//! The shapes that a signed event may have.

use serde_json::json;
use tests::{App, checkout_event};

use crate::webhooks_stripe::{COMPLETED, left, payments, received};

#[tokio::test]
async fn a_signed_event_that_can_not_be_read_says_why() {
    let app = App::start().await;
    let stripe = app.stripe();
    for (changes, field, message) in [
        (json!({"id": null}), "data.object.id", "must be a string, not null"),
        (json!({"payment_status": 5}), "data.object.payment_status", "must be a string, not a number"),
        (json!({"amount_total": 19.99}), "data.object.amount_total", "must be a whole number"),
        (json!({"amount_total": null}), "data.object.amount_total", "must be a whole number, not null"),
    ] {
        let answer = stripe.deliver(&checkout_event(COMPLETED, &changes)).await;
        assert_eq!(
            (answer.bad_fields(), &*answer.text("/details/0/message")),
            (vec![field.to_owned()], message)
        );
    }
    let mut without_id = checkout_event(COMPLETED, &json!({}));
    without_id.as_object_mut().unwrap().remove("id");
    let answer = stripe.deliver(&without_id).await;
    assert_eq!(
        (answer.bad_fields(), &*answer.text("/details/0/message")),
        (vec!["id".to_owned()], "must be a string, not null")
    );
    assert_eq!(left(&app), [""; 0]);
}

#[tokio::test]
async fn an_event_that_is_no_complete_checkout_is_received_whatever_its_shape() {
    let app = App::start().await;
    let stripe = app.stripe();
    let thin = json!({"id": "evt_test_1", "object": "v2.core.event", "created": "2026-10-04T15:13:32.232083866Z",
        "type": "v2.core.account[configuration.merchant].capability_status_updated", "livemode": false,
        "related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"}});
    let (open, close) = ("[".repeat(1000), "]".repeat(1000));
    let deep = format!(r#"{{"type":"charge.refunded","data":{open}{close}}}"#);
    for body in [
        &*thin.to_string(),
        "{}",
        "[]",
        "[{}]",
        "null",
        "5",
        r#"{"type":5,"data":null}"#,
        r#"{"type":"charge.refunded","created":null,"created":null,"data":{"a":1,"a":2}}"#,
        r#"{"type":["a"],"n":1e999}"#,
        &deep,
    ] {
        let answer = stripe.send(body.as_bytes(), &stripe.sign(body.as_bytes())).await.expect(200);
        assert_eq!(answer.json(), received(), "{answer:?}");
    }
    assert_eq!(left(&app), [""; 0]);
}

#[tokio::test]
async fn a_member_that_decides_something_is_there_once() {
    let app = App::start().await;
    let stripe = app.stripe();
    let event = checkout_event(COMPLETED, &json!({})).to_string();
    for (member, twice, field) in [
        (r#""amount_total":1999"#, r#""amount_total":1,"amount_total":1999"#, "data.object.amount_total"),
        (
            r#""payment_status":"paid""#,
            r#""payment_status":"unpaid","payment_status":"paid""#,
            "data.object.payment_status",
        ),
        (
            r#""email":"ada@"#,
            r#""email":"eve@example.com","email":"ada@"#,
            "data.object.customer_details.email",
        ),
        (r#""data":"#, r#""data":{},"data":"#, "data"),
        (r#""type":"#, r#""type":"charge.refunded","type":"#, "type"),
        (r#""object":"event""#, r#""object":"v2.core.event","object":"event""#, "object"),
    ] {
        assert_eq!(event.matches(member).count(), 1, "{member} in {event}");
        let body = event.replace(member, twice);
        let answer = stripe.send(body.as_bytes(), &stripe.sign(body.as_bytes())).await;
        let error = answer.expect_error(400, "malformed_json");
        assert_eq!(error["details"][0]["field"], field, "{answer:?}");
    }
    assert_eq!(left(&app), [""; 0]);
}

#[tokio::test]
async fn a_complete_checkout_is_recorded_however_odd_the_rest_of_it_is() {
    let app = App::start().await;
    let stripe = app.stripe();
    let oddities = [
        json!({"customer_details": null, "customer_email": null, "payment_intent": null, "created": null}),
        json!({"customer_details": [], "payment_intent": {"id": "pi_1", "object": "payment_intent"}}),
        json!({"customer_details": {"email": 5}, "payment_intent": {"id": null}, "client_reference_id": {}}),
        json!({"amount_total": 1999.0, "customer": {"id": "cus_1"}, "line_items": {"data": [{}]}, "mode": null}),
        json!({"customer_details": {"email": "no address"}, "created": "2026-10-04T15:13:32Z", "livemode": null}),
    ];
    for changes in &oddities {
        let mut event = checkout_event(COMPLETED, changes);
        event["created"] = changes["created"].clone();
        stripe.deliver(&event).await.expect(200);
    }
    assert_eq!(payments(&app), oddities.len());
}
