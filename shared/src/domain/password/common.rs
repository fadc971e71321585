//! The most common passwords, which attackers try first.

/// The 3,000 most common passwords of the minimum length or more (OWASP ASVS 5.0, 6.2.4), in lower case, sorted, one a
/// line. They come from Django's list; common.LICENSE beside it has the terms.
const COMMON: &str = include_str!("common.txt");

/// Tells whether `password`, in lower case, is one of them.
pub(super) fn is_common(password: &str) -> bool {
    // The binary search runs over the text itself, so nothing has to be built.
    let mut rest = COMMON;
    while !rest.is_empty() {
        let middle = rest.len() / 2;
        let start = rest.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (before, line_and_after) = rest.split_at(start);
        let (line, after) = line_and_after.split_once('\n').unwrap_or((line_and_after, ""));
        match password.cmp(line) {
            std::cmp::Ordering::Less => rest = before,
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Greater => rest = after,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_nothing_between_two() {
        let mut lines = 0;
        for line in COMMON.lines() {
            assert!(is_common(line), "{line}");
            assert!(!is_common(&format!("{line}\0")), "after {line}");
            assert!(line.len() >= 8, "{line}");
            lines += 1;
        }
        assert_eq!(lines, 3000);
        for other in
            ["", "\n", "\0", "~~~~~~~~", "correct horse battery staple", "zzzzzzzzzzzzzzzzz", "ëëëëëëëë"]
        {
            assert!(!is_common(other), "{other}");
        }
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(COMMON.lines().is_sorted());
    }
}
