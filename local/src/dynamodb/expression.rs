//! Names in `DynamoDB`'s expressions.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

use serde_json::Value;

/// Words of expressions that name no attribute where they stand.
const KEYWORDS: [&str; 9] = ["add", "and", "between", "delete", "in", "not", "or", "remove", "set"];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Token<'e> {
    /// `name`, or `#name`.
    Name(&'e str),
    /// `:value`
    Value(&'e str),
    /// A step into an attribute: `.name`, `[0]`.
    Inner,
    /// `name(`
    Function,
    Sign(char),
}

/// Lists the attributes that an expression names, without what is inside of them.
pub(super) fn attributes(expression: &str, names: &Value) -> Vec<String> {
    let attribute = |token| match token {
        Token::Name(name) if !is_keyword(name) => Some(resolved(name, names).to_owned()),
        _ => None,
    };
    tokens(expression).into_iter().filter_map(attribute).collect()
}

/// The value that an expression compares an attribute with by `=`.
pub(super) fn equal_to<'e>(expression: &'e str, attribute: &str, names: &Value) -> Option<&'e str> {
    tokens(expression).windows(3).find_map(|window| match window {
        [Token::Name(name), Token::Sign('='), Token::Value(value)] if resolved(name, names) == attribute => {
            Some(*value)
        }
        _ => None,
    })
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name.to_ascii_lowercase().as_str())
}

fn resolved<'n>(name: &'n str, names: &'n Value) -> &'n str {
    names.get(name).and_then(Value::as_str).unwrap_or(name)
}

fn tokens(expression: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |text: &str| {
            let end = text.find(|letter: char| !letter.is_alphanumeric() && !"_-".contains(letter));
            end.unwrap_or(text.len())
        };
        let token = match first {
            ':' | '#' => {
                let (token, after) = rest.split_at(1 + word(&rest[1..]));
                rest = after;
                if first == ':' { Token::Value(token) } else { Token::Name(token) }
            }
            '.' => {
                let after = rest[1..].trim_start();
                let skipped = usize::from(after.starts_with('#'));
                rest = &after[skipped + word(&after[skipped..])..];
                Token::Inner
            }
            '[' => {
                rest = rest.split_once(']').map_or("", |(_, after)| after);
                Token::Inner
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                let (name, after) = rest.split_at(word(rest));
                rest = after;
                if after.trim_start().starts_with('(') && !is_keyword(name) {
                    Token::Function
                } else {
                    Token::Name(name)
                }
            }
            sign => {
                rest = &rest[sign.len_utf8()..];
                Token::Sign(sign)
            }
        };
        tokens.push(token);
        rest = rest.trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_are_named_once_and_without_what_is_inside() {
        let names = json!({"#s": "status", "#i": "inner"});
        for (expression, expected) in [
            (
                "SET a = if_not_exists(b, :zero) + :one, c.#i[1].x = list_append(d, :l)",
                &["SET", "a", "b", "c", "d"][1..],
            ),
            ("ADD #s :n DELETE e :set REMOVE f[0]", &["status", "e", "f"]),
            ("NOT (contains(a, :v) OR a BETWEEN :x AND :y) AND b IN (:v, c)", &["a", "a", "b", "c"]),
            ("attribute_type (a, :t) AND #s<>:v", &["a", "status"]),
            ("", &[]),
        ] {
            assert_eq!(attributes(expression, &names), expected, "{expression}");
        }
    }

    #[test]
    fn only_equality_says_what_a_key_is() {
        let names = json!({"#p": "pk"});
        for (expression, expected) in [
            ("pk = :v", Some(":v")),
            ("#p=:v AND sk = :w", Some(":v")),
            ("sk = :w AND (pk = :v)", Some(":v")),
            ("pk <> :v", None),
            ("a.pk = :v", None),
            ("begins_with(pk, :v)", None),
        ] {
            assert_eq!(equal_to(expression, "pk", &names), expected, "{expression}");
        }
    }
}
