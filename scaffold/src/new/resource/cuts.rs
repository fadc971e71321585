//! The parts of the model that a copy does without: its search, and the words of its story.

use crate::Error;
use crate::edits::replace;

const STORE: &str = "shared/src/store/problems.rs";

/// Code of the model's files that keeps up its search, and the code without.
const SEARCH: &[(&str, &str, &str)] = &[
    (STORE, "use super::postings::Rows;\n", ""),
    (
        STORE,
        "        let rows = self.table.rows_of_problem(problem.id).await?;
        let next_rows = rows.renamed(&next.attributes.name)?;
        let (before, after) = (problem.with_rows(&rows)?, next.with_rows(&next_rows)?);
        self.change(Some(&before), Some(&after)).await?;
",
        "        self.change(Some(&problem.describe()?), Some(&next.describe()?)).await?;\n",
    ),
    (
        STORE,
        "        let rows = self.table.rows_of_problem(problem.id).await?;
        self.change(Some(&problem.with_rows(&rows)?), None).await
",
        "        self.change(Some(&problem.describe()?), None).await\n",
    ),
    (
        STORE,
        "    fn describe(&self) -> Result<Description, Error> {
        self.with_rows(&Rows::default().renamed(&self.attributes.name)?)
    }
}

impl Problem {
    fn with_rows(&self, rows: &Rows) -> Result<Description, Error> {
",
        "    fn describe(&self) -> Result<Description, Error> {\n",
    ),
    (STORE, "\n            .with(rows.items(self)?))", ")"),
    (STORE, "pub(super) fn summary(", "fn summary("),
];

/// Words about the model that would be wrong of another resource, if they are there.
const WORDS: &[(&str, &str)] = &[
    ("Pose a ", "Write a "),
    ("_poses_", "_writes_"),
    ("Who posed", "Who wrote"),
    ("who posed", "who wrote"),
    ("was posed", "was written"),
    (", or ends in [`Error::TooManyGrams`]", ""),
    ("; or ends in [`Error::TooManyGrams`]", ""),
    (", with the [rows](super::postings) by which its name is found", ""),
    (": from the list, or from a posting", ""),
    ("Searches no longer find it. ", ""),
    ("lists and searches", "lists"),
    (" to solve", ""),
    ("[dynamodb:GetItem, dynamodb:Query]", "dynamodb:GetItem"),
];

/// Returns the file's text without the parts that only the model has.
pub(super) fn cut(file: &str, mut text: String) -> Result<String, Error> {
    for (_, old, new) in SEARCH.iter().filter(|(of, ..)| *of == file) {
        replace(file, &mut text, old, new)?;
    }
    let about_search = |line: &&str| {
        let is_comment =
            ["# ", "// ", "/// Describes"].iter().any(|start| line.trim_start().starts_with(start));
        is_comment && ["postings", " rows "].iter().any(|word| line.contains(word))
    };
    let text = text.split_inclusive('\n').filter(|line| !about_search(line)).collect();
    Ok(WORDS.iter().fold(text, |text: String, (old, new)| text.replace(old, new)))
}
