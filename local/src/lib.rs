//! The API on one machine: API Gateway's HTTP API, Lambda, `DynamoDB` and S3, set up from `template.yaml`.
//!
//! `template.yaml` is the only list of routes. Every request goes through the same steps as on AWS:
//! [`routes`] picks the function, [`event`] makes the payload (format 2.0), [`instances`] gives it to a
//! process of that function over the Lambda Runtime API ([`runtime_api`]), and the answer goes back.
//! A Function URL ([`function_url`]) leads past the routes, and passes on what a function streams.
//! [`dynamodb`] is an embedded database whose tables come from the template too, and [`s3`] has its buckets; what changes
//! in either invokes the functions that the template says, and a function that fails is invoked again.
//!
//! Tests start one [`Stack`] each, on port 0 and with the database in memory:
//!
//! ```no_run
//! # async fn example() -> Result<(), local::StartError> {
//! let stack = local::Stack::builder().template("template.yaml").in_memory().port(0).start().await?;
//! println!("{}", stack.url());
//! stack.shutdown().await;
//! # Ok(())
//! # }
//! ```

pub mod admin;
pub mod api_gateway;
pub mod cli;
pub mod dynamodb;
pub mod faults;
pub mod lambda;
pub mod logs;
pub mod s3;
pub mod secrets;
pub mod stack;
pub mod template;

mod clock;
mod server;
mod triggers;
mod weather;

pub use faults::Faults;
pub use lambda::instances::{Invocation, InvokeError};
pub use stack::{Builder, Stack, StartError};
