//! The postings of problems, by which a problem is found by any part of its name.
//!
//! The *grams* of a name are its runs of one, two and three characters, folded. Each gram is a partition of an index,
//! in which the problem has a *posting* with everything that a search shows of it. An item, called a *row*, holds up to
//! five postings, one for each index; the gram determines the index. In this way all rows of a name, and the changes to
//! those of the next name, fit into one transaction, and grams that both names share stay in their rows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use sha2::{Digest, Sha256};

use super::Error;
use super::entity::Entity;
use super::rows::{INDEXES, MAX_ROWS, PREFIX};
use super::table::{Item, Table};
use crate::domain::{Difficulty, Problem, ProblemId, ProblemName, Timestamp, UserId};

/// One to three characters of a folded text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gram(String);

impl Gram {
    /// The length of the longest gram.
    pub(super) const MAX_CHARACTERS: usize = 3;

    /// Returns the runs of `length` characters in `folded`, in their order.
    pub(super) fn runs(folded: &str, length: usize) -> Vec<Self> {
        let ends: Vec<usize> = folded.char_indices().map(|(at, _)| at).chain([folded.len()]).collect();
        ends.windows(length + 1).map(|run| Self(folded[run[0]..run[length]].to_owned())).collect()
    }

    /// Returns the index of the gram.
    pub(super) fn index(&self) -> &'static str {
        INDEXES[self.column()]
    }

    /// Returns the gram's partition in the index.
    pub(super) fn partition(&self) -> String {
        format!("{PREFIX}{}", self.0)
    }

    /// Returns the number of its index. Stored items depend on it.
    fn column(&self) -> usize {
        usize::from(Sha256::digest(&self.0)[0]) % INDEXES.len()
    }
}

/// The grams of a name, in rows with at most one gram for each index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows(Vec<[Option<Gram>; INDEXES.len()]>);

impl Rows {
    /// Returns the rows for another name. Grams that both names share stay in their rows.
    pub(super) fn renamed(&self, name: &ProblemName) -> Result<Self, Error> {
        let folded = name.folded();
        let mut missing: BTreeSet<Gram> =
            (1..=Gram::MAX_CHARACTERS).flat_map(|length| Gram::runs(&folded, length)).collect();
        let mut rows = self.0.clone();
        for place in rows.iter_mut().flatten() {
            *place = place.take().filter(|gram| missing.remove(gram));
        }
        for gram in missing {
            let column = gram.column();
            let free = rows.iter().position(|row| row[column].is_none()).unwrap_or(rows.len());
            rows.resize_with(rows.len().max(free + 1), Default::default);
            rows[free][column] = Some(gram);
        }
        if rows.len() > MAX_ROWS { Err(Error::TooManyGrams) } else { Ok(Self(rows)) }
    }

    /// Returns the items of `problem` that are these rows.
    pub(super) fn items(&self, problem: &Problem) -> Result<Vec<Item>, Error> {
        let id = problem.id.to_string();
        let mut items = Vec::with_capacity(self.0.len());
        for (n, row) in self.0.iter().enumerate().filter(|(_, row)| row.iter().any(Option::is_some)) {
            let mut keys = BTreeMap::new();
            for gram in row.iter().flatten() {
                keys.insert(format!("{}pk", gram.index()), gram.partition());
                keys.insert(format!("{}sk", gram.index()), id.clone());
            }
            items.push(to_item(RowItem {
                pk: Problem::key(&problem.id).pk,
                sk: format!("{PREFIX}{n:02}"),
                keys,
                author_id: problem.author_id,
                name: &problem.attributes.name,
                difficulty: problem.attributes.difficulty,
                created_at: problem.revision.created_at,
                updated_at: problem.revision.updated_at,
            })?);
        }
        Ok(items)
    }
}

/// A stored row: the fields that a search shows, and the keys of the row's postings.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowItem<'a> {
    pk: String,
    sk: String,
    #[serde(flatten)]
    keys: BTreeMap<String, String>,
    author_id: UserId,
    name: &'a ProblemName,
    difficulty: Difficulty,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Table {
    /// Returns the rows of a problem with every acknowledged change.
    pub(super) async fn rows_of_problem(&self, id: ProblemId) -> Result<Rows, Error> {
        let items = self.row_items(Problem::key(&id).pk).await?;
        let mut rows = Rows::default();
        for item in items {
            let StoredRow { sk, gsi1pk, gsi2pk, gsi3pk, gsi4pk, gsi5pk } = from_item(item)?;
            let n: usize = sk
                .strip_prefix(PREFIX)
                .and_then(|n| n.parse().ok())
                .filter(|n| *n < MAX_ROWS)
                .ok_or_else(|| Error::Internal("a row has no number".into()))?;
            if rows.0.len() <= n {
                rows.0.resize_with(n + 1, Default::default);
            }
            rows.0[n] = [gsi1pk, gsi2pk, gsi3pk, gsi4pk, gsi5pk]
                .map(|partition| partition?.strip_prefix(PREFIX).map(|gram| Gram(gram.to_owned())));
        }
        Ok(rows)
    }
}

#[derive(Deserialize)]
struct StoredRow {
    sk: String,
    gsi1pk: Option<String>,
    gsi2pk: Option<String>,
    gsi3pk: Option<String>,
    gsi4pk: Option<String>,
    gsi5pk: Option<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grams(rows: &Rows) -> Vec<&str> {
        let mut grams: Vec<&str> = rows.0.iter().flatten().flatten().map(|gram| &*gram.0).collect();
        grams.sort_unstable();
        grams
    }

    fn name(text: &str) -> ProblemName {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_has_all_its_runs_once() {
        let rows = Rows::default().renamed(&name("AnAn")).unwrap();
        assert_eq!(grams(&rows), ["a", "an", "ana", "n", "na", "nan"]);
        assert_eq!(grams(&Rows::default().renamed(&name("ß")).unwrap()), ["s", "ss"]);
        assert_eq!(grams(&Rows::default().renamed(&name("é")).unwrap()), ["é"]);
    }

    #[test]
    fn a_gram_keeps_its_index_for_good() {
        let index = |gram: &str| Gram(gram.to_owned()).index();
        assert_eq!(
            ["a", "b", "ab", "two", "o s", "排序"].map(index),
            ["gsi3", "gsi3", "gsi2", "gsi4", "gsi4", "gsi5"]
        );
    }

    #[test]
    fn a_gram_that_two_names_have_stays_where_it_is() {
        let before = Rows::default().renamed(&name("Two Sum")).unwrap();
        let after = before.renamed(&name("The Two Sums")).unwrap();
        for (row, now) in before.0.iter().flatten().zip(after.0.iter().flatten()) {
            assert!(row.is_none() || row == now, "{row:?} became {now:?}");
        }
    }

    #[test]
    fn the_longest_names_fit() {
        let of = |first: u32| -> String { (first..).filter_map(char::from_u32).take(90).collect() };
        // The name has 90 ideographs, 90 syllables, Greek letters that fold to two, and ligatures with a letter between
        // them.
        let greek: String =
            (0x1f80..=0x1faf).filter_map(char::from_u32).chain(of(0x4e00).chars().take(42)).collect();
        let ligatures: String = of(0x4e00).chars().take(45).flat_map(|c| ['ﬃ', c]).collect();
        for text in [of(0x4e00), of(0xac00), greek, ligatures, "ﬃ".repeat(90)] {
            let rows = Rows::default().renamed(&name(&text)).unwrap();
            assert!(rows.0.len() < MAX_ROWS, "{} rows of {text}", rows.0.len());
        }
    }

    #[test]
    fn a_name_that_was_made_not_to_fit_is_refused() {
        // Each ideograph belongs to the first index, alone and together with the one before it.
        let mut text = String::from("一");
        let mut ideographs = (0x4e01..0x9fff).filter_map(char::from_u32);
        while text.chars().count() < 90 {
            let next = ideographs.find(|next| {
                let last = text.chars().next_back();
                let pair: String = last.into_iter().chain([*next]).collect();
                Gram(next.to_string()).column() == 0 && Gram(pair).column() == 0
            });
            text.extend(next);
        }
        assert!(matches!(Rows::default().renamed(&name(&text)), Err(Error::TooManyGrams)), "{text}");
    }

    proptest! {
        #[test]
        fn any_name_fits_and_has_each_gram_once_after_any_other(texts in proptest::collection::vec("\\PC{1,90}", 1..4)) {
            let mut rows = Rows::default();
            for text in texts.iter().filter_map(|text| text.parse::<ProblemName>().ok()) {
                rows = rows.renamed(&text).unwrap();
                let alone = Rows::default().renamed(&text).unwrap();
                prop_assert_eq!(grams(&rows), grams(&alone));
                for (column, gram) in rows.0.iter().flat_map(|row| row.iter().enumerate()) {
                    prop_assert!(gram.as_ref().is_none_or(|gram| gram.column() == column));
                }
            }
        }
    }
}
