//! Links within Markdown documents to sections that are gone.

/// The fragment that leads to a heading.
pub(super) fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The targets of links.
pub(super) fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// Leaves of each link whose target is gone the text alone.
pub(super) fn without(text: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let end = after.find(')').unwrap_or_default();
        if let Some(start) = before.rfind('[').filter(|_| is_gone(&after[..end])) {
            left.push_str(&before[..start]);
            left.push_str(&before[start + 1..]);
            rest = &after[end + 1..];
        } else {
            left.push_str(before);
            left.push_str("](");
            rest = after;
        }
    }
    left + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_section_that_is_gone_is_its_text() {
        let text = "A [stream](#streams) of [posts](api-design.md#posts), or [users](#users).";
        let left = without(text, |target| target != "#users");
        assert_eq!(left, "A stream of posts, or [users](#users).");
    }

    #[test]
    fn an_anchor_is_the_heading_in_lower_case_without_marks() {
        assert_eq!(anchor("### Files, `/api/upload`"), "files-apiupload");
    }
}
