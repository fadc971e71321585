//! Code, template.yaml and openapi.json agree. If they do not, the test says what to add.

#![expect(clippy::unwrap_used, reason = "the functions below are of tests only")]

use xtask::contract::{Folder, Sources};

fn sources() -> Sources {
    Sources::load(&xtask::root()).unwrap()
}

/// Returns the one gap that a change makes. Those that were there before are left to the test of the real sources.
fn gap(change: impl FnOnce(&mut Sources)) -> String {
    let mut sources = sources();
    let before = sources.gaps();
    change(&mut sources);
    let mut gaps = sources.gaps();
    gaps.retain(|gap| !before.contains(gap));
    assert_eq!(gaps.len(), 1, "{gaps:#?}");
    gaps.remove(0)
}

#[test]
fn code_template_and_document_agree() {
    let gaps = sources().gaps();
    assert!(gaps.is_empty(), "\n\n{}\n", gaps.join("\n\n"));
}

#[test]
fn a_function_that_nothing_else_knows_is_named_with_all_that_it_needs() {
    let mut sources = sources();
    let manifest = "[package]\nname = \"gadgets-id\"\n".to_owned();
    sources.folders.push(Folder { name: "gadgets-id".to_owned(), manifest, events: 0 });
    let gaps = sources.gaps().join("\n");
    for part in [
        "events/gadgets-id: record an event",
        "gadgets-id = { path = \"../functions/gadgets-id\" }",
        "gadgets_id::routes()",
        "GadgetsIdFunction:",
        "Path: \"/api/gadgets/{id}\", Method: ANY",
    ] {
        assert!(gaps.contains(part), "no {part} in {gaps}");
    }
}

#[test]
fn a_package_that_is_not_called_as_its_folder_is_named() {
    let gap = gap(|sources| {
        let folder = &mut sources.folders[0];
        folder.manifest = folder.manifest.replace(&format!("name = \"{}\"", folder.name), "name = \"other\"");
    });
    assert!(gap.contains("Cargo.toml: call the package"), "{gap}");
}

#[test]
fn an_operation_without_a_route_is_named() {
    let gap = gap(|sources| sources.template.routes.retain(|route| route.path != "/api/health"));
    assert!(gap.contains("no route to GET /api/health") && gap.contains("HealthFunction"), "{gap}");
}

#[test]
fn a_route_to_the_wrong_function_is_named() {
    let mut sources = sources();
    for route in sources.template.routes.iter_mut().filter(|route| route.path == "/api/health") {
        route.function = "users".to_owned();
    }
    let gaps = sources.gaps().join("\n");
    assert!(gaps.contains("/api/health goes to users"), "{gaps}");
}

/// The resource of the function `health`, to be changed.
fn health(sources: &mut Sources) -> &mut local::template::Function {
    sources.template.functions.iter_mut().find(|function| function.name == "health").unwrap()
}

#[test]
fn a_wrong_binary_is_named_once() {
    let gap = gap(|sources| {
        health(sources).name = "healthy".to_owned();
        for route in sources.template.routes.iter_mut().filter(|route| route.function == "health") {
            route.function = "healthy".to_owned();
        }
    });
    assert!(gap.contains("HealthFunction") && gap.contains("BuildProperties: { Binary: health }"), "{gap}");
}

#[test]
fn a_wrong_code_uri_is_named() {
    let wrong = gap(|sources| health(sources).code_uri = Some("functions/users".to_owned()));
    assert!(wrong.contains("HealthFunction is functions/users"), "{wrong}");
    let missing = gap(|sources| health(sources).code_uri = None);
    assert!(missing.contains("CodeUri: functions/health"), "{missing}");
}

#[test]
fn a_function_of_the_table_without_policies_is_named() {
    let gap = gap(|sources| health(sources).has_policies = false);
    assert!(gap.contains("HealthFunction has TABLE_NAME") && gap.contains("add Policies"), "{gap}");
}

#[test]
fn a_function_that_limits_rates_without_their_scale_is_named() {
    let gap = gap(|sources| {
        let users = sources.template.functions.iter_mut().find(|function| function.name == "users");
        users.unwrap().variables.remove("RATE_LIMIT_SCALE");
    });
    assert!(gap.contains("UsersFunction limits rates") && gap.contains("!Ref RateLimitScale"), "{gap}");
}

#[test]
fn a_function_that_the_document_does_not_know_is_named_once() {
    let gap = gap(|sources| {
        sources.code.retain(|function| function.name != "health");
        sources.document.paths.paths.remove("/api/health");
    });
    assert!(gap.contains("health = { path = \"../functions/health\" }"), "{gap}");
}

#[test]
fn a_variable_that_is_in_a_path_twice_is_named() {
    let mut sources = sources();
    let health = sources.code.iter_mut().find(|function| function.name == "health").unwrap();
    let item = health.document.paths.paths["/api/health"].clone();
    health.document.paths.paths.insert("/api/health/{id}/{id}".to_owned(), item);
    let gaps = sources.gaps().join("\n");
    assert!(gaps.contains("/api/health/{id}/{id} has {id} twice"), "{gaps}");
}

#[test]
fn a_route_that_nobody_answers_is_named() {
    let gap = gap(|sources| {
        let mut route = sources.template.routes[0].clone();
        route.path = "/api/elsewhere".to_owned();
        sources.template.routes.push(route);
    });
    assert!(gap.contains("no operation at the path of ANY /api/elsewhere"), "{gap}");
}

#[test]
fn a_route_of_one_method_is_named() {
    let gap = gap(|sources| sources.template.routes[0].method = "GET".to_owned());
    assert!(gap.contains("Method: ANY, not GET"), "{gap}");
}

#[test]
fn a_resource_without_a_folder_is_named() {
    let gap = gap(|sources| sources.folders.retain(|folder| folder.name != "fallback"));
    assert!(gap.contains("FallbackFunction has no folder functions/fallback"), "{gap}");
}

#[test]
fn a_function_without_routes_is_one_that_events_lead_to() {
    let gap = gap(|sources| {
        sources.template.triggers.streams.retain(|trigger| trigger.function != "mail");
    });
    assert!(gap.contains("mail = { path = \"../functions/mail\" }"), "{gap}");
}

#[test]
fn a_missing_default_route_is_named() {
    let gap = gap(|sources| sources.template.routes.retain(|route| route.path != "$default"));
    assert!(gap.contains("no route $default"), "{gap}");
}

#[test]
fn an_operation_that_the_document_lacks_is_named() {
    let gap = gap(|sources| {
        sources.document.paths.paths.remove("/api/health");
    });
    assert!(gap.contains("GET /api/health is missing; run `cargo xtask openapi`"), "{gap}");
}

#[test]
fn an_operation_that_only_the_document_has_is_named() {
    let gap = gap(|sources| {
        let item = sources.document.paths.paths["/api/health"].clone();
        sources.document.paths.paths.insert("/api/gone".to_owned(), item);
    });
    assert!(gap.contains("no function answers GET /api/gone"), "{gap}");
}

#[test]
fn two_functions_with_one_operation_are_named() {
    let mut sources = sources();
    let twice = sources.code.iter().find(|function| function.name == "health").unwrap();
    let (name, document) = (twice.name, twice.document.clone());
    sources.code.push(xtask::functions::Function { name, document });
    let gaps = sources.gaps().join("\n");
    assert!(gaps.contains("another function answers GET /api/health"), "{gaps}");
}

#[test]
fn a_function_url_is_in_code_and_template_or_named() {
    let of_stream =
        |sources: &mut Sources| sources.code.iter().position(|function| function.name == "stream").unwrap();
    let not_in_template = gap(|sources| {
        let stream = sources.template.functions.iter_mut().find(|function| function.name == "stream");
        stream.unwrap().url = None;
    });
    assert!(not_in_template.contains("StreamFunction has no FunctionUrlConfig"), "{not_in_template}");

    let mut sources = sources();
    let at = of_stream(&mut sources);
    sources.code[at].document.servers = None;
    let gaps = sources.gaps().join("\n");
    assert!(gaps.contains("begin `routes()` with `function_url_routes(\"stream\")`"), "{gaps}");
    // Without its URL, the operation would belong to the API.
    assert!(gaps.contains("no route to GET /api/stream;"), "{gaps}");

    let mut sources = self::sources();
    sources.code[at].document.paths.paths.clear();
    let gaps = sources.gaps().join("\n");
    assert!(gaps.contains("functions/stream: no operation at its Function URL"), "{gaps}");
}
