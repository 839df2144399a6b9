//! Colours by meaning.

use anstyle::{AnsiColor, Style};

/// Emphasis of a piece of text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// As it is.
    Plain,
    /// A heading.
    Heading,
    /// Text that one may skip, like the titles of columns.
    Quiet,
    /// Text that should be looked at first.
    Alarm,
}

impl Paint {
    /// The text, painted if `color` states so. What it states must be safe to show already.
    pub fn paint(self, text: &str, color: bool) -> String {
        let style = match self {
            Self::Plain => Style::new(),
            Self::Heading => Style::new().bold(),
            Self::Quiet => Style::new().dimmed(),
            Self::Alarm => AnsiColor::Red.on_default().bold(),
        };
        if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::Paint;

    #[test]
    fn only_colour_adds_anything() {
        for paint in [Paint::Plain, Paint::Heading, Paint::Quiet, Paint::Alarm] {
            assert_eq!(paint.paint("text", false), "text");
            let begins = paint.paint("text", true).starts_with('\u{1b}');
            assert_eq!(begins, paint != Paint::Plain);
        }
        assert_eq!(Paint::Heading.paint("text", true), "\u{1b}[1mtext\u{1b}[0m");
    }
}
