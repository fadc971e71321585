//! The lines that `local` prints once it runs.

use super::admin::Admin;
use super::error::Error;
use super::options::Options;
use super::{admin, token};
use crate::Stack;
use crate::product::{self, DOCS_PAGE, Stub};

/// Prints routes and addresses, and then what [`announce_services`] prints.
pub(super) async fn announce(stack: &mut Stack, options: &Options) -> Result<(), Error> {
    let routes = &stack.template().routes;
    let width = routes.iter().map(|route| route.path.len()).max().unwrap_or(0);
    let mut lines: Vec<String> = routes
        .iter()
        .map(|route| format!("{:<7} {:<width$}  {}", route.method, route.path, route.function))
        .collect();
    lines.push(String::new());
    // The root serves nothing.
    let page = if routes.iter().any(|route| route.path == DOCS_PAGE) { DOCS_PAGE } else { "" };
    let stage = stack.template().api.as_ref().and_then(|api| api.stage.name.as_ref());
    let stage = stage.map(|name| format!("/{name}")).unwrap_or_default();
    lines.push(format!("API        {}{stage}{page}", stack.url()));
    if let Some(url) = stack.invoke_url() {
        lines.push(format!("Invoke     {url}"));
    }
    for line in lines {
        stack.note(line);
    }
    for binary in stack.missing_binaries() {
        stack.warn(format_args!("{} is missing: it is used as soon as it is built", binary.display()));
    }
    if !options.host.is_loopback() {
        stack
            .warn(format_args!("--host {}: whoever can send to this address can call the API", options.host));
    }
    announce_services(stack, options).await
}

/// Prints the addresses of services, the place of the data, and the administrator, who is created if missing and if the
/// template has accounts.
pub(super) async fn announce_services(stack: &mut Stack, options: &Options) -> Result<(), Error> {
    let template = stack.template();
    let tables = template.tables.iter().map(|table| &*table.name);
    let buckets = template.buckets.iter().map(|bucket| &*bucket.name);
    let queues = template.queues.iter().map(|queue| &*queue.name);
    let mut lines = vec![
        format!("DynamoDB   {}{}", stack.dynamodb_url(), named("table", tables)),
        format!("S3         {}{}", stack.s3_url(), named("bucket", buckets)),
        format!("SQS        {}{}", stack.sqs_url(), named("queue", queues)),
    ];
    for (Stub { name, api_key, .. }, url) in stack.stubs() {
        lines.push(format!("{name:<10} answered by a stub, {url}, because {api_key} is not set"));
    }
    if let Some(watched) = stack.watched() {
        lines.push(format!("watch      {watched}"));
    }
    let data = options.data_dir();
    lines.push(if options.in_memory {
        "data       in memory, gone when this ends".to_owned()
    } else {
        format!("data       {}", data.display())
    });
    for name in stack.made_up_secrets() {
        lines.push(format!(
            "secret     {name} was not set: one was generated and stored in {}",
            data.join("secrets.json").display()
        ));
    }
    for line in lines {
        stack.note(line);
    }
    if !options.services_host.is_loopback() {
        stack.warn(format_args!(
            "--services-host {}: whoever can send to this address can read and change all data",
            options.services_host
        ));
    }
    if !product::has_accounts(stack.template()) {
        return Ok(());
    }
    let admin = Admin { email: options.admin_email.clone(), password: options.admin_password.clone() };
    let admin = admin::ensure(stack, admin).await?;
    stack.note(format_args!("           TOKEN=$({})", token::command(options, &admin)));
    Ok(())
}

/// Returns ` (table A, B)`, or nothing without names.
fn named<'n>(what: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { String::new() } else { format!(" ({what} {})", names.join(", ")) }
}
