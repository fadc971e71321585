use proptest::prelude::*;
use shared::domain::Email;

use crate::changes::changed;

const TEXTS: [&str; 4] = [
    "ada@example.com",
    "Zoë.Ünï@bücher.example",
    "\"a\\ b\"@xn--bcher-kva.example",
    "o'brien+tag@a.example.uk",
];

const PIECES: &[&str] = &[
    "@",
    ".",
    "\"",
    "\\",
    " ",
    ",",
    ";",
    ":",
    "<",
    ">",
    "(",
    ")",
    "\r\n",
    "\r\nBcc: eve@example.com",
    "xn--",
    "ß",
    "ς",
    "İ",
    "ſ",
    "\u{301}",
    "\u{200d}",
    "\u{202e}",
    "\u{ff0e}",
    "\u{3002}",
];

proptest! {
    #[test]
    fn a_changed_address_is_refused_or_one_mailbox_in_every_form(text in changed(&TEXTS, PIECES)) {
        let Ok(email) = String::from_utf8_lossy(&text).parse::<Email>() else { return Ok(()) };
        let forms = [Some(email.as_str().to_owned()), Some(email.normalised().to_owned()), email.deliverable()];
        for form in forms.into_iter().flatten() {
            let again = form.parse::<Email>();
            prop_assert!(again.is_ok_and(|again| again.is_mailbox_of(&email)), "{form:?} of {:?}", email.as_str());
            prop_assert!(!form.chars().any(char::is_control), "{form:?}");
        }
        prop_assert!(email.deliverable().is_none_or(|form| form.is_ascii()), "{:?}", email.as_str());
    }
}
