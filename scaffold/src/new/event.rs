//! A function that events invoke: it has no path.

use std::path::Path;

use clap::ValueEnum;

use crate::Error;
use crate::edits::Edits;
use crate::name::{capitalized, check_new};

/// The source of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Source {
    /// Messages of a queue of its own, with a dead-letter queue
    Sqs,
    /// The clock, once a day
    Schedule,
    /// Changes of the table
    Stream,
    /// New objects in the bucket
    S3,
}

/// The dependencies, the code, the resources and the event of a source.
struct Skeleton {
    dependencies: &'static str,
    code: &'static str,
    resources: &'static str,
    case: &'static str,
    event: &'static str,
}

impl Source {
    fn skeleton(self) -> Skeleton {
        match self {
            Self::Sqs => Skeleton {
                dependencies: "aws_lambda_events = { workspace = true, features = [\"sqs\"] }\nlambda_runtime.workspace = true\n",
                code: include_str!("../../skeleton/event/sqs.rs.txt"),
                resources: include_str!("../../skeleton/event/sqs.yaml.txt"),
                case: "message",
                event: include_str!("../../skeleton/event/sqs.json.txt"),
            },
            Self::Schedule => Skeleton {
                dependencies: "lambda_runtime.workspace = true\nserde.workspace = true\n",
                code: include_str!("../../skeleton/event/schedule.rs.txt"),
                resources: include_str!("../../skeleton/event/schedule.yaml.txt"),
                case: "daily",
                event: include_str!("../../skeleton/event/schedule.json.txt"),
            },
            Self::Stream => Skeleton {
                dependencies: "aws_lambda_events = { workspace = true, features = [\"dynamodb\"] }\nlambda_runtime.workspace = true\n",
                code: include_str!("../../skeleton/event/stream.rs.txt"),
                resources: include_str!("../../skeleton/event/stream.yaml.txt"),
                case: "insert",
                event: include_str!("../../skeleton/event/stream.json.txt"),
            },
            Self::S3 => Skeleton {
                dependencies: "aws_lambda_events = { workspace = true, features = [\"s3\"] }\nlambda_runtime.workspace = true\n",
                code: include_str!("../../skeleton/event/s3.rs.txt"),
                resources: include_str!("../../skeleton/event/s3.yaml.txt"),
                case: "created",
                event: include_str!("../../skeleton/event/s3.json.txt"),
            },
        }
    }
}

/// Returns the files of a new function and its lines in the files that all functions share.
pub(super) fn edits(name: &str, source: Source, root: &Path) -> Result<Edits, Error> {
    check_new(name, root).map_err(Error::Name)?;
    let Skeleton { dependencies, code, resources, case, event } = source.skeleton();
    let fill = |text: &str| {
        [
            ("name", name),
            ("lib", &name.replace('-', "_")),
            ("type", &capitalized(name)),
            ("dependencies", dependencies),
        ]
        .iter()
        .fold(text.to_owned(), |text, (key, value)| text.replace(&format!("{{{{{key}}}}}"), value))
    };
    let mut edits = Edits::in_checkout(root);
    let manifest = include_str!("../../skeleton/event/Cargo.toml.txt");
    edits.create(format!("functions/{name}/Cargo.toml"), fill(manifest));
    let main = include_str!("../../skeleton/event/main.rs.txt");
    edits.create(format!("functions/{name}/src/main.rs"), fill(main));
    edits.create(format!("functions/{name}/src/lib.rs"), fill(code));
    edits.create(format!("events/{name}/{case}.json"), fill(event));
    edits.insert_before("template.yaml", &fill(resources), "  FallbackFunction:")?;
    edits.insert_sorted(
        "tests/api/snapshots/api__events__every_recorded_event_is_answered_as_before.snap",
        &format!("{name}/{case} null\n"),
        |line| line.contains('/') && !line.starts_with("source: "),
    )?;
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use std::fs::read_to_string;

    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    fn created(source: Source, file: &str) -> String {
        let edits = edits("two-words", source, root()).unwrap();
        let mut created = edits.created();
        created.find(|(path, _)| path.ends_with(file)).unwrap().1.clone()
    }

    #[test]
    fn the_skeleton_is_what_sweep_is() {
        let sweep = root().join("functions/sweep");
        if !sweep.exists() {
            return;
        }
        let main = created(Source::Schedule, "src/main.rs").replace("two_words::handle", "sweep::sweep");
        let own = read_to_string(sweep.join("src/main.rs")).unwrap();
        assert_eq!(main.replace("two-words", "sweep"), own);
    }

    #[test]
    fn a_new_function_is_known_everywhere() {
        for (source, part, case) in [
            (Source::Sqs, "Queue: !GetAtt TwoWordsMessages.Arn", "message"),
            (Source::Schedule, "Schedule: cron(42 3 * * ? *)", "daily"),
            (Source::Stream, "Stream: !GetAtt Table.StreamArn", "insert"),
            (Source::S3, "Value: two-words/", "created"),
        ] {
            let mut edits = edits("two-words", source, root()).unwrap();
            let template = edits.text("template.yaml").unwrap();
            let own = template.split("\n  TwoWordsFunction:\n").nth(1).unwrap();
            assert!(own.contains(part) && own.contains("Binary: two-words }"), "{own}");
            let snapshot = "tests/api/snapshots/api__events__every_recorded_event_is_answered_as_before.snap";
            let line = format!("\ntwo-words/{case} null\n");
            assert!(edits.text(snapshot).unwrap().contains(&line), "{source:?}");
            for (path, text) in edits.created() {
                assert!(!text.contains("{{"), "{}: {text}", path.display());
            }
            let event = created(source, &format!("{case}.json"));
            serde_json::from_str::<serde_json::Value>(&event).unwrap();
        }
    }

    #[test]
    fn a_name_that_cannot_be_used_is_refused() {
        for (name, why) in [("Two", "is no name"), ("health", "is there already")] {
            let error = edits(name, Source::Sqs, root()).err().unwrap().to_string();
            assert!(error.contains(why), "{name}: {error}");
        }
    }
}
