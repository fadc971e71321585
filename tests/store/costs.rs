//! The cost of each request in `DynamoDB`, as `DynamoDB` itself reports it, against the limits of the design.
//! docs/data-model.md shows the same table; `UPDATE_DOCS=1 make test` writes it there.

use std::fmt::Write;
use std::path::Path;

use shared::clock::Clock;
use shared::domain::UserId;
use shared::http::{QuotaPolicy, RateLimits, Scale};
use tests::App;

use self::row::{Row, measure};

mod accounts;
mod documented;
mod payments;
mod posts;
mod problems;
mod row;
mod uploads;
mod users;

#[tokio::test]
async fn every_request_costs_what_the_documentation_says_and_no_more_than_the_design_allows() {
    let rows = rows().await;
    for Row { request, limit, measured } in &rows {
        assert!(
            measured.rcu <= limit.rcu && measured.wcu <= limit.wcu && measured.calls <= limit.calls,
            "{request}: {measured:?}, may cost {limit:?}"
        );
        assert!(measured.calls > 0, "{request}: nothing was measured");
    }
    compare_with_docs(&rows);
}

/// Measures the requests of each resource, and of the operations that none of them is about.
async fn rows() -> Vec<Row> {
    let mut rows = users::rows().await;
    rows.extend(posts::rows().await);
    rows.extend(problems::rows().await);
    rows.extend(accounts::rows().await);
    rows.extend(uploads::rows().await);
    rows.extend(payments::rows().await);
    let documented = documented::rows(&rows).await;
    rows.extend(documented);
    rows.extend(besides().await);
    rows
}

/// Measures what the API does besides an operation.
async fn besides() -> [Row; 2] {
    let app = App::start().await;
    let limits = RateLimits::new(&app.table(), Clock::system(), Scale::parse("1").unwrap());
    let admin: UserId = app.admin().id().parse().unwrap();
    let request = "each change, for its rate limit, besides";
    let ((), limit) = measure(request, (1, 0.0, 1.0), limits.take(QuotaPolicy::WRITE, admin)).await;
    let request = "each right of an admin, for the account, besides";
    let (_, account) = measure(request, (1, 1.0, 0.0), app.users().get_latest(admin)).await;
    [limit, account]
}

/// Fails if docs/data-model.md shows other figures. With `UPDATE_DOCS` set it writes them there instead.
fn compare_with_docs(rows: &[Row]) {
    const MARKERS: (&str, &str) = ("<!-- costs -->\n", "<!-- /costs -->");
    let mut table = "\n| request | calls | RCU | WCU | may cost |\n|---|---|---|---|---|\n".to_owned();
    for Row { request, limit, measured } in rows {
        let may = match (limit.rcu > 0.0, limit.wcu > 0.0) {
            (true, true) => format!("{} RCU, {} WCU", limit.rcu, limit.wcu),
            (false, true) => format!("{} WCU", limit.wcu),
            _ => format!("{} RCU", limit.rcu),
        };
        writeln!(table, "| `{request}` | {} | {} | {} | {may} |", measured.calls, measured.rcu, measured.wcu)
            .unwrap();
    }
    table.push('\n');
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/data-model.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(MARKERS.0).expect("the first marker");
    let (shown, after) = rest.split_once(MARKERS.1).expect("the second marker");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{}{table}{}{after}", MARKERS.0, MARKERS.1)).unwrap();
    } else {
        assert_eq!(shown, table, "docs/data-model.md shows other costs: run `UPDATE_DOCS=1 make test`");
    }
}
