//! The style of imports: one `use` for each module, in groups of the standard library, of other crates and of this
//! crate.

use std::fs;
use std::path::Path;

/// Describes each import of a file that has another style.
pub(crate) fn mistakes(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let found = |(line, message): (usize, &str)| format!("{}:{line}: {message}", file.display());
    in_text(&text).into_iter().map(found).collect()
}

/// The group to which an import belongs. A re-export belongs to none.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Group {
    Standard,
    Others,
    Own,
}

impl Group {
    fn of(path: &str) -> Self {
        match path.split("::").next().unwrap_or_default() {
            "std" => Self::Standard,
            "crate" | "self" | "super" => Self::Own,
            _ => Self::Others,
        }
    }
}

fn in_text(text: &str) -> Vec<(usize, &'static str)> {
    let mut mistakes = Vec::new();
    let mut last: Option<Group> = None;
    let mut follows_blank = true;
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let line = line.trim_start();
        let Some(path) = line.strip_prefix("use ") else {
            if !line.is_empty() && !line.starts_with("#[") {
                last = None;
            }
            follows_blank |= line.is_empty();
            continue;
        };
        let mut whole = path.to_owned();
        while !whole.ends_with(';') {
            let Some((_, line)) = lines.next() else { break };
            whole.push_str(line.trim());
        }
        if whole.split_once('{').is_some_and(|(_, names)| names.contains("::") || names.contains('{')) {
            mistakes.push((at + 1, "one `use` for each module"));
        }
        let group = Group::of(path);
        match last {
            Some(last) if last > group => {
                mistakes.push((at + 1, "the standard library comes first, then other crates, then this one"));
            }
            Some(last) if (last == group) == follows_blank => {
                mistakes.push((at + 1, "one blank line between groups and none inside"));
            }
            _ => {}
        }
        (last, follows_blank) = (Some(group), false);
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_groups_of_one_use_for_each_module_are_right() {
        let text = "//! Doc.\n\nmod a;\n\npub use a::A;\n\nuse std::fs;\nuse std::io::{\n    Read, Write,\n};\n\nuse bytes::Bytes;\n\nuse super::A;\n\
                    #[cfg(feature = \"x\")]\nuse crate::b::{self, B};\n\nfn f() {\n    use crate::c::C;\n}\n";
        assert_eq!(in_text(text), []);
    }

    #[test]
    fn other_styles_are_named_with_their_lines() {
        for (text, line, message) in [
            ("use std::{\n    fs,\n    io::Read,\n};\n", 1, "one `use`"),
            ("use std::{fs, io::{Read, Write}};\n", 1, "one `use`"),
            ("use std::fs;\nuse bytes::Bytes;\n", 2, "one blank line"),
            ("use std::fs;\n\nuse std::io;\n", 3, "one blank line"),
            ("use crate::a;\n\nuse std::fs;\n", 3, "the standard library"),
        ] {
            let mistakes = in_text(text);
            assert!(
                matches!(&mistakes[..], [(at, why)] if *at == line && why.starts_with(message)),
                "{mistakes:?}"
            );
        }
    }
}
