//! Blocks of text: an item of Rust, an element of a list, a resource of YAML.

use std::ops::Range;

/// The extent of a block around a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// An item at the left margin, with its comments and attributes.
    Item,
    /// An element of a list, or a statement, from the line itself to its comma or semicolon.
    Element,
    /// The lines up to the next empty one.
    Paragraph,
}

impl Block {
    /// Returns the range of the block whose lines include the first one that contains `anchor`.
    pub(crate) fn find(self, text: &str, anchor: &str) -> Option<Range<usize>> {
        let lines: Vec<(usize, &str)> = with_offsets(text).collect();
        let found = lines.iter().position(|(_, line)| line.contains(anchor))?;
        let first = match self {
            Self::Item => {
                (0..=found).rev().find(|at| *at == 0 || ends_item(lines[at - 1].1)).unwrap_or(found)
            }
            Self::Element | Self::Paragraph => found,
        };
        let mut depth = 0;
        let last = (first..lines.len()).find(|at| {
            let line = lines[*at].1.trim();
            depth += depth_of(line);
            match self {
                Self::Paragraph => lines.get(at + 1).is_none_or(|(_, next)| next.trim().is_empty()),
                Self::Item => depth == 0 && *at >= found && line.ends_with([';', '}']),
                Self::Element => depth == 0 && line.ends_with([',', ';']),
            }
        })?;
        Some(lines[first].0..lines[last].0 + lines[last].1.len())
    }
}

fn ends_item(line: &str) -> bool {
    let is_nested = line.starts_with(' ');
    line.trim().is_empty() || (!is_nested && line.trim_end().ends_with([';', '}']))
}

fn depth_of(line: &str) -> i32 {
    let code = if line.starts_with("//") { "" } else { line };
    code.chars().fold(0, |depth, letter| match letter {
        '(' | '[' | '{' => depth + 1,
        ')' | ']' | '}' => depth - 1,
        _ => depth,
    })
}

/// Returns the lines of a text, each with the place where it begins.
pub(crate) fn with_offsets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        Some((at, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
mod a;
mod b;

/// The text.
#[derive(Debug)]
struct A {
    b: (u8, u8),
}

id! {
    /// An id.
    PostId
}

fn list() {
    vec![
        case(\"POST /api/posts\"),
        case(\"PUT /api/posts/{id}\")
            .with(|_| json!({\"a\": [1, 2]})),
        case(\"x\"),
    ]
}
";

    fn found(block: Block, anchor: &str) -> &'static str {
        &TEXT[block.find(TEXT, anchor).unwrap()]
    }

    #[test]
    fn a_block_is_whole() {
        assert_eq!(found(Block::Item, "mod b"), "mod b;\n");
        assert!(found(Block::Item, "struct A").starts_with("/// The text.\n#[derive"));
        assert!(found(Block::Item, "struct A").ends_with("    b: (u8, u8),\n}\n"));
        assert_eq!(found(Block::Item, "PostId"), "id! {\n    /// An id.\n    PostId\n}\n");
        assert_eq!(found(Block::Element, "POST "), "        case(\"POST /api/posts\"),\n");
        assert!(found(Block::Element, "PUT ").ends_with("[1, 2]})),\n"));
        assert!(found(Block::Paragraph, "id! {").ends_with("PostId\n}\n"));
        assert_eq!(Block::Item.find(TEXT, "nowhere"), None);
    }
}
