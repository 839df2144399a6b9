use std::path::Path;
use std::process::Command;

use chrono::{NaiveDate, TimeDelta};
use poam::model::ItemId;
use poam::repository::{
    CommitId, FastImport, Identity, Line, Mark, PlannedCommit, RelPath, Repository, compose_message,
};
use poam::schema::Schema;
use poam::settings::Settings;
use poam::store::Tracker;

use crate::Result;
use crate::item::{PEOPLE, Random, State};

/// Size and composition of a tracker.
pub(crate) struct Size {
    pub(crate) items: usize,
    pub(crate) commits: usize,
    /// Items a folder.
    pub(crate) shard: u32,
    /// Percentage of commits that are merges of a side line.
    pub(crate) merges: u64,
    pub(crate) seed: u64,
}

impl Default for Size {
    fn default() -> Self {
        Self { items: 1000, commits: 2000, shard: 100, merges: 10, seed: 1 }
    }
}

/// Items that the first commits bring in at once, as an import would.
const BATCH: usize = 1000;

/// Days that the history covers.
const DAYS: usize = 730;

/// Writes a tracker. Memory holds a few bytes an item and nothing a commit.
pub(crate) fn write(dir: &Path, size: &Size) -> Result<CommitId> {
    let repository = Repository::init(dir)?;
    let mut writer = Writer::new(&repository, size)?;
    let batch = BATCH.max(size.items.div_ceil(size.commits.max(1)));
    let mut next = 0;
    while next < size.items || writer.commits == 0 {
        let items: Vec<usize> = (next..size.items.min(next + batch)).collect();
        writer.create(&items)?;
        next += items.len();
    }
    while writer.commits < size.commits {
        writer.land()?;
    }
    let head = writer.import.finish()?;
    repository.check_out()?;
    Ok(head)
}

/// Packs a tracker as the usual upkeep of git would.
pub(crate) fn repack(dir: &Path) -> Result<()> {
    let status = Command::new("git").arg("-C").arg(dir).args(["repack", "-adfq"]).status()?;
    if status.success() { Ok(()) } else { Err("git repack failed".into()) }
}

struct Writer<'r> {
    import: FastImport<'r>,
    tracker: Tracker,
    size_items: usize,
    size_commits: usize,
    merges: u64,
    random: Random,
    states: Vec<State>,
    start: NaiveDate,
    commits: usize,
    main: Option<Mark>,
}

impl<'r> Writer<'r> {
    fn new(repository: &'r Repository, size: &Size) -> Result<Self> {
        let text = settings(size.shard);
        let settings = Settings::parse("poam.yaml", text.as_bytes())
            .map_err(|errors| format!("settings: {errors:?}"))?;
        Ok(Self {
            import: FastImport::begin(repository)?,
            tracker: Tracker { root: Path::new("").into(), prefix: String::new(), settings },
            size_items: size.items,
            size_commits: size.commits.max(1),
            merges: size.merges,
            random: Random::new(size.seed),
            states: vec![State::default(); size.items],
            start: NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default(),
            commits: 0,
            main: None,
        })
    }

    /// The day of the next commit.
    fn day(&self) -> u16 {
        u16::try_from(31 + self.commits * DAYS / self.size_commits).unwrap_or(u16::MAX)
    }

    fn id(&self, index: usize) -> Result<ItemId> {
        Ok(self.tracker.settings.ids.numbered_id(2024, index as u64 + 1)?)
    }

    /// A version of an item.
    fn file(&self, index: usize) -> Result<(RelPath, String)> {
        let id = self.id(index)?;
        let path = RelPath::new(self.tracker.path_for(&id, 2024))?;
        let mut text = String::with_capacity(2048);
        self.states[index].render(&mut text, id.as_str(), index, self.start);
        Ok((path, text))
    }

    /// Brings items in; the first commit brings the settings too.
    fn create(&mut self, items: &[usize]) -> Result<()> {
        let mut files = items.iter().map(|index| self.file(*index)).collect::<Result<Vec<_>>>()?;
        if self.commits == 0 {
            let text = settings(self.tracker.settings.folder_size);
            files.push((RelPath::new("poam.yaml")?, text));
            let text = Schema::Item.text().to_owned();
            files.push((RelPath::new("schema/item.schema.json")?, text));
        }
        let message = format!("Import {} items\n", items.len());
        self.main = Some(self.commit(Line::Main, &message, &files)?);
        Ok(())
    }

    /// Lands one to three items: on the main line, or by the merge of a side line.
    fn land(&mut self) -> Result<()> {
        let left = self.size_commits - self.commits;
        let Some(main) = self.main else { return Err("no commit to go on from".into()) };
        if left < 2 || self.random.next() % 100 >= self.merges {
            let (message, files) = self.edit()?;
            self.main = Some(self.commit(Line::Main, &message, &files)?);
            return Ok(());
        }
        let (message, files) = self.edit()?;
        let side = self.commit(Line::After(main), &message, &files)?;
        let subject = format!("Merge pull request #{}\n", self.commits);
        self.main = Some(self.commit(Line::Merge(side), &subject, &files)?);
        Ok(())
    }

    /// One to three items go on in their lives.
    fn edit(&mut self) -> Result<(String, Vec<(RelPath, String)>)> {
        let day = self.day();
        let mut files = Vec::new();
        let mut subjects = Vec::new();
        let mut items: Vec<usize> =
            (0..=self.random.below(3)).map(|_| self.random.below(self.size_items)).collect();
        items.sort_unstable();
        items.dedup();
        if self.size_items == 0 {
            items.clear();
        }
        for index in items {
            let what = self.states[index].advance(day, &mut self.random);
            subjects.push(format!("{}: {what}", self.id(index)?));
            files.push(self.file(index)?);
        }
        let subject = subjects.first().map_or("nothing", String::as_str);
        let reason = "Agreed in the weekly meeting of the service owners.";
        let body = subjects.get(1..).unwrap_or_default().join("\n");
        Ok((compose_message(subject, &body, &[("Poam-Reason", reason)])?, files))
    }

    fn commit(&mut self, line: Line, message: &str, files: &[(RelPath, String)]) -> Result<Mark> {
        let seconds = self.commits as i64 * (DAYS as i64 * 86_400) / self.size_commits as i64;
        let begin = self.start.and_hms_opt(12, 0, 0).unwrap_or_default() + TimeDelta::days(31);
        let time = (begin + TimeDelta::seconds(seconds)).and_utc().fixed_offset();
        let (name, email) = PEOPLE[self.random.below(PEOPLE.len())];
        let who = Identity { name: name.into(), email: email.into(), time };
        let changes: Vec<_> =
            files.iter().map(|(path, text)| (path.clone(), Some(text.as_bytes()))).collect();
        let planned =
            PlannedCommit { line, author: &who, committer: &who, message, changes: &changes };
        self.commits += 1;
        Ok(self.import.write_commit(&planned)?)
    }
}

fn settings(shard: u32) -> String {
    format!(
        "version: 1\nsystem: {{provider: Example Corp, name: Synthetic}}\n\
         ids: {{prefix: POAM, year: true, digits: 6}}\nfolder_size: {shard}\n"
    )
}
