use super::measure::{Measured, Row};

/// Formats a row for each request, with a column for each size.
pub(crate) fn markdown(columns: &[Measured]) -> String {
    let Some(first) = columns.first() else { return String::new() };
    let sizes: Vec<String> = columns.iter().map(|column| thousands(column.size)).collect();
    let mut head = vec!["request".to_owned(), "calls".to_owned()];
    head.extend(sizes.iter().map(|size| format!("RCU + WCU at {size}")));
    head.extend(sizes.iter().skip(1).map(|size| format!("time at {size}")));
    head.extend(sizes.iter().map(|size| format!("RCU of a scan at {size}")));
    let mut lines = vec![line(&head), format!("|{}", "---|".repeat(head.len()))];
    for (n, Row { request, .. }) in first.rows.iter().enumerate() {
        let rows = || columns.iter().filter_map(|column| column.rows.get(n));
        let mut cells = vec![format!("`{request}`"), range(rows().map(|row| row.cost.calls))];
        cells.extend(rows().map(|row| format!("{} + {}", row.cost.rcu, row.cost.wcu)));
        let base = first.rows[n].time.as_secs_f64();
        cells.extend(rows().skip(1).map(|row| format!("{:.1}x", row.time.as_secs_f64() / base)));
        cells.extend(rows().map(|row| row.scan_bytes.map_or_else(String::new, scan)));
        lines.push(line(&cells));
    }
    lines.join("\n")
}

/// Formats the cost of a scan: half a unit for 4 KB, eventually consistent (Amazon DynamoDB developer guide, "Read and
/// write operations").
fn scan(bytes: u64) -> String {
    let halves = bytes.div_ceil(4096);
    thousands(u32::try_from(halves.div_ceil(2)).unwrap_or(u32::MAX))
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn range(values: impl Iterator<Item = u32> + Clone) -> String {
    match (values.clone().min(), values.max()) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most}"),
        (_, most) => most.unwrap_or_default().to_string(),
    }
}

fn thousands(n: u32) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}
