//! The environment variables that a function reads once, at start.

use std::{env, fmt};

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

/// A fault of a variable that the function needs.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The variable is missing or empty.
    #[error("the environment variable {0} is not set; template.yaml sets it for each function")]
    Missing(&'static str),
    /// The variable cannot be used.
    #[error("the environment variable {name} cannot be used: {reason}")]
    Invalid {
        /// The variable's name.
        name: &'static str,
        /// The reason, which never contains the value.
        reason: String,
    },
}

/// A dependency that a function creates from its environment, once, at start.
#[diagnostic::on_unimplemented(
    message = "a function cannot get `{Self}` from its environment",
    note = "implement `shared::config::FromEnv` for it"
)]
pub trait FromEnv: Sized {
    /// Creates the dependency, or returns the error that names the variable.
    fn from_env() -> Result<Self, ConfigError>;
}

/// A function that needs nothing.
impl FromEnv for () {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(())
    }
}

/// Declares the dependencies of a function. Each field is created from the environment, and handlers take it as `State`.
///
/// ```text
/// shared::deps! {
///     pub struct Deps {
///         notes: Notes,          // State<Notes>
///         tokens: AccessTokens,  // State<AccessTokens>; `Caller` needs it
///     }
/// }
/// ```
#[macro_export]
macro_rules! deps {
    (pub struct $name:ident { $($field:ident: $dependency:ty,)+ }) => {
        /// The dependencies of the function.
        #[derive(Clone, ::axum::extract::FromRef)]
        pub struct $name {
            $($field: $dependency,)+
        }

        impl $crate::config::FromEnv for $name {
            fn from_env() -> ::std::result::Result<Self, $crate::config::ConfigError> {
                Ok(Self { $($field: <$dependency as $crate::config::FromEnv>::from_env()?,)+ })
            }
        }
    };
}

/// Returns the variable's value, or the error that names it.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}

/// Returns the variable's value; an empty one counts as not set.
#[must_use]
pub fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The shortest allowed key of HMAC-SHA256: the size of its output (RFC 7518, section 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// A secret from the environment. Its `Debug` form is hidden.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// Reads the secrets in the variable `name`, separated by commas.
pub fn secrets(name: &'static str) -> Result<Vec<Secret>, ConfigError> {
    Secret::several(name, &required(name)?)
}

impl Secret {
    /// Makes a secret with this value; `name` is for errors.
    pub fn new(name: &'static str, value: String) -> Result<Self, ConfigError> {
        if value.len() < MIN_SECRET_BYTES {
            let length = value.len();
            let reason = format!(
                "a secret must have at least {MIN_SECRET_BYTES} bytes, and has {length}; commas separate secrets"
            );
            return Err(ConfigError::Invalid { name, reason });
        }
        Ok(Self(value.into_bytes()))
    }

    /// Splits `value` at commas into secrets; `name` is for errors.
    pub fn several(name: &'static str, value: &str) -> Result<Vec<Self>, ConfigError> {
        value.split(',').map(|secret| Self::new(name, secret.trim().to_owned())).collect()
    }

    /// Returns the secret's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns a MAC that is keyed with the secret.
    #[must_use]
    pub fn hmac(&self) -> Hmac<Sha256> {
        let Ok(mac) = Hmac::new_from_slice(&self.0) else { unreachable!("HMAC takes keys of any length") };
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}
