//! The text of `!Sub`, such as `${Table.Arn}/index/*`.

/// A part of the text.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Part<'t> {
    Literal(&'t str),
    /// `${Name}` or `${Name.Attribute}`, without the braces.
    Variable(&'t str),
}

/// Returns the parts of a text. The error describes the mistake.
pub(super) fn parts(mut rest: &str) -> Result<Vec<Part<'_>>, &'static str> {
    let mut parts = Vec::new();
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or("`${` without `}`")?;
        parts.push(Part::Literal(before));
        match name.strip_prefix('!') {
            Some(literal) => parts.extend(["${", literal, "}"].map(Part::Literal)),
            None => parts.push(Part::Variable(name.trim())),
        }
        rest = after;
    }
    parts.push(Part::Literal(rest));
    Ok(parts)
}
