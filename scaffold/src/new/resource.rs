//! A stored resource with six operations: a copy of the simplest one that is there, under another name.
//!
//! Nothing of the copy is written here, so that it is always the code of today. What belongs to the model alone, its
//! search, is cut; where the code no longer reads as a cut expects, nothing is written and the error names the place.

mod cuts;
mod names;
mod shared_files;
mod under;

use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

use self::names::Names;
use crate::Error;
use crate::edits::Edits;

/// The folders and files that belong to the model alone.
const MODEL: [&str; 9] = [
    "functions/problems",
    "functions/problems-id",
    "events/problems",
    "events/problems-id",
    "shared/src/domain/problem.rs",
    "shared/src/api/problem.rs",
    "shared/src/store/problems.rs",
    "tests/api/problems.rs",
    "tests/api/problems_id.rs",
];

/// Returns the files of a new resource and its lines in the files that all resources share.
pub(super) fn edits(
    plural: &str,
    singular: Option<&str>,
    parent: Option<&str>,
    root: &Path,
) -> Result<Edits, Error> {
    let names = Names::new(plural, singular, parent, root).map_err(Error::Name)?;
    if let Some(missing) = MODEL.iter().find(|file| !root.join(file).exists()) {
        return Err(Error::Name(format!("{missing} is not there: a new resource is a copy of `problems`")));
    }
    let mut edits = Edits::in_checkout(root);
    for file in
        MODEL.iter().map(|model| files(root, Path::new(model))).collect::<Result<Vec<_>, _>>()?.concat()
    {
        let path = root.join(&file);
        let text = read_to_string(&path).map_err(|source| Error::File { path, source })?;
        let file = file.to_string_lossy().into_owned();
        let renamed = names.rename(&file, &cuts::cut(&file, text)?);
        let text = under::nest(&names, &names.own.rename(&names.model, &file), renamed)?;
        edits.create(names.path(&file), text);
    }
    shared_files::register(&mut edits, &names)?;
    Ok(edits)
}

/// Returns the file, or all files in the folder.
fn files(root: &Path, path: &Path) -> Result<Vec<PathBuf>, Error> {
    let there = root.join(path);
    if there.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = read_dir(&there).map_err(|source| Error::File { path: there.clone(), source })?;
    let mut found = Vec::new();
    for entry in entries.flatten() {
        found.extend(files(root, &path.join(entry.file_name()))?);
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    fn made(plural: &str, parent: Option<&str>) -> Edits {
        edits(plural, None, parent, root()).unwrap()
    }

    /// False if somebody removed the model, or the parent of these tests.
    fn has_models() -> bool {
        ["functions/problems", "functions/posts-id"].iter().all(|folder| root().join(folder).exists())
    }

    #[test]
    fn nothing_of_the_model_is_left() {
        if !has_models() {
            return;
        }
        for parent in [None, Some("posts")] {
            for (file, text) in made("gadgets", parent).created() {
                let text = text.to_lowercase();
                for word in ["problem", "posting", "search", "posed"] {
                    assert!(!text.contains(word), "{}: {word}", file.display());
                }
            }
        }
    }

    #[test]
    fn a_resource_under_a_parent_has_its_id_in_path_and_key() {
        if !has_models() {
            return;
        }
        let mut edits = made("gadgets", Some("posts"));
        for (file, part) in [
            ("functions/posts-id-gadgets/src/list.rs", "path = \"/api/posts/{id}/gadgets\""),
            ("functions/posts-id-gadgets/src/create.rs", "&format!(\"posts/{post_id}/gadgets\")"),
            ("functions/posts-id-gadgets-id/src/get.rs", "PathIds(id): PathIds<PostId, GadgetId>"),
            ("events/posts-id-gadgets-id/get.json", "\"gadgetId\": \""),
            ("shared/src/store/gadgets.rs", "type Id = Child<PostId, GadgetId>;"),
            ("template.yaml", "\n  PostsIdGadgetsIdFunction:\n"),
            ("template.yaml", "\"dynamodb:LeadingKeys\": [\"GADGETS#*\"]"),
            ("tests/api/authorisation.rs", "DELETE /api/posts/{id}/gadgets/{gadgetId}"),
        ] {
            assert!(edits.text(file).unwrap().contains(part), "{file}: no {part}");
        }
    }

    #[test]
    fn a_resource_of_its_own_has_a_path_of_its_own() {
        if !has_models() {
            return;
        }
        let mut edits = made("gadgets", None);
        for (file, part) in [
            ("functions/gadgets-id/src/get.rs", "path = \"/api/gadgets/{id}\""),
            ("shared/src/store/gadgets.rs", "type Id = GadgetId;"),
            ("shared/src/store/check/reading.rs", "Kind::of::<Gadget>()"),
        ] {
            assert!(edits.text(file).unwrap().contains(part), "{file}: no {part}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_used_is_refused() {
        if !has_models() {
            return;
        }
        for (plural, singular, parent, why) in [
            ("Gadgets", None, None, "is no name"),
            ("blog-posts", None, None, "is no name"),
            ("matches", Some("match"), None, "is a word of Rust's own"),
            ("sheep", None, None, "is one and many"),
            ("orders", None, None, "already has Order"),
            ("posts", None, None, "functions/posts is there already"),
            ("gadgets", None, Some("nowhere"), "there is no functions/nowhere-id"),
        ] {
            let error = edits(plural, singular, parent, root()).err().unwrap().to_string();
            assert!(error.contains(why), "{plural}: {error}");
        }
    }
}
