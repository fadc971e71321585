//! Documents, manifests and recorded answers without what is taken out.

use super::names::Names;

/// Takes out of a Markdown document: rows of tables, items of lists and paragraphs of shell code that name a path or a
/// test that is gone, and sections with such a heading. Prose stays; `remove` says where it still names one.
pub(super) fn document(text: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let mut kept = Vec::new();
    let (mut is_code, mut has_gap) = (false, false);
    let mut gone_below = None;
    for block in blocks(text) {
        let first = block.first().copied().unwrap_or_default();
        let is_fence = first.starts_with("```");
        is_code ^= is_fence;
        let level = first.chars().take_while(|c| *c == '#').count();
        if !is_code && level > 0 {
            gone_below = gone_below.filter(|above| level > *above);
            gone_below = gone_below.or_else(|| is_gone(first).then_some(level));
        }
        let names_it = |lines: &[&str]| lines.iter().any(|line| is_gone(line));
        let is_out = gone_below.is_some()
            || if first.starts_with('|') {
                // A row is about what its first two cells name.
                names_it(&first.split('|').take(3).collect::<Vec<_>>())
            } else {
                (is_code && !is_fence || first.trim_start().starts_with("- ")) && names_it(&block)
            };
        let is_last_empty =
            kept.last().is_some_and(|line: &&str| line.is_empty() || is_code && line.starts_with("```"));
        if is_out {
            has_gap |= is_code;
            if block.last() == Some(&"") && !is_last_empty {
                kept.push("");
            }
        } else if is_fence && !is_code && has_gap {
            // The end of code of which something went, and maybe all of it.
            has_gap = false;
            kept.truncate(kept.iter().rposition(|line| !line.is_empty()).map_or(0, |at| at + 1));
            if kept.last().is_some_and(|line| line.starts_with("```")) {
                kept.pop();
            } else {
                kept.extend(block);
            }
        } else {
            kept.extend(block);
        }
    }
    kept.join("\n") + "\n"
}

/// Rows of tables, items of lists, paragraphs and fences, each with the empty lines behind it.
fn blocks(text: &str) -> Vec<Vec<&str>> {
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        let after_empty = blocks.last().and_then(|block| block.last()).is_none_or(|line| line.is_empty());
        let after_fence =
            blocks.last().and_then(|block| block.first()).is_some_and(|line| line.starts_with("```"));
        let begins = is_fence
            || (after_empty || after_fence) && !line.is_empty()
            || !is_code && (line.starts_with(['|', '#']) || line.trim_start().starts_with("- "));
        if begins || blocks.is_empty() {
            blocks.push(Vec::new());
        }
        blocks.last_mut().into_iter().for_each(|block| block.push(line));
        is_code ^= is_fence;
    }
    blocks
}

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
    fn rows_items_and_commands_go_and_prose_stays() {
        let text = "\
# Tour

Ask for /api/a or /api/b.

- /api/a
  in two lines
- /api/b

| path |
|---|
| /api/a |
| /api/b |

```sh
curl /api/a

curl /api/b
```

## /api/a

More.

## Else

Yes.
";
        let expected = "\
# Tour

Ask for /api/a or /api/b.

- /api/b

| path |
|---|
| /api/b |

```sh
curl /api/b
```

## Else

Yes.
";
        assert_eq!(document(text, |line| line.contains("/api/a")), expected);
    }

    #[test]
    fn a_row_goes_with_the_last_of_its_tests() {
        let text = "| a | `x::a`, `x::b` |\n| b | `x::a` |\n";
        assert_eq!(tests_in_rows(text, |test| test == "x::a"), "| a | `x::b` |\n");
    }
}
