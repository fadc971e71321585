//! Texts of policies: wildcards and policy variables.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::fmt;

use super::request::Context;

/// A text of a policy, to be compared with one of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Letter(char),
    /// `?`
    AnyLetter,
    /// `*`
    AnyText,
    /// `${key}`, or `${key, 'default'}`.
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// The characters that mean more than themselves in a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Syntax {
    /// `*` and `?`.
    pub(super) wildcards: bool,
    /// `${...}`, which policies of version 2012-10-17 alone have.
    pub(super) variables: bool,
}

impl Pattern {
    /// Reads a text of a policy.
    pub(super) fn new(text: &str, syntax: Syntax) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if let (true, Some((name, after))) = (syntax.variables, variable(rest)) {
                pieces.push(match name {
                    // The three that stand for the characters themselves.
                    "*" | "?" | "$" => Piece::Letter(name.chars().next().unwrap_or_default()),
                    _ => named(name),
                });
                rest = after;
                continue;
            }
            pieces.push(match letter {
                '*' if syntax.wildcards => Piece::AnyText,
                '?' if syntax.wildcards => Piece::AnyLetter,
                letter => Piece::Letter(letter),
            });
            rest = &rest[letter.len_utf8()..];
        }
        Self { text: text.to_owned(), pieces }
    }

    /// Reports whether the text is the pattern's. A variable without a value fits nothing.
    pub(super) fn fits(&self, text: &str, context: &Context) -> bool {
        self.resolved(context).is_some_and(|pieces| fits(&pieces, text))
    }

    /// Compares like [`Self::fits`], but ignores the case of letters.
    pub(super) fn fits_in_any_case(&self, text: &str, context: &Context) -> bool {
        let pieces = self.resolved(context).map(|pieces| {
            let lower = |piece| match piece {
                Piece::Letter(letter) => Piece::Letter(letter.to_ascii_lowercase()),
                other => other,
            };
            pieces.into_iter().map(lower).collect::<Vec<_>>()
        });
        pieces.is_some_and(|pieces| fits(&pieces, &text.to_ascii_lowercase()))
    }

    /// Compares ARNs part by part, as IAM does: no wildcard spans the colons between account, region and the rest.
    pub(super) fn fits_arn(&self, arn: &str, context: &Context) -> bool {
        if self.text == "*" {
            return true;
        }
        let Some(pieces) = self.resolved(context) else { return false };
        let parts: Vec<&str> = arn.splitn(ARN_PARTS, ':').collect();
        let patterns: Vec<&[Piece]> =
            pieces.splitn(ARN_PARTS, |piece| *piece == Piece::Letter(':')).collect();
        parts.len() == patterns.len() && parts.iter().zip(patterns).all(|(part, pattern)| fits(pattern, part))
    }

    /// The text as the policy has it.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The pieces without variables.
    fn resolved(&self, context: &Context) -> Option<Vec<Piece>> {
        let mut resolved = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            match piece {
                Piece::Variable { key, default } => {
                    // A key of several values is no variable.
                    let value = match context.get(key) {
                        Some([value]) => value,
                        _ => default.as_ref()?,
                    };
                    resolved.extend(value.chars().map(Piece::Letter));
                }
                other => resolved.push(other.clone()),
            }
        }
        Some(resolved)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// `arn`, partition, service, region, account, and all of the rest.
pub(super) const ARN_PARTS: usize = 6;

/// `${name}` at the start of a text: the name, and what follows.
fn variable(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("${")?.split_once('}')
}

fn named(name: &str) -> Piece {
    let (key, default) = match name.split_once(',') {
        Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
        None => (name, None),
    };
    Piece::Variable { key: key.trim().to_owned(), default }
}

/// Matches greedily, and goes back to the last `*` where that fails: no pattern takes longer than both lengths multiplied.
fn fits(pieces: &[Piece], text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let (mut piece, mut letter, mut star) = (0, 0, None);
    while letter < letters.len() {
        match pieces.get(piece) {
            Some(Piece::AnyText) => {
                star = Some((piece, letter));
                piece += 1;
            }
            Some(Piece::AnyLetter) => (piece, letter) = (piece + 1, letter + 1),
            Some(Piece::Letter(wanted)) if *wanted == letters[letter] => {
                (piece, letter) = (piece + 1, letter + 1);
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (piece, letter) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pieces[piece..].iter().all(|piece| *piece == Piece::AnyText)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text, Syntax { wildcards: true, variables: true })
    }

    #[test]
    fn a_star_is_any_text_and_a_question_mark_any_letter() {
        for (text, fitting, others) in [
            ("USER#*", &["USER#", "USER#a*b"][..], &["USER", "user#1", "xUSER#"][..]),
            ("*", &["", "a/b:c"], &[]),
            ("a?c", &["abc", "aüc"], &["ac", "abbc"]),
            ("a*b*c", &["abc", "aXbYbZc"], &["acb", "ab"]),
            ("", &[""], &["a"]),
        ] {
            for fit in fitting {
                assert!(pattern(text).fits(fit, &Context::default()), "{text} {fit}");
            }
            for other in others {
                assert!(!pattern(text).fits(other, &Context::default()), "{text} {other}");
            }
        }
    }

    #[test]
    fn a_pattern_of_many_stars_is_soon_compared() {
        assert!(!pattern(&"*a".repeat(50)).fits(&"a".repeat(49), &Context::default()));
    }

    #[test]
    fn a_wildcard_stays_within_its_part_of_an_arn() {
        let table = "arn:aws:dynamodb:us-east-1:000000000000:table/T/index/gsi1";
        for (text, fits) in [
            ("arn:aws:dynamodb:*:*:table/T/index/*", true),
            ("arn:aws:dynamodb:us-east-1:000000000000:table/T", false),
            ("arn:aws:dynamodb:us-east-1:000000000000:table/T*", true),
            ("arn:aws:dynamodb:*:table/T/index/gsi1", false),
            ("*", true),
        ] {
            assert_eq!(pattern(text).fits_arn(table, &Context::default()), fits, "{text}");
        }
        let object = "arn:aws:s3:::files/a:b/c";
        assert!(pattern("arn:aws:s3:::files/*").fits_arn(object, &Context::default()));
    }

    /// "IAM policy elements: Variables and tags", Specifying default values, Policy variables that stand for characters.
    #[test]
    fn variables_are_replaced_by_what_the_request_has() {
        let context = Context::default().with("aws:PrincipalTag/team", "yel*w");
        for (text, fitting, other) in [
            ("b/${aws:principaltag/TEAM}/*", "b/yel*w/x", "b/yellow/x"),
            ("b/${aws:PrincipalTag/none, 'company-wide'}", "b/company-wide", "b/"),
            ("b/${*}${?}${$}{x}", "b/*?${x}", "b/abc{x}"),
        ] {
            assert!(pattern(text).fits(fitting, &context), "{text}");
            assert!(!pattern(text).fits(other, &context), "{text}");
        }
        assert!(!pattern("b/${aws:userid}").fits("b/", &context), "a variable without a value fits nothing");
        let old = Pattern::new("${aws:userid}", Syntax { wildcards: true, variables: false });
        assert!(old.fits("${aws:userid}", &context));
    }
}
