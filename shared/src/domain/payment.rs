use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::checked_text;
use super::{Email, Invalid, Timestamp, UserId};

/// A checkout at Stripe that was paid, or had nothing to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Stripe's id of the checkout: it is paid once.
    pub id: CheckoutSessionId,
    /// What was paid, in the currency's smallest unit: cents, or yen.
    pub amount_total: u64,
    /// The currency of `amount_total`.
    pub currency: Currency,
    /// Whether anything was to be paid.
    pub status: PaymentStatus,
    /// Whether it was real money; otherwise it came from Stripe's test mode.
    pub livemode: bool,
    /// Stripe's id of the payment, where there is one: a subscription has an invoice instead.
    pub payment_intent: Option<PaymentIntentId>,
    /// When the checkout began.
    pub created_at: Timestamp,
    /// When Stripe knew that it was paid.
    pub paid_at: Timestamp,
}

/// Who paid, as the checkout says it: by this a payment is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payer {
    /// The checkout's `client_reference_id` is this user.
    User(UserId),
    /// Whoever has this address.
    Email(Email),
}

/// The state of a payment, as Stripe calls it: `no_payment_required` for a trial or a discount of the whole amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// All of it.
    Paid,
    /// Nothing, as nothing was due: a trial, or a discount of the whole.
    NoPaymentRequired,
}

/// A currency (ISO 4217), in lower case as Stripe has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 3, max_length = 3, pattern = "^[a-z]{3}$", example = "eur")]
pub struct Currency(String);

checked_text!(Currency);

impl FromStr for Currency {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("must be a currency of three letters in lower case"))
        }
    }
}

/// Defines the id of one kind of object at Stripe, so that one kind is never taken for another.
macro_rules! stripe_id {
    ($(#[$doc:meta])* $name:ident, $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, min_length = 1, max_length = 255, pattern = "^[A-Za-z0-9_-]+$", example = $example)]
        pub struct $name(String);

        checked_text!($name);

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                stripe_id(text).map(Self)
            }
        }
    };
}

stripe_id! {
    /// The id of a checkout at Stripe.
    CheckoutSessionId, "cs_test_a1b2c3d4e5f6"
}

stripe_id! {
    /// The id of a payment at Stripe.
    PaymentIntentId, "pi_1a2b3c4d5e6f"
}

stripe_id! {
    /// The id of an event at Stripe, the same in each of its deliveries.
    StripeEventId, "evt_1a2b3c4d5e6f"
}

impl CheckoutSessionId {
    /// One of 16 classes, always the same for the same id.
    #[must_use]
    pub fn shard(&self) -> u8 {
        self.0.as_bytes().last().map_or(0, |byte| byte & 0x0f)
    }
}

/// 255 characters at most, as Stripe promises, and none that has a meaning in a key of the table.
fn stripe_id(text: &str) -> Result<String, Invalid> {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=255).contains(&text.len()) && text.bytes().all(is_fine) {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new("must be an id of 1 to 255 letters, digits, - and _"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_stripes_fits_a_key_and_can_not_break_it() {
        for text in ["cs_test_a1B2", "evt_00000000000000", &"x".repeat(255)] {
            assert_eq!(text.parse::<CheckoutSessionId>().unwrap().as_str(), text);
        }
        for text in ["", "a#b", "a b", "é", "a\0", "a/b", &"x".repeat(256)] {
            assert!(text.parse::<CheckoutSessionId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_currency_is_three_letters_in_lower_case() {
        assert!("eur".parse::<Currency>().is_ok());
        for text in ["", "eu", "EUR", "euro", "€", "e1r"] {
            assert!(text.parse::<Currency>().is_err(), "{text}");
        }
    }
}
