/// Where a value of an item stands, before anybody asks for its place: most dates are in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// A field, or one of a mapping: `ver/evaluated`.
    Field(&'static str),
    /// A field of an entry of a list: list, index, field.
    Entry(&'static str, usize, &'static str),
}

impl Address {
    /// The address as a JSON pointer.
    pub(super) fn pointer(self) -> String {
        match self {
            Self::Field(field) => format!("/{field}"),
            Self::Entry(list, index, field) => format!("/{list}/{index}/{field}"),
        }
    }
}
