//! Objects on disk: each is one file, which is complete or absent.
//!
//! A file contains the object's bytes, then a JSON text that describes them, then the length of that text. It is
//! written elsewhere and then moved to its place, so bytes and description change together and an interrupted upload
//! stays invisible.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use base16ct::lower::encode_string;
use s3s::{S3Result, s3_error};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::conditions::Condition;
use super::draft::{Draft, Finished};
use super::object::{Object, internal};

/// The size of the length field at a file's end.
const LENGTH_BYTES: usize = size_of::<u64>();

/// The folder of files that are being written. No bucket's name starts with a dot.
const DRAFTS: &str = ".drafts";

/// The folder of multipart uploads in progress.
const UPLOADS: &str = ".uploads";

/// The buckets.
#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
    buckets: BTreeSet<String>,
    /// A lock that is held from the check of a condition to the change that depends on it.
    changes: Mutex<()>,
    /// The temporary directory, which is removed with the store.
    _temporary: Option<TempDir>,
}

impl Store {
    /// Opens the buckets in `root`, or in a directory that is removed at the end.
    pub(super) fn open(root: Option<&Path>, buckets: BTreeSet<String>) -> io::Result<Self> {
        let temporary = if root.is_none() { Some(TempDir::with_prefix("local-s3-")?) } else { None };
        let root = root.or(temporary.as_ref().map(TempDir::path)).unwrap_or(Path::new("")).to_owned();
        match fs::remove_dir_all(root.join(DRAFTS)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for name in buckets.iter().map(String::as_str).chain([DRAFTS]) {
            fs::create_dir_all(root.join(name))?;
        }
        Ok(Self { root, buckets, changes: Mutex::default(), _temporary: temporary })
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = &str> {
        self.buckets.iter().map(String::as_str)
    }

    /// Returns the bucket's folder, or an error if there is no such bucket.
    pub(super) fn bucket(&self, name: &str) -> S3Result<PathBuf> {
        if self.buckets.contains(name) { Ok(self.root.join(name)) } else { Err(s3_error!(NoSuchBucket)) }
    }

    /// Returns the folder of multipart uploads.
    pub(super) fn uploads(&self) -> PathBuf {
        self.root.join(UPLOADS)
    }

    /// Makes a file for bytes that will become an object.
    pub(super) fn draft(&self) -> S3Result<Draft> {
        Draft::new(&self.root.join(DRAFTS)).map_err(internal)
    }

    /// Returns the object and its bytes. The open file does not change when the object is replaced.
    pub(super) fn read(&self, bucket: &str, key: &str) -> S3Result<(Object, File)> {
        let path = self.path(bucket, key)?;
        match open(&path) {
            Ok(found) => Ok(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(s3_error!(NoSuchKey)),
            Err(error) => Err(internal(error)),
        }
    }

    /// Stores the upload under its key if the condition holds.
    pub(super) fn put(&self, bucket: &str, finished: Finished, condition: &Condition) -> S3Result<Object> {
        let path = self.path(bucket, &finished.object.key)?;
        let _changing = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if condition.is_some() {
            let current = match self.read(bucket, &finished.object.key) {
                Ok((object, _)) => Some(object),
                Err(error) if *error.code() == s3s::S3ErrorCode::NoSuchKey => None,
                Err(error) => return Err(error),
            };
            condition.check(current.as_ref())?;
        }
        finished.file.persist(path).map_err(|error| internal(error.error))?;
        Ok(finished.object)
    }

    /// Removes the object if it exists.
    pub(super) fn delete(&self, bucket: &str, key: &str) -> S3Result<()> {
        match fs::remove_file(self.path(bucket, key)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(internal(error)),
            _ => Ok(()),
        }
    }

    /// Returns all objects whose keys start with `prefix`, sorted by key.
    pub(super) fn list(&self, bucket: &str, prefix: &str) -> S3Result<Vec<Object>> {
        let mut objects = Vec::new();
        for entry in fs::read_dir(self.bucket(bucket)?).map_err(internal)? {
            match open(&entry.map_err(internal)?.path()) {
                Ok((object, _)) if object.key.starts_with(prefix) => objects.push(object),
                Ok(_) => {}
                // The object was deleted after the directory was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(internal(error)),
            }
        }
        objects.sort_by(|left, right| left.key.cmp(&right.key));
        Ok(objects)
    }

    /// Returns the path for a key. Every key is allowed, even one that is no valid file name.
    fn path(&self, bucket: &str, key: &str) -> S3Result<PathBuf> {
        Ok(self.bucket(bucket)?.join(encode_string(&Sha256::digest(key))))
    }
}

/// Reads the description and positions the file at the start of the bytes.
pub(super) fn open(path: &Path) -> io::Result<(Object, File)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, format!("{} is damaged", path.display()));
    let end = length.checked_sub(LENGTH_BYTES as u64).ok_or_else(damaged)?;
    file.seek(SeekFrom::Start(end))?;
    let mut bytes = [0; LENGTH_BYTES];
    file.read_exact(&mut bytes)?;
    let start = end.checked_sub(u64::from_be_bytes(bytes)).ok_or_else(damaged)?;
    file.seek(SeekFrom::Start(start))?;
    let mut description = Vec::new();
    (&file).take(end - start).read_to_end(&mut description)?;
    let object = serde_json::from_slice(&description)?;
    file.rewind()?;
    Ok((object, file))
}
