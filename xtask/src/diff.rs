/// The maximum number of lines shown of either text.
const SHOWN: usize = 12;

/// Returns the lines from the first to the last difference of two texts: `-` is in `old`, `+` in `new`.
pub(crate) fn diff(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[before..], &new[before..]);
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let mut shown = vec![format!("from line {}:", before + 1)];
    for (sign, lines) in [('-', &old[..old.len() - after]), ('+', &new[..new.len() - after])] {
        shown.extend(lines.iter().take(SHOWN).map(|line| format!("{sign} {line}")));
        if lines.len() > SHOWN {
            shown.push(format!("{sign} ... and {} more lines", lines.len() - SHOWN));
        }
    }
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        assert_eq!(diff("a\nb\nc\nd", "a\nx\nd"), "from line 2:\n- b\n- c\n+ x");
        assert_eq!(diff("a\na", "a\na\na"), "from line 3:\n+ a");
        assert_eq!(diff("", "a"), "from line 1:\n+ a");
    }

    #[test]
    fn much_is_cut() {
        let shown = diff("", &"line\n".repeat(20));
        assert!(shown.ends_with("+ ... and 8 more lines"), "{shown}");
    }
}
