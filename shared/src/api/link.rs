use crate::domain::{Email, LinkToken};
use crate::input;

input! {
    /// The address to which a mail is to be sent.
    pub struct AddressInput {
        /// The e-mail address, in any spelling.
        pub email: Email = required("email"),
    }
}

input! {
    /// The token in the link of a mail.
    pub struct LinkInput {
        /// The token. It can be used once.
        pub token: LinkToken = required("token"),
    }
}
