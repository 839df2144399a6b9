//! Pointers to values of an item that are built only when a diagnostic needs them.

/// Where a value of an item is, before anybody asks for its place: most dates are in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueAddress {
    /// A field, or one of a mapping: `ver/evaluated`.
    Field(&'static str),
    /// A field of an entry of a list: list, index, field.
    Entry(&'static str, usize, &'static str),
}

impl ValueAddress {
    /// Returns the address as a JSON pointer.
    pub(super) fn to_pointer(self) -> String {
        match self {
            Self::Field(field) => format!("/{field}"),
            Self::Entry(list, index, field) => format!("/{list}/{index}/{field}"),
        }
    }
}
