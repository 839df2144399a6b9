//! The first readable version of an item.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::Item;

/// The first committed version of an item that can be read. Few commands ask for it, so it is read
/// when one does.
#[derive(Debug, Clone, Default)]
pub(super) enum FirstVersion {
    /// The item was created with it.
    #[default]
    Created,
    /// No version so far can be read.
    Missing,
    /// A later version, with its values.
    Later(Arc<Value>),
}

impl FirstVersion {
    /// Classifies a version that is the first where it can be read. `later` states whether it came
    /// after the item was created.
    pub(super) fn classify_first(value: &Value, later: bool) -> Self {
        match (Item::deserialize_from(value), later) {
            (Ok(_), false) => Self::Created,
            (Ok(_), true) => Self::Later(Arc::new(value.clone())),
            (Err(_), _) => Self::Missing,
        }
    }

    /// Reads the version as a type; `created` reads what the item was created with.
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
