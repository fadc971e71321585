use serde_json::{Value, json};
use tests::{App, Call, checkout_event};

use super::seen::May::ShowNothing;
use super::seen::{EMAIL, Seen};

/// Delivers a payment, which is then listed, and one with a wrong signature.
pub(super) async fn requests(app: &App, seen: &mut Seen, authorization: &str) {
    let paid = paid();
    seen.see(200, ShowNothing, app.stripe().deliver(&paid)).await;
    seen.see(200, ShowNothing, list(app, authorization)).await;
    let body = paid.to_string().into_bytes();
    seen.see(400, ShowNothing, app.stripe().send(&body, "t=1,v1=canary-signature")).await;
}

/// Does the same while the table cannot be reached.
pub(super) async fn without_dynamodb(app: &App, seen: &mut Seen, authorization: &str) {
    seen.see(503, ShowNothing, list(app, authorization)).await;
    seen.see(503, ShowNothing, app.stripe().deliver(&paid())).await;
}

fn paid() -> Value {
    checkout_event("checkout.session.completed", &json!({"customer_details": {"email": EMAIL}}))
}

fn list(app: &App, authorization: &str) -> Call {
    app.anonymous().get("/api/payments").header("authorization", authorization)
}
