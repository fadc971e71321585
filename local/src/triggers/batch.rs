//! The answers of functions to batches of records.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>

use serde_json::Value;

/// Returns the places of the records that an answer reports as failed. An answer that names none of the batch's records
/// fails the whole batch.
pub(super) fn failures(answer: &[u8], ids: &[&str]) -> Vec<usize> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let Some(failures) = answer["batchItemFailures"].as_array() else { return Vec::new() };
    let place = |failure: &Value| {
        let id = failure["itemIdentifier"].as_str().unwrap_or_default();
        ids.iter().position(|known| *known == id)
    };
    let places: Option<Vec<usize>> = failures.iter().map(place).collect();
    let mut places = places.unwrap_or_else(|| (0..ids.len()).collect());
    places.sort_unstable();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captured on AWS: `LocalStack`, `test_sqs_batch_item_failures` and `test_invalid_batch_item_failures`.
    #[test]
    fn an_answer_names_the_failed_records_or_fails_them_all() {
        for (answer, expected) in [
            ("null", &[][..]),
            ("{}", &[]),
            (r#""text""#, &[]),
            ("no JSON", &[]),
            (r#"{"batchItemFailures": []}"#, &[]),
            (r#"{"batchItemFailures": null}"#, &[]),
            (r#"{"batchItemFailures": [{"itemIdentifier": "b"}]}"#, &[1]),
            (
                r#"{"batchItemFailures": [{"itemIdentifier": "c"}, {"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}"#,
                &[0, 2],
            ),
            (r#"{"batchItemFailures": [{"itemIdentifier": "x"}]}"#, &[0, 1, 2]),
            (r#"{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": ""}]}"#, &[0, 1, 2]),
            (r#"{"batchItemFailures": [{"itemIdentifier": null}]}"#, &[0, 1, 2]),
            (r#"{"batchItemFailures": [{"foo": "b"}]}"#, &[0, 1, 2]),
        ] {
            assert_eq!(failures(answer.as_bytes(), &["a", "b", "c"]), expected, "{answer}");
        }
    }
}
