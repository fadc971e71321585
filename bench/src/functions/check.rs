//! The comparison of measurements that hardly depend on the machine with those of the document.

use std::path::Path;

use super::Error;
use super::report::{COLD_INSTRUCTIONS, DEPLOYED, HEAD, Row};
use crate::document;

/// The factor by which a value may be greater than the document's. Another compiler or another libc changes both a little.
const TOLERANCE: f64 = 1.05;

/// Fails if a row has a greater size or more instructions than the document's row of the same function.
pub(super) fn check(rows: &[Row], path: &Path) -> Result<(), Error> {
    let grown = grown(rows, &document::read(path, "plain")?)?;
    if grown.is_empty() { Ok(()) } else { Err(Error::Grown(grown)) }
}

fn grown(rows: &[Row], table: &str) -> Result<Vec<String>, Error> {
    let mut grown = Vec::new();
    for row in rows {
        let name = &row.function;
        // The table rounds, so a value may have been greater by this much.
        let measured = [(DEPLOYED, Some(row.deployed_mb), 0.005), (COLD_INSTRUCTIONS, row.cold_minstr, 0.05)];
        for (column, value, rounded) in measured {
            let Some(value) = value else { continue };
            let known = cell(table, name, column).ok_or_else(|| Error::Unknown(name.clone()))?;
            if value > (known + rounded) * TOLERANCE {
                grown.push(format!("{name}: {column} {value:.2}, not {known:.2}"));
            }
        }
    }
    Ok(grown)
}

/// Returns the number in a function's row, without the ratio behind it.
fn cell(table: &str, function: &str, column: &str) -> Option<f64> {
    let row = table.lines().find(|line| line.starts_with(&format!("| `{function}` |")))?;
    let at = HEAD.iter().position(|title| *title == column)?;
    row.split('|').nth(at + 1)?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::report::table;

    fn row(function: &str, deployed_mb: f64, cold_minstr: f64) -> Row {
        let mut row = Row::default();
        row.function = function.to_owned();
        row.deployed_mb = deployed_mb;
        row.cold_minstr = Some(cold_minstr);
        row
    }

    #[test]
    fn a_function_may_grow_by_a_twentieth() {
        let written =
            table(&[row("bench-bare", 0.92, 0.5), row("users", 5.04, 3.6), row("users-id", 5.0, 3.0)]);
        let grown = |rows: &[Row]| grown(rows, &written).unwrap();
        assert_eq!(grown(&[row("users", 5.2, 3.7), row("users-id", 1.0, 1.0)]), [""; 0]);
        assert_eq!(grown(&[row("users", 5.3, 3.7)]), ["users: deployed MB 5.30, not 5.04"]);
        assert_eq!(grown(&[row("users-id", 5.0, 3.3)]), ["users-id: cold Minstr 3.30, not 3.00"]);
    }

    #[test]
    fn what_nobody_counted_is_not_compared() {
        let written = table(&[row("users", 5.0, 3.0)]);
        let mut uncounted = row("users", 5.0, 9.0);
        uncounted.cold_minstr = None;
        assert!(grown(&[uncounted], &written).unwrap().is_empty());
    }

    #[test]
    fn the_document_must_know_each_function() {
        let written = table(&[row("users", 5.0, 3.0)]);
        assert!(
            matches!(grown(&[row("posts", 1.0, 1.0)], &written), Err(Error::Unknown(name)) if name == "posts")
        );
    }
}
