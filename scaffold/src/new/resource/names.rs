//! The names of a new resource.

use std::fs::read_to_string;
use std::path::Path;

use crate::words::{Noun, replace_word};

/// Words that Rust keeps for itself and that could be the name of a resource.
const KEYWORDS: [&str; 12] =
    ["box", "crate", "loop", "macro", "match", "mod", "move", "return", "static", "trait", "type", "union"];

/// The names of a resource, of its model and of its parent.
pub(super) struct Names {
    pub(super) model: Noun,
    pub(super) own: Noun,
    pub(super) parent: Option<Noun>,
}

impl Names {
    pub(super) fn new(
        plural: &str,
        singular: Option<&str>,
        parent: Option<&str>,
        root: &Path,
    ) -> Result<Self, String> {
        let own = Noun::of(plural, singular);
        for word in [&own.plural, &own.singular] {
            if word.is_empty() || !word.chars().all(|letter| letter.is_ascii_lowercase()) {
                return Err(format!("`{word}` is no name of a resource: one word of lower-case letters"));
            }
            if KEYWORDS.contains(&word.as_str()) {
                return Err(format!("`{word}` is a word of Rust's own: take another name"));
            }
        }
        if own.plural == own.singular {
            return Err(format!("`{plural}` is one and many: give the name of one with --singular"));
        }
        let parent = parent.map(|plural| Noun::of(plural, None));
        let names = Self { model: Noun::of("problems", None), own, parent };
        if let Some(Noun { plural, .. }) = &names.parent
            && !root.join(format!("functions/{plural}-id")).exists()
        {
            return Err(format!("--under {plural}: there is no functions/{plural}-id"));
        }
        for folder in [names.path("functions/problems"), names.path("functions/problems-id")] {
            if root.join(&folder).exists() {
                return Err(format!("{folder} is there already"));
            }
        }
        let domain = read_to_string(root.join("shared/src/domain.rs")).unwrap_or_default();
        let type_name = names.own.type_name();
        if replace_word(&domain, &type_name, "") != domain {
            return Err(format!("shared::domain already has {type_name}: take another name"));
        }
        Ok(names)
    }

    /// Returns a text of the model's file under the new name. In Rust, types without the model's name get it.
    pub(super) fn rename(&self, file: &str, text: &str) -> String {
        let renamed = self.own.rename(&self.model, text);
        let Some((_, "rs")) = file.rsplit_once('.') else { return renamed };
        let own = self.own.type_name();
        let renamed = replace_word(&renamed, "Difficulty", &format!("{own}Difficulty"));
        // The store's `Description` is another one: that of any entity.
        let domain = if file.starts_with("shared/src/store/") { "domain::" } else { "" };
        replace_word(&renamed, &format!("{domain}Description"), &format!("{domain}{own}Description"))
    }

    /// Returns the new place of one of the model's files.
    pub(super) fn path(&self, file: &str) -> String {
        let path = self.own.rename(&self.model, file);
        let Some(parent) = &self.parent else { return path };
        let own = &self.own.plural;
        ["functions/", "events/"]
            .iter()
            .fold(path, |path, folder| {
                path.replace(&format!("{folder}{own}"), &format!("{folder}{}", self.function()))
            })
            .replace(&format!("tests/api/{own}"), &format!("tests/api/{}_id_{own}", parent.plural))
    }

    /// Returns the name of the function of the list.
    pub(super) fn function(&self) -> String {
        let prefix = self.parent.as_ref().map_or_else(String::new, |parent| format!("{}-id-", parent.plural));
        format!("{prefix}{}", self.own.plural)
    }

    /// Fills in `<child>`, `<Child>`, `<children>`, `<Children>` and the same of the parent.
    pub(super) fn fill(&self, parent: &Noun, text: &str) -> String {
        let Noun { plural, singular } = &self.own;
        text.replace("<children>", plural)
            .replace("<child>", singular)
            .replace("<Children>", &crate::name::capitalized(plural))
            .replace("<Child>", &self.own.type_name())
            .replace("<CHILDREN>", &plural.to_uppercase())
            .replace("<parents>", &parent.plural)
            .replace("<parent>", &parent.singular)
            .replace("<Parents>", &crate::name::capitalized(&parent.plural))
            .replace("<Parent>", &parent.type_name())
            .replace("<PARENT>", &parent.singular.to_uppercase())
    }
}
