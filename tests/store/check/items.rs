//! The items that a resource adds to the table.

/// The items of a resource that tests damage.
pub(super) struct Items {
    /// The first part of their keys.
    pub(super) kinds: &'static [&'static str],
    /// Items that keep a value unique, by the first part of the key, with the attribute that names the owner.
    pub(super) locks: &'static [(&'static str, &'static str)],
    /// Attributes that the check computes, each with the kind of its item.
    pub(super) computed: &'static [(&'static str, &'static str)],
    /// Items with numbers, by the beginning of the key, with the attribute of the number.
    pub(super) counters: &'static [(&'static str, &'static str)],
}
