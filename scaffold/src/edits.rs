//! Changes to the files of a checkout, written all together or not at all.

use std::collections::BTreeMap;
use std::fs::{create_dir_all, read_to_string, write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::block::{Block, with_offsets};
use crate::words::replace_first_word;

/// New texts of files, by their paths in the checkout.
pub(crate) struct Edits {
    root: PathBuf,
    texts: BTreeMap<PathBuf, String>,
    created: Vec<PathBuf>,
}

impl Edits {
    pub(crate) fn in_checkout(root: &Path) -> Self {
        Self { root: root.to_owned(), texts: BTreeMap::new(), created: Vec::new() }
    }

    /// Adds a file.
    pub(crate) fn create(&mut self, path: impl Into<PathBuf>, text: String) {
        let path = path.into();
        self.created.push(path.clone());
        self.texts.insert(path, text);
    }

    /// Inserts `text` before the first line that starts with `anchor`.
    pub(crate) fn insert_before(&mut self, path: &str, text: &str, anchor: &str) -> Result<(), Error> {
        let file = self.text(path)?;
        let at = with_offsets(file).find(|(_, line)| line.starts_with(anchor)).map(|(at, _)| at);
        let at = at.ok_or_else(|| missing(path, anchor))?;
        file.insert_str(at, text);
        Ok(())
    }

    /// Inserts `line` in its place among its peers, which are sorted.
    pub(crate) fn insert_sorted(
        &mut self,
        path: &str,
        line: &str,
        is_peer: impl Fn(&str) -> bool,
    ) -> Result<(), Error> {
        // `posts` stands before `posts-id`, whatever follows the name.
        let key = |line: &str| line.replace(['/', '"', ';', ' '], "\0");
        let text = self.text(path)?;
        let peers: Vec<(usize, &str)> = with_offsets(text).filter(|(_, peer)| is_peer(peer)).collect();
        let next = peers.iter().find(|(_, peer)| key(peer) > key(line)).map(|(at, _)| *at);
        let at = next.or_else(|| peers.last().map(|(at, peer)| at + peer.len()));
        let at = at.ok_or_else(|| missing(path, line.trim()))?;
        text.insert_str(at, line);
        Ok(())
    }

    /// Adds a copy of a block after it.
    pub(crate) fn copy(
        &mut self,
        path: &str,
        anchor: &str,
        block: Block,
        rename: impl Fn(&str) -> Result<String, Error>,
    ) -> Result<(), Error> {
        let text = self.text(path)?;
        let range = block.find(text, anchor).ok_or_else(|| missing(path, anchor))?;
        let copied = rename(&text[range.clone()])?;
        let is_one_line = text[range.clone()].lines().count() == 1;
        text.insert_str(range.end, &if is_one_line { copied } else { format!("\n{copied}") });
        Ok(())
    }

    /// Adds copies of all elements that begin with a line like the anchor, after the last of them.
    pub(crate) fn copy_all(
        &mut self,
        path: &str,
        anchor: &str,
        rename: impl Fn(&str) -> Result<String, Error>,
    ) -> Result<(), Error> {
        let text = self.text(path)?;
        let (mut copied, mut end) = (String::new(), 0);
        while let Some(range) = Block::Element.find(&text[end..], anchor) {
            copied.push_str(&rename(&text[end..][range.clone()])?);
            end += range.end;
        }
        if copied.is_empty() {
            return Err(missing(path, anchor));
        }
        text.insert_str(end, &copied);
        Ok(())
    }

    /// Adds `new` to a list after `old`, in the first line that contains `anchor` or after it.
    pub(crate) fn beside(&mut self, path: &str, anchor: &str, old: &str, new: &str) -> Result<(), Error> {
        let text = self.text(path)?;
        let start = text.find(anchor).ok_or_else(|| missing(path, anchor))?;
        let list = replace_first_word(&text[start..], old, &format!("{old}, {new}"));
        let list = list.ok_or_else(|| missing(path, old))?;
        text.replace_range(start.., &list);
        Ok(())
    }

    /// Returns the text of a file with the changes so far.
    pub(crate) fn text(&mut self, path: &str) -> Result<&mut String, Error> {
        let path = PathBuf::from(path);
        if !self.texts.contains_key(&path) {
            let file = self.root.join(&path);
            let text = read_to_string(&file).map_err(|source| Error::File { path: file, source })?;
            self.texts.insert(path.clone(), text);
        }
        Ok(self.texts.entry(path).or_default())
    }

    /// Returns the new files.
    #[cfg(test)]
    pub(crate) fn created(&self) -> impl Iterator<Item = (&PathBuf, &String)> {
        self.texts.iter().filter(|(path, _)| self.created.contains(path))
    }

    /// Writes all texts, and returns the new and the changed files.
    pub(crate) fn write(self) -> Result<Written, Error> {
        for (path, text) in &self.texts {
            let file = self.root.join(path);
            file.parent()
                .map_or(Ok(()), create_dir_all)
                .and_then(|()| write(&file, text))
                .map_err(|source| Error::File { path: file, source })?;
        }
        let changed = self.texts.into_keys().filter(|path| !self.created.contains(path)).collect();
        Ok(Written { created: self.created, changed })
    }
}

/// Replaces a text that the file must have.
pub(crate) fn replace(file: &str, text: &mut String, old: &str, new: &str) -> Result<(), Error> {
    if !text.contains(old) {
        return Err(missing(file, old));
    }
    *text = text.replace(old, new);
    Ok(())
}

fn missing(path: &str, anchor: &str) -> Error {
    Error::Anchor { path: path.into(), anchor: anchor.to_owned() }
}

/// The files that a command wrote.
pub(crate) struct Written {
    pub(crate) created: Vec<PathBuf>,
    pub(crate) changed: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_when_a_place_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join("list"), "a\nc\n").unwrap();
        let mut edits = Edits::in_checkout(dir.path());
        edits.create("new", "text".to_owned());
        edits.insert_before("list", "b\n", "c").unwrap();
        let error = edits.insert_before("list", "x\n", "nowhere").unwrap_err().to_string();
        assert!(error.contains("list: no line like `nowhere`"), "{error}");
        assert_eq!(read_to_string(dir.path().join("list")).unwrap(), "a\nc\n");
        let written = edits.write().unwrap();
        assert_eq!(read_to_string(dir.path().join("list")).unwrap(), "a\nb\nc\n");
        assert_eq!(written.created, [Path::new("new")]);
        assert_eq!(written.changed, [Path::new("list")]);
    }

    #[test]
    fn a_line_goes_where_its_name_is_sorted() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join("list"), "//! a\nmod posts;\nmod posts_id;\nmod users;\n\nend\n").unwrap();
        let mut edits = Edits::in_checkout(dir.path());
        for line in ["mod a;\n", "mod posts_id_comments;\n", "mod z;\n"] {
            edits.insert_sorted("list", line, |line| line.starts_with("mod ")).unwrap();
        }
        let sorted =
            "//! a\nmod a;\nmod posts;\nmod posts_id;\nmod posts_id_comments;\nmod users;\nmod z;\n\nend\n";
        assert_eq!(edits.text("list").unwrap(), sorted);
    }
}
