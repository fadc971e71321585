//! The same requests as others write them, in folders of bench/peers: each program beside the product's function.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::report::{self, Row};
use super::sample::Sample;
use super::subject::{Functions, Subject};
use super::turns::in_turns;
use super::{DOCUMENT, Error, money};
use crate::document;

/// Compare the functions with the programs of bench/peers
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The number of processes of each program and request; the numbers are medians
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
    /// The folder of the functions' binaries
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// The folder of what was built of bench/peers
    #[arg(long, default_value = "target/peers")]
    peers: PathBuf,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Write the table to docs/, too
    #[arg(long)]
    write: bool,
}

/// A request, with the status of its answer.
struct Case {
    title: &'static str,
    function: &'static str,
    event: &'static str,
    status: u64,
}

const CASES: [Case; 4] = [
    Case { title: "GET a user", function: "users-id", event: "get", status: 200 },
    Case { title: "list posts", function: "posts", event: "get", status: 200 },
    Case { title: "create a post", function: "posts", event: "create", status: 201 },
    Case {
        title: "Stripe's webhook",
        function: "webhooks-stripe",
        event: "checkout-session-completed",
        status: 200,
    },
];

/// Lambda's runtime client for Node.js, which the tests use, too.
const NODE_CLIENT: &str = "tests/interop/runtimes/node/node_modules/aws-lambda-ric/bin/index.mjs";

/// A program that answers every case.
struct Program {
    name: &'static str,
    command: Vec<OsString>,
    /// The working directory.
    folder: PathBuf,
    /// The file or the folder that is deployed.
    deployed: PathBuf,
}

/// Returns the table of measurements.
pub(crate) async fn run(args: Args, root: &Path) -> Result<String, Error> {
    let functions = Functions::start(root, &args.binaries).await?;
    let subjects = subjects(&functions, root, &args.peers)?;
    let all: Vec<Subject> = subjects.iter().map(|(subject, _)| subject.clone()).collect();
    let mut rows = Vec::new();
    let samples = in_turns(&all, args.samples, Sample::take).await?;
    for ((subject, status), samples) in subjects.iter().zip(samples) {
        let mut statuses = samples.iter().flat_map(|sample| &sample.statuses);
        if let Some(wrong) = statuses.find(|answered| **answered != Some(*status)) {
            return Err(Error::Status(subject.name.clone(), wrong.unwrap_or_default(), *status));
        }
        rows.push(Row::new(subject, &samples, None)?);
    }
    // The bare function is no route.
    let prices = money::measure(&functions.stack, &all[1..], &rows[1..]).await?;
    functions.stack.shutdown().await;
    let tables = format!("{}\n\n{}", report::table(&rows), money::table(&prices));
    if args.write {
        let text = format!("{}\n\n{tables}", document::occasion());
        document::write(&root.join(DOCUMENT), "peers", &text)?;
    }
    Ok(if args.json {
        serde_json::to_string_pretty(&json!({ "rows": rows, "prices": prices }))?
    } else {
        tables
    })
}

/// Returns the bare function, and for each case the product's function and the peers, with the status of the answers.
fn subjects(functions: &Functions<'_>, root: &Path, peers: &Path) -> Result<Vec<(Subject, u64)>, Error> {
    let programs = programs(root, peers)?;
    let environment = environment(functions);
    let mut subjects = vec![(functions.bare()?, 200)];
    for Case { title, function, event, status } in CASES {
        let request = functions.request(function, event)?;
        let mut ours = functions.function(function, request.clone())?;
        ours.name = format!("{title}: {function}");
        let memory_mb = ours.memory_mb;
        subjects.push((ours, status));
        subjects.extend(programs.iter().map(|program| {
            let subject = Subject {
                name: format!("{title}: {}", program.name),
                command: program.command.clone(),
                folder: program.folder.clone(),
                environment: environment.clone(),
                request: request.clone(),
                memory_mb,
                has_route: true,
                deployed: program.deployed.clone(),
            };
            (subject, status)
        }));
    }
    Ok(subjects)
}

fn programs(root: &Path, peers: &Path) -> Result<Vec<Program>, Error> {
    let peers = std::path::absolute(peers).map_err(|error| Error::Io(peers.to_owned(), error))?;
    let node = vec![OsString::from("node"), root.join(NODE_CLIENT).into(), "index.handler".into()];
    let python: Vec<OsString> =
        vec![peers.join(".venv/bin/python").into(), "-m".into(), "awslambdaric".into(), "app.handler".into()];
    let binary = peers.join("release/peer");
    let programs = [
        ("axum and the AWS SDK", vec![binary.clone().into()], binary),
        ("Hono on Node.js", node, peers.join("hono")),
        ("Powertools for Python", python.clone(), peers.join("powertools")),
        ("FastAPI and Mangum", python, peers.join("fastapi")),
    ];
    let program = |(name, command, deployed): (_, _, PathBuf)| {
        let folder = if deployed.is_dir() { deployed.clone() } else { root.to_owned() };
        if deployed.exists() {
            Ok(Program { name, command, folder, deployed })
        } else {
            Err(Error::NotBuilt(deployed))
        }
    };
    programs.into_iter().map(program).collect()
}

/// Returns the variables of all functions that the peers stand in for.
fn environment(functions: &Functions<'_>) -> BTreeMap<String, String> {
    let environments = CASES.iter().filter_map(|case| functions.environment(case.function));
    environments.flatten().collect()
}
