use proptest::prelude::*;
use shared::config::Secret;
use shared::domain::Timestamp;
use webhooks_stripe::{SigningSecrets, sign};

use crate::changes::changed;

const BODY: &[u8] = br#"{"id":"evt_1"}"#;

fn secret() -> Secret {
    Secret::new("STRIPE_WEBHOOK_SECRET", format!("whsec_{}", "s".repeat(32))).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_192_375_000)
}

fn headers() -> [String; 2] {
    let header = sign(&secret(), BODY, now());
    [format!("{header},v0={}", "0".repeat(64)), header]
}

proptest! {
    #[test]
    fn a_changed_header_is_good_only_with_the_same_time_and_signature(
        text in changed(&headers(), &[",", "=", "t=", "v1=", "v0=", "t=1795192375", "+", " ", "0"])
    ) {
        let Ok(header) = String::from_utf8(text) else { return Ok(()) };
        let is_good = SigningSecrets::new(vec![secret()]).verify(&header, BODY, now()).is_ok();
        let signed = sign(&secret(), BODY, now());
        let (time, signature) = signed.split_once(',').unwrap();
        let items: Vec<&str> = header.split(',').collect();
        prop_assert!(!is_good || items.contains(&time) && items.contains(&signature), "{header}");
    }

    #[test]
    fn a_changed_body_is_refused(body in changed(&[BODY], &["{", "}", "\"", " ", "\n", "\u{feff}"])) {
        let is_good = SigningSecrets::new(vec![secret()]).verify(&headers()[0], &body, now()).is_ok();
        prop_assert_eq!(is_good, body == BODY);
    }
}
