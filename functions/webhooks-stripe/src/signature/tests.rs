use proptest::prelude::*;

use super::*;

/// Signed by OpenSSL: `printf '%s' "1763656375.$BODY" | openssl dgst -sha256 -hmac "$SECRET"`.
const SECRET: &str = "whsec_an_endpoint_secret_of_38_bytes_x";
const BODY: &[u8] = br#"{"id": "evt_1", "object": "event"}"#;
const TIME: i64 = 1_763_656_375;
const SIGNATURE: &str = "dd53036a0319d00c33737c2582aa9bd3658b4176e1a9e2518c4f819e02cb6a12";

fn secret(text: &str) -> Secret {
    Secret::new("STRIPE_WEBHOOK_SECRET", text.to_owned()).unwrap()
}

fn secrets_of(texts: &[&str]) -> SigningSecrets {
    SigningSecrets::new(texts.iter().map(|text| secret(text)).collect())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn verify(header: &str) -> Result<(), SignatureError> {
    secrets_of(&[SECRET]).verify(header, BODY, at(TIME))
}

#[test]
fn what_openssl_signs_is_good_and_we_sign_the_same() {
    let header = format!("t={TIME},v1={SIGNATURE}");
    assert_eq!(verify(&header), Ok(()));
    assert_eq!(sign(&secret(SECRET), BODY, at(TIME)), header);
}

#[test]
fn one_good_signature_is_enough_wherever_it_stands() {
    let wrong = "0".repeat(64);
    for place in 0..5 {
        let mut signatures = vec![format!("v1={wrong}"); 4];
        signatures.insert(place, format!("v1={SIGNATURE}"));
        let header = signatures.join(",");
        assert_eq!(verify(&format!("t={TIME},{header}")), Ok(()), "{header}");
        assert_eq!(verify(&format!("{header},v0={wrong},t={TIME}")), Ok(()), "{header}");
    }
    // A value that is no HMAC-SHA256 does not spoil the others.
    assert_eq!(verify(&format!("t={TIME},v1=,v1=zz,v1={wrong}00,v1={SIGNATURE},v2=?")), Ok(()));
    assert_eq!(verify(&format!("t={TIME},v1={wrong}")), Err(SignatureError::Mismatch));
}

#[test]
fn a_signature_of_another_scheme_counts_for_nothing() {
    for scheme in ["v0", "v2", "V1", " v1", "v1 ", ""] {
        assert_eq!(verify(&format!("t={TIME},{scheme}={SIGNATURE}")), Err(SignatureError::NoSignature));
    }
}

#[test]
fn a_signature_is_good_for_five_minutes_both_ways() {
    let header = format!("t={TIME},v1={SIGNATURE}");
    let secrets = secrets_of(&[SECRET]);
    for (seconds, expected) in [
        (-301, Err(SignatureError::FromTheFuture)),
        (-300, Ok(())),
        (-299, Ok(())),
        (0, Ok(())),
        (299, Ok(())),
        (300, Ok(())),
        (301, Err(SignatureError::TooOld)),
    ] {
        assert_eq!(secrets.verify(&header, BODY, at(TIME + seconds)), expected, "{seconds}");
    }
    for now in [i64::MIN / 1000, i64::MAX / 1000] {
        assert!(secrets.verify(&header, BODY, at(now)).is_err());
    }
    assert_eq!(verify(&format!("t={},v1={SIGNATURE}", i64::MAX)), Err(SignatureError::FromTheFuture));
}

#[test]
fn the_time_is_signed_too_and_there_is_one() {
    for (time, expected) in [
        (format!("t={}", TIME + 1), SignatureError::Mismatch),
        (format!("t={TIME},t={TIME}"), SignatureError::NoTime),
        ("t=".to_owned(), SignatureError::NoTime),
        ("t=now".to_owned(), SignatureError::NoTime),
        (format!("t=0{TIME}"), SignatureError::NoTime),
        (format!("t=+{TIME}"), SignatureError::NoTime),
        (format!("t= {TIME}"), SignatureError::NoTime),
        (format!("t={TIME}.0"), SignatureError::NoTime),
        ("t=-1".to_owned(), SignatureError::NoTime),
        ("t=99999999999999999999".to_owned(), SignatureError::NoTime),
        ("x=1".to_owned(), SignatureError::NoTime),
    ] {
        assert_eq!(verify(&format!("{time},v1={SIGNATURE}")), Err(expected), "{time}");
    }
}

#[test]
fn any_of_the_secrets_may_have_signed() {
    let header = format!("t={TIME},v1={SIGNATURE}");
    let other = "whsec_another_secret_of_the_same_length";
    let now = at(TIME);
    assert_eq!(secrets_of(&[other, SECRET]).verify(&header, BODY, now), Ok(()));
    assert_eq!(secrets_of(&[SECRET, other]).verify(&header, BODY, now), Ok(()));
    assert_eq!(secrets_of(&[other]).verify(&header, BODY, now), Err(SignatureError::Mismatch));
    assert_eq!(secrets_of(&[]).verify(&header, BODY, now), Err(SignatureError::Mismatch));
    // `whsec_` is a part of the secret.
    let without_prefix = secrets_of(&[SECRET.trim_start_matches("whsec_")]);
    assert_eq!(without_prefix.verify(&header, BODY, now), Err(SignatureError::Mismatch));
}

#[test]
fn a_header_is_bounded() {
    let wrong = "0".repeat(64);
    let header = |signatures| format!("t={TIME},v1={SIGNATURE}") + &format!(",v1={wrong}").repeat(signatures);
    assert_eq!(verify(&header(MAX_SIGNATURES - 1)), Ok(()));
    assert_eq!(verify(&header(MAX_SIGNATURES)), Err(SignatureError::TooLong));
    assert_eq!(verify(&header(100_000)), Err(SignatureError::TooLong));
    let padded = header(0) + ",x=";
    let padding = "x".repeat(MAX_HEADER_BYTES - padded.len());
    assert_eq!(verify(&format!("{padded}{padding}")), Ok(()));
    assert_eq!(verify(&format!("{padded}{padding}x")), Err(SignatureError::TooLong));
}

#[test]
fn what_is_no_list_is_no_header() {
    for header in ["", ",", "t", SIGNATURE, &format!("t={TIME},v1={SIGNATURE},"), "t=1;v1=2"] {
        assert!(verify(header).is_err(), "{header}");
    }
}

#[test]
fn debug_shows_no_secret() {
    assert_eq!(format!("{:?}", secrets_of(&[SECRET])), "SigningSecrets(redacted)");
}

proptest! {
    #[test]
    fn any_bytes_are_signed_and_verified(body in prop::collection::vec(any::<u8>(), 0..2000), seconds in 0..4_000_000_000_i64) {
        let header = sign(&secret(SECRET), &body, at(seconds));
        prop_assert_eq!(secrets_of(&[SECRET]).verify(&header, &body, at(seconds)), Ok(()));
    }

    #[test]
    fn a_changed_body_is_refused(
        mut body in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let header = sign(&secret(SECRET), &body, at(TIME));
        let place = place.index(body.len());
        body[place] ^= flip;
        prop_assert_eq!(secrets_of(&[SECRET]).verify(&header, &body, at(TIME)), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_changed_header_is_refused(place in any::<prop::sample::Index>(), to in any::<char>()) {
        let good = format!("t={TIME},v1={SIGNATURE}");
        let mut letters: Vec<char> = good.chars().collect();
        let place = place.index(letters.len());
        prop_assume!(letters[place] != to);
        letters[place] = to;
        prop_assert!(verify(&letters.into_iter().collect::<String>()).is_err());
    }

    #[test]
    fn no_header_panics_and_none_is_good_by_chance(header in "\\PC*|(t|v1|v0)=[0-9a-f,=tv]*") {
        prop_assert!(verify(&header).is_err());
    }
}
