//! The README's table of routes.

use local::lambda::function_url;
use local::template::Template;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;

use crate::functions::operations;

const BEGIN: &str = "<!-- routes -->";
const END: &str = "<!-- /routes -->";

/// The text of a missing README.
pub(crate) const EMPTY_README: &str = "# Serverless API\n\n<!-- routes -->\n<!-- /routes -->\n";

/// Renders a row for each operation in the template's order: the API's first, then those at Function URLs.
pub(crate) fn render(document: &OpenApi, template: &Template) -> String {
    let mut table = "| function | method and path | does |\n|---|---|---|\n".to_owned();
    for route in &template.routes {
        let function = format!("[`{0}`](functions/{0})", route.function);
        if route.path == "$default" {
            table.push_str(&format_row(&function, "any other path", "Answer 404"));
        }
        for (method, path, operation) in operations(document).filter(|(_, path, _)| *path == route.path) {
            table.push_str(&format_row(&function, &format!("`{method} {path}`"), summary(operation)));
        }
    }
    for function in template.functions.iter().filter(|function| function.url.is_some()) {
        let url = format!("{}{}", function_url::PREFIX, function.name);
        let is_there =
            |operation: &Operation| operation.servers.iter().flatten().any(|server| server.url == url);
        for (method, path, operation) in operations(document).filter(|(_, _, operation)| is_there(operation))
        {
            let name = format!("[`{0}`](functions/{0})", function.name);
            let request = format!("`{method} {path}` at the function's own URL, here `{url}{path}`");
            table.push_str(&format_row(&name, &request, summary(operation)));
        }
    }
    table
}

fn summary(operation: &Operation) -> &str {
    operation.summary.as_deref().unwrap_or_default()
}

/// Returns the README with this table between its markers. If the README has none, they are added at its end.
pub(crate) fn insert(readme: &str, table: &str) -> String {
    let parts = readme.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before.to_owned(), after))
    });
    let (before, after) = parts.unwrap_or_else(|| (format!("{}\n\n", readme.trim_end()), "\n"));
    format!("{before}{BEGIN}\n{table}{END}{after}")
}

fn format_row(function: &str, request: &str, does: &str) -> String {
    format!("| {function} | {request} | {does} |\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let readme = format!("# A\n{BEGIN}\nold\n{END}\n## B\n");
        let new = insert(&readme, "new\n");
        assert_eq!(new, format!("# A\n{BEGIN}\nnew\n{END}\n## B\n"));
        assert_eq!(insert(&new, "new\n"), new);
    }

    #[test]
    fn a_readme_without_markers_gets_them_at_its_end() {
        let new = insert("# A\n", "new\n");
        assert_eq!(new, format!("# A\n\n{BEGIN}\nnew\n{END}\n"));
        assert_eq!(insert(&new, "new\n"), new);
    }
}
