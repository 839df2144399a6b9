//! Text for people: counts with nouns, safe and cut texts, tables, colours, escapes of Markdown and of shells.
//!
//! Nothing here knows of items. What others wrote is shown through [`visible`] or an escape, never as it is.

#[cfg(test)]
pub(crate) mod labelled;
pub mod markdown;
mod paint;
mod shell;
mod table;
mod visible;
mod words;

pub use paint::Paint;
pub use shell::shell_word;
pub use table::{Table, TableColumn};
pub(crate) use visible::steers;
pub use visible::visible;
pub(crate) use words::Words;

use std::fmt::{Display, Write as _};

/// Characters of the longest text that a line for people shows.
pub const WIDEST: usize = 60;

/// A text cut to what a line for people has space for; the machine formats have all of it.
pub fn cut(text: &str) -> String {
    if text.chars().count() <= WIDEST {
        return text.to_owned();
    }
    text.chars().take(WIDEST - 1).chain(['…']).collect()
}

/// The first few of many ids, safe to show, and how many more there are: `V-1, V-2 and 5 more`.
pub fn few(ids: &[&str]) -> String {
    const NAMED: usize = 10;
    // One more takes no more space than its count.
    let named = if ids.len() > NAMED + 1 { NAMED } else { ids.len() };
    visible(&first_of(ids, named)).into_owned()
}

/// The first entries of a list, and how many more there are: `a, b and 5 more`.
pub fn first_of<T: Display>(list: &[T], most: usize) -> String {
    let named: Vec<String> = list.iter().take(most).map(T::to_string).collect();
    let mut text = named.join(", ");
    if list.len() > most {
        let _ = write!(text, " and {} more", list.len() - most);
    }
    text
}

/// Truncates a text to a number of characters, with an ellipsis where something was taken off.
pub fn truncate(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

/// `1 item`, `2 items`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::{few, first_of};

    #[test]
    fn the_first_of_a_list_are_named_and_the_others_counted() {
        assert_eq!(first_of(&["a", "b", "c"], 3), "a, b, c");
        assert_eq!(first_of(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(first_of::<u32>(&[], 2), "");
        let ids: Vec<String> = (1..=12).map(|number| format!("V-{number}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        // One more takes no more space than its count.
        assert!(few(&ids[..11]).ends_with("V-10, V-11"));
        assert!(few(&ids).ends_with("V-10 and 2 more"));
    }
}
