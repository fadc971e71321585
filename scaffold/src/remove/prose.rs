//! Prose without the sentences that name something that is gone.

/// The length of a line.
const WIDTH: usize = 140;

/// Takes sentences out of a paragraph or an item of a list, and all of it with its first sentence.
pub(super) fn without(block: &[&str], is_gone: impl Fn(&str) -> bool) -> Vec<String> {
    let empty = block.iter().rev().take_while(|line| line.is_empty()).count();
    let (lines, after) = block.split_at(block.len() - empty);
    let text = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let sentences = sentences(&text);
    let kept: Vec<&str> = sentences.iter().copied().filter(|sentence| !is_gone(sentence)).collect();
    let is_as_before = kept.len() == sentences.len();
    let mut lines: Vec<String> = if sentences.first() != kept.first() {
        Vec::new()
    } else if is_as_before {
        lines.iter().map(ToString::to_string).collect()
    } else {
        filled(&kept.join(" "), indent(lines[0]))
    };
    if !lines.is_empty() {
        lines.extend(after.iter().map(ToString::to_string));
    }
    lines
}

/// The text that says what a section is about: the first sentence of a paragraph, or the head of a table.
pub(super) fn topic(block: &[&str]) -> Option<String> {
    if block.first()?.starts_with('|') {
        return Some(block[0].to_owned());
    }
    let text = block.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    is_prose(block).then(|| sentences(&text)[0].to_owned())
}

/// Tells whether a block is one paragraph or item, so that its lines can be filled again.
pub(super) fn is_prose(block: &[&str]) -> bool {
    let is_marked = |line: &&str| {
        let line = line.trim_start();
        let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
        line.starts_with(['|', '<', '#', '>']) || line.starts_with("```") || number.starts_with(". ")
    };
    !block.iter().any(is_marked)
}

/// A sentence ends with a full stop that a capital, code or emphasis follows.
fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut is_code) = (0, false);
    for (at, c) in text.char_indices() {
        is_code ^= c == '`';
        let next = text[at..].strip_prefix(". ").and_then(|rest| rest.chars().next());
        if !is_code && next.is_some_and(|next| next.is_uppercase() || ['`', '*', '['].contains(&next)) {
            found.push(&text[start..=at]);
            start = at + 2;
        }
    }
    found.push(&text[start..]);
    found
}

/// The spaces before the lines of a block: the first, and the others.
fn indent(first: &str) -> (usize, usize) {
    let spaces = first.len() - first.trim_start().len();
    let is_item = first.trim_start().starts_with("- ");
    (spaces, if is_item { spaces + 2 } else { spaces })
}

fn filled(text: &str, (first, others): (usize, usize)) -> Vec<String> {
    let mut lines = vec![" ".repeat(first)];
    for word in text.split(' ') {
        let line = &mut lines[0];
        let is_new = line.trim().is_empty();
        if is_new || line.chars().count() + 1 + word.chars().count() <= WIDTH {
            line.push_str(if is_new { "" } else { " " });
            line.push_str(word);
        } else {
            lines.insert(0, format!("{}{word}", " ".repeat(others)));
        }
    }
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> String {
        without(&text.split('\n').collect::<Vec<_>>(), |sentence| sentence.contains("/api/a")).join("\n")
    }

    #[test]
    fn a_sentence_goes_and_the_others_are_filled() {
        assert_eq!(left("- One.\n  `/api/a. B` is two. Three."), "- One. Three.");
        assert_eq!(left("One. Two\n/api/b."), "One. Two\n/api/b.");
    }

    #[test]
    fn all_goes_with_the_first_sentence() {
        assert_eq!(left("Ask `/api/a`. It answers.\n"), "");
    }

    #[test]
    fn lists_with_numbers_tables_and_code_are_no_prose() {
        assert!(is_prose(&["- One.", "  Two."]));
        for block in [["1. One.", "2. Two."], ["| a |", "|---|"], ["  ```sh", "  ```"]] {
            assert!(!is_prose(&block), "{block:?}");
        }
    }
}
