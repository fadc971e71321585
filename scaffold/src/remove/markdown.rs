//! Markdown documents without what is taken out.

use super::prose;

/// Takes out of a Markdown document: rows of tables, paragraphs of code and sentences that name something that is gone,
/// and sections whose heading or first sentence does. Returns the document, and the headings that went.
pub(super) fn document(text: &str, is_gone: impl Fn(&str) -> bool) -> (String, Vec<String>) {
    let (mut kept, mut headings): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut is_code, mut has_gap) = (false, false);
    let mut gone_below = None;
    let blocks = blocks(text);
    for (at, block) in blocks.iter().enumerate() {
        let first = block.first().copied().unwrap_or_default();
        let is_fence = first.starts_with("```");
        is_code ^= is_fence;
        let level = level(first);
        if !is_code && level > 0 {
            gone_below = gone_below.filter(|above| level > *above);
            let names_it = |block: &Vec<&str>| prose::topic(block).is_some_and(|topic| is_gone(&topic));
            // A document is about more than its first sentence.
            let is_out = is_gone(first) || level > 1 && blocks.get(at + 1).is_some_and(names_it);
            gone_below = gone_below.or(is_out.then_some(level));
            headings.extend(gone_below.map(|_| first.to_owned()));
        }
        let whole = || block.iter().map(ToString::to_string).collect();
        let left: Vec<String> = if gone_below.is_some() {
            Vec::new()
        } else if is_code && !is_fence {
            if block.iter().any(|line| is_gone(line)) { Vec::new() } else { whole() }
        } else if first.starts_with('|') {
            if is_row_gone(first, &is_gone) { Vec::new() } else { whole() }
        } else if prose::is_prose(block) {
            prose::without(block, &is_gone)
        } else {
            whole()
        };
        let is_last_empty =
            kept.last().is_some_and(|line| line.is_empty() || is_code && line.starts_with("```"));
        if left.is_empty() {
            has_gap |= is_code;
            if block.last() == Some(&"") && !is_last_empty {
                kept.push(String::new());
            }
        } else if is_fence && !is_code && has_gap {
            // The end of code of which something went, and maybe all of it.
            has_gap = false;
            kept.truncate(kept.iter().rposition(|line| !line.is_empty()).map_or(0, |at| at + 1));
            if kept.last().is_some_and(|line| line.starts_with("```")) {
                kept.pop();
            } else {
                kept.extend(left);
            }
        } else {
            kept.extend(left);
        }
    }
    let mut kept: Vec<&str> = kept.iter().map(String::as_str).collect();
    headings.extend(hollow(&mut kept));
    let mut is_code = false;
    kept.dedup_by(|line, above| {
        is_code ^= line.starts_with("```");
        !is_code && line.is_empty() && above.is_empty()
    });
    (kept.join("\n") + "\n", headings)
}

/// Tells whether a row is about something that is gone: its first two cells name it, or a cell begins with it.
fn is_row_gone(row: &str, is_gone: impl Fn(&str) -> bool) -> bool {
    let begins_with_it = |cell: &str| {
        cell.trim().strip_prefix('`').and_then(|rest| rest.split('`').next()).is_some_and(&is_gone)
    };
    is_gone(row)
        && row.split('|').enumerate().any(|(at, cell)| at <= 2 && is_gone(cell) || begins_with_it(cell))
}

/// Takes sentences out of paragraphs and items, and leaves the rest as it is.
pub(super) fn without_sentences(text: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let mut is_code = false;
    let blocks = blocks(text);
    let left = blocks.iter().flat_map(|block| {
        is_code ^= block[0].starts_with("```");
        if is_code || !prose::is_prose(block) {
            block.iter().map(ToString::to_string).collect()
        } else {
            prose::without(block, &is_gone)
        }
    });
    left.collect::<Vec<_>>().join("\n") + "\n"
}

/// Takes out the heads of tables that have no rows left, and headings that have no text left. Returns the headings.
fn hollow(lines: &mut Vec<&str>) -> Vec<String> {
    let mut headings = Vec::new();
    let mut is_code = false;
    // What follows a line: the level of a heading, 0 for any other text. The end of the document is a heading of all.
    let mut next = 1;
    let mut has_row = false;
    for at in (0..lines.len()).rev() {
        let line = lines[at];
        is_code ^= line.starts_with("```");
        let level = if is_code { 0 } else { level(line) };
        let is_head = line.starts_with("|--") && !has_row;
        if is_head && at > 0 {
            lines.drain(at - 1..=at);
            return [headings, hollow(lines)].concat();
        }
        if level > 0 && next > 0 && next <= level {
            headings.push(line.to_owned());
            lines.remove(at);
        } else if !line.is_empty() {
            next = level;
        }
        has_row = line.starts_with('|');
    }
    headings
}

/// The level of a heading; 0 for any other line.
fn level(line: &str) -> usize {
    let level = line.chars().take_while(|c| *c == '#').count();
    if line[level..].starts_with(' ') { level } else { 0 }
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
            || !is_code && (line.starts_with(['|', '#', '<']) || line.trim_start().starts_with("- "));
        if begins || blocks.is_empty() {
            blocks.push(Vec::new());
        }
        blocks.last_mut().into_iter().for_each(|block| block.push(line));
        is_code ^= is_fence;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_commands_and_sentences_go() {
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

## Another

It is about /api/a. It goes.

## Else

Yes.
";
        let expected = "\
# Tour

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
        let (left, headings) = document(text, |line| line.contains("/api/a"));
        assert_eq!(left, expected);
        assert_eq!(headings, ["## /api/a", "## Another"]);
    }

    #[test]
    fn a_table_without_rows_and_a_section_without_text_go() {
        let text = "# All\n\n## A\n\n| path |\n|---|\n| /api/a |\n\n## B\n\n| path |\n|---|\n| /api/b |\n";
        let (left, headings) = document(text, |line| line.contains("/api/a"));
        assert_eq!(left, "# All\n\n## B\n\n| path |\n|---|\n| /api/b |\n");
        assert_eq!(headings, ["## A"]);
    }
}
