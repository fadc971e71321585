/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// This many items after the first. The skipped ones are read, and paid for.
    Offset(u32),
    /// After the item at this position, at the same cost wherever it is.
    After(String),
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// The position of the last item here, where more follow.
    pub next: Option<String>,
}
