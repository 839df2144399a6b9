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

use std::fmt::Write as _;

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
    let mut text = visible(&ids.get(..named).unwrap_or_default().join(", ")).into_owned();
    if named < ids.len() {
        let _ = write!(text, " and {} more", ids.len() - named);
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
