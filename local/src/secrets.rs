//! Secrets that exist only on AWS: taken from the environment, or generated and stored for the next run.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The length of a generated secret, in bytes.
const SECRET_BYTES: usize = 32;

/// Secrets by the name of the variable that holds them.
#[derive(Clone, Default)]
pub struct Secrets {
    file: Option<PathBuf>,
    kept: BTreeMap<String, String>,
    /// The secrets in use, from every source.
    values: BTreeMap<String, String>,
    /// The names of secrets that this run generated.
    pub made_up: Vec<String>,
}

impl Secrets {
    /// Reads `secrets.json` of the data directory. Without a directory, nothing is stored.
    pub fn open(data_dir: Option<&Path>) -> io::Result<Self> {
        let file = data_dir.map(|dir| dir.join("secrets.json"));
        let kept = match file.as_ref().map(std::fs::read) {
            Some(Ok(bytes)) => serde_json::from_slice(&bytes).map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("secrets.json: {error}"))
            })?,
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => BTreeMap::new(),
        };
        Ok(Self { file, kept, ..Self::default() })
    }

    /// Returns the secret `name`: `given`, else the stored one, else a new one, which is then stored.
    pub fn ensure(&mut self, name: &str, given: Option<String>) -> io::Result<&str> {
        let value = if let Some(value) = given.or_else(|| self.kept.get(name).cloned()) {
            value
        } else {
            let value = random_text()?;
            self.made_up.push(name.to_owned());
            self.kept.insert(name.to_owned(), value.clone());
            self.save()?;
            value
        };
        Ok(self.values.entry(name.to_owned()).insert_entry(value).into_mut())
    }

    /// Returns a secret in use.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    fn save(&self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        // The directory may be missing, because a token can be requested before the first run.
        file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        write_private(file, &serde_json::to_vec_pretty(&self.kept)?)
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Secrets").field("names", &self.values.keys()).finish_non_exhaustive()
    }
}

/// Writes a JSON file that only its owner may read. It replaces an old one at once, so readers always find a complete
/// file.
pub(crate) fn write_private(file: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = file.with_extension("json.new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&fresh)?;
    written.write_all(content)?;
    written.write_all(b"\n")?;
    written.sync_all()?;
    std::fs::rename(fresh, file)
}

/// Generates a secret.
#[expect(clippy::disallowed_methods, reason = "local secrets are generated once, and not by tests")]
pub(crate) fn random_text() -> io::Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_secret_is_kept_and_a_given_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Secrets::open(Some(dir.path())).unwrap();
        let made_up = first.ensure("A", None).unwrap().to_owned();
        assert_eq!(first.ensure("B", Some("given".to_owned())).unwrap(), "given");
        assert_eq!(first.made_up, ["A"]);

        let mut second = Secrets::open(Some(dir.path())).unwrap();
        assert_eq!(second.ensure("A", None).unwrap(), made_up);
        assert_ne!(second.ensure("B", None).unwrap(), "given");
        assert_eq!(second.made_up, ["B"]);
        assert!(made_up.len() >= 43);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        Secrets::open(Some(dir.path())).unwrap().ensure("A", None).unwrap();
        let mode = std::fs::metadata(dir.path().join("secrets.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
