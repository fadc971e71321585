//! Manifests, recorded answers, tables and lists without what is taken out.

use super::names::Names;

/// Takes the names of tests that are gone out of a row, and the row with the last of them.
pub(super) fn tests_in_rows(text: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let mut kept = Vec::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let (Some(last), true) = (cells.last(), line.starts_with('|')) else {
            kept.push(line.to_owned());
            continue;
        };
        let tests = last.trim_end_matches(['|', ' ']).split(", ");
        let (gone, left): (Vec<&str>, Vec<&str>) = tests.partition(|test| is_gone(test.trim_matches('`')));
        if gone.is_empty() {
            kept.push(line.to_owned());
        } else if !left.is_empty() {
            kept.push(format!("{} | {} |", cells[..cells.len() - 1].join(" | "), left.join(", ")));
        }
    }
    let mut text = kept.join("\n");
    text.push('\n');
    text
}

/// Takes the lines out of a manifest that name a crate of functions/ which is gone.
pub(super) fn manifest(text: &str, names: &Names) -> String {
    let is_gone = |line: &str| {
        let path = line.split_once("path = \"../functions/").and_then(|(_, rest)| rest.split('"').next());
        path.is_some_and(|function| names.is_function(function))
    };
    lines(text, |line| !is_gone(line))
}

/// Takes the answers to the events of functions that are gone out of a snapshot.
pub(super) fn snapshot(text: &str, names: &Names) -> String {
    lines(text, |line| !line.split_once('/').is_some_and(|(function, _)| names.is_function(function)))
}

/// Takes the rows of lists out that name something that is gone, with the comments above them.
pub(super) fn rows(text: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        if !(line.ends_with(',') && is_gone(line)) {
            kept.push(line);
            continue;
        }
        while kept.last().is_some_and(|above| above.trim_start().starts_with('#')) {
            kept.pop();
        }
    }
    kept.join("\n") + "\n"
}

/// Takes the paragraphs out that name something that is gone.
pub(super) fn paragraphs(text: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let kept = text.trim_end().split("\n\n").filter(|paragraph| !paragraph.lines().any(&is_gone));
    kept.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// The lines that are kept.
pub(super) fn lines(text: &str, is_kept: impl Fn(&str) -> bool) -> String {
    let mut text = text.lines().filter(|line| is_kept(line)).collect::<Vec<_>>().join("\n");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_with_their_comments_and_paragraphs_as_a_whole() {
        let text = "LIST = [\n    # Of a.\n    \"/api/a\",\n    # Of b.\n    \"/api/b\",\n]\n";
        assert_eq!(rows(text, |line| line.contains("/api/a")), "LIST = [\n    # Of b.\n    \"/api/b\",\n]\n");
        let text = "[a]\npath = \"/api/a\"\n\n[b]\npath = \"/api/b\"\n";
        assert_eq!(paragraphs(text, |line| line.contains("/api/a")), "[b]\npath = \"/api/b\"\n");
    }

    #[test]
    fn a_row_goes_with_the_last_of_its_tests() {
        let text = "| a | `x::a`, `x::b` |\n| b | `x::a` |\n";
        assert_eq!(tests_in_rows(text, |test| test == "x::a"), "| a | `x::b` |\n");
    }
}
