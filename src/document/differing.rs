use std::ops::Range;
use std::sync::Arc;

use super::scan::{begins_entry, entry};
use super::{Limits, Plain};
use crate::alike::{same_at_end, same_at_start};

impl Plain {
    /// The entries at the top in which a text differs from one that is in the plain form as a whole;
    /// of each, as a mapping of their own. Where this succeeds the other text is in the plain form
    /// as well, and what neither mapping has is the same in both.
    ///
    /// Of a long file most changes touch a line or two, so that reading nothing else is several times
    /// faster than reading all. `None` says nothing: the other text must be read as a whole.
    pub fn differing(other: &Arc<str>, plain: &Arc<str>) -> Option<(Self, Self)> {
        // It cannot have more values than bytes.
        if other.len() > Limits::ITEM.nodes.min(Limits::ITEM.bytes) {
            return None;
        }
        let (others, own) = lines(other, plain)?;
        let around = [other.get(..others.start)?, other.get(others.end..)?];
        let (others, own) = (Self::part(other, others)?, Self::part(plain, own)?);
        // The plain text has each key once, and so has the other one, unless one of the keys that
        // only it has here stands elsewhere too.
        let known: Vec<&str> = own.keys().collect();
        let stands = |key: &str| around.iter().any(|text| entry(text, key).is_some());
        let twice = others.keys().any(|key| !known.contains(&key) && stands(key));
        (!twice).then_some((others, own))
    }
}

/// The lines of two texts that hold all in which they differ, each from the beginning of an entry
/// at the top to that of another one or to the end.
fn lines(one: &str, other: &str) -> Option<(Range<usize>, Range<usize>)> {
    let (one_bytes, other_bytes) = (one.as_bytes(), other.as_bytes());
    let same = same_at_start(one_bytes, other_bytes);
    let start = first_line(one, other, same)?;
    let same_end = same_at_end(one_bytes.get(same..)?, other_bytes.get(same..)?);
    // Only whole lines at the end are surely the same.
    let after = entry_after(one, one.len() - same_end)?;
    let kept = one.len() - after;
    Some((start..after, start..other.len().checked_sub(kept)?))
}

/// Where the entry begins in which two texts, the same up to a byte, begin to differ.
fn first_line(one: &str, other: &str, same: usize) -> Option<usize> {
    let bytes = one.as_bytes().get(..same)?;
    let mut line = line_start(bytes, same);
    let begins = |text: &str| text.get(line..).is_some_and(begins_entry);
    if begins(one) && begins(other) {
        return Some(line);
    }
    // What comes before that line is the same in both.
    while line > 0 {
        line = line_start(bytes, line - 1);
        if one.get(line..).is_some_and(begins_entry) {
            return Some(line);
        }
    }
    None
}

/// Where the line begins that a byte is in.
fn line_start(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at).unwrap_or_default();
    before.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1)
}

/// Where the first entry begins of which surely all stands at or after a byte; else the end.
fn entry_after(text: &str, at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let rest = text.as_bytes().get(at..)?;
        let Some(end) = rest.iter().position(|b| *b == b'\n') else { return Some(text.len()) };
        at += end + 1;
        if text.get(at..).is_some_and(begins_entry) {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &Arc<str>) -> Option<Plain> {
        Plain::read(text, &Limits::ITEM)
    }

    /// The keys of the entries that are read, of the other text and of the plain one.
    fn keys(other: &str, plain: &str) -> Option<(String, String)> {
        let (other, plain) = (Arc::from(other), Arc::from(plain));
        let (others, own) = Plain::differing(&other, &plain)?;
        let keys = |part: &Plain| part.keys().collect::<Vec<_>>().join(" ");
        Some((keys(&others), keys(&own)))
    }

    /// The other text as it is read in the plain form, put together from the part that differs and
    /// what stands around it in the plain one.
    fn agree(other: &str, plain: &str) -> Result<bool, TestCaseError> {
        let (other, plain): (Arc<str>, Arc<str>) = (Arc::from(other), Arc::from(plain));
        let Some(whole) = read(&plain) else { return Ok(false) };
        let Some((others, own)) = Plain::differing(&other, &plain) else { return Ok(false) };
        let Some(expected) = read(&other) else {
            prop_assert!(false, "not in the plain form: {other:?} beside {plain:?}");
            return Ok(false);
        };
        let mut made = whole.to_value();
        let map = made.as_object_mut().unwrap();
        map.retain(|key, _| !own.keys().any(|own| own == key));
        for (key, value) in others.to_value().as_object().unwrap() {
            prop_assert!(map.insert(key.clone(), value.clone()).is_none(), "{other:?} {plain:?}");
        }
        prop_assert_eq!(made, expected.to_value(), "{:?} beside {:?}", other, plain);
        Ok(true)
    }

    const TEXT: &str = "# head\n---\nid: V-1 # note\nweakness_name: W\n\n# said\nempty:\nwho:\n  \
        name: Jane\n  mail: j\nsteps:\n- id: 1\n  due: 2026-01-20\n- id: 2\n  due: 2026-02-20\nlong: |\n  \
        one\n\n  two: x\n\nstrip: |-\n    a\n\nflow: {a: 1, b: [x, y]}\nquoted: 'it''s'\nlast: 5\n";

    #[test]
    fn only_the_entries_that_differ_are_read() {
        let change = |from: &str, to: &str| {
            let other = TEXT.replacen(from, to, 1);
            assert_ne!(other, TEXT, "{from}");
            agree(&other, TEXT).unwrap();
            agree(TEXT, &other).unwrap();
            keys(&other, TEXT).map(|(others, own)| format!("{others}|{own}")).unwrap_or_default()
        };
        for (from, to, read) in [
            ("name: W", "name: X", "weakness_name|weakness_name"),
            ("2026-02-20", "2026-03-20", "steps|steps"),
            ("mail: j", "mail: k", "who|who"),
            ("  name: Jane\n", "", "who|who"),
            ("empty:\n", "", "who|empty who"),
            ("quoted:", "extra: 1\nquoted:", "extra quoted|quoted"),
            ("last: 5\n", "last: 5\nmore: 6\n", "last more|last"),
            ("last: 5\n", "", "quoted|quoted last"),
            ("last: 5\n", "last: 6", "last|last"),
            ("# said\n", "", "weakness_name empty|weakness_name empty"),
            ("  one\n", "  one\n  more\n", "long|long"),
            ("    a\n", "    a\n    strip: b\n", "strip|strip"),
            ("V-1", "V-2", "id|id"),
            // Before the first entry, and what cannot be read in the plain form.
            ("head", "other head", ""),
            ("---\n", "", ""),
            ("5\n", "5\n...\n", ""),
            ("name: W", "name: >\n  W", ""),
            ("name: W", "name: 'W\n  x'", ""),
            ("who:\n", "who: &a\n", ""),
            ("who:\n", "  who:\n", "empty|empty who"),
            ("name: W", "name: W\u{7}", ""),
            ("name: W", "name: W\u{2028}", ""),
            ("name: W", "name: W\r", ""),
            // A key that stands elsewhere too.
            ("name: W\n", "name: W\nlast: 1\n", ""),
            ("last: 5\n", "last: 5\nempty:\n", ""),
            ("weakness_name", "last", ""),
        ] {
            assert_eq!(change(from, to), read, "{from:?} -> {to:?}");
        }
    }

    /// Lines that make something of each other.
    const LINES: [&str; 26] = [
        "a: 1",
        "b: x # y",
        "c:",
        "  d: 1",
        "  e: [1, {f: g}]",
        "- x",
        "- a: 1",
        "  b: 2",
        "  - deep",
        "g: |",
        "h: |-",
        "  a: text",
        "    more",
        "",
        "# said",
        "  # said",
        "a:",
        "b: 'q'",
        "b: \"q",
        "---",
        "...",
        "i: *x",
        "a: 2",
        "  ",
        "c: \u{e4}",
        "j: 1\r",
    ];

    /// Lines that go and lines that come, and where.
    fn splice() -> impl Strategy<Value = (usize, usize, Vec<&'static str>)> {
        let added = prop::collection::vec(prop::sample::select(&LINES[..]), 0..3);
        (0..TEXT.lines().count(), 0..3usize, added)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_is_put_together_is_what_is_read_as_a_whole(
            first in splice(), second in splice(), end in any::<bool>(),
        ) {
            let splice = |lines: &[&'static str], (at, removed, added): &(usize, usize, Vec<_>)| {
                let mut lines = lines.to_vec();
                let at = (*at).min(lines.len());
                lines.splice(at..(at + removed).min(lines.len()), added.clone());
                lines
            };
            let text = |lines: &[&str]| lines.join("\n") + if end { "\n" } else { "" };
            let lines = splice(&TEXT.lines().collect::<Vec<_>>(), &first);
            let changed = splice(&lines, &second);
            agree(&text(&changed), &text(&lines))?;
            agree(&text(&lines), &text(&changed))?;
        }
    }
}
