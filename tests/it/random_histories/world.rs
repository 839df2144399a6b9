//! Where commands run: on files in memory with commits in one go, or by the program and git.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate};
use poam::repository::{
    FastImport, Identity, Line, Mark, PlannedCommit, RelPath, Repository, compose_message,
};
use poam::store::Stored;

use crate::random_histories::command::Command;
use crate::random_histories::model::Item;
use crate::support::Repo;

pub(crate) const PEOPLE: [&str; 3] = ["Jane Doe", "Sam Roe", "Ünal O'Neil"];

/// Environment in which commands and merges are done.
pub(crate) trait HistoryWorld {
    /// Begins the branch of a person.
    fn branch(&mut self, who: usize);
    /// Merges it, as somebody.
    fn merge(&mut self, who: usize, by: usize, day: NaiveDate);
    /// Makes the branch the main line, where that did not move.
    fn follow(&mut self, who: usize);
    /// Returns whether a review has a reason beside its note.
    fn reviews_have_reasons(&self) -> bool;
    /// Runs a command on the main line or on the person's branch.
    fn run(
        &mut self,
        who: usize,
        on_main: bool,
        id: &str,
        command: &Command,
        reason: &str,
        day: NaiveDate,
    );
}

fn path(id: &str) -> String {
    format!("items/{id}.yaml")
}

/// The files of a branch, its last commit, and the items that it changed.
type Side = (BTreeMap<String, Stored>, Mark, Vec<String>);

/// Files in memory, and `git fast-import`.
pub(crate) struct Fast<'r> {
    import: FastImport<'r>,
    main: BTreeMap<String, Stored>,
    last: Mark,
    branches: [Option<Side>; 3],
    commits: i64,
}

impl<'r> Fast<'r> {
    pub(crate) fn begin(repository: &'r Repository, items: &[Item]) -> Self {
        let mut import = FastImport::begin(repository).unwrap();
        let files: Vec<String> = items.iter().map(Item::file).collect();
        let main: BTreeMap<String, Stored> = items
            .iter()
            .zip(&files)
            .map(|(item, file)| {
                (item.id.clone(), Stored::parse(&path(&item.id), file.as_bytes()).unwrap())
            })
            .collect();
        let mut changes: Vec<(RelPath, Option<&[u8]>)> = items
            .iter()
            .zip(&files)
            .map(|(item, file)| (RelPath::new(path(&item.id)).unwrap(), Some(file.as_bytes())))
            .collect();
        changes.push((RelPath::new("poam.yaml").unwrap(), Some(b"version: 1\n")));
        let who = signature(0, "2026-01-06".parse().unwrap(), 0);
        let planned = PlannedCommit {
            line: Line::Main,
            author: &who,
            committer: &who,
            message: "start\n",
            changes: &changes,
        };
        let last = import.write_commit(&planned).unwrap();
        Self { import, main, last, branches: [None, None, None], commits: 0 }
    }

    pub(crate) fn finish(self) {
        self.import.finish().unwrap();
    }

    fn commit(&mut self, line: Line, who: &Identity, message: &str, files: &[&Stored]) -> Mark {
        self.commits += 1;
        let changes: Vec<(RelPath, Option<&[u8]>)> = files
            .iter()
            .map(|stored| {
                let text = stored.document.text().as_bytes();
                (RelPath::new(stored.path()).unwrap(), Some(text))
            })
            .collect();
        let planned =
            PlannedCommit { line, author: who, committer: who, message, changes: &changes };
        self.import.write_commit(&planned).unwrap()
    }
}

fn signature(who: usize, day: NaiveDate, second: i64) -> Identity {
    let time = day.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp() + second;
    let time: DateTime<FixedOffset> = DateTime::from_timestamp(time, 0).unwrap().into();
    Identity { name: PEOPLE[who].to_owned(), email: format!("p{who}@example.com"), time }
}

impl HistoryWorld for Fast<'_> {
    fn branch(&mut self, who: usize) {
        self.branches[who] = Some((self.main.clone(), self.last, Vec::new()));
    }

    fn merge(&mut self, who: usize, by: usize, day: NaiveDate) {
        let (files, end, mine) = self.branches[who].take().unwrap();
        let changed: Vec<Stored> = mine.iter().map(|id| files[id].clone()).collect();
        let by = signature(by, day, self.commits);
        let all: Vec<&Stored> = changed.iter().collect();
        self.last = self.commit(Line::Merge(end), &by, "merge\n", &all);
        for stored in changed {
            self.main.insert(stored.item.id.to_string(), stored);
        }
    }

    fn follow(&mut self, who: usize) {
        let (files, end, _) = self.branches[who].take().unwrap();
        self.import.follow_side(end).unwrap();
        (self.main, self.last) = (files, end);
    }

    fn reviews_have_reasons(&self) -> bool {
        true
    }

    fn run(
        &mut self,
        who: usize,
        on_main: bool,
        id: &str,
        command: &Command,
        reason: &str,
        day: NaiveDate,
    ) {
        let files = self.branches[who].as_ref().map_or(&self.main, |(files, ..)| files);
        let change = command.plan(&files[id], reason, day);
        let message = compose_message(&change.subject, reason, &change.facts).unwrap();
        let stored = Stored::from_document(change.document).unwrap();
        let by = signature(who, day, self.commits);
        if on_main {
            self.last = self.commit(Line::Main, &by, &message, &[&stored]);
            self.main.insert(id.to_owned(), stored);
            return;
        }
        let (mut files, end, mut mine) = self.branches[who].take().unwrap();
        let end = self.commit(Line::After(end), &by, &message, &[&stored]);
        files.insert(id.to_owned(), stored);
        if !mine.iter().any(|one| one == id) {
            mine.push(id.to_owned());
        }
        self.branches[who] = Some((files, end, mine));
    }
}

/// The program and git.
pub(crate) struct Real<'r> {
    repo: &'r Repo,
    at: String,
    commits: i64,
}

impl<'r> Real<'r> {
    pub(crate) fn begin(repo: &'r Repo, items: &[Item]) -> Self {
        repo.write("poam.yaml", "version: 1\n");
        for item in items {
            repo.write(&path(&item.id), item.file());
        }
        repo.commit("2026-01-06", "start");
        Self { repo, at: "main".to_owned(), commits: 0 }
    }

    fn go(&mut self, to: &str) {
        if self.at != to {
            self.repo.git(&["switch", "--quiet", to]);
            self.at = to.to_owned();
        }
    }

    fn identity(&mut self, who: usize, day: NaiveDate) -> Vec<(&'static str, String)> {
        self.commits += 1;
        let date = signature(who, day, self.commits).time.to_rfc3339();
        vec![
            ("GIT_AUTHOR_NAME", PEOPLE[who].to_owned()),
            ("GIT_AUTHOR_DATE", date.clone()),
            ("GIT_COMMITTER_NAME", PEOPLE[who].to_owned()),
            ("GIT_COMMITTER_DATE", date),
        ]
    }
}

impl HistoryWorld for Real<'_> {
    fn branch(&mut self, who: usize) {
        self.repo.git(&["branch", "--quiet", "--force", &format!("side-{who}"), "main"]);
    }

    fn merge(&mut self, who: usize, by: usize, day: NaiveDate) {
        self.go("main");
        let who_merges = self.identity(by, day);
        let who_merges: Vec<(&str, &str)> =
            who_merges.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let side = format!("side-{who}");
        self.repo.git_with(&who_merges, &["merge", "--quiet", "--no-ff", "-m", "merge", &side]);
    }

    fn follow(&mut self, who: usize) {
        self.go("main");
        self.repo.git(&["merge", "--quiet", "--ff-only", &format!("side-{who}")]);
    }

    fn reviews_have_reasons(&self) -> bool {
        false
    }

    fn run(
        &mut self,
        who: usize,
        on_main: bool,
        id: &str,
        command: &Command,
        reason: &str,
        day: NaiveDate,
    ) {
        self.go(&if on_main { "main".to_owned() } else { format!("side-{who}") });
        let identity = self.identity(who, day);
        let output = self
            .repo
            .command(env!("CARGO_BIN_EXE_poam"), &self.repo.path())
            .envs(identity)
            .args(["--today", &day.to_string()])
            .args(command.words(id, reason))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{command:?} {id}: {said}");
    }
}
