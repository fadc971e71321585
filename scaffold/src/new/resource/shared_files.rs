//! The lines of a resource in the files that all resources share: each stands beside the model's.

use super::names::Names;
use super::under;
use crate::Error;
use crate::block::Block::{Item, Paragraph};
use crate::edits::Edits;

const SNAPSHOT: &str = "tests/api/snapshots/api__events__every_recorded_event_is_answered_as_before.snap";

pub(super) fn register(edits: &mut Edits, names: &Names) -> Result<(), Error> {
    let rename = |file: &str, text: &str| under::nest(names, file, names.rename(file, text));
    // A path, the model's block in it, and the extent of the block.
    for (file, anchor, block) in [
        ("shared/src/domain.rs", "mod problem;", Item),
        ("shared/src/domain.rs", "pub use problem::", Item),
        ("shared/src/domain/id.rs", "    ProblemId\n", Item),
        ("shared/src/api.rs", "mod problem;", Item),
        ("shared/src/api.rs", "pub use problem::", Item),
        ("shared/src/store.rs", "mod problems;", Item),
        ("shared/src/store.rs", "pub use problems::", Item),
        ("shared/src/http/path.rs", "impl EntityId for ProblemId", Item),
        ("tests/src/lib.rs", "pub fn problem(", Item),
        ("template.yaml", "  ProblemsFunction:", Paragraph),
        ("template.yaml", "  ProblemsIdFunction:", Paragraph),
    ] {
        edits.copy(file, anchor, block, |text| rename(file, &super::cuts::cut(file, text.to_owned())?))?;
    }
    for (file, anchor) in [
        ("tests/api/authorisation.rs", "/api/problems"),
        ("tests/api/fault_injection/endpoints.rs", "/api/problems"),
    ] {
        edits.copy_all(file, anchor, |text| rename(file, text))?;
    }
    for (file, line, word) in [
        ("shared/src/domain.rs", "pub use id::", "ProblemId"),
        ("shared/src/http/path.rs", "use crate::domain::", "ProblemId"),
        ("shared/src/store/check/reading.rs", "use crate::domain::", "Problem"),
        ("shared/src/store/check/reading.rs", "Kind::of", "Kind::of::<Problem>()"),
    ] {
        edits.beside(file, line, word, &names.own.rename(&names.model, word))?;
    }
    let [model, own] = ["problems".to_owned(), names.function()];
    for suffix in ["", "-id"] {
        let (model, own) = (format!("{model}{suffix}"), format!("{own}{suffix}"));
        let own_lib = own.replace('-', "_");
        for (file, line, is_peer) in [
            ("xtask/Cargo.toml", "NAME = { path = \"../functions/NAME\" }\n", "{ path = \"../functions/"),
            (
                "xtask/src/functions.rs",
                "        Function { name: \"NAME\", document: LIB::routes() },\n",
                "::routes()",
            ),
            ("tests/api/main.rs", "mod LIB;\n", "mod "),
        ] {
            let line = line.replace("NAME", &own).replace("LIB", &own_lib);
            edits.insert_sorted(file, &line, |peer| peer.contains(is_peer) && !peer.starts_with("//"))?;
        }
        let answers: Vec<String> = edits
            .text(SNAPSHOT)?
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{model}/")))
            .map(|rest| under::answer(names, &format!("{own}/{}", names.own.rename(&names.model, rest))))
            .collect();
        for answer in answers {
            let is_peer = |line: &str| line.contains('/') && !line.starts_with("source: ");
            edits.insert_sorted(SNAPSHOT, &(answer + "\n"), is_peer)?;
        }
    }
    edits.insert_before("tests/store/costs/documented.rs", &limits(names), "];")?;
    let tag = names.own.plural.as_str();
    edits.insert_before(
        "xtask/src/openapi/about.rs",
        &format!("    (\"{tag}\", \"The {tag} of the API.\"),\n"),
        "    (\"operations\", \"",
    )
}

/// Returns the limits of what the operations may cost: calls, RCU and WCU. A creation under a parent reads the parent.
fn limits(names: &Names) -> String {
    let (list, one) = under::paths_of(names);
    let parent = if names.parent.is_some() { (3, "0.5") } else { (2, "0.0") };
    [
        format!("(\"GET {list}\", (2, 1.5, 0.0))"),
        format!("(\"POST {list}\", ({}, {}, 8.0))", parent.0, parent.1),
        format!("(\"GET {one}\", (1, 0.5, 0.0))"),
        format!("(\"PUT {one}\", (4, 2.0, 8.0))"),
        format!("(\"PATCH {one}\", (4, 2.0, 8.0))"),
        format!("(\"DELETE {one}\", (4, 2.0, 8.0))"),
    ]
    .map(|limit| format!("    {limit},\n"))
    .concat()
}
