use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::checked_text;
use super::{Email, Invalid, Timestamp, UserId};

/// A checkout at Stripe that was paid, or had nothing to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Stripe's id of the checkout, which is paid once.
    pub id: CheckoutSessionId,
    /// The amount in the currency's smallest unit: cents, or yen.
    pub amount_total: u64,
    /// The currency of `amount_total`.
    pub currency: Currency,
    /// The status of the payment.
    pub status: PaymentStatus,
    /// True for real money, false for Stripe's test mode.
    pub livemode: bool,
    /// Stripe's id of the payment. A subscription has an invoice instead.
    pub payment_intent: Option<PaymentIntentId>,
    /// The time when the checkout was created.
    pub created_at: Timestamp,
    /// The time when Stripe registered the payment.
    pub paid_at: Timestamp,
}

/// The payer that the checkout names. A list of payments belongs to a payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payer {
    /// The user in the checkout's `client_reference_id`.
    User(UserId),
    /// The user with this e-mail address.
    Email(Email),
}

/// The state of a payment, as Stripe calls it: `no_payment_required` for a trial or a discount of the whole amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The whole amount was paid.
    Paid,
    /// Nothing was due: a trial, or a discount of the whole amount.
    NoPaymentRequired,
}

/// A currency (ISO 4217) in lower case, as Stripe writes it.
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

/// Defines the id type of one kind of object at Stripe, so that ids of different kinds cannot be confused.
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
    /// Returns one of 16 classes, always the same for the same id.
    #[must_use]
    pub fn shard(&self) -> u8 {
        self.0.as_bytes().last().map_or(0, |byte| byte & 0x0f)
    }
}

/// Checks an id: at most 255 characters, as Stripe promises, and none with a meaning in the table's keys.
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
