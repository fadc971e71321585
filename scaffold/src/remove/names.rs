//! The functions to remove, their paths, and the names of files that follow from them.

use std::collections::BTreeSet;
use std::path::Path;

use super::template::Function;
use crate::Error;

/// Folders in which a file is called after the function or the resource that it is about.
const OWNED: [&str; 10] = [
    "clients/typescript/src",
    "clients/typescript/test",
    "local/src/product",
    "shared/src",
    "tests/api",
    "tests/properties",
    "tests/src",
    "tests/store",
    "tests/strangers",
    "xtask/src",
];

/// The functions that `strip` leaves: accounts, and what load balancers, readers and clients with a wrong path need.
pub(super) const KEPT: [&str; 11] = [
    "auth",
    "docs",
    "fallback",
    "health",
    "jwks",
    "mail",
    "profile",
    "protected",
    "session",
    "sessions",
    "users",
];

/// The functions that are taken out, and those that stay.
pub(super) struct Names {
    pub(super) functions: BTreeSet<String>,
    kept: BTreeSet<String>,
    paths: BTreeSet<String>,
    kept_paths: BTreeSet<String>,
}

impl Names {
    /// Takes a name for the function that has it, and for those below it: `problems` is `problems-id`, too.
    pub(super) fn of(names: &[String], functions: &[Function]) -> Result<Self, Error> {
        let all: Vec<&str> = functions.iter().map(|function| &*function.name).collect();
        for name in names {
            if !all.iter().any(|function| is_meant(name, function)) {
                return Err(Error::Removal(format!("there is no functions/{name}, only {}", all.join(", "))));
            }
        }
        Ok(Self::split(functions, |function| names.iter().any(|name| is_meant(name, function))))
    }

    /// Takes all functions but those that are [kept](KEPT).
    pub(super) fn but_for_kept(functions: &[Function]) -> Self {
        Self::split(functions, |function| !KEPT.iter().any(|name| is_meant(name, function)))
    }

    fn split(functions: &[Function], is_taken_out: impl Fn(&str) -> bool) -> Self {
        let (out, kept): (Vec<&Function>, Vec<&Function>) =
            functions.iter().partition(|function| is_taken_out(&function.name));
        let names = |of: &[&Function]| of.iter().map(|function| function.name.clone()).collect();
        let paths = |of: &[&Function]| {
            let paths = of.iter().flat_map(|function| {
                function.paths.iter().cloned().chain([format!("functions/{}", function.name)])
            });
            paths.collect()
        };
        Self { functions: names(&out), kept: names(&kept), paths: paths(&out), kept_paths: paths(&kept) }
    }

    /// Tells whether a text names one of the paths or of the folders, or of what is below them.
    pub(super) fn has_path(&self, text: &str) -> bool {
        let text = text.replace("~1", "/");
        self.paths.iter().any(|path| {
            text.match_indices(&**path).any(|(at, _)| match text[at + path.len()..].chars().next() {
                Some('/') => !self.kept_paths.iter().any(|kept| kept.starts_with(&format!("{path}/"))),
                Some(next) => !next.is_alphanumeric() && next != '-' && next != '_',
                None => true,
            })
        })
    }

    /// Tells whether a text names one of the paths or of the folders that stay.
    pub(super) fn has_kept_path(&self, text: &str) -> bool {
        let ends = |rest: &str| rest.chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '-');
        self.kept_paths
            .iter()
            .any(|path| text.match_indices(&**path).any(|(at, _)| ends(&text[at + path.len()..])))
    }

    /// Tells whether all texts are names of functions, of those that stay, too.
    pub(super) fn are_functions(&self, texts: &[&str]) -> bool {
        texts.iter().all(|text| self.functions.contains(*text) || self.kept.contains(*text))
    }

    /// Tells whether a text is the name of one of the functions.
    pub(super) fn is_function(&self, text: &str) -> bool {
        self.functions.contains(text)
    }

    /// Tells whether the file is about what is taken out, by its place and its name: that of a function, or of a resource
    /// that goes with the functions, such as the bucket `files`.
    pub(super) fn owns(&self, file: &Path, resources: &BTreeSet<String>) -> bool {
        // An event has the name of its case.
        if let Ok(inside) = file.strip_prefix("functions").or_else(|_| file.strip_prefix("events")) {
            let function = inside.components().next();
            return function.is_some_and(|name| self.is_function(&name.as_os_str().to_string_lossy()));
        }
        OWNED.iter().any(|folder| file.starts_with(folder))
            && file.with_extension("").components().any(|part| {
                let part = part.as_os_str().to_string_lossy();
                let part = part.split('.').next().unwrap_or_default().replace('-', "_");
                let is_out = is_called_after(&part, &self.functions) || is_called_after(&part, resources);
                is_out && !is_called_after(&part, &self.kept)
            })
    }
}

/// Tells whether a name stands for a function: for the one that has it, and for those below it.
fn is_meant(name: &str, function: &str) -> bool {
    function == name || function.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
}

/// Tells whether the file `problem`, `problems` or `problems_id` is called after the function `problems`.
fn is_called_after(stem: &str, functions: &BTreeSet<String>) -> bool {
    functions.iter().any(|function| {
        let words = function.replace('-', "_");
        let last = words.rsplit('_').next().unwrap_or_default().to_owned();
        let last = Some(last).filter(|last| last != "id");
        [Some(words), last].into_iter().flatten().any(|word| {
            let singular = word.strip_suffix('s').unwrap_or(&word);
            [singular, &format!("{singular}s")].iter().any(|form| {
                stem.strip_prefix(form).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Names {
        let function =
            |name: &str, path: &str| Function { name: name.to_owned(), paths: vec![path.to_owned()] };
        let all = [
            function("posts", "/api/posts"),
            function("posts-id", "/api/posts/{id}"),
            function("upload", "/api/upload"),
            function("upload-presign", "/api/upload/presign"),
            function("webhooks-stripe", "/api/webhooks/stripe"),
        ];
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Names::of(&names, &all).unwrap()
    }

    #[test]
    fn a_name_stands_for_the_functions_below_it() {
        assert_eq!(Vec::from_iter(names(&["posts"]).functions), ["posts", "posts-id"]);
        assert_eq!(Vec::from_iter(names(&["posts-id"]).functions), ["posts-id"]);
        assert!(Names::of(&["post".to_owned()], &[]).is_err());
    }

    #[test]
    fn a_path_is_known_with_a_query_and_with_what_is_below_it() {
        let posts = names(&["posts"]);
        let texts = [
            "GET /api/posts",
            "/api/posts?page=1",
            "/api/posts/{id}",
            "/paths/~1api~1posts/get",
            "functions/posts/src/lib.rs",
        ];
        for text in texts {
            assert!(posts.has_path(text), "{text}");
        }
        assert!(!posts.has_path("/api/postscript"));
        assert!(!names(&["upload-presign"]).has_path("/api/upload"));
    }

    #[test]
    fn files_are_owned_by_their_names_and_places() {
        let gone = names(&["posts", "webhooks-stripe"]);
        for file in [
            "functions/posts-id/src/lib.rs",
            "events/posts/get.json",
            "shared/src/domain/post.rs",
            "tests/api/stripe_events.rs",
            "xtask/src/stripe_sign.rs",
            "shared/src/domain/file/name.rs",
        ] {
            assert!(gone.owns(Path::new(file), &BTreeSet::from(["files".to_owned()])), "{file}");
        }
        for file in [
            "functions/upload/src/lib.rs",
            "shared/src/store/postings.rs",
            "tests/api/upload.rs",
            "docs/posts.md",
            "events/upload/post.json",
            "shared/src/domain/file/name.rs",
        ] {
            assert!(!gone.owns(Path::new(file), &BTreeSet::new()), "{file}");
        }
    }
}
