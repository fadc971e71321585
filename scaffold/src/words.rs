//! Renaming: the words of one resource become those of another, in every case form.

use crate::name::{capitalized, singular};

/// The name of a resource: `comments`, of which one is a `comment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Noun {
    pub(crate) plural: String,
    pub(crate) singular: String,
}

impl Noun {
    /// Reads a plural; its singular is that of a regular noun unless it is given.
    pub(crate) fn of(plural: &str, one: Option<&str>) -> Self {
        Self { plural: plural.to_owned(), singular: one.map_or_else(|| singular(plural), str::to_owned) }
    }

    /// Returns `Comment`: the type of one.
    pub(crate) fn type_name(&self) -> String {
        capitalized(&self.singular)
    }

    /// Returns the text with the words of `self` in place of those of `from`.
    pub(crate) fn rename(&self, from: &Self, text: &str) -> String {
        let mut renamed = text.to_owned();
        for (old, new) in [(&from.plural, &self.plural), (&from.singular, &self.singular)] {
            renamed = renamed
                .replace(&old.to_uppercase(), &new.to_uppercase())
                .replace(&capitalized(old), &capitalized(new))
                .replace(old.as_str(), new);
        }
        if self.singular.starts_with(['a', 'e', 'i', 'o', 'u']) {
            let one = &self.singular;
            for (article, with_n) in [(" a ", " an "), ("A ", "An "), ("_a_", "_an_"), (" a_", " an_")] {
                renamed = renamed.replace(&format!("{article}{one}"), &format!("{with_n}{one}"));
            }
        }
        renamed
    }
}

/// Returns `text` with every whole word `old` replaced.
pub(crate) fn replace_word(text: &str, old: &str, new: &str) -> String {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(at) = find_word(rest, old) {
        replaced.push_str(&rest[..at]);
        replaced.push_str(new);
        rest = &rest[at + old.len()..];
    }
    replaced + rest
}

/// Returns `text` with the first whole word `old` replaced, if it has one.
pub(crate) fn replace_first_word(text: &str, old: &str, new: &str) -> Option<String> {
    let at = find_word(text, old)?;
    Some(format!("{}{new}{}", &text[..at], &text[at + old.len()..]))
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_form_is_renamed() {
        let problems = Noun::of("problems", None);
        let text = "PROBLEM#1 of PROBLEMS: Problems, a ProblemId, problem_key(problem); a_problem_is_an_item";
        let comments = Noun::of("comments", None).rename(&problems, text);
        assert_eq!(
            comments,
            "COMMENT#1 of COMMENTS: Comments, a CommentId, comment_key(comment); a_comment_is_an_item"
        );
        let events = Noun::of("events", None).rename(&problems, "/// A problem.\n a problem, a_problem_is");
        assert_eq!(events, "/// An event.\n an event, an_event_is");
        let people = Noun::of("people", Some("person")).rename(&problems, "problems, Problem");
        assert_eq!(people, "people, Person");
    }

    #[test]
    fn a_word_is_replaced_where_it_is_whole() {
        assert_eq!(replace_word("Name, FileName, Name_1: Name", "Name", "X"), "X, FileName, Name_1: X");
        assert_eq!(replace_word("NameName Name", "Name", "X"), "NameName X");
    }
}
