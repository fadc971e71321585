use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::fmt::Hyphenated;
use uuid::{Builder, Uuid};

use super::{Invalid, Timestamp};
use crate::random::Random;

/// Defines the id type of one kind of entity, so that ids of different kinds cannot be confused. Ids sort by the time
/// of creation, and are no secrets.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
        )]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, format = Uuid, example = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f")]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id for an entity that is created `at`.
            #[must_use]
            pub fn new(at: Timestamp, random: &Random) -> Self {
                let millis = u64::try_from(at.as_millis()).unwrap_or(0);
                Self(Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid())
            }

            /// Returns the id with these 16 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Returns its 16 bytes.
            #[must_use]
            pub const fn into_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }

            /// Returns one of 16 evenly filled classes, always the same for the same id.
            #[must_use]
            pub fn shard(self) -> u8 {
                self.0.as_bytes()[15] & 0x0f
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                parse(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

id! {
    /// The id of a user: a UUID of version 7.
    UserId
}

id! {
    /// The id of a post: a UUID of version 7.
    PostId
}

id! {
    /// The id of a problem: a UUID of version 7.
    ProblemId
}

id! {
    /// The id of a file: a UUID of version 7.
    FileId
}

id! {
    /// The id of a session: a UUID of version 7.
    SessionId
}

id! {
    /// The id of a mail: a UUID of version 7.
    MailId
}

impl SessionId {
    /// Returns the time at which the id was made, which is that of the sign-in.
    #[must_use]
    pub fn created_at(self) -> Timestamp {
        // RFC 9562, section 5.7: the first 48 bits are milliseconds.
        Timestamp::from_millis(i64::try_from(self.0.as_u128() >> 80).unwrap_or(0))
    }
}

/// The id of a nested resource: its own and that of its parent, as `<parent>#<own>` in its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child<P, T> {
    /// The id of the parent.
    pub parent: P,
    /// Its own id.
    pub own: T,
}

impl<P: fmt::Display, T: fmt::Display> fmt::Display for Child<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.parent, self.own)
    }
}

impl<P: FromStr<Err = Invalid>, T: FromStr<Err = Invalid>> FromStr for Child<P, T> {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (parent, own) = text.split_once('#').ok_or(Invalid::new("must be two ids"))?;
        Ok(Self { parent: parent.parse()?, own: own.parse()? })
    }
}

/// Parses the form of RFC 9562, section 4, in any case; ids are written in lower case. The other forms that `uuid`
/// reads (braces, `urn:uuid:`, no hyphens) have another length.
fn parse(text: &str) -> Result<Uuid, Invalid> {
    let uuid = Uuid::try_parse(text).ok().filter(|_| text.len() == Hyphenated::LENGTH);
    uuid.ok_or(Invalid::new("must be an id, a UUID with hyphens"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_of_creation() {
        let random = Random::seeded(1);
        let ids: Vec<String> = (1..=100)
            .map(|millis| UserId::new(Timestamp::from_millis(millis << 20), &random).to_string())
            .collect();
        assert!(ids.is_sorted(), "{ids:?}");
    }

    #[test]
    fn the_id_of_a_session_has_the_time_of_the_sign_in() {
        let at = Timestamp::from_millis(1_795_192_375_123);
        assert_eq!(SessionId::new(at, &Random::seeded(1)).created_at(), at);
    }

    #[test]
    fn a_nested_id_is_that_of_its_parent_and_its_own() {
        let [parent, own] = [1, 2].map(|n| Uuid::from_bytes([n; 16]));
        let child = Child { parent: UserId(parent), own: SessionId(own) };
        assert_eq!(child.to_string(), format!("{parent}#{own}"));
        assert_eq!(child.to_string().parse(), Ok(child));
        for text in [parent.to_string(), format!("{parent}#"), format!("{child}#{own}"), format!("#{own}")] {
            assert!(text.parse::<Child<UserId, SessionId>>().is_err(), "{text}");
        }
    }

    #[test]
    fn one_form_is_an_id_in_any_case() {
        let canonical = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";
        for text in [canonical, &canonical.to_uppercase(), "01931A3e-5b1C-7c3d-8e4f-1a2B3c4d5e6F"] {
            assert_eq!(text.parse::<UserId>().unwrap().to_string(), canonical);
        }
        for text in [
            "",
            "1",
            &canonical.replace('-', ""),
            &format!("{{{canonical}}}"),
            &format!("urn:uuid:{canonical}"),
            &format!(" {canonical}"),
            &canonical[1..],
            &canonical.replace('-', "_"),
            &canonical.replace('0', "\u{ff10}"),
        ] {
            assert!(text.parse::<UserId>().is_err(), "{text}");
        }
    }
}
