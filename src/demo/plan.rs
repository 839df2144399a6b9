//! Plan of the demonstration: all commits of a year, with authors, branches and times.
//!
//! [`DemoPlan`] plays the script day by day and collects a [`DemoCommit`] for each change; the
//! caller writes them by fast import.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{FixedOffset, NaiveDate};
use serde_json::json;

use super::DemoError;
use super::calendar::{Calendar, commit_times};
use super::files;
use super::random::RandomNumbers;
use super::schedule::{ScheduleEntry, ordered_entries};
use super::script::{Act, ItemScript, Member, Script, ScriptBranch, ScriptStep};
use super::story::StoryState;
use crate::document::{Document, Edit, Limits};
use crate::model::ItemId;
use crate::repository::{Identity, Line, Mark, RelPath, compose_message};
use crate::settings::{self, Settings};
use crate::store::Tracker;

/// A commit to write: whose, when, on which line, what it changes.
pub(super) struct DemoCommit {
    pub(super) author: Identity,
    pub(super) message: String,
    pub(super) files: Vec<(RelPath, String)>,
    pub(super) place: BranchPoint,
}

/// Where a commit is; commits are numbered as they are written.
#[derive(Clone, Copy)]
pub(super) enum BranchPoint {
    Main,
    After(usize),
    Merge(usize),
}

impl BranchPoint {
    /// Converts the place into the terms of fast import.
    pub(super) fn to_line(self, marks: &[Mark]) -> Option<Line> {
        match self {
            Self::Main => Some(Line::Main),
            Self::After(at) => marks.get(at).copied().map(Line::After),
            Self::Merge(at) => marks.get(at).copied().map(Line::Merge),
        }
    }
}

/// An item on its way through the year.
struct DayCourse<'a> {
    script: &'a ItemScript,
    id: ItemId,
    path: RelPath,
    /// Its file as it is; none before it is committed.
    document: Option<Document>,
    changed: i64,
    branch: Option<&'a str>,
    closed: bool,
}

/// A pull request on its way.
struct OpenPull {
    tip: usize,
    items: Vec<usize>,
}

pub(super) struct DemoPlan<'a> {
    script: &'a Script,
    calendar: Calendar,
    ids: BTreeMap<&'a str, ItemId>,
    items: Vec<DayCourse<'a>>,
    branches: BTreeMap<&'a str, OpenPull>,
    settings: Option<Document>,
    random: RandomNumbers,
    main: usize,
    pub(super) commits: Vec<DemoCommit>,
}

impl<'a> DemoPlan<'a> {
    /// Plans all commits of the year before `end`.
    pub(super) fn plan_year(script: &'a Script, end: NaiveDate) -> Result<Self, DemoError> {
        let calendar = Calendar::ending_before(end).ok_or(DemoError::End(end))?;
        let mut order: Vec<&ItemScript> = script.items.iter().collect();
        order.sort_by_key(|item| item.detected);
        let tracker = build_tracker(script)?;
        let mut ids = BTreeMap::new();
        let mut items = Vec::new();
        for item in order {
            let year = chrono::Datelike::year(&calendar.work_day(item.detected));
            let id = tracker.next_id(ids.values(), year)?;
            let path = RelPath::new(tracker.path_for(&id, year))?;
            ids.insert(item.key.as_str(), id.clone());
            items.push(DayCourse {
                script: item,
                id,
                path,
                document: None,
                changed: 0,
                branch: None,
                closed: false,
            });
        }
        let mut plan = Self {
            script,
            calendar,
            ids,
            items,
            branches: BTreeMap::new(),
            settings: None,
            random: RandomNumbers::new(SEED),
            main: 0,
            commits: Vec::new(),
        };
        plan.live()?;
        Ok(plan)
    }

    /// Returns the number of items.
    pub(super) fn count_items(&self) -> usize {
        self.items.len()
    }

    /// Lives through the year, date by date.
    fn live(&mut self) -> Result<(), DemoError> {
        let scripts: Vec<&ItemScript> = self.items.iter().map(|item| item.script).collect();
        let entries = ordered_entries(&scripts, &self.script.cast);
        let mut rest = entries.as_slice();
        while let Some((day, _)) = rest.first() {
            let date = self.calendar.work_day(*day);
            let same = |(day, _): &&(i64, ScheduleEntry<'a>)| self.calendar.work_day(*day) == date;
            let count = rest.iter().take_while(same).count();
            let (today, later) = rest.split_at(count);
            let times = commit_times(date, count, &mut self.random);
            for ((day, entry), time) in today.iter().zip(times) {
                self.add_entry(*day, date, entry, time)?;
            }
            rest = later;
        }
        Ok(())
    }

    fn add_entry(
        &mut self,
        day: i64,
        date: NaiveDate,
        entry: &ScheduleEntry<'a>,
        time: chrono::DateTime<FixedOffset>,
    ) -> Result<(), DemoError> {
        let script = self.script;
        let cast = &script.cast;
        let isso = cast.find_member(&cast.reviews.by)?;
        match entry {
            ScheduleEntry::Begin => {
                let files = files::tracker_files(cast)?;
                let message = "Start the POA&M of Example Cloud\n";
                let files = files
                    .into_iter()
                    .map(|(path, text)| Ok((RelPath::new(path)?, text)))
                    .collect::<Result<Vec<_>, DemoError>>()?;
                let found = files.iter().find(|(path, _)| path.as_str() == settings::FILE);
                self.settings = found.map(|(path, text)| parse(path, text)).transpose()?;
                self.push(isso, time, message.to_owned(), files, BranchPoint::Main);
            }
            ScheduleEntry::Join(member) => {
                let document = self.settings.take().ok_or_else(|| plan_fault("no settings"))?;
                let person = json!(member.to_person());
                let document = document.apply_edits(&[Edit::append("/people", person)], &[])?;
                let why = format!("{} takes over items of the platform team.", member.name);
                let subject = format!("settings: {} may own items", member.name);
                let message = compose_message(&subject, &why, &[("Poam-Reason", &why)])?;
                let file = (RelPath::new(settings::FILE)?, document.text().to_string());
                self.settings = Some(document);
                self.push(isso, time, message, vec![file], BranchPoint::Main);
            }
            ScheduleEntry::Land(index) => {
                let ticket = 4000 + self.random.number_below(900);
                let (path, branch) = {
                    let item = &self.items[*index];
                    (item.path.clone(), item.script.lands.as_ref())
                };
                let item = &self.items[*index];
                let text = files::first_version(
                    item.script,
                    cast,
                    self.calendar,
                    &self.ids,
                    (path.as_str(), ticket),
                )?;
                let by = branch.map_or(Ok(isso), |landing| cast.find_member(&landing.by))?;
                let message = compose_message::<&str, &str>(
                    &format!("{}: new item", item.id),
                    &format!("{}\n", item.script.name),
                    &[],
                )?;
                let document = parse(&path, &text)?;
                let branch = branch.and_then(|landing| landing.branch.as_deref());
                self.add_version(*index, day, document, branch, (by, time, message))?;
            }
            ScheduleEntry::Step(index, step) => {
                let owner = self.items[*index].script.owner.as_deref();
                let by =
                    step.by.as_deref().or(owner).ok_or_else(|| plan_fault("nobody does it"))?;
                let branch = step.branch.as_deref();
                self.play_act(*index, (day, date, time), cast.find_member(by)?, step, branch)?;
            }
            ScheduleEntry::CheckIn(index) => {
                let owner = self.items[*index].script.owner.as_deref().unwrap_or_default();
                let why = "Asked the vendor; there is no fix yet.".to_owned();
                let act = Act::CheckIn { _check_in: true };
                let step = ScriptStep { on: 0, by: None, act, why: Some(why), branch: None };
                self.play_act(*index, (day, date, time), cast.find_member(owner)?, &step, None)?;
            }
            ScheduleEntry::Reviews(note) => self.add_review(day, date, time, note)?,
            ScheduleEntry::Merge(name) => self.add_merge(day, name, time)?,
        }
        Ok(())
    }

    /// Returns a step of an item's story.
    fn play_act(
        &mut self,
        index: usize,
        (day, date, time): (i64, NaiveDate, chrono::DateTime<FixedOffset>),
        by: &'a Member,
        step: &ScriptStep,
        branch: Option<&'a str>,
    ) -> Result<(), DemoError> {
        let item = &self.items[index];
        let document =
            item.document.as_ref().ok_or_else(|| plan_fault("a step before the item"))?;
        let why = step.why.as_deref();
        let scene = StoryState {
            cast: &self.script.cast,
            calendar: self.calendar,
            document,
            detected: item.script.detected,
            today: date,
            by,
            why,
        };
        let effect = scene.play_act(&step.act)?;
        let reason = why.map(|why| ("Poam-Reason", why));
        let evidence = effect.evidence.iter().map(|one| ("Poam-Evidence", one.as_str()));
        let trailers: Vec<_> = reason.into_iter().chain(evidence).collect();
        let subject = format!("{}: {}", item.id, effect.what);
        let message = compose_message(&subject, why.unwrap_or_default(), &trailers)?;
        self.add_version(index, day, effect.document, branch, (by, time, message))
    }

    /// Returns the ISSO looks at everything that nothing has happened to.
    fn add_review(
        &mut self,
        day: i64,
        date: NaiveDate,
        time: chrono::DateTime<FixedOffset>,
        note: &str,
    ) -> Result<(), DemoError> {
        let cast = &self.script.cast;
        let by = cast.find_member(&cast.reviews.by)?;
        let mut files = Vec::new();
        let mut ids = Vec::new();
        for item in &mut self.items {
            let Some(document) = &item.document else { continue };
            let quiet = day - item.changed > cast.reviews.quiet;
            if item.closed || item.branch.is_some() || item.script.forgotten || !quiet {
                continue;
            }
            let review = json!({"date": date.to_string(), "by": by.name, "note": note});
            let edited = document
                .apply_edits(&[Edit::append("/reviews", review)], &crate::model::Item::FIELDS)?;
            files.push((item.path.clone(), edited.text().to_string()));
            ids.push(item.id.to_string());
            item.document = Some(edited);
            item.changed = day;
        }
        let subject = match ids.as_slice() {
            [] => return Ok(()),
            [id] => format!("{id}: reviewed"),
            ids => format!("{} items: reviewed", ids.len()),
        };
        let body = format!("{note}\n\n{}", ids.join("\n"));
        let message = compose_message(&subject, &body, &[("Poam-Reason", note)])?;
        self.push(by, time, message, files, BranchPoint::Main);
        Ok(())
    }

    /// Returns a new version of an item, on the main line or on a branch.
    fn add_version(
        &mut self,
        index: usize,
        day: i64,
        document: Document,
        branch: Option<&'a str>,
        (by, time, message): (&Member, chrono::DateTime<FixedOffset>, String),
    ) -> Result<(), DemoError> {
        let item = &mut self.items[index];
        // An item that exists on a branch only cannot be changed elsewhere.
        if item.branch.is_some() && item.branch != branch {
            return Err(DemoError::Script(format!("{} is on a branch on day {day}", item.id)));
        }
        let file = (item.path.clone(), document.text().to_string());
        let closed = document.find("/completion_date").is_some();
        (item.document, item.changed, item.branch, item.closed) =
            (Some(document), day, branch, closed);
        let place = match branch {
            None => BranchPoint::Main,
            Some(name) => {
                let next = self.commits.len();
                let open = self
                    .branches
                    .entry(name)
                    .or_insert(OpenPull { tip: self.main, items: Vec::new() });
                let place = BranchPoint::After(open.tip);
                open.tip = next;
                if !open.items.contains(&index) {
                    open.items.push(index);
                }
                place
            }
        };
        self.push(by, time, message, vec![file], place);
        Ok(())
    }

    fn add_merge(
        &mut self,
        day: i64,
        name: &'a str,
        time: chrono::DateTime<FixedOffset>,
    ) -> Result<(), DemoError> {
        let cast = &self.script.cast;
        let open = self.branches.remove(name).ok_or_else(|| plan_fault("nothing to merge"))?;
        let branch: Option<&ScriptBranch> = cast.branches.get(name);
        let branch = branch.ok_or_else(|| plan_fault("a branch that nobody merges"))?;
        let mut files = Vec::new();
        for index in open.items {
            let item = &mut self.items[index];
            (item.branch, item.changed) = (None, day);
            let text = item.document.as_ref().map(|document| document.text().to_string());
            files.extend(text.map(|text| (item.path.clone(), text)));
        }
        let subject = format!("Merge pull request #{} from example/{name}", branch.number);
        let message = compose_message::<&str, &str>(&subject, &branch.title, &[])?;
        let by = cast.find_member(&branch.by)?;
        self.push(by, time, message, files, BranchPoint::Merge(open.tip));
        Ok(())
    }

    fn push(
        &mut self,
        by: &Member,
        time: chrono::DateTime<FixedOffset>,
        message: String,
        files: Vec<(RelPath, String)>,
        place: BranchPoint,
    ) {
        if !matches!(place, BranchPoint::After(_)) {
            self.main = self.commits.len();
        }
        let zone = FixedOffset::east_opt(by.zone * 3600).unwrap_or(*time.offset());
        let time = time.with_timezone(&zone);
        let author = Identity { name: by.name.clone(), email: by.email.clone(), time };
        self.commits.push(DemoCommit { author, message, files, place });
    }
}

/// Seed of the numbers; another one would be another demonstration.
const SEED: u64 = 0x706f_616d;

fn plan_fault(reason: &str) -> DemoError {
    DemoError::Script(reason.to_owned())
}

fn parse(path: &RelPath, text: &str) -> Result<Document, DemoError> {
    Document::parse(path.as_str(), text.as_bytes(), &Limits::ITEM)
        .map_err(|error| DemoError::Script(format!("{path}: {error}")))
}

/// Returns the tracker that the settings make: ids and folders.
fn build_tracker(script: &Script) -> Result<Tracker, DemoError> {
    let files = files::tracker_files(&script.cast)?;
    let text = files.iter().find(|(path, _)| path == settings::FILE).map(|(_, text)| text.as_str());
    let settings =
        Settings::parse(settings::FILE, text.unwrap_or_default().as_bytes()).map_err(|errors| {
            plan_fault(&errors.iter().map(|one| one.message.as_str()).collect::<String>())
        })?;
    Ok(Tracker { root: Path::new("").to_owned(), prefix: String::new(), settings })
}
