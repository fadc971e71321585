//! Hashes of passwords: Argon2id (RFC 9106), as PHC strings.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use crate::domain::{Password, PasswordAttempt, PasswordHash};
use crate::http::Error;
use crate::random::Random;

/// What a guess costs: OWASP's Password Storage Cheat Sheet, the least of Argon2id. About 15 ms of a whole processor.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// Hashes passwords, and tells whether one is right. Either takes 19 MiB for as long as it lasts.
#[derive(Clone, Debug)]
pub struct Passwords {
    random: Random,
    /// What an unknown user's password is compared with: as much work as with anybody else's.
    nobodys: PasswordHash,
}

impl Passwords {
    /// With salts from the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Random::system())
    }

    /// With salts from `random`.
    #[must_use]
    pub fn new(random: Random) -> Self {
        // A hash of nothing in particular: `AAAA` is three bytes of zeros.
        let nobodys = format!(
            "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${}${}",
            &"A".repeat((SALT_BYTES * 8).div_ceil(6)),
            &"A".repeat((OUTPUT_BYTES * 8).div_ceil(6)),
        );
        Self { random, nobodys: PasswordHash::from_phc(nobodys) }
    }

    /// What to keep of a password.
    pub fn hash(&self, password: &Password) -> Result<PasswordHash, Error> {
        self.hash_attempt(password.as_attempt())
    }

    /// Whether the attempt is the password of this hash. Without one it is not, which takes as long to find out.
    pub fn verify(&self, attempt: &PasswordAttempt, hash: Option<&PasswordHash>) -> Result<bool, Error> {
        let compared = hash.unwrap_or(&self.nobodys);
        let parsed = phc::PasswordHash::new(compared.as_str()).map_err(internal)?;
        match argon2()?.verify_password(attempt.as_bytes(), &parsed) {
            Ok(()) => Ok(hash.is_some()),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(internal(error)),
        }
    }

    /// The hash that a right attempt is to have from now on, where `hash` was made when guessing was to cost less.
    pub fn rehash(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Option<PasswordHash>, Error> {
        if needs_rehash(hash) { self.hash_attempt(attempt).map(Some) } else { Ok(None) }
    }

    fn hash_attempt(&self, attempt: &PasswordAttempt) -> Result<PasswordHash, Error> {
        let salt: [u8; SALT_BYTES] = self.random.bytes();
        let hash: phc::PasswordHash =
            argon2()?.hash_password_with_salt(attempt.as_bytes(), &salt).map_err(internal)?;
        Ok(PasswordHash::from_phc(hash.to_string()))
    }
}

/// Whether the hash costs less to guess than one that is made today.
#[must_use]
pub fn needs_rehash(hash: &PasswordHash) -> bool {
    let Ok(hash) = phc::PasswordHash::new(hash.as_str()) else { return true };
    let Ok(params) = Params::try_from(&hash) else { return true };
    hash.algorithm != Algorithm::Argon2id.ident()
        || hash.version != Some(Version::V0x13.into())
        || params.m_cost() < MEMORY_KIB
        || params.t_cost() < PASSES
        || hash.hash.is_none_or(|output| output.len() < OUTPUT_BYTES)
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT_BYTES)).map_err(internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Internal(std::sync::Arc::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(Random::seeded(1))
    }

    fn password() -> Password {
        "correct horse battery staple".parse().unwrap()
    }

    /// A hash of [`password`] that costs less.
    fn weak(algorithm: Algorithm, memory: u32, passes: u32, output: usize) -> PasswordHash {
        let params = Params::new(memory, passes, 1, Some(output)).unwrap();
        let hash: phc::PasswordHash = Argon2::new(algorithm, Version::V0x13, params)
            .hash_password_with_salt(password().as_attempt().as_bytes(), &[7; 16])
            .unwrap();
        PasswordHash::from_phc(hash.to_string())
    }

    #[test]
    fn a_hash_is_a_phc_string_of_argon2id_that_costs_what_the_design_says() {
        let hash = passwords().hash(&password()).unwrap();
        let parsed = phc::PasswordHash::new(hash.as_str()).unwrap();
        let params = Params::try_from(&parsed).unwrap();
        assert_eq!((parsed.algorithm.as_str(), parsed.version), ("argon2id", Some(19)));
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19_456, 2, 1));
        assert_eq!(parsed.salt.unwrap().as_ref().len(), 16);
        assert_eq!(parsed.hash.unwrap().len(), 32);
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let passwords = passwords();
        let hash = passwords.hash(&password()).unwrap();
        assert!(passwords.verify(password().as_attempt(), Some(&hash)).unwrap());
        for other in ["", "correct horse battery stapl", "Correct horse battery staple", &"x".repeat(100_000)]
        {
            assert!(!passwords.verify(&PasswordAttempt::new(other), Some(&hash)).unwrap());
        }
    }

    #[test]
    fn the_same_password_has_another_hash_each_time() {
        let passwords = passwords();
        assert_ne!(passwords.hash(&password()).unwrap(), passwords.hash(&password()).unwrap());
    }

    #[test]
    fn without_a_hash_no_password_is_right_after_as_much_work() {
        let passwords = passwords();
        assert!(!passwords.verify(password().as_attempt(), None).unwrap());
        // As much work: the same parameters, and an output of the same length to compare with.
        assert!(!needs_rehash(&passwords.nobodys));
        let theirs = passwords.hash(&password()).unwrap();
        let cost = |hash: &PasswordHash| {
            let hash = phc::PasswordHash::new(hash.as_str()).unwrap();
            (hash.algorithm, hash.version, hash.params.to_string(), hash.hash.unwrap().len())
        };
        assert_eq!(cost(&passwords.nobodys), cost(&theirs));
    }

    #[test]
    fn a_hash_that_costs_less_is_right_and_made_anew() {
        let passwords = passwords();
        for weak in [
            weak(Algorithm::Argon2id, 1024, 2, 32),
            weak(Algorithm::Argon2id, 19_456, 1, 32),
            weak(Algorithm::Argon2id, 19_456, 2, 16),
            weak(Algorithm::Argon2i, 19_456, 2, 32),
        ] {
            assert!(passwords.verify(password().as_attempt(), Some(&weak)).unwrap());
            let anew = passwords.rehash(password().as_attempt(), &weak).unwrap().unwrap();
            assert!(passwords.verify(password().as_attempt(), Some(&anew)).unwrap());
            assert_eq!(passwords.rehash(password().as_attempt(), &anew).unwrap(), None);
        }
    }

    #[test]
    fn a_hash_that_another_implementation_made_is_right() {
        // By the reference implementation in C, through argon2-cffi.
        let theirs = "$argon2id$v=19$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$azTLujkK55NJiAE0/I6dV5rdvW8MXmLElyGGkdLnuXA";
        let theirs = PasswordHash::from_phc(theirs.to_owned());
        assert!(passwords().verify(password().as_attempt(), Some(&theirs)).unwrap());
        assert!(needs_rehash(&theirs));
    }

    #[test]
    fn a_hash_that_costs_more_is_kept() {
        let costly = weak(Algorithm::Argon2id, 32_768, 3, 32);
        assert!(passwords().verify(password().as_attempt(), Some(&costly)).unwrap());
        assert!(!needs_rehash(&costly));
    }

    #[test]
    fn a_broken_hash_is_an_error_and_no_match() {
        for broken in ["", "plain text", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=1,t=1,p=1$AA$AA"]
        {
            let hash = PasswordHash::from_phc(broken.to_owned());
            assert!(passwords().verify(password().as_attempt(), Some(&hash)).is_err(), "{broken}");
        }
    }
}
