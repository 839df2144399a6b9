use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::Item;

/// The first landed version of an item that can be read. Few commands ask for it, so it is read
/// when one does.
#[derive(Debug, Clone, Default)]
pub(super) enum First {
    /// The item was created with it.
    #[default]
    Created,
    /// There is none.
    Missing,
    /// It came later.
    Later(Arc<Value>),
}

impl First {
    /// What a version is: the first where it can be read; `later` than the creation or not.
    pub(super) fn of(value: &Value, later: bool) -> Self {
        match (Item::deserialize_from(value), later) {
            (Ok(_), false) => Self::Created,
            (Ok(_), true) => Self::Later(Arc::new(value.clone())),
            (Err(_), _) => Self::Missing,
        }
    }

    /// The version, or what is asked of it; `created` reads it of what the item was created with.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        created: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        match self {
            Self::Created => created(),
            Self::Missing => None,
            Self::Later(value) => T::deserialize(&**value).ok(),
        }
    }
}
