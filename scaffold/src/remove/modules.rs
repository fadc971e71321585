//! TypeScript and Python without the modules that are gone.

use super::texts::lines;

/// Takes out the lines that import a module that is gone, and those that use an imported name.
pub(super) fn without(text: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let is_import = |line: &str| imported(line).is_some_and(|(_, module)| is_gone(module));
    let imports = text.lines().filter_map(imported).filter(|(_, module)| is_gone(module));
    let names: Vec<&str> = imports
        .flat_map(|(names, _)| names.split([' ', ',', '{', '}']))
        .filter(|name| !["", "*", "as", "type"].contains(name))
        .collect();
    let uses = |line: &str| {
        let mut words = line.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word.strip_suffix(['.', '(']).is_some_and(|name| names.contains(&name)))
    };
    lines(text, |line| !is_import(line) && !uses(line))
}

/// The names that a line imports, and the module that they are of.
fn imported(line: &str) -> Option<(&str, &str)> {
    if let Some((names, module)) = line.split_once(" from \"") {
        let names = names.strip_prefix("import ").unwrap_or_default();
        return Some((names, module.split('"').next()?));
    }
    let module = line.strip_prefix("import ")?;
    Some((module, module))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_goes_with_the_lines_that_use_it() {
        let text = "\
import * as posts from \"./posts.js\";
import * as users from \"./users.js\";
export { type File, upload } from \"./upload.js\";

const steps = [
  () => posts.create(client),
  () => users.create(client),
];
";
        let expected = "\
import * as users from \"./users.js\";

const steps = [
  () => users.create(client),
];
";
        assert_eq!(without(text, |module| module != "./users.js"), expected);
        let text = "import users\nimport upload\n\nusers.sign_in(url)\nupload.prepare(url)\n";
        assert_eq!(without(text, |module| module == "upload"), "import users\n\nusers.sign_in(url)\n");
    }
}
