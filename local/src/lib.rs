//! The API on one machine: API Gateway, Lambda, `DynamoDB`, S3 and SQS, set up from `template.yaml`.
//!
//! The emulator knows no route, table or bucket of its own: it reads the template that AWS deploys.
//!
//! # Floor plan
//!
//! AWS's services are folders, called by their names:
//!
//! | room | holds |
//! |---|---|
//! | [`api_gateway`] | the HTTP API: routes, CORS, throttling |
//! | [`lambda`] | events and responses, instances of functions, Function URLs, the Runtime and Invoke APIs |
//! | `triggers` | changes of buckets and tables, messages and the clock, which invoke functions |
//! | [`dynamodb`], [`s3`], [`sqs`], [`ses`] | the embedded database, object store, queues and sender of mail |
//! | [`iam`] | AWS's policy language, and whether it lets a request through |
//! | [`event_pattern`], [`schedule`] | AWS's languages for filters and for times |
//! | [`access`] | access keys, and what each may do |
//! | [`faults`] | calls of the database, S3 and SES that fail on purpose |
//!
//! The other rooms hold them together:
//!
//! | room | holds |
//! |---|---|
//! | [`template`] | `template.yaml`: a plain model of it, and its readers |
//! | [`stack`] | one run: all services, started and wired |
//! | [`cli`] | the command line, and what it prints |
//! | `watch` | changes of the sources, and the builds of functions that they demand |
//! | `server` | HTTP listeners: serving, switching off and on, stopping |
//! | `product` | what belongs to this API and not to AWS, such as a stub of the weather service |
//! | [`logs`], [`secrets`], `clock` | the log, generated secrets, the time |
//!
//! # The way of a request
//!
//! [`api_gateway::handle`] accepts it and finds its route. [`lambda::request_payload`] makes it an event (payload format
//! 2.0), and [`lambda::instances`] gives the event to a process of the function, which asks for it over the Runtime API.
//! The process's answer becomes the response. A Function URL ([`lambda::function_url`]) skips the routes and can stream.
//!
//! # Imports
//!
//! No module imports from one that imports it, at the top as below: `iam`, `event_pattern`, `schedule` and `server` know no other room, the model of
//! the template knows the first three alone, and `stack` knows all but `cli`. `xtask/tests/imports` holds this for the whole workspace. `cargo cycles` (`cargo
//! install cargo-cycles`) checks the same from outside, and draws the graph with `--dot`.
//!
//! # In tests
//!
//! Tests start one [`Stack`] each, on any free port and with the database in memory:
//!
//! ```no_run
//! # async fn example() -> Result<(), local::StartError> {
//! let stack = local::Stack::builder().template("template.yaml").in_memory().port(0).start().await?;
//! println!("{}", stack.url());
//! stack.shutdown().await;
//! # Ok(())
//! # }
//! ```

pub mod access;
pub mod api_gateway;
pub mod cli;
pub mod dynamodb;
pub mod event_pattern;
pub mod faults;
pub mod iam;
pub mod lambda;
pub mod logs;
pub mod s3;
pub mod schedule;
pub mod secrets;
pub mod ses;
pub mod sqs;
pub mod stack;
pub mod template;

mod clock;
pub mod product;
mod server;
mod triggers;
mod watch;

pub use faults::Faults;
pub use lambda::instances::{Invocation, InvokeError};
pub use stack::{Builder, Stack, StartError};
