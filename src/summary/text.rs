//! Renders a summary for a terminal, the most urgent sections first.

use super::Summary;
use super::sections::{self, Body};
use crate::text::{Paint, visible};

/// Rows of a list that are shown; the rest is counted.
const ROWS: usize = 10;

/// Renders a summary for people at a terminal: what presses comes first, what states nothing is left
/// out.
pub(super) fn render(summary: &Summary, width: Option<usize>, color: bool) -> String {
    let heading = |text: &str| Paint::Heading.paint(&visible(text), color) + "\n";
    // Lines of sections are indented.
    let width = width.map(|width| width.saturating_sub(2));
    let mut out = heading(&sections::title(summary));
    let alarm = if summary.totals.overdue > 0 { Paint::Alarm } else { Paint::Plain };
    out += &(alarm.paint(&sections::headline(summary), color) + "\n");
    for section in sections::build(summary) {
        out.push('\n');
        out += &heading(&section.title);
        match section.body {
            Body::Table(table) => out += &rows(&table.text_within(width), color),
            Body::List(mut table) => {
                let more = table.rows.len().saturating_sub(ROWS);
                table.rows.truncate(ROWS);
                out += &rows(&table.text_within(width), color);
                if more > 0 {
                    out += &format!("  … and {more} more\n");
                }
            }
            Body::Lines(lines) => {
                for line in lines {
                    out += &indented(&visible(&line), width);
                }
            }
        }
    }
    out
}

/// A line of a section; on a terminal it is broken where it does not fit.
fn indented(line: &str, width: Option<usize>) -> String {
    let mut out = String::from("  ");
    let mut used = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        let is_over = width.is_some_and(|width| used + 1 + length > width);
        if used > 0 && is_over {
            out += "\n    ";
            used = 2;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += length;
    }
    out + "\n"
}

/// Returns the lines of a table, the first with its titles.
fn rows(lines: &[String], color: bool) -> String {
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let paint = if at == 0 { Paint::Quiet } else { Paint::Plain };
        out += &format!("  {}\n", paint.paint(line, color));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, settings, tracker, tracker_history};
    use super::*;

    fn summary(history: bool) -> Summary {
        let history = history.then(tracker_history);
        let settings = settings("system: {name: Example Cloud}\n");
        let commit = Some("0123456789abcdef0123".to_owned());
        Summary::compute(&tracker(), &settings, history.as_ref(), day("2026-06-05"), commit)
    }

    #[test]
    fn it_tells_what_presses_and_ends_with_what_could_not_be_read() {
        let expected = r##"Example Cloud: POA&M on 2026-06-05, commit 0123456789ab
20 open, 15 overdue, 1 due within 14 days, 1 closed

Escalation triggers: Major Concern
  E-06, detailed finding review: 12 moderate items older than 90 days, 10 trigger it; 13 counting vendor dependencies that are not late (V-10, V-11, V-12, V-13, V-14 and 7 more)
  E-07, corrective action plan: 12 moderate items older than 120 days, 10 trigger it; 13 counting vendor dependencies that are not late (V-10, V-11, V-12, V-13, V-14 and 7 more)

By risk and age in days
  Risk      Open  Overdue  Closed  0-30  31-60  61-90  91-120  121+
  high         3        3       1     1      1      -       -     1
  moderate    15       12       -     -      1      1       -    13
  low          2        -       -     -      -      -       -     2

By status
  16 open, 1 in-progress, 1 pending-approval, 1 deferred, 1 risk-accepted, 1 closed

By owner
  Owner                           Open  Overdue    Oldest  Item
  (no owner)                         2        -  155 days  V-07
  Jane Doe                          17       14  155 days  V-01
  Mal|lory `\u{1b}[31m`<b>\n@all     1        1   35 days  V-02

Overdue
  Item  Risk      Due             Late  Owner     Weakness
  V-01  high      2026-01-31  125 days  Jane Doe  Unsupported server in a production network that…
  V-10  moderate  2026-04-10   56 days  Jane Doe  Weakness V-10
  V-11  moderate  2026-04-11   55 days  Jane Doe  Weakness V-11
  V-12  moderate  2026-04-12   54 days  Jane Doe  Weakness V-12
  V-13  moderate  2026-04-13   53 days  Jane Doe  Weakness V-13
  V-14  moderate  2026-04-14   52 days  Jane Doe  Weakness V-14
  V-15  moderate  2026-04-15   51 days  Jane Doe  Weakness V-15
  V-16  moderate  2026-04-16   50 days  Jane Doe  Weakness V-16
  V-17  moderate  2026-04-17   49 days  Jane Doe  Weakness V-17
  V-18  moderate  2026-04-18   48 days  Jane Doe  Weakness V-18
  … and 5 more

Due soon
  Item  Risk      Due           Left  Owner     Weakness
  V-03  moderate  2026-06-13  8 days  Jane Doe  Weakness V-03

Known exploited (KEV), past due
  Item  Risk  CISA's date  Owner     Weakness
  V-08  high  2026-06-01   Jane Doe  Weakness V-08

Vendor check-ins due
  Item  Last check-in  Owner     Weakness
  V-05  2026-05-10     Jane Doe  Weakness V-05

Expiring decisions
  Item  What             Until          Left  Owner
  V-07  risk acceptance  2026-06-01  -4 days  (no owner)
  V-06  deferral         2026-06-10   5 days  Jane Doe

Pending deviation requests
  Item  Risk      Due         Deviation       Owner
  V-04  moderate  2026-07-30  false-positive  (no owner)

No change for more than 30 days
  Item  Status    Quiet  Owner                           Weakness
  V-02  open    32 days  Mal|lory `\u{1b}[31m`<b>\n@all  Weakness V-02

Month by month
  Month           Open  Opened  Closed  Rescheduled  Overdue
  2026-02            3       3       -            -        2
  2026-03            3       -       -            1        2
  2026-04            3       -       -            1        2
  2026-05            3       1       1            -        2
  2026-06 so far     3       -       -            1        2

Open weaknesses by original and adjusted rating
  Rating                   2026-02  2026-03  2026-04  2026-05  2026-06
  high                           2        2        2        2        3
  high/moderate                  -        -        -        -        1
  moderate                       1        1        1        1       14
  low                            -        -        -        -        2
  total                          3        3        3        3       20
  pending false positives        -        -        -        -        1

Age of open weaknesses in days, and past due
  Rating         0-30  31-60  61-90  91-120  121+  Past due
  high              1      1      -       -     1         3
  high/moderate     -      -      1       -     -         -
  moderate          -      1      -       -    13        12
  low               -      -      -       -     2         -

Time to remediate: days from detection to completion
  Risk  Closed      Mean    Median   Longest
  high       1  139 days  139 days  139 days

This month
  1 vendor check-in

Since the beginning
  2 items moved 3 dates to a later day, 53.7 days on average, 61 at worst (V-01)

Slipped dates, by owner
  Owner     Moves       Mean    Worst
  Jane Doe      3  53.7 days  61 days

Files that could not be read
  items/\u{1b}bad.yaml
"##;
        assert_eq!(render(&summary(true), None, false), expected);
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        let store = crate::store::Store::default();
        let today = day("2026-06-05");
        let empty = Summary::compute(&store, &settings(""), None, today, None);
        assert_eq!(
            render(&empty, None, false),
            "POA&M on 2026-06-05\n0 open, 0 overdue, 0 closed\n"
        );
    }

    #[test]
    fn colours_change_no_character() {
        let (plain, painted) =
            (render(&summary(true), None, false), render(&summary(true), None, true));
        assert!(!plain.contains('\u{1b}'));
        let mut parts = painted.split("\u{1b}[");
        let mut bare = parts.next().unwrap().to_owned();
        bare.extend(parts.map(|part| part.split_once('m').unwrap().1));
        assert_eq!(bare, plain);
    }
}
