use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A change of a text, at places that are proportional to its length.
#[derive(Clone, Debug)]
enum Change {
    Insert(Index, Vec<u8>),
    Remove(Index, Index),
    Repeat(Index, Index),
    Overwrite(Index, u8),
}

/// Returns one of the texts after a few changes. `pieces` are what the format consists of, so that changes reach
/// further into a parser than random bytes do.
pub(crate) fn changed<T: AsRef<[u8]>>(
    texts: &[T],
    pieces: &'static [&'static str],
) -> impl Strategy<Value = Vec<u8>> + use<T> {
    let texts: Vec<Vec<u8>> = texts.iter().map(|text| text.as_ref().to_vec()).collect();
    (select(texts), vec(change(pieces), 0..6)).prop_map(|(text, changes)| changes.iter().fold(text, apply))
}

fn change(pieces: &'static [&'static str]) -> impl Strategy<Value = Change> {
    let piece =
        prop_oneof![select(pieces).prop_map(|piece| piece.as_bytes().to_vec()), vec(any::<u8>(), 0..4)];
    prop_oneof![
        (any::<Index>(), piece).prop_map(|(at, piece)| Change::Insert(at, piece)),
        any::<(Index, Index)>().prop_map(|(from, to)| Change::Remove(from, to)),
        any::<(Index, Index)>().prop_map(|(from, to)| Change::Repeat(from, to)),
        any::<(Index, u8)>().prop_map(|(at, byte)| Change::Overwrite(at, byte)),
    ]
}

fn apply(mut text: Vec<u8>, change: &Change) -> Vec<u8> {
    let range = |from: &Index, to: &Index, length: usize| {
        let (from, to) = (from.index(length + 1), to.index(length + 1));
        from.min(to)..from.max(to)
    };
    match change {
        Change::Insert(at, piece) => {
            let at = at.index(text.len() + 1);
            text.splice(at..at, piece.iter().copied());
        }
        Change::Remove(from, to) => drop(text.drain(range(from, to, text.len()))),
        Change::Repeat(from, to) => {
            let range = range(from, to, text.len());
            let again = text[range.clone()].to_vec();
            text.splice(range.end..range.end, again);
        }
        Change::Overwrite(at, byte) => {
            if !text.is_empty() {
                let at = at.index(text.len());
                text[at] = *byte;
            }
        }
    }
    text
}
