//! Hashes of passwords: Argon2id (RFC 9106), as PHC strings.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::config::{ConfigError, FromEnv};
use crate::domain::{Password, PasswordAttempt, PasswordHash};
use crate::http::Error;
use crate::random::Random;

/// The cost of a guess: the minimum for Argon2id in OWASP's Password Storage Cheat Sheet, about 25 ms of a processor.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// Hashes and verifies passwords. Clones share their memory and therefore work one after the other.
#[derive(Clone)]
pub struct Passwords {
    random: Random,
    /// The 19 MiB in which hashes are computed, allocated once. A new allocation for each hash would take milliseconds,
    /// and glibc before 2.38 loses track of freed blocks with such an alignment: a process grew to 290 MB in 100
    /// hashes.
    memory: Arc<Mutex<Vec<Block>>>,
    /// The hash to compare with if the user is unknown, so that the comparison takes as long as for other users.
    nobodys: PasswordHash,
}

impl FromEnv for Passwords {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::system())
    }
}

impl Passwords {
    /// Uses salts from the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Random::system())
    }

    /// Uses salts from `random`.
    #[must_use]
    pub fn new(random: Random) -> Self {
        // A hash with arbitrary content: `AAAA` is three bytes of zeros.
        let nobodys = format!(
            "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${}${}",
            &"A".repeat((SALT_BYTES * 8).div_ceil(6)),
            &"A".repeat((OUTPUT_BYTES * 8).div_ceil(6)),
        );
        Self { random, memory: Arc::default(), nobodys: PasswordHash::from_phc(nobodys) }
    }

    /// Hashes a password for storage.
    pub fn hash(&self, password: &Password) -> Result<PasswordHash, Error> {
        self.hash_attempt(password.as_attempt())
    }

    /// Tells whether the attempt is the password of this hash. Without a hash it is not, which takes as long to find
    /// out.
    pub fn verify(&self, attempt: &PasswordAttempt, hash: Option<&PasswordHash>) -> Result<bool, Error> {
        let compared = hash.unwrap_or(&self.nobodys);
        let parsed = phc::PasswordHash::new(compared.as_str()).map_err(internal)?;
        let (Some(salt), Some(expected)) = (&parsed.salt, &parsed.hash) else {
            return Err(internal(argon2::password_hash::Error::Internal));
        };
        let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).map_err(internal)?;
        let version = parsed.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(internal)?;
        let params = Params::try_from(&parsed).map_err(internal)?;
        let argon2 = Argon2::new(algorithm, version, params);
        let computed = self.compute(&argon2, attempt, salt.as_ref(), expected.len())?;
        // The comparison takes constant time.
        Ok(computed == *expected && hash.is_some())
    }

    /// Returns a new hash for a right attempt if `hash` was made with weaker parameters.
    pub fn rehash(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Option<PasswordHash>, Error> {
        if needs_rehash(hash) { self.hash_attempt(attempt).map(Some) } else { Ok(None) }
    }

    fn hash_attempt(&self, attempt: &PasswordAttempt) -> Result<PasswordHash, Error> {
        let salt: [u8; SALT_BYTES] = self.random.bytes();
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT_BYTES)).map_err(internal)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash = phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(argon2.params()).map_err(internal)?,
            salt: Some(Salt::new(&salt).map_err(internal)?),
            hash: Some(self.compute(&argon2, attempt, &salt, OUTPUT_BYTES)?),
        };
        Ok(PasswordHash::from_phc(hash.to_string()))
    }

    fn compute(
        &self,
        argon2: &Argon2<'_>,
        attempt: &PasswordAttempt,
        salt: &[u8],
        bytes: usize,
    ) -> Result<Output, Error> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let blocks = argon2.params().block_count();
        if memory.len() < blocks {
            // The old blocks are freed first, so that old and new ones never exist together.
            *memory = Vec::new();
            memory.resize(blocks, Block::default());
        }
        let mut output = vec![0; bytes];
        argon2
            .hash_password_into_with_memory(attempt.as_bytes(), salt, &mut output, &mut memory[..])
            .map_err(internal)?;
        Output::new(&output).map_err(internal)
    }
}

/// Tells whether the hash costs less to guess than a new one.
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

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Internal(std::sync::Arc::new(error))
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher;

    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(Random::seeded(1))
    }

    fn password() -> Password {
        "correct horse battery staple".parse().unwrap()
    }

    /// Makes a hash of [`password`] with weak parameters.
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
        // Both take as much work: the parameters and the length of the output are equal.
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
        // A hash by the reference implementation in C, through argon2-cffi.
        let theirs = "$argon2id$v=19$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$azTLujkK55NJiAE0/I6dV5rdvW8MXmLElyGGkdLnuXA";
        let theirs = PasswordHash::from_phc(theirs.to_owned());
        assert!(passwords().verify(password().as_attempt(), Some(&theirs)).unwrap());
        assert!(needs_rehash(&theirs));
    }

    #[test]
    fn hashes_are_the_same_in_memory_that_was_used_before() {
        let used = passwords();
        let costly = weak(Algorithm::Argon2id, 32_768, 3, 32);
        let light = weak(Algorithm::Argon2id, 1024, 1, 32);
        for hash in [&costly, &light, &costly] {
            assert!(used.verify(password().as_attempt(), Some(hash)).unwrap());
            assert!(!used.verify(&PasswordAttempt::new("another"), Some(hash)).unwrap());
        }
        let hash = used.hash(&password()).unwrap();
        assert!(passwords().verify(password().as_attempt(), Some(&hash)).unwrap());
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
