//! Twelve monthly documents of one register by chance, imported as a series or month by month: after
//! each month the tracker must hold what an independent model says.
//!
//! Documents number their rows anew, rename and move dates, hold twins, rows that are refused and ids
//! that stand twice; weaknesses are closed, taken up again, absent for a month and found anew. A hidden
//! mark in the description, by which nothing is recognised, tells which weakness an item is.
//! `POAM_SERIES` says how many series are tried, `POAM_SERIES_SEED` from which on, and
//! `POAM_SERIES_TRACE` prints what happens.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, Months, NaiveDate};
use poam::exchange::Assumed;
use poam::import::{
    CommittedImports, Dated, DatedBy, ImportRecord, LEAST_SCORE, Match, Options, Plan, PlanError,
    Submission, Winner, plan_series,
};
use poam::store::{FoundContent, FoundFile, Store, Tracker};
use poam::workbook::{Field, Reading, SheetReading, SheetRole, SourceCell, SourceRow, SourceValue};

use crate::random_histories::Dice;

const MONTHS: usize = 12;

fn first_day() -> NaiveDate {
    "2025-01-31".parse().unwrap()
}

/// How the register numbers its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ids {
    Kept,
    AnewEachMonth,
    AnewSometimes,
}

/// What the source of a weakness calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Identifiers {
    None,
    OfScanner,
    WithTheRow,
    OfTheMonth,
}

/// A weakness as it is in the world.
#[derive(Debug, Clone)]
struct Weakness {
    /// The same for twins, which nothing but their ids tells apart.
    mark: usize,
    id: u32,
    name: String,
    host: Option<String>,
    cve: Option<String>,
    rating: &'static str,
    detected: NaiveDate,
    comments: String,
    closed: Option<NaiveDate>,
    listed: bool,
    twin: bool,
    /// Whether another weakness had the same name on the same host before.
    again: bool,
    /// Whether the last document said all of it: what changes before that is nobody's to see through.
    settled: bool,
    /// Whether a document said that it is closed.
    seen_closed: bool,
    /// Whether something by which it is recognised changed, so that its row must be readable.
    changed: bool,
    known: Option<Known>,
}

/// What the tracker must know of a weakness.
#[derive(Debug, Clone)]
struct Known {
    earliest: NaiveDate,
    closed: Option<NaiveDate>,
    comments: String,
    said: String,
}

/// A row of a document.
struct Row {
    weakness: usize,
    id: Option<u32>,
    refused: bool,
    nameless: bool,
    identifier: Option<String>,
}

struct World {
    dice: Dice,
    ids: Ids,
    identifiers: Identifiers,
    close_absent: bool,
    winner: Winner,
    weaknesses: Vec<Weakness>,
    next_id: u32,
    next_mark: usize,
    month: usize,
}

const PRODUCTS: [&str; 6] = ["libfoo", "kernel", "nginx", "openssl", "postgres", "sudo"];
const RATINGS: [&str; 3] = ["High", "Moderate", "Low"];

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let ids = *dice.pick(&[Ids::Kept, Ids::AnewEachMonth, Ids::AnewSometimes]);
        let identifiers = *dice.pick(&[
            Identifiers::None,
            Identifiers::OfScanner,
            Identifiers::WithTheRow,
            Identifiers::OfTheMonth,
        ]);
        let close_absent = dice.roll(2) == 0;
        let winner = *dice.pick(&[Winner::Ours, Winner::Theirs]);
        let mut world = Self {
            dice,
            ids,
            identifiers,
            close_absent,
            winner,
            weaknesses: Vec::new(),
            next_id: 1,
            next_mark: 0,
            month: 0,
        };
        for _ in 0..12 + world.dice.roll(12) {
            world.find_weakness();
        }
        world
    }

    fn day(&self) -> NaiveDate {
        first_day() + Months::new(self.month as u32)
    }

    /// A new weakness, sometimes with a twin, sometimes one that is like another.
    fn find_weakness(&mut self) {
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
        let host = Some(host).filter(|_| self.dice.roll(4) > 0);
        let weakness = Weakness {
            mark,
            id: 0,
            name,
            host,
            cve,
            rating: RATINGS[self.dice.roll(RATINGS.len())],
            detected: self.day() - Days::new(1 + self.dice.roll(25) as u64),
            comments: format!("first words of {mark}"),
            closed: None,
            listed: true,
            twin: false,
            again: false,
            settled: true,
            changed: false,
            seen_closed: false,
            known: None,
        };
        let twin = self.dice.roll(6) == 0;
        for _ in 0..1 + usize::from(twin) {
            let id = self.next_id;
            self.next_id += 1;
            self.weaknesses.push(Weakness { id, twin, ..weakness.clone() });
        }
        // The same on another host is another weakness.
        if self.dice.roll(5) == 0 && weakness.host.is_some() {
            let (mark, id) = (self.next_mark, self.next_id);
            (self.next_mark, self.next_id) = (mark + 1, id + 1);
            let host = Some(format!("db-{mark:02}"));
            let comments = format!("first words of {mark}");
            self.weaknesses.push(Weakness { mark, id, host, comments, ..weakness });
        }
    }

    /// What happens in a month; at most one thing to each weakness.
    fn pass_month(&mut self) {
        self.month += 1;
        let (day, ids) = (self.day(), self.ids);
        let anew = match ids {
            Ids::Kept => false,
            Ids::AnewEachMonth => true,
            Ids::AnewSometimes => self.dice.roll(3) == 0,
        };
        for place in 0..self.weaknesses.len() {
            let event = self.dice.roll(24);
            let happened = day - Days::new(1 + self.dice.roll(20) as u64);
            let one = &mut self.weaknesses[place];
            one.listed = true;
            one.changed = false;
            let mark = one.mark;
            let is_kept = !anew && !one.twin && one.settled;
            let evident = one.host.is_some() && one.cve.is_some() && one.settled && !one.twin;
            let movable = one.settled && !one.again;
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
                _ => {}
            }
            one.changed = matches!(event, 6..=9);
        }
        // What was closed is found anew: another weakness.
        let closed =
            |one: &&Weakness| one.closed.is_some() && one.seen_closed && !one.twin && !one.again;
        let anew_found: Vec<Weakness> =
            self.weaknesses.iter().filter(closed).take(1).cloned().collect();
        for old in anew_found.into_iter().filter(|_| self.dice.roll(4) == 0) {
            let (mark, id) = (self.next_mark, self.next_id);
            (self.next_mark, self.next_id) = (mark + 1, id + 1);
            for one in self.weaknesses.iter_mut().filter(|one| one.mark == old.mark) {
                one.again = true;
            }
            let detected = day - Days::new(1);
            let comments = format!("first words of {mark}");
            let fresh = Weakness {
                mark,
                id,
                detected,
                comments,
                closed: None,
                listed: true,
                again: true,
                seen_closed: false,
                known: None,
                ..old
            };
            self.weaknesses.push(fresh);
        }
        for _ in 0..self.dice.roll(3) {
            self.find_weakness();
        }
        if anew {
            let mut order: Vec<usize> = (0..self.weaknesses.len()).collect();
            for place in (1..order.len()).rev() {
                order.swap(place, self.dice.roll(place + 1));
            }
            for (number, place) in order.into_iter().enumerate() {
                self.weaknesses[place].id = 1 + number as u32;
            }
            self.next_id = 1 + self.weaknesses.len() as u32;
        }
    }

    /// The rows of this month, with slips: rows that are refused, and ids that stand twice.
    fn rows(&mut self) -> Vec<Row> {
        let mut order: Vec<usize> =
            (0..self.weaknesses.len()).filter(|place| self.weaknesses[*place].listed).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, self.dice.roll(place + 1));
        }
        let mut rows: Vec<Row> = Vec::new();
        for weakness in order {
            let one = &self.weaknesses[weakness];
            let identifier = match self.identifiers {
                Identifiers::None => None,
                Identifiers::OfScanner => Some(format!("S{}", 7000 + one.mark)),
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
            rows.push(Row { weakness, id, refused, nameless, identifier });
        }
        // The second of two rows with one id is refused, whatever it says.
        if self.ids == Ids::Kept && self.dice.roll(4) == 0 && rows.len() > 4 {
            let (one, two) = (self.dice.roll(rows.len()), self.dice.roll(rows.len()));
            let fine = !rows[one].refused && !rows[two].refused;
            let of = |row: usize| &self.weaknesses[rows[row].weakness];
            let plain = |one: &Weakness| !one.changed && !one.twin;
            let unchanged = plain(of(one)) && plain(of(two));
            let known = of(one).known.is_some() && of(two).known.is_some();
            if one != two && fine && unchanged && known {
                rows[two].id = rows[one].id;
                rows[one.max(two)].refused = true;
            }
        }
        rows
    }

    fn submission(&self, rows: &[Row]) -> Submission {
        let mut numbers = BTreeMap::from([(SheetRole::Open, 5_u32), (SheetRole::Closed, 5)]);
        let mut twice = BTreeSet::new();
        let mut source_rows: Vec<SourceRow> = Vec::new();
        for row in rows {
            let one = &self.weaknesses[row.weakness];
            let role = if one.closed.is_some() { SheetRole::Closed } else { SheetRole::Open };
            let number = numbers.get_mut(&role).unwrap();
            *number += 1;
            let is_second = row.id.is_some_and(|id| !twice.insert(id));
            let mut cells = BTreeMap::new();
            let mut set = |field: Field, value: Option<SourceValue>| {
                let address = format!("A{number}");
                cells.extend(value.map(|value| (field, SourceCell { address, value })));
            };
            let text = |text: &str| Some(SourceValue::Text(text.to_owned()));
            set(Field::PoamId, row.id.and_then(|id| text(&format!("MSS-{id}"))));
            set(Field::WeaknessName, text(&one.name).filter(|_| !row.nameless));
            set(Field::WeaknessDescription, text(&format!("mark {}", one.mark)));
            set(Field::DetectorSource, text("Wazuh"));
            set(Field::AssetIdentifier, one.host.as_deref().and_then(text));
            set(Field::Cve, one.cve.as_deref().and_then(text));
            set(Field::SourceIdentifier, row.identifier.as_deref().and_then(text));
            set(Field::OriginalRiskRating, text(one.rating));
            set(Field::Comments, text(&one.comments));
            let broken = row.refused && !row.nameless && row.id.is_some() && !is_second;
            let detected =
                if broken { text("soon") } else { Some(SourceValue::Date(one.detected)) };
            set(Field::OriginalDetectionDate, detected);
            set(Field::StatusDate, one.closed.map(SourceValue::Date));
            let sheet = role.to_string();
            source_rows.push(SourceRow { sheet, role, row: *number, cells, extra: Vec::new() });
        }
        let sheet = |role: SheetRole| SheetReading {
            name: role.to_string(),
            role: Some(role),
            ..SheetReading::default()
        };
        let reading = Reading {
            layout: "fedramp-rev5-3.0".to_owned(),
            sheets: vec![sheet(SheetRole::Open), sheet(SheetRole::Closed)],
            rows: source_rows,
            ..Reading::default()
        };
        Submission {
            source: format!("month-{}.xlsx", self.month),
            source_id: format!("sha256:{}", self.month),
            origin: reading.layout.clone(),
            reading,
            dated: Some(Dated { day: self.day(), by: DatedBy::Header }),
        }
    }

    /// What the tracker must know after a document. `blocked` says whether a row could be any item, so
    /// that absence closes nothing; `unsure` marks those that a refused row could be.
    fn learn(&mut self, rows: &[Row]) -> Expected {
        let accepted: BTreeSet<usize> =
            rows.iter().filter(|row| !row.refused).map(|row| row.weakness).collect();
        let any_refused = rows.iter().any(|row| row.refused);
        let listed: BTreeSet<usize> = rows.iter().map(|row| row.weakness).collect();
        let (day, winner) = (self.day(), self.winner);
        let mut unsure = BTreeSet::new();
        for (place, one) in self.weaknesses.iter_mut().enumerate() {
            one.settled = accepted.contains(&place);
            if one.settled {
                one.seen_closed = one.closed.is_some();
                let known = one.known.get_or_insert_with(|| Known {
                    earliest: one.detected,
                    closed: one.closed,
                    comments: one.comments.clone(),
                    said: one.comments.clone(),
                });
                known.earliest = known.earliest.min(one.detected);
                known.closed = one.closed.map(|closed| known.closed.unwrap_or(closed));
                if one.comments != known.said {
                    if known.comments == known.said || winner == Winner::Theirs {
                        known.comments = one.comments.clone();
                    }
                    known.said = one.comments.clone();
                }
            } else if !listed.contains(&place)
                && self.close_absent
                && let Some(known) = one.known.as_mut().filter(|known| known.closed.is_none())
            {
                if any_refused {
                    unsure.insert(place);
                } else {
                    known.closed = Some(day);
                }
            }
        }
        Expected { unsure }
    }
}

struct Expected {
    /// Weaknesses that may or may not be closed: absent, and a row that was refused could be them.
    unsure: BTreeSet<usize>,
}

/// A tracker without git: the texts of its items, and the record on disk.
struct Bench {
    folder: tempfile::TempDir,
    tracker: Tracker,
    texts: BTreeMap<String, String>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("poam.yaml"), "version: 1\nprofile: fedramp-rev5\n")
            .unwrap();
        let tracker = Tracker::find(folder.path(), None).unwrap();
        Self { folder, tracker, texts: BTreeMap::new() }
    }

    fn store(&self) -> Store {
        let found = self.texts.iter().map(|(path, text)| FoundFile {
            path: path.clone(),
            content: FoundContent::Bytes(text.clone().into_bytes()),
        });
        Store::read(found.collect())
    }

    fn record(&self) -> ImportRecord {
        ImportRecord::load(&self.tracker, &CommittedImports::default()).unwrap()
    }

    fn plan(&self, submissions: &[Submission], options: &Options) -> Result<Vec<Plan>, PlanError> {
        plan_series(&self.tracker, &self.store(), submissions, &self.record(), options)
    }

    fn apply(&mut self, plan: &Plan) {
        for one in &plan.created {
            assert_eq!(self.texts.insert(one.path.clone(), one.text.clone()), None);
        }
        for one in plan.changed().chain(&plan.closed) {
            let path = one.before.path().to_owned();
            let before = self.texts.insert(path, one.after.text().to_string());
            assert_eq!(before.as_deref(), Some(&**one.before.text()));
        }
        for file in &plan.record {
            let path = self.folder.path().join(&file.path);
            match &file.after {
                Some(bytes) => {
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, bytes).unwrap();
                }
                None => std::fs::remove_file(path).unwrap(),
            }
        }
    }

    /// Compares the items with the model, and settles what the model left open.
    fn check(&self, world: &mut World, expected: &Expected, context: &str) {
        let store = self.store();
        assert_eq!(store.unreadable(), 0, "{context}: {:?}", store.diagnostics());
        let mut items: BTreeMap<usize, Vec<&poam::model::Item>> = BTreeMap::new();
        for stored in store.items() {
            let mark = stored.item.weakness_description.as_deref().unwrap();
            let mark = mark.strip_prefix("mark ").unwrap().parse().unwrap();
            items.entry(mark).or_default().push(&stored.item);
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, one) in world.weaknesses.iter().enumerate() {
            if one.known.is_some() {
                groups.entry(one.mark).or_default().push(place);
            }
        }
        let counts = |lengths: Vec<(usize, usize)>| -> BTreeMap<usize, usize> {
            lengths.into_iter().collect()
        };
        assert_eq!(
            counts(items.iter().map(|(mark, items)| (*mark, items.len())).collect()),
            counts(groups.iter().map(|(mark, known)| (*mark, known.len())).collect()),
            "{context}: items of each weakness, here and in the model"
        );
        for (mark, places) in groups {
            let mut here: Vec<&poam::model::Item> = items[&mark].clone();
            here.sort_by_key(|item| (item.completion_date, &item.id));
            let closed = here.iter().filter(|item| item.status == *"closed").count();
            let (surely, perhaps) = places.iter().fold((0, 0), |(surely, perhaps), place| {
                let is_closed = world.weaknesses[*place].known.as_ref().unwrap().closed.is_some();
                let unsure = expected.unsure.contains(place);
                (surely + usize::from(is_closed), perhaps + usize::from(unsure))
            });
            assert!(
                (surely..=surely + perhaps).contains(&closed),
                "{context}: {closed} of weakness {mark} closed, not {surely} (and perhaps {perhaps}): {here:?}"
            );
            let mut more = closed - surely;
            let day = world.day();
            for place in places.iter().filter(|place| expected.unsure.contains(*place)) {
                if more > 0 {
                    world.weaknesses[*place].known.as_mut().unwrap().closed = Some(day);
                    more -= 1;
                }
            }
            let ([item], [place]) = (here.as_slice(), places.as_slice()) else { continue };
            let known = world.weaknesses[*place].known.as_ref().unwrap();
            let said =
                (item.completion_date, item.original_detection_date, item.comments.as_deref());
            assert_eq!(
                said,
                (known.closed, known.earliest, Some(known.comments.as_str())),
                "{context}: closing, detection and comments of {}",
                item.id
            );
        }
    }

    /// Somebody edits an item of which there is only one.
    fn edit(&mut self, world: &mut World) {
        let mark = world.dice.roll(world.next_mark);
        let mut known = world.weaknesses.iter_mut().filter(|one| one.mark == mark);
        let (Some(one), None) = (known.next(), known.next()) else { return };
        let Some(known) = one.known.as_mut() else { return };
        let words = format!("words of ours on {mark}");
        let found = format!("weakness_description: mark {mark}\n");
        let text = self.texts.values_mut().find(|text| text.contains(&found)).unwrap();
        *text = text
            .replace(&format!("comments: {}\n", known.comments), &format!("comments: {words}\n"));
        known.comments = words;
    }
}

fn options(world: &World) -> Options {
    Options {
        assumed: Assumed::default(),
        own: Vec::new(),
        by: Match::Auto,
        least: LEAST_SCORE,
        assign_ids: false,
        close_absent: world.close_absent,
        unrelated: false,
        winner: Some(world.winner),
        force: false,
        reconstruct: false,
        reserved: BTreeSet::new(),
        today: "2026-11-30".parse().unwrap(),
    }
}

/// Imports twelve months one after the other, with edits in between; each is checked.
fn month_by_month(seed: u64) {
    let (mut world, mut bench) = (World::new(seed), Bench::new());
    let mut submissions: Vec<Submission> = Vec::new();
    for month in 0..MONTHS {
        if month > 0 {
            world.pass_month();
            bench.edit(&mut world);
        }
        let rows = world.rows();
        let submission = world.submission(&rows);
        let options = options(&world);
        let context =
            format!("seed {seed}, month {month}, {:?}, {:?}", world.ids, world.identifiers);
        let plans = bench.plan(std::slice::from_ref(&submission), &options);
        let [plan] = plans.unwrap_or_else(|error| panic!("{context}: {error}")).try_into().unwrap();
        let refused = rows.iter().filter(|row| row.refused).count();
        assert_eq!(plan.refused.len(), refused, "{context}: {:?}", plan.refused);
        trace(month, &world, &rows, &plan);
        bench.apply(&plan);
        let expected = world.learn(&rows);
        bench.check(&mut world, &expected, &context);
        // Again, it changes nothing; an older one stops.
        let again = bench.plan(std::slice::from_ref(&submission), &options).unwrap();
        assert!(again[0].is_idle(), "{context}: {:?}", again[0].record);
        if let Some(older) = submissions.last() {
            let older = bench.plan(std::slice::from_ref(older), &options);
            assert!(matches!(older, Err(PlanError::Older { .. })), "{context}");
        }
        submissions.push(submission);
    }
    let all = bench.plan(&submissions, &options(&world)).unwrap();
    assert!(all.iter().all(Plan::is_idle), "seed {seed}: the series again changes nothing");
}

/// Imports twelve months at once.
fn at_once(seed: u64) {
    let (mut world, mut bench) = (World::new(seed), Bench::new());
    let mut steps: Vec<(Vec<Row>, Submission)> = Vec::new();
    let mut learned = world.clone_for_planning();
    for month in 0..MONTHS {
        if month > 0 {
            learned.pass_month();
        }
        let rows = learned.rows();
        // What is known decides what may happen next.
        learned.learn(&rows);
        let submission = learned.submission(&rows);
        steps.push((rows, submission));
    }
    let submissions: Vec<Submission> = steps.iter().map(|(_, one)| one.clone()).collect();
    let options = options(&world);
    let plans = bench.plan(&submissions, &options);
    let plans = plans.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    for (month, (plan, (rows, _))) in plans.iter().zip(&steps).enumerate() {
        if month > 0 {
            world.pass_month();
        }
        trace(month, &world, rows, plan);
        let same = world.rows();
        assert_eq!(same.len(), rows.len(), "the same life again");
        bench.apply(plan);
        let expected = world.learn(rows);
        bench.check(&mut world, &expected, &format!("seed {seed}, at once, month {month}"));
    }
    let again = bench.plan(&submissions, &options).unwrap();
    assert!(again.iter().all(Plan::is_idle), "seed {seed}: the series again changes nothing");
}

impl World {
    /// The same world from its beginning.
    fn clone_for_planning(&self) -> Self {
        Self {
            dice: self.dice.clone(),
            ids: self.ids,
            identifiers: self.identifiers,
            close_absent: self.close_absent,
            winner: self.winner,
            weaknesses: self.weaknesses.clone(),
            next_id: self.next_id,
            next_mark: self.next_mark,
            month: self.month,
        }
    }
}

/// Prints what a document says and what becomes of it, where `POAM_SERIES_TRACE` is set.
fn trace(month: usize, world: &World, rows: &[Row], plan: &Plan) {
    if std::env::var_os("POAM_SERIES_TRACE").is_none() {
        return;
    }
    eprintln!("== month {month}");
    for row in rows {
        let Weakness { mark, name, host, cve, detected, closed, .. } =
            &world.weaknesses[row.weakness];
        let (id, refused) = (row.id, row.refused);
        eprintln!(
            "row {id:?}, mark {mark}, {name}, {host:?}, {cve:?}, {detected}, {closed:?}, {refused}"
        );
    }
    for one in &plan.matched {
        let changed = one.change.as_ref().map(|change| &change.changed);
        eprintln!(
            "{} is {} by {} ({}): {changed:?}",
            one.row_id,
            one.id,
            one.by.as_str(),
            one.score
        );
    }
    for one in &plan.created {
        eprintln!("created {} of {:?}", one.id, one.item.weakness_description);
    }
    for one in &plan.closed {
        eprintln!("closed {}", one.id);
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn no_weakness_is_lost_doubled_mixed_up_or_falsely_closed() {
    let (series, first) = (number("POAM_SERIES", 20), number("POAM_SERIES_SEED", 1));
    let mut failed = Vec::new();
    for seed in first..first + series {
        let run = std::panic::catch_unwind(|| {
            if seed % 4 == 0 { at_once(seed) } else { month_by_month(seed) }
        });
        if run.is_err() {
            failed.push(seed);
        }
    }
    eprintln!("{series} series of {MONTHS} documents, {} of them wrong", failed.len());
    assert!(failed.is_empty(), "seeds {failed:?}");
}
