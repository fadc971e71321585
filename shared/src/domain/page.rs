/// The position at which a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this many items. The skipped items are read, and cost as much.
    Offset(u32),
    /// After the item at this position. The cost does not depend on the position.
    After(String),
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items in the order of the list.
    pub items: Vec<T>,
    /// The position of the last item, if more items follow.
    pub next: Option<String>,
}
