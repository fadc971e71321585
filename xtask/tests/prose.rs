//! Comments, documents and descriptions open with their subject or verb; see docs/style.md.

#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Words that put a clause where the subject belongs.
const OPENERS: [&str; 11] =
    ["how", "that", "whatever", "what", "where", "wherever", "whether", "which", "whoever", "whose", "who"];

/// Words that are not written as two.
const ONE_WORD: [&str; 1] = ["cannot"];

/// Folders of dependencies and of build results. Hidden folders are left out, too.
const FOREIGN: [&str; 3] = ["dist", "node_modules", "target"];

/// The client's types repeat openapi.json.
const GENERATED: &str = "schema.ts";

/// A file with comments, paragraphs or descriptions.
struct Source {
    path: PathBuf,
    text: String,
}

/// A comment, a paragraph or a description.
struct Block<'a> {
    /// The first line with words, counted from 1.
    line: usize,
    /// The first word.
    opener: &'a str,
}

impl Source {
    fn read(path: PathBuf) -> Self {
        Self { text: fs::read_to_string(&path).unwrap(), path }
    }

    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.strip_prefix(root()).unwrap().display())
    }

    /// Returns the file's comments, paragraphs or descriptions.
    fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let (mut is_inside, mut is_code) = (false, false);
        for (at, line) in self.text.lines().enumerate() {
            let line = line.trim_start();
            is_code ^= line.starts_with("```");
            let prose = if is_code { None } else { self.prose(line) };
            let Some(prose) = prose else {
                is_inside = false;
                continue;
            };
            let opener = prose.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
            if (!is_inside || starts_item(line)) && !prose.is_empty() {
                blocks.push(Block { line: at + 1, opener });
            }
            is_inside |= !prose.is_empty();
        }
        blocks
    }

    /// Returns the part of a line that is prose: without the mark of a comment, of an item or of a member.
    fn prose<'a>(&self, line: &'a str) -> Option<&'a str> {
        let marks: &[&str] = match self.path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => &["///", "//!", "//"],
            Some("ts") => &["//", "/**", "/*", "*/", "*"],
            Some("json") => &["\"description\": \"", "\"summary\": \""],
            Some("md") if line.is_empty() || line.starts_with(['#', '|', '<']) => &[],
            Some("md") => &["- ", "> ", ""],
            Some("py") => &["\"\"\"", "#"],
            _ => &["#"],
        };
        marks
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
            .map(|prose| prose.trim_start().trim_start_matches('*'))
    }

    /// Returns the line of each word that is written as two, also if the second one is in the next line.
    fn divided_words(&self) -> Vec<usize> {
        let lines = self.text.lines().enumerate();
        let words = lines.flat_map(|(at, line)| line.split_whitespace().map(move |word| (at + 1, word)));
        let words =
            words.map(|(line, word)| (line, word.trim_matches(|letter: char| !letter.is_alphabetic())));
        let words: Vec<(usize, &str)> = words.filter(|(_, word)| !word.is_empty()).collect();
        let is_divided = |pair: &&[(usize, &str)]| {
            ONE_WORD.contains(&format!("{}{}", pair[0].1, pair[1].1).to_lowercase().as_str())
        };
        words.windows(2).filter(is_divided).map(|pair| pair[0].0).collect()
    }
}

/// Tells whether a line starts an item of a list, or is a member of a JSON document.
fn starts_item(line: &str) -> bool {
    line.starts_with("- ") || line.starts_with('"')
}

/// Adds the source files and documents below `folder`, and openapi.json.
fn collect(folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !name.starts_with('.') && !FOREIGN.contains(&name) {
            collect(&path, sources);
        } else if path.is_file() && is_source(name) {
            sources.push(Source::read(path));
        }
    }
}

fn is_source(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    (["rs", "ts", "py", "md", "yaml", "yml"].contains(&extension) && name != GENERATED)
        || ["Makefile", "openapi.json"].contains(&name)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(root(), &mut sources);
    sources
}

#[test]
fn comments_and_documents_put_the_subject_first() {
    let (mut count, mut found) = (0, Vec::new());
    for source in sources() {
        let blocks = source.blocks();
        count += blocks.len();
        let odd = blocks.iter().filter(|block| OPENERS.contains(&block.opener.to_lowercase().as_str()));
        found.extend(odd.map(|Block { line, opener }| format!("{}: {opener} ...", source.place(*line))));
    }
    assert!(count > 1000, "{count} comments");
    assert!(
        found.len() * 100 <= count,
        "{} of {count} comments, paragraphs and descriptions do not open with their subject or verb, more than 1 %:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn no_word_is_written_as_two() {
    let sources = sources();
    let places =
        |source: &Source| source.divided_words().into_iter().map(|line| source.place(line)).collect();
    let found: Vec<String> = sources.iter().flat_map::<Vec<String>, _>(places).collect();
    assert!(found.is_empty(), "these are one word: {}\n{}", ONE_WORD.join(", "), found.join("\n"));
}
