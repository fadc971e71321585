use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{App, Client, checkout_event};

pub(crate) const COMPLETED: &str = "checkout.session.completed";
const SUCCEEDED: &str = "checkout.session.async_payment_succeeded";

/// Returns the partition keys of the items that a webhook may have written.
pub(crate) fn left(app: &App) -> Vec<String> {
    let mut keys: Vec<String> = app
        .items()
        .iter()
        .map(|item| item["pk"]["S"].as_str().unwrap().to_owned())
        .filter(|pk| ["PAYMENT", "STRIPE#", "COUNT#PAYMENTS"].iter().any(|prefix| pk.starts_with(prefix)))
        .collect();
    keys.sort();
    keys
}

pub(crate) fn payments(app: &App) -> usize {
    left(app).iter().filter(|pk| pk.starts_with("PAYMENT#")).count()
}

pub(crate) fn received() -> Value {
    json!({"received": true})
}

/// Registers a user with this address who can list payments.
async fn buyer(app: &App, email: &str) -> Client {
    let user = app.confirmed_account(email).await;
    app.user(&user.id.to_string())
}

#[tokio::test]
async fn a_paid_checkout_is_recorded_with_its_event_for_30_days() {
    let app = App::start().await;
    let event = checkout_event(COMPLETED, &json!({}));
    let (event_id, id) = (event["id"].as_str().unwrap(), event["data"]["object"]["id"].as_str().unwrap());
    let answer = app.stripe().deliver(&event).await.expect(200);
    assert_eq!(answer.json(), received());
    let expected =
        ["COUNT#PAYMENTS#ada@example.com".to_owned(), format!("PAYMENT#{id}"), format!("STRIPE#{event_id}")];
    assert_eq!(left(&app), expected);

    let items = app.items();
    let item = |pk: &str| items.iter().find(|item| item["pk"]["S"] == pk).unwrap();
    let expires = item(&expected[2])["expiresAt"]["N"].as_str().unwrap().parse::<i64>().unwrap();
    let now = shared::clock::Clock::system().now().as_seconds();
    // The item expires in 30 days, less the time that the test took.
    assert!((30 * 86_400 - 600..=30 * 86_400).contains(&(expires - now)), "{expires}");
    let payment = item(&expected[1]);
    assert_eq!(payment["amountTotal"], json!({"N": "1999"}), "money is a whole number: {payment}");
    assert_eq!(payment["livemode"], json!({"BOOL": false}));
    assert_eq!(payment.get("expiresAt"), None, "a payment is kept: {payment}");
    assert!(!payment.to_string().contains("customer"), "nothing else of Stripe's body: {payment}");
}

#[tokio::test]
async fn fifty_deliveries_of_one_event_at_once_leave_one_payment() {
    let app = App::start().await;
    let stripe = app.stripe();
    let event = checkout_event(COMPLETED, &json!({}));
    let answers = join_all((0..50).map(|_| async { stripe.deliver(&event).await })).await;
    let mut received = 0;
    for answer in answers {
        // A delivery that cannot be answered in time gets 503, and Stripe sends it again.
        match answer.status {
            503 => assert_eq!(answer.header("retry-after"), "1", "{answer:?}"),
            _ => received += answer.expect(200).json()["received"].as_bool().map_or(0, i32::from),
        }
    }
    assert!(received > 0);
    stripe.deliver(&event).await.expect(200);
    let left = left(&app);
    assert_eq!(left.len(), 3, "one payment, one event, one count: {left:?}");
    let ada = buyer(&app, "ada@example.com").await;
    assert_eq!(ada.get("/api/payments").await.expect(200).json()["pagination"]["total"], 1);
}

#[tokio::test]
async fn two_events_of_one_checkout_leave_one_payment_whatever_their_order() {
    for order in [[COMPLETED, SUCCEEDED], [SUCCEEDED, COMPLETED]] {
        for first_status in ["paid", "unpaid"] {
            let app = App::start().await;
            let stripe = app.stripe();
            for kind in order {
                // Stripe may send `COMPLETED` while the payment is still pending.
                let status = if kind == COMPLETED { first_status } else { "paid" };
                let event = checkout_event(kind, &json!({"id": "cs_test_same", "payment_status": status}));
                stripe.deliver(&event).await.expect(200);
                // Each event is delivered a second time.
                stripe.deliver(&event).await.expect(200);
            }
            assert_eq!(payments(&app), 1, "{order:?} {first_status}: {:?}", left(&app));
            let ada = buyer(&app, "ada@example.com").await;
            let list = ada.get("/api/payments").await.expect(200);
            assert_eq!(list.json()["pagination"]["total"], 1, "{list:?}");
            assert_eq!(list.text("/payments/0/createdAt"), "2025-11-20T16:32:55.000Z");
            app.stack.shutdown().await;
        }
    }
}

#[tokio::test]
async fn the_payment_status_is_heeded() {
    let app = App::start().await;
    let stripe = app.stripe();
    for (changes, recorded) in [
        (json!({"payment_status": "unpaid"}), 0),
        (json!({"payment_status": "paid"}), 1),
        (json!({"payment_status": "no_payment_required", "amount_total": 0, "payment_intent": null}), 1),
        // An invoice pays a subscription.
        (json!({"mode": "subscription", "subscription": "sub_1", "payment_intent": null}), 1),
        // A checkout that only sets up a payment method for later is not a payment.
        (
            json!({"mode": "setup", "payment_status": "no_payment_required",
                "amount_total": null, "currency": null, "payment_intent": null}),
            0,
        ),
    ] {
        let before = payments(&app);
        let answer = stripe.deliver(&checkout_event(COMPLETED, &changes)).await.expect(200);
        assert_eq!(answer.json(), received());
        assert_eq!(payments(&app) - before, recorded, "{changes}");
    }
}

#[tokio::test]
async fn other_types_are_received_and_ignored() {
    let app = App::start().await;
    let stripe = app.stripe();
    for kind in ["charge.succeeded", "checkout.session.expired", "checkout.session.async_payment_failed", "x"]
    {
        let answer = stripe.deliver(&checkout_event(kind, &json!({}))).await.expect(200);
        assert_eq!(answer.json(), received());
    }
    assert_eq!(left(&app), [""; 0]);
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    assert!(
        logs.contains(r#""eventType":"checkout.session.expired","outcome":"nothing to record""#),
        "{logs}"
    );
    assert!(!logs.contains("ada@example.com"), "{logs}");
}

#[tokio::test]
async fn one_good_signature_is_enough_in_each_position() {
    let app = App::start().await;
    let stripe = app.stripe();
    let wrong = "0".repeat(64);
    for position in 0..4 {
        let body = checkout_event(COMPLETED, &json!({})).to_string().into_bytes();
        let good = stripe.sign(&body);
        let (time, good) = good.split_once(',').unwrap();
        let mut signatures = vec![format!("v1={wrong}"), format!("v0={wrong}"), format!("v1={wrong}")];
        signatures.insert(position, good.to_owned());
        let header = format!("{time},{}", signatures.join(","));
        stripe.send(&body, &header).await.expect(200);
    }
    assert_eq!(payments(&app), 4);
}

#[tokio::test]
async fn the_bytes_are_verified_as_they_came() {
    let app = App::start().await;
    let stripe = app.stripe();
    let json = checkout_event(COMPLETED, &json!({"metadata": {"name": "Zoë"}})).to_string();
    let crlf = json.replace(',', ",\r\n");
    for body in [json.as_bytes(), crlf.as_bytes()] {
        // API Gateway encodes bodies of media types other than text in base64.
        for content_type in ["application/json", "application/octet-stream", "text/plain; charset=iso-8859-1"]
        {
            let call = stripe.send(body, &stripe.sign(body)).header("content-type", content_type);
            call.await.expect(200);
        }
    }
    // These bodies are signed but are not JSON.
    let with_bom = ["\u{feff}", &json].concat().into_bytes();
    for body in [with_bom, b"{\"id\": \"\xff\xfe\"}".to_vec(), b"".to_vec(), b"not JSON".to_vec()] {
        stripe.send(&body, &stripe.sign(&body)).await.expect_error(400, "malformed_json");
    }
}

#[tokio::test]
async fn a_body_in_base64_is_the_same_body() {
    let app = App::start().await;
    let body = checkout_event(COMPLETED, &json!({})).to_string();
    let invoke = async |text: &str, is_base64: bool, signed: &[u8]| {
        let mut event = app.event("webhooks-stripe", "checkout-session-completed");
        event["body"] = json!(text);
        event["isBase64Encoded"] = json!(is_base64);
        event["headers"]["stripe-signature"] = json!(app.stripe().sign(signed));
        app.stack.invoke("webhooks-stripe", event).await.unwrap()["statusCode"].clone()
    };
    let encoded = STANDARD.encode(&body);
    assert_eq!(invoke(&encoded, true, body.as_bytes()).await, 200);
    assert_eq!(invoke(&body, false, body.as_bytes()).await, 200);
    assert_eq!(
        invoke(&encoded, true, encoded.as_bytes()).await,
        400,
        "what was sent is signed, not its form here"
    );
    assert_eq!(payments(&app), 1);
}

#[tokio::test]
async fn a_wrong_signature_is_refused_alike_whatever_is_wrong() {
    let app = App::start().await;
    let stripe = app.stripe();
    let body = checkout_event(COMPLETED, &json!({})).to_string().into_bytes();
    let good = stripe.sign(&body);
    let (time, signature) = good.split_once(',').unwrap();
    let seconds: i64 = time[2..].parse().unwrap();
    let secret = |text: &str| app.stripe_with(text).sign(&body);
    let mut messages = Vec::new();
    for header in [
        "nonsense".to_owned(),
        time.to_owned(),
        signature.to_owned(),
        format!("{time},v0={}", &signature[3..]),
        format!("t={},{signature}", seconds + 1),
        format!("{good},{good}"),
        format!("{time},v1={}", "0".repeat(64)),
        format!("{time},v1={}", signature[3..].to_uppercase()),
        secret("whsec_the_secret_of_an_endpoint_elsewhere"),
        format!("{good},{}", "x=y,".repeat(2000)),
    ] {
        let answer = stripe.send(&body, &header).await;
        messages.push(answer.expect_error(400, "invalid_signature")["error"].clone());
    }
    messages.dedup();
    assert_eq!(messages, ["Invalid Stripe-Signature"]);
    // Two headers arrive as one, joined by a comma.
    let twice = format!(
        "POST /api/webhooks/stripe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\
         Stripe-Signature: {good}\r\nStripe-Signature: {good}\r\n\r\n",
        body.len()
    );
    let answer = app.raw(&[twice.as_bytes(), &body].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("invalid_signature"), "{answer}");
    for call in [stripe.unsigned(&body), stripe.send(&body, "")] {
        call.await.expect_error(400, "missing_signature");
    }
    assert_eq!(left(&app), [""; 0]);
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    for reason in [
        "the header is not a list of name=value",
        "the header does not have exactly one time",
        "the header has no signature of the scheme v1",
        "no signature matches this body and one of the secrets",
        "the header has more than",
    ] {
        assert!(logs.contains(reason), "the log says which part: no {reason:?} in\n{logs}");
    }
    assert!(!logs.contains("\"level\":\"ERROR\""), "what strangers send is no failure of ours:\n{logs}");
}

#[tokio::test]
async fn a_tampered_body_is_refused() {
    let app = App::start().await;
    let stripe = app.stripe();
    let body = checkout_event(COMPLETED, &json!({})).to_string();
    let signature = stripe.sign(body.as_bytes());
    let mut cut = body.clone();
    cut.pop();
    for tampered in [
        body.replace("1999", "1"),
        body.replace("ada@example.com", "eve@example.com"),
        format!("{body}\n"),
        format!(" {body}"),
        format!("\u{feff}{body}"),
        body.replace(',', ", "),
        cut,
        String::new(),
    ] {
        assert_ne!(tampered, body);
        stripe.send(tampered.as_bytes(), &signature).await.expect_error(400, "invalid_signature");
    }
    stripe.send(body.as_bytes(), &signature).await.expect(200);
    assert_eq!(payments(&app), 1);
}

#[tokio::test]
async fn an_old_and_a_future_signature_are_refused() {
    let app = App::start().await;
    let stripe = app.stripe();
    let secret = shared::config::Secret::new(
        "STRIPE_WEBHOOK_SECRET",
        app.stack.secret("STRIPE_WEBHOOK_SECRET").unwrap().to_owned(),
    )
    .unwrap();
    let body = checkout_event(COMPLETED, &json!({})).to_string().into_bytes();
    let now = shared::clock::Clock::system().now().as_millis();
    // `webhooks_stripe::signature` tests the exact bounds, with a clock that stands still.
    for (seconds, status) in [(-3600, 400), (-310, 400), (-200, 200), (200, 200), (400, 400), (3600, 400)] {
        let at = shared::domain::Timestamp::from_millis(now + seconds * 1000);
        let answer = stripe.send(&body, &webhooks_stripe::sign(&secret, &body, at)).await;
        assert_eq!(answer.status, status, "{seconds}: {answer:?}");
    }
}

#[tokio::test]
async fn each_of_several_secrets_is_good() {
    let secrets = ["whsec_the_secret_that_is_being_rolled_out", "whsec_the_secret_before_it_still_in_use"];
    let app = App::with_variable("STRIPE_WEBHOOK_SECRET", &secrets.join(",")).await;
    for secret in secrets {
        app.stripe_with(secret).deliver(&checkout_event(COMPLETED, &json!({}))).await.expect(200);
    }
    for secret in [secrets.join(","), secrets[0].replace("whsec_", "")] {
        let refused = app.stripe_with(&secret).deliver(&checkout_event(COMPLETED, &json!({}))).await;
        refused.expect_error(400, "invalid_signature");
    }
    assert_eq!(payments(&app), 2);
}

#[tokio::test]
async fn a_body_has_at_most_a_mebibyte() {
    const LIMIT: usize = 1024 * 1024;
    let app = App::start().await;
    let stripe = app.stripe();
    let mut body = checkout_event(COMPLETED, &json!({})).to_string().into_bytes();
    body.resize(LIMIT, b' ');
    stripe.send(&body, &stripe.sign(&body)).await.expect(200);
    body.push(b' ');
    stripe.send(&body, &stripe.sign(&body)).await.expect_error(413, "body_too_large");
}

#[tokio::test]
async fn without_dynamodb_stripe_is_told_to_come_again_and_then_succeeds() {
    let app = App::start().await;
    let stripe = app.stripe();
    let event = checkout_event(COMPLETED, &json!({}));
    app.stack.stop_dynamodb().await.unwrap();
    let answer = stripe.deliver(&event).await;
    answer.expect_error(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    // Events that need no table are accepted all the same, and forged ones are refused.
    stripe.deliver(&checkout_event("charge.succeeded", &json!({}))).await.expect(200);
    let body = event.to_string().into_bytes();
    stripe.send(&body, "t=1,v1=00").await.expect_error(400, "invalid_signature");
    app.stack.start_dynamodb().unwrap();
    assert_eq!(left(&app), [""; 0], "nothing is half written");
    assert_eq!(stripe.deliver(&event).await.expect(200).json(), received());
    assert_eq!(left(&app).len(), 3);
}
