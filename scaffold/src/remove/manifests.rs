//! Manifests without the features and the dependencies that nothing uses any more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::texts::lines;

/// The manifest of the crate that functions share.
const SHARED: &str = "shared/Cargo.toml";

/// Takes out what the sources used before and no longer use: features of `shared`, dependencies of each package, and
/// the versions of dependencies that no package has.
pub(super) fn without_unused(
    manifests: &mut BTreeMap<PathBuf, String>,
    before: &BTreeMap<PathBuf, String>,
    after: &BTreeMap<PathBuf, String>,
) {
    let features: BTreeSet<String> = features(before).difference(&features(after)).cloned().collect();
    let named = |manifests: &BTreeMap<PathBuf, String>| {
        let members = manifests.iter().filter(|(path, _)| path.parent() != Some(Path::new("")));
        members.flat_map(|(_, text)| text.lines()).filter_map(dependency).map(str::to_owned).collect()
    };
    let named_before: BTreeSet<String> = named(manifests);
    for (path, text) in manifests.iter_mut() {
        for feature in &features {
            *text = without_feature(text, feature, path == Path::new(SHARED));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let uses = |sources: &BTreeMap<PathBuf, String>, name: &str| {
            let name = name.replace('-', "_");
            let own = sources.iter().filter(|(file, _)| file.starts_with(folder));
            own.flat_map(|(_, text)| text.split(|c: char| !c.is_alphanumeric() && c != '_'))
                .any(|word| word == name)
        };
        let is_unused = |name: &str| uses(before, name) && !uses(after, name);
        // The table of versions has no sources of its own.
        if folder != Path::new("") {
            *text = lines(text, |line| {
                let marked = line.trim().strip_prefix("\"dep:").and_then(|rest| rest.split('"').next());
                !dependency(line).or(marked).is_some_and(is_unused)
            });
        }
    }
    let named_after: BTreeSet<String> = named(manifests);
    if let Some(table) = manifests.get_mut(Path::new("Cargo.toml")) {
        let is_gone = |name: &str| named_before.contains(name) && !named_after.contains(name);
        *table = lines(table, |line| {
            let version =
                line.split_once(" = ").filter(|(_, value)| value.contains('"')).map(|(name, _)| name);
            !version.is_some_and(is_gone)
        });
    }
}

/// The name of the dependency that a line of a package's manifest declares.
fn dependency(line: &str) -> Option<&str> {
    let (name, rest) = line.split_once([' ', '.'])?;
    let is_one = rest.starts_with("workspace = true") || rest.contains("workspace = true,");
    (is_one && !["version", "edition", "license", "publish", "rust-version"].contains(&name)).then_some(name)
}

/// The features of `shared` that its code depends on.
fn features(sources: &BTreeMap<PathBuf, String>) -> BTreeSet<String> {
    let shared = sources.iter().filter(|(file, _)| file.starts_with("shared/src"));
    let names = shared
        .flat_map(|(_, text)| text.split("feature = \"").skip(1).filter_map(|rest| rest.split('"').next()));
    names.map(str::to_owned).collect()
}

/// Takes a feature out of the lists of those who ask for it, and its definition with its comment.
fn without_feature(text: &str, feature: &str, is_its_own: bool) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut is_in_definition = false;
    for line in text.lines() {
        let is_first = is_its_own && line.starts_with(&format!("{feature} = ["));
        if is_first {
            while kept.last().is_some_and(|above| above.starts_with('#')) {
                kept.pop();
            }
        }
        let is_out = is_first || is_in_definition;
        is_in_definition = is_out && !line.trim_end().ends_with(']');
        if !is_out {
            let name = format!("\"{feature}\"");
            let is_asked_for = is_its_own || line.starts_with("shared = ");
            kept.push(match line.split_once(&name).filter(|_| is_asked_for) {
                Some((before, after)) => match after.strip_prefix(", ") {
                    Some(after) => format!("{before}{after}"),
                    None => format!("{}{after}", before.strip_suffix(", ").unwrap_or(before)),
                },
                None => line.to_owned(),
            });
        }
    }
    kept.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(files: &[(&str, &str)]) -> BTreeMap<PathBuf, String> {
        files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect()
    }

    #[test]
    fn what_nothing_uses_any_more_goes_with_its_version() {
        let mut manifests = map(&[
            (
                "Cargo.toml",
                "[workspace.dependencies]\nmemchr = \"2\"\nserde = { version = \"1\" }\ns3 = \"1\"\n",
            ),
            (
                "shared/Cargo.toml",
                "[features]\nstore = []\n# Forms.\nmultipart = [\"dep:memchr\"]\n# Files.\nobjects = [\n    \"store\",\n]\n\n\
                 [dependencies]\nmemchr = { workspace = true, optional = true }\nserde.workspace = true\n",
            ),
            (
                "tests/Cargo.toml",
                "s3.workspace = true\nshared = { workspace = true, features = [\"multipart\", \"store\"] }\n",
            ),
        ]);
        let store = "#[cfg(feature = \"store\")] mod store { use serde::Serialize; }";
        let before = format!(
            "{store}\n#[cfg(feature = \"multipart\")] use memchr::find;\n#[cfg(feature = \"objects\")] mod o;"
        );
        let tests = "use shared::store::Users;";
        without_unused(
            &mut manifests,
            &map(&[("shared/src/lib.rs", &before), ("tests/api/main.rs", tests)]),
            &map(&[("shared/src/lib.rs", store), ("tests/api/main.rs", tests)]),
        );
        let expected = map(&[
            ("Cargo.toml", "[workspace.dependencies]\nserde = { version = \"1\" }\ns3 = \"1\"\n"),
            ("shared/Cargo.toml", "[features]\nstore = []\n\n[dependencies]\nserde.workspace = true\n"),
            (
                "tests/Cargo.toml",
                "s3.workspace = true\nshared = { workspace = true, features = [\"store\"] }\n",
            ),
        ]);
        assert_eq!(manifests, expected);
    }
}
