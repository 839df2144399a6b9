use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::model::Item;

/// The first landed version of an item that can be read. Few commands ask for it, so it is read
/// when one does.
#[derive(Debug, Clone)]
pub(super) enum First {
    /// The item was created with it.
    Created(OnceLock<Option<Arc<Item>>>),
    /// There is none.
    Missing,
    /// It came later.
    Later(Arc<Value>, OnceLock<Option<Arc<Item>>>),
}

impl Default for First {
    fn default() -> Self {
        Self::Created(OnceLock::new())
    }
}

impl First {
    /// What a version is: the first where it can be read; `later` than the creation or not.
    pub(super) fn of(value: &Value, later: bool) -> Self {
        match (Item::deserialize_from(value).map(Arc::new), later) {
            (Ok(item), false) => Self::Created(OnceLock::from(Some(item))),
            (Ok(item), true) => Self::Later(Arc::new(value.clone()), OnceLock::from(Some(item))),
            (Err(_), _) => Self::Missing,
        }
    }

    /// The version; `created` are the values that the item was created with.
    pub(super) fn item<'a>(
        &'a self,
        created: impl FnOnce() -> Option<&'a Value>,
    ) -> Option<&'a Item> {
        let read = |value: &Value| Item::deserialize_from(value).ok().map(Arc::new);
        match self {
            Self::Created(item) => item.get_or_init(|| read(created()?)).as_deref(),
            Self::Missing => None,
            Self::Later(value, item) => item.get_or_init(|| read(value)).as_deref(),
        }
    }
}
