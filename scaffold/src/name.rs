//! Names of functions, which are their paths in another form.

use std::path::Path;

/// Returns `users-id` for `/api/users/{id}`, `posts-id-comments-id` for `/api/posts/{id}/comments/{commentId}`, and `jwks` for
/// `/.well-known/jwks.json` (RFC 8615).
#[must_use]
pub fn name_of(path: &str) -> String {
    if let Some(file) = path.strip_prefix("/.well-known/") {
        return file.split('.').next().unwrap_or(file).to_owned();
    }
    let path = path.strip_prefix("/api/").unwrap_or(path);
    let words = path.split('/').map(|segment| match variable(segment) {
        Some(name) if name == "id" || name.ends_with("Id") => "id",
        Some(name) => name,
        None => segment,
    });
    words.collect::<Vec<_>>().join("-")
}

/// Returns `/api/users/{id}` for `users-id`: a guess, as `-` may also be part of a segment. A second id is named after
/// its collection.
#[must_use]
pub fn path_of(name: &str) -> String {
    let mut path = "/api".to_owned();
    let mut collection = "";
    for word in name.split('-') {
        let segment = match word {
            "id" if path.contains("{id}") => format!("{{{}Id}}", singular(collection)),
            "id" => "{id}".to_owned(),
            word => word.to_owned(),
        };
        collection = word;
        path = format!("{path}/{segment}");
    }
    path
}

/// Returns `UsersIdFunction` for `users-id`: the logical id in template.yaml.
#[must_use]
pub fn logical_id(function: &str) -> String {
    capitalized(function) + "Function"
}

/// Returns `UsersId` for `users-id`.
pub(crate) fn capitalized(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    });
    words.collect()
}

/// Returns `comment` for `comments`; a guess by the rules of regular English nouns.
pub(crate) fn singular(plural: &str) -> String {
    if let Some(stem) = plural.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let takes_es = ["sses", "shes", "ches", "xes"].iter().any(|end| plural.ends_with(end));
    plural.strip_suffix(if takes_es { "es" } else { "s" }).unwrap_or(plural).to_owned()
}

/// Returns the variables of a path in their order.
pub fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(variable)
}

/// Returns a variable that the path has twice: a request could carry one value of it only.
#[must_use]
pub fn repeated_variable(path: &str) -> Option<&str> {
    let all: Vec<&str> = variables(path).collect();
    all.iter().enumerate().find(|(at, name)| all[..*at].contains(name)).map(|(_, name)| *name)
}

fn variable(segment: &str) -> Option<&str> {
    Some(segment.strip_prefix('{')?.strip_suffix('}')?.trim_end_matches('+'))
}

/// Refuses what is no path of the API.
pub(crate) fn check_path(path: &str) -> Result<(), String> {
    let rest =
        path.strip_prefix("/api/").ok_or_else(|| format!("{path} is no path: it starts with /api/"))?;
    let is_word = |text: &str| {
        !text.is_empty()
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._~".contains(letter))
    };
    for segment in rest.split('/') {
        let is_variable = variable(segment)
            .is_some_and(|name| is_word(name) && name.chars().all(|letter| letter.is_ascii_alphanumeric()));
        if !is_variable && !is_word(segment) {
            return Err(format!("{path} is no path: `{segment}` is neither a word nor a {{variable}}"));
        }
    }
    match repeated_variable(path) {
        Some(name) => Err(format!("{path} has {{{name}}} twice: give each variable a name of its own")),
        None => Ok(()),
    }
}

/// Checks that a new function can have this name.
pub(crate) fn check_new(name: &str, root: &Path) -> Result<(), String> {
    let is_kebab = name.split('-').all(|word| {
        word.starts_with(|letter: char| letter.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    });
    if !is_kebab {
        return Err(format!("`{name}` is no name: lower-case words with - between them"));
    }
    if root.join("functions").join(name).exists() {
        return Err(format!("functions/{name} is there already"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_path_are_one() {
        for (name, path) in [
            ("users", "/api/users"),
            ("users-id", "/api/users/{id}"),
            ("webhooks-stripe", "/api/webhooks/stripe"),
            ("posts-id-comments", "/api/posts/{id}/comments"),
            ("posts-id-comments-id", "/api/posts/{id}/comments/{commentId}"),
            ("posts-id-replies-id", "/api/posts/{id}/replies/{replyId}"),
        ] {
            assert_eq!(name_of(path), name);
            assert_eq!(path_of(name), path);
        }
        assert_eq!(name_of("/.well-known/jwks.json"), "jwks");
    }

    #[test]
    fn a_logical_id_is_the_name_in_camel_case() {
        assert_eq!(logical_id("users"), "UsersFunction");
        assert_eq!(logical_id("webhooks-stripe"), "WebhooksStripeFunction");
    }

    #[test]
    fn a_noun_has_a_singular() {
        for (plural, one) in [
            ("comments", "comment"),
            ("categories", "category"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("houses", "house"),
            ("sheep", "sheep"),
        ] {
            assert_eq!(singular(plural), one);
        }
    }

    #[test]
    fn a_path_that_no_request_can_have_is_refused() {
        for (path, why) in [
            ("notes", "starts with /api/"),
            ("/api/", "neither a word nor"),
            ("/api/notes/", "neither a word nor"),
            ("/api/{}", "neither a word nor"),
            ("/api/{id", "neither a word nor"),
            ("/api/x{id}", "neither a word nor"),
            ("/api/posts/{id}/comments/{id}", "has {id} twice"),
        ] {
            let error = check_path(path).unwrap_err();
            assert!(error.contains(why), "{path}: {error}");
        }
        for path in ["/api/two-words", "/api/posts/{id}/comments/{commentId}", "/api/openapi.json"] {
            assert_eq!(check_path(path), Ok(()));
        }
    }
}
