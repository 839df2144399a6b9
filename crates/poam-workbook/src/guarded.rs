//! Calls of libraries that panic on what a file holds or on a full disk.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is an error of the call and not printed.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a call and returns the message of its panic as an error, without printing it.
///
/// Nothing that the call changes may be used after an error.
pub(super) fn catch_panic<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                usual(panic);
            }
        }));
    });
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(before);
    result.map_err(|payload| panic_message(payload.as_ref()))
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        (None, None) => "no reason was given".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        assert_eq!(catch_panic(|| 1), Ok(1));
        let error = catch_panic(|| panic!("writing: no room")).map(|()| 0).unwrap_err();
        assert_eq!(error, "writing: no room");
        assert_eq!(
            catch_panic(|| catch_panic(|| panic!("inner"))),
            Ok(Err::<(), _>("inner".to_owned()))
        );
    }
}
