//! A register by chance: its weaknesses, and what happens to them month after month.

use chrono::{Days, Months, NaiveDate};
use poam::import::Winner;

use super::expected::ExpectedItem;
use crate::random_histories::Dice;

/// Numbering of the register's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    Kept,
    AnewEachMonth,
    AnewSometimes,
}

/// Names of a weakness in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identifiers {
    None,
    /// The number of the scanner's check, which is the same on every host.
    OfScanner,
    WithTheRow,
    OfTheMonth,
}

/// The form of a month's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An official workbook with this layout.
    Workbook(&'static str),
    /// CSV files for open and closed items.
    CsvFolder,
    /// A CSV file with a column for the status.
    Csv,
    /// An OSCAL document: items, and no rows.
    Oscal,
}

const WORKBOOKS: [Form; 3] = [
    Form::Workbook("fedramp-rev5-3.0"),
    Form::Workbook("fedramp-rev5-2.1"),
    Form::Workbook("fedramp-rev4"),
];

/// A weakness as it is in the world.
#[derive(Debug, Clone)]
pub(super) struct Weakness {
    /// Tells which weakness it is. The same for twins, which nothing but their ids tells apart.
    pub(super) mark: usize,
    /// The scanner's check that found it.
    pub(super) check: usize,
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) host: Option<String>,
    pub(super) cve: Option<String>,
    pub(super) rating: &'static str,
    pub(super) detected: NaiveDate,
    pub(super) comments: String,
    pub(super) closed: Option<NaiveDate>,
    pub(super) listed: bool,
    pub(super) twin: bool,
    /// Whether another weakness had the same name on the same host before.
    again: bool,
    /// Whether its id was given to another weakness, so that it is never listed again.
    retired: bool,
    /// Whether the last document said all of it: what changes before that nobody can know.
    pub(super) settled: bool,
    /// Whether a document said that it is closed.
    pub(super) seen_closed: bool,
    /// Whether something by which it is recognised changed, so that its row must be readable.
    pub(super) changed: bool,
    /// Item that the tracker must have; none before a document has it.
    pub(super) known: Option<ExpectedItem>,
}

/// A row of a document.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The place of its weakness.
    pub(super) weakness: usize,
    pub(super) id: Option<u32>,
    pub(super) identifier: Option<String>,
    pub(super) refused: bool,
    pub(super) nameless: bool,
    /// Whether another row before it has its id.
    pub(super) second_of_id: bool,
}

#[derive(Clone)]
pub(super) struct Register {
    pub(super) dice: Dice,
    pub(super) ids: Ids,
    pub(super) identifiers: Identifiers,
    pub(super) close_absent: bool,
    pub(super) winner: Winner,
    pub(super) form: Form,
    /// Whether the documents have different forms.
    mixed: bool,
    /// Whether documents are files, and not what was read from one.
    pub(super) as_files: bool,
    pub(super) weaknesses: Vec<Weakness>,
    next_id: u32,
    pub(super) next_mark: usize,
    pub(super) month: usize,
}

const PRODUCTS: [&str; 6] = ["libfoo", "kernel", "nginx", "openssl", "postgres", "sudo"];
const RATINGS: [&str; 3] = ["High", "Moderate", "Low"];
/// Names that are like no other.
const OTHER_NAMES: [&str; 4] =
    ["Vendor advisory", "Patch level too low", "Missing security update", "End of support"];

impl Register {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut register = Self {
            ids: *dice.pick(&[Ids::Kept, Ids::AnewEachMonth, Ids::AnewSometimes]),
            identifiers: *dice.pick(&[
                Identifiers::None,
                Identifiers::OfScanner,
                Identifiers::WithTheRow,
                Identifiers::OfTheMonth,
            ]),
            close_absent: dice.roll(2) == 0,
            winner: *dice.pick(&[Winner::Ours, Winner::Theirs]),
            form: WORKBOOKS[0],
            mixed: dice.roll(2) == 0,
            as_files: dice.roll(6) == 0,
            dice,
            weaknesses: Vec::new(),
            next_id: 1,
            next_mark: 0,
            month: 0,
        };
        register.choose_form();
        for _ in 0..12 + register.dice.roll(12) {
            register.find_weakness();
        }
        register
    }

    pub(super) fn day(&self) -> NaiveDate {
        let first: NaiveDate = "2025-01-31".parse().unwrap();
        first + Months::new(self.month as u32)
    }

    fn choose_form(&mut self) {
        if self.mixed {
            self.form = match self.dice.roll(6) {
                0 => Form::CsvFolder,
                1 => Form::Csv,
                2 => Form::Oscal,
                other => WORKBOOKS[other - 3],
            };
        }
    }

    /// A new weakness, sometimes with a twin, sometimes one that is like another. Returns its place.
    fn find_weakness(&mut self) -> usize {
        let place = self.weaknesses.len();
        let mark = self.next_mark;
        self.next_mark += 1;
        let product = *self.dice.pick(&PRODUCTS);
        let host = format!("web-{:02}", self.dice.roll(5));
        let number = 1000 + mark;
        // Versions of one product, on one of a few hosts: names that differ in a digit.
        let (name, cve) = match self.dice.roll(3) {
            0 => (format!("CVE-2026-{number} in {product}"), None),
            1 => (format!("{product} {}.{mark} is out of date", self.dice.roll(3)), None),
            _ => (format!("{product} weakness no {mark}"), Some(format!("CVE-2025-{number}"))),
        };
        let weakness = Weakness {
            mark,
            check: mark,
            id: 0,
            name,
            host: Some(host).filter(|_| self.dice.roll(4) > 0),
            cve,
            rating: RATINGS[self.dice.roll(RATINGS.len())],
            detected: self.day() - Days::new(1 + self.dice.roll(25) as u64),
            comments: format!("first words of {mark}"),
            closed: None,
            listed: true,
            twin: false,
            again: false,
            retired: false,
            settled: true,
            seen_closed: false,
            changed: false,
            known: None,
        };
        let twin = self.dice.roll(6) == 0;
        for _ in 0..1 + usize::from(twin) {
            let id = self.next_id;
            self.next_id += 1;
            self.weaknesses.push(Weakness { id, twin, ..weakness.clone() });
        }
        // The same check on another host is another weakness.
        if self.dice.roll(5) == 0 && weakness.host.is_some() {
            let (mark, id) = (self.next_mark, self.next_id);
            (self.next_mark, self.next_id) = (mark + 1, id + 1);
            let host = Some(format!("db-{mark:02}"));
            let comments = format!("first words of {mark}");
            self.weaknesses.push(Weakness { mark, id, host, comments, ..weakness });
        }
        place
    }

    /// Changes the register for a month; at most one thing for each weakness.
    pub(super) fn pass_month(&mut self) {
        self.month += 1;
        self.choose_form();
        let anew = match self.ids {
            Ids::Kept => false,
            Ids::AnewEachMonth => true,
            Ids::AnewSometimes => self.dice.roll(3) == 0,
        };
        let without_closed = self.dice.roll(8) == 0;
        for place in 0..self.weaknesses.len() {
            self.change(place, anew);
            let ids = self.ids;
            let one = &mut self.weaknesses[place];
            if one.closed.is_some() && without_closed && (!one.twin || ids == Ids::Kept) {
                one.listed = false;
            }
            one.listed &= !one.retired;
        }
        self.find_anew();
        for _ in 0..self.dice.roll(3) {
            self.find_weakness();
        }
        if self.ids == Ids::Kept && self.dice.roll(4) == 0 {
            self.reuse_id();
        }
        if anew {
            self.number_anew();
        }
    }

    fn change(&mut self, place: usize, anew: bool) {
        let (day, month, ids) = (self.day(), self.month, self.ids);
        let event = self.dice.roll(26);
        let happened = day - Days::new(1 + self.dice.roll(20) as u64);
        let other_name = *self.dice.pick(&OTHER_NAMES);
        let one = &mut self.weaknesses[place];
        one.listed = true;
        let mark = one.mark;
        let is_kept = !anew && !one.twin && one.settled;
        let evident = one.host.is_some() && one.cve.is_some() && one.settled && !one.twin;
        let movable = one.settled && !one.again;
        let before = (one.detected, one.name.clone(), one.host.clone());
        match (event, one.closed) {
            (0 | 1, None) => one.closed = Some(happened),
            (2, Some(_)) if !one.again && (!one.twin || ids == Ids::Kept) => one.closed = None,
            (3, _) => one.listed = one.twin && ids != Ids::Kept,
            // Closed rows are left out after a time.
            (4 | 5, Some(_)) => one.listed = one.twin && ids != Ids::Kept,
            (6, None) if movable => one.detected = one.detected + Days::new(17),
            (7, None) if movable => one.detected = one.detected - Days::new(9),
            (8, None) if is_kept || evident => one.name += " (confirmed)",
            (9, None) if is_kept && movable => one.name = format!("renamed to {mark} of {day}"),
            (10 | 11, _) => one.comments = format!("words of {mark} on {day}"),
            // Teams set the status date of every row.
            (12, Some(_)) => one.closed = Some(day),
            // The host was given another name.
            (13, None) if is_kept && movable && one.host.is_some() => {
                one.host = Some(format!("srv-{mark}-{month}"));
            }
            // Host, CVE and everything else say that it is the same.
            (14, None) if evident && movable => one.name = format!("{other_name} {mark}"),
            _ => {}
        }
        one.changed = before != (one.detected, one.name.clone(), one.host.clone());
    }

    /// Finds closed weaknesses again, as new ones.
    fn find_anew(&mut self) {
        let closed = |one: &&Weakness| {
            one.closed.is_some() && one.seen_closed && !one.twin && !one.again && !one.retired
        };
        let Some(old) = self.weaknesses.iter().find(closed).cloned() else { return };
        if self.dice.roll(4) > 0 {
            return;
        }
        let (mark, id) = (self.next_mark, self.next_id);
        (self.next_mark, self.next_id) = (mark + 1, id + 1);
        for one in self.weaknesses.iter_mut().filter(|one| one.mark == old.mark) {
            one.again = true;
        }
        self.weaknesses.push(Weakness {
            mark,
            id,
            detected: self.day() - Days::new(1),
            comments: format!("first words of {mark}"),
            closed: None,
            listed: true,
            again: true,
            seen_closed: false,
            changed: false,
            known: None,
            ..old
        });
    }

    /// The id of what was closed is given to another weakness.
    fn reuse_id(&mut self) {
        let closed = |one: &Weakness| {
            one.closed.is_some() && one.seen_closed && !one.twin && !one.again && !one.retired
        };
        let Some(old) = self.weaknesses.iter().position(closed) else { return };
        let new = self.find_weakness();
        if !self.weaknesses[new].twin {
            self.weaknesses[new].id = self.weaknesses[old].id;
            self.weaknesses[old].retired = true;
            self.weaknesses[old].listed = false;
        }
    }

    fn number_anew(&mut self) {
        for (number, place) in self.shuffled(self.weaknesses.len()).into_iter().enumerate() {
            self.weaknesses[place].id = 1 + number as u32;
        }
        self.next_id = 1 + self.weaknesses.len() as u32;
    }

    /// The numbers below `of` in an order by chance.
    fn shuffled(&mut self, of: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..of).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, self.dice.roll(place + 1));
        }
        order
    }

    /// The rows of this month, with slips: rows that are refused, and ids that stand twice.
    pub(super) fn rows(&mut self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for weakness in self.shuffled(self.weaknesses.len()) {
            let one = &self.weaknesses[weakness];
            if !one.listed {
                continue;
            }
            let identifier = match self.identifiers {
                Identifiers::None => None,
                Identifiers::OfScanner => Some(format!("S{}", 7000 + one.check)),
                Identifiers::WithTheRow => Some(one.id.to_string()),
                Identifiers::OfTheMonth => Some(format!("M{}/{}", self.month, one.id * 3)),
            };
            // Which of twins a row is that cannot be read, only ids that are kept can tell.
            let readable =
                one.changed || (one.twin && (self.ids != Ids::Kept || one.known.is_none()));
            let slip = if readable { 99 } else { self.dice.roll(40) };
            let (refused, nameless, without_id) = match slip {
                0 => (true, false, false),
                1 => (true, true, false),
                2 if !one.twin => (true, false, true),
                _ => (false, false, false),
            };
            let id = Some(one.id).filter(|_| !without_id);
            rows.push(Row { weakness, id, identifier, refused, nameless, second_of_id: false });
        }
        if self.ids == Ids::Kept && self.dice.roll(4) == 0 && rows.len() > 4 {
            self.mistype_id(&mut rows);
        }
        rows
    }

    /// Gives a row the id of another. The second of the two in the document is refused, whatever it
    /// says; closed items come after open ones.
    fn mistype_id(&mut self, rows: &mut [Row]) {
        let (one, two) = (self.dice.roll(rows.len()), self.dice.roll(rows.len()));
        let is_plain = |row: &Row| {
            let weakness = &self.weaknesses[row.weakness];
            let known =
                weakness.known.is_some() && weakness.seen_closed == weakness.closed.is_some();
            !row.refused && !weakness.changed && !weakness.twin && known
        };
        if one == two || !is_plain(&rows[one]) || !is_plain(&rows[two]) {
            return;
        }
        rows[two].id = rows[one].id;
        let closed = |row: usize| self.weaknesses[rows[row].weakness].closed.is_some();
        let by_sheet = self.as_files && !matches!(self.form, Form::Csv | Form::Oscal);
        let second = if by_sheet && closed(one) != closed(two) {
            if closed(one) { one } else { two }
        } else {
            one.max(two)
        };
        rows[second].refused = true;
        rows[second].second_of_id = true;
    }

    /// Returns the rows in another order.
    pub(super) fn shuffle(&mut self, rows: &[Row]) -> Vec<Row> {
        self.shuffled(rows.len()).into_iter().map(|place| rows[place].clone()).collect()
    }
}
