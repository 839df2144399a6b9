//! A history is the same whether it is read from commits, from checkpoints, or from both.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use hmac::Mac as _;

use super::super::prepare::{BatchLimits, Prefetched, Preparer};
use super::super::read::{HistoryReader, ReadTuning};
use super::super::replay::Replayer;
use super::super::{
    Action, ExportHistory, History, HistoryError, HistorySource, OriginalValues, each_event, read,
    read_cached, read_export_history,
};
use super::Cache;
use super::key::CacheKey;
use crate::repository::{CommitId, Repository, first_parents};
use crate::testing::Repo;

/// Writes a checkpoint wherever that is possible.
const EAGER: ReadTuning = ReadTuning {
    batch: BatchLimits { commits: 8192, files: 16_384, parallel_from: 5 },
    threads_from: 6,
    checkpoint_every: 1,
    margin: 3,
    many_files: 3,
};

/// A small generator of numbers: the same for the same seed everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).unwrap()
    }
}

type Tree = BTreeMap<String, String>;

fn item(random: &mut Random, id: &str) -> String {
    let status = ["open", "in-progress", "closed"][random.below(3)];
    // Now and then an item that is none by the schema: its values count, its first version does not.
    let detected = ["2026-01-05", "2026-01-06", "soon"][random.below(3)];
    let due = 10 + random.below(15);
    let mut text = format!(
        "id: {id}\nweakness_name: W{}\nstatus: {status}\noriginal_detection_date: {detected}\n\
         original_risk_rating: high\nscheduled_completion_date: 2026-03-{due}\nextra: {{score: {}.25}}\n",
        random.below(3),
        random.below(9)
    );
    for number in 0..random.below(3) {
        let _ = write!(text, "{}", if number == 0 { "milestones:\n" } else { "" });
        let _ = writeln!(text, "  - {{id: {number}, description: D, due: 2026-02-{due}}}");
    }
    text
}

/// Changes a tracker in one of the ways in which people do.
fn touch(random: &mut Random, tree: &mut Tree) {
    let ids = ["V-1", "V-2", "V-3", "V-4", "A/B"];
    let id = ids[random.below(ids.len())];
    let folder = ["items/", "items/a/", "items/b/"][random.below(3)];
    let path = format!("{folder}{}.yaml", id.replace('/', "%2F"));
    let some: Vec<String> =
        tree.keys().filter(|path| path.starts_with("items/")).cloned().collect();
    let other = some.get(random.below(some.len().max(1))).cloned();
    match (random.below(12), other) {
        (0..=3, _) => drop(tree.insert(path, item(random, id))),
        (4..=5, Some(other)) => {
            let status = ["status: open", "status: closed"][random.below(2)];
            let text = tree[&other].replace("status: in-progress", status);
            tree.insert(other, text.replace("W1", "W2"));
        }
        (6, Some(other)) => drop(tree.insert(other, "id: [".to_owned())),
        (7, Some(other)) => drop(tree.remove(&other)),
        (8, Some(other)) => {
            let text = tree.remove(&other).unwrap();
            tree.insert(path, text);
        }
        (9, Some(other)) => {
            let text = tree[&other].clone();
            tree.insert(format!("items/copy-{}.yaml", random.below(3)), text);
        }
        (10, Some(other)) => {
            let text = tree.remove(&other).unwrap();
            let rest = text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or(text);
            tree.insert(path, format!("id: {id}\n{rest}"));
        }
        (11, _) => {
            let days = random.below(40);
            tree.insert("poam.yaml".to_owned(), format!("version: 1\nstale_days: {days}\n"));
        }
        _ => drop(tree.insert("README.md".to_owned(), random.below(99).to_string())),
    }
}

/// The line of the record of imports that states what an item holds.
fn row_of(text: &str) -> Option<String> {
    let value =
        |field: &str| text.lines().find_map(|line| line.strip_prefix(&format!("{field}: ")));
    let row = serde_json::json!({
        "weakness_name": value("weakness_name")?,
        "original_detection_date": value("original_detection_date")?,
        "scheduled_completion_date": value("scheduled_completion_date")?,
    });
    let line = serde_json::json!({"item": value("id")?, "layout": "", "row": row});
    Some(format!("{line}\n"))
}

/// A repository with a main line that has merges, and other lines that leave it.
fn repository(seed: u64, length: usize) -> (Repo, Vec<CommitId>) {
    let random = &mut Random(seed);
    let repo = Repo::new();
    let mut stream = String::new();
    let mut trees: Vec<Tree> = Vec::new();
    let mut commit = |random: &mut Random, parents: &[usize], trees: &mut Vec<Tree>| {
        let mut tree = parents.first().map(|at| trees[*at].clone()).unwrap_or_default();
        if let Some(side) = parents.get(1) {
            // The merge takes all, some or none of the files of the other side.
            for (path, text) in trees[*side].clone() {
                if random.below(3) > 0 {
                    tree.insert(path, text);
                }
            }
        }
        for _ in 0..random.below(3) + usize::from(parents.len() < 2) {
            touch(random, &mut tree);
        }
        let mark = trees.len() + 1;
        let who = ["Ann A <ann@example.com>", "Bob B <bob@example.com>"][random.below(2)];
        let time = 1_767_225_600 + mark * 3600;
        let import = format!(
            "import\n\nPoam-Reconstructed: true\nPoam-Source: a.xlsx\nPoam-Source-Id: {mark}\n"
        );
        let message = ["change\n", "change\n\nWhy it was.\n\nPoam-Reason: because\n", &import]
            [random.below(3)];
        if message.contains("Poam-Reconstructed") {
            let day = chrono::DateTime::from_timestamp(time as i64, 0).unwrap().date_naive();
            let list = tree.entry("imports/documents.ndjson".to_owned()).or_default();
            let _ = writeln!(
                list,
                "{{\"source\":\"a.xlsx\",\"source_id\":\"{mark}\",\"day\":\"{day}\"}}"
            );
        }
        let rows: String = tree.values().filter_map(|text| row_of(text)).collect();
        tree.insert("imports/items.ndjson".to_owned(), rows);
        let _ = write!(
            stream,
            "commit refs/heads/line\nmark :{mark}\nauthor {who} {time} +0000\n\
             committer Carl C <carl@example.com> {time} +0000\ndata {}\n{message}\n",
            message.len()
        );
        for (place, parent) in parents.iter().enumerate() {
            let word = if place == 0 { "from" } else { "merge" };
            let _ = writeln!(stream, "{word} :{}", parent + 1);
        }
        stream.push_str("deleteall\n");
        for (path, text) in &tree {
            let _ = write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len());
        }
        trees.push(tree);
        trees.len() - 1
    };
    let mut main = vec![commit(random, &[], &mut trees)];
    while main.len() < length {
        let tip = *main.last().unwrap();
        match random.below(6) {
            0 => {
                let from = main[main.len() - 1 - random.below(main.len().min(4))];
                let side = commit(random, &[from], &mut trees);
                main.push(commit(random, &[tip, side], &mut trees));
            }
            // A branch that is not merged: what a rewritten main line looks like.
            1 => {
                let from = main[random.below(main.len())];
                let side = commit(random, &[from], &mut trees);
                commit(random, &[side], &mut trees);
            }
            _ => main.push(commit(random, &[tip], &mut trees)),
        }
    }
    let marks = repo.beside("marks");
    let export = format!("--export-marks={}", marks.display());
    let mut child = repo
        .command("git", &repo.path())
        .args(["fast-import", "--quiet", "--force", &export])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let mut commits: Vec<(usize, CommitId)> = std::fs::read_to_string(marks)
        .unwrap()
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(mark, id)| (mark[1..].parse().unwrap(), id.parse().unwrap()))
        .collect();
    commits.sort_unstable();
    (repo, commits.into_iter().map(|(_, id)| id).collect())
}

/// Describes everything in a history.
fn described(history: &History) -> String {
    let mut out = format!("{:?} {:?}\n", history.head, history.head_time);
    for event in &history.events {
        let _ = writeln!(out, "{event:?}");
    }
    for id in history.ids() {
        let record = history.record(id).unwrap();
        let first = history.first(id);
        let (created, changed) = (record.created, record.last_changed);
        let _ = writeln!(out, "{id} {created} {changed} {} {first:?}", record.left);
        let _ = writeln!(out, "{:?}", record.events);
    }
    out
}

fn open(repo: &Repo) -> Repository {
    Repository::open(&repo.path()).unwrap().with_env(repo.env())
}

fn cold(repository: &Repository, commit: CommitId) -> String {
    described(&read(repository, commit, "", "items/").unwrap())
}

fn cache(repository: &Repository) -> Cache {
    Cache::open(repository, "", "items/").unwrap()
}

fn reader<'a>(
    repository: &'a Repository,
    cache: Option<&'a Cache>,
    tuning: ReadTuning,
) -> HistoryReader<'a> {
    let reader = HistoryReader::new(repository, "items/", "poam.yaml", cache);
    HistoryReader { tuning, ..reader }
}

fn warm(repository: &Repository, commit: CommitId, tuning: ReadTuning) -> String {
    let cache = cache(repository);
    described(&reader(repository, Some(&cache), tuning).read_history(commit).unwrap())
}

#[track_caller]
fn same(ours: &str, theirs: &str, what: impl FnOnce() -> String) {
    if ours != theirs {
        let at = ours.lines().zip(theirs.lines()).find(|(a, b)| a != b);
        panic!("{}: {at:?}", what());
    }
}

fn cached_files(repo: &Repo) -> Vec<PathBuf> {
    let folder = repo.path().join(".git/poam/history");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_cached_history_is_the_one_of_the_commits() {
    for seed in 0..4 {
        let (repo, commits) = repository(seed, 24);
        let opened = open(&repo);
        let random = &mut Random(seed);
        let colds: Vec<String> = commits.iter().map(|it| cold(&opened, *it)).collect();
        // In the order in which they were made, each commit after what is retained of earlier ones.
        for (at, commit) in commits.iter().enumerate() {
            let what = || format!("seed {seed}, commit {at}");
            same(&warm(&opened, *commit, EAGER), &colds[at], what);
            same(&warm(&opened, *commit, EAGER), &colds[at], what);
        }
        // Backwards and forwards between branches, with strides of any length.
        std::fs::remove_dir_all(repo.path().join(".git/poam")).unwrap();
        for step in 0..20 {
            let at = random.below(commits.len());
            let batch = BatchLimits {
                commits: 1 + random.below(9),
                files: 1 + random.below(9),
                parallel_from: 1 + random.below(7),
            };
            let tuning = ReadTuning {
                batch,
                threads_from: 1 + random.below(9),
                checkpoint_every: 1 + random.below(4),
                margin: random.below(5),
                many_files: 1000,
            };
            let what = || format!("seed {seed}, step {step}, commit {at}");
            same(&warm(&opened, commits[at], tuning), &colds[at], what);
        }
        assert!(!cached_files(&repo).is_empty());
    }
}

/// Describes the part of a history that an export history has, too.
fn expected_brief(history: &History) -> String {
    let mut out = format!("{:?} {:?}\n", history.head, history.head_time);
    for id in history.ids() {
        let first = history.first(id).map(|first| OriginalValues {
            original_detection_date: first.original_detection_date,
            original_risk_rating: first.original_risk_rating,
            milestones: first.milestones,
        });
        let day = history.record(id).map(|record| record.status_date());
        let _ = writeln!(out, "{id} {day:?} {first:?}");
        for event in history.events_of(id) {
            // No event but that an item was created is about all of its milestones.
            let Some(mark) = event.milestone else { continue };
            assert_ne!(event.action, Action::ItemCreated);
            let (old, new, why) = (&event.old, &event.new, &event.reason);
            let (time, action, field) = (event.time, event.action, &event.field);
            let past = event.reconstructed;
            let _ = writeln!(out, "{time} {action} {field} {old} {new} {mark:?} {why:?} {past}");
        }
    }
    out
}

/// Describes an export history of the same items.
fn in_brief(brief: &ExportHistory, history: &History) -> String {
    let mut out = format!("{:?} {:?}\n", brief.head, brief.head_time);
    for id in history.ids() {
        let _ = writeln!(out, "{id} {:?} {:?}", brief.status_date(id), brief.original_values(id));
        for step in brief.milestone_steps(id) {
            let (old, new, why) = (&step.old, &step.new, &step.reason);
            let (time, action, field) = (step.time, step.action, &step.field);
            let (mark, past) = (step.milestone, step.reconstructed);
            let _ = writeln!(out, "{time} {action} {field} {old} {new} {mark:?} {why:?} {past}");
        }
    }
    out
}

#[test]
fn a_brief_says_what_its_history_says() {
    for seed in 60..64 {
        let (repo, commits) = repository(seed, 24);
        let opened = open(&repo);
        let cache = cache(&opened);
        let random = &mut Random(seed);
        // Each after what is retained of earlier ones, or of all.
        for (at, commit) in commits.iter().enumerate() {
            let what = || format!("seed {seed}, commit {at}");
            let history = read(&opened, *commit, "", "items/").unwrap();
            let expected = expected_brief(&history);
            same(&in_brief(&(&history).into(), &history), &expected, what);
            let brief = read_export_history(&opened, *commit, "", "items/", HistorySource::Commits)
                .unwrap();
            same(&in_brief(&brief, &history), &expected, what);
            let checkpoint_every = [1, 1000][random.below(2)];
            for _ in 0..2 {
                let tuning = ReadTuning { checkpoint_every, ..EAGER };
                let brief = reader(&opened, Some(&cache), tuning).export_history(*commit).unwrap();
                same(&in_brief(&brief, &history), &expected, what);
            }
        }
    }
}

#[test]
fn each_event_is_passed_on_once() {
    let (repo, commits) = repository(65, 24);
    let opened = open(&repo);
    for commit in &commits {
        let history = read(&opened, *commit, "", "items/").unwrap();
        let mut events = Vec::new();
        let each = |mut some: Vec<_>| events.append(&mut some);
        each_event(&opened, *commit, "", "items/", HistorySource::Cache, each).unwrap();
        assert_eq!(events, history.events);
        if random_half(commit) {
            warm(&opened, *commit, EAGER);
        }
    }
}

/// Some commits and not others, always the same.
fn random_half(commit: &CommitId) -> bool {
    commit.as_bytes()[0].is_multiple_of(2)
}

#[test]
fn a_damaged_checkpoint_is_not_opened() {
    let (repo, commits) = repository(70, 12);
    let opened = open(&repo);
    let head = *commits.last().unwrap();
    warm(&opened, head, ReadTuning { margin: 0, ..EAGER });
    let [file] = &cached_files(&repo)[..] else { panic!("one file") };
    let good = std::fs::read(file).unwrap();
    let opens = |bytes: &[u8]| {
        std::fs::write(file, bytes).unwrap();
        cache(&opened).open_checkpoint(head).is_some()
    };
    assert!(opens(&good));
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        assert!(!opens(&bytes), "{at}");
    }
    for length in [0, 8, 47, 48, 60, good.len() - 1] {
        assert!(!opens(&good[..length]), "{length}");
    }
    assert!(!file.exists(), "it is removed");
    assert!(opens(&good));
    assert!(cache(&opened).open_checkpoint(commits[0]).is_none());
}

#[test]
fn a_commit_of_many_files_is_worth_a_checkpoint() {
    let repo = Repo::new();
    for id in ["V-1", "V-2", "V-3"] {
        repo.write(&format!("items/{id}.yaml"), format!("id: {id}\n"));
    }
    repo.commit("2026-01-01", "import");
    let opened = open(&repo);
    let head = opened.head().unwrap().unwrap();
    warm(&opened, head, ReadTuning { many_files: 4, ..ReadTuning::USUAL });
    assert_eq!(cached_files(&repo).len(), 0);
    warm(&opened, head, ReadTuning { many_files: 3, ..ReadTuning::USUAL });
    assert_eq!(cached_files(&repo).len(), 1);
}

#[test]
fn a_checkpoint_is_renewed_once_it_lies_far_back() {
    let repo = Repo::new();
    let mut commits: Vec<CommitId> = Vec::new();
    for number in 0..40 {
        repo.write("items/V-1.yaml", format!("id: V-1\nstatus: s{number}\n"));
        commits.push(repo.commit("2026-01-01", "change").parse().unwrap());
    }
    let opened = open(&repo);
    let tuning = ReadTuning { checkpoint_every: 4, margin: 8, many_files: 99, ..EAGER };
    // The places of the checkpoints once a command has read the history up to a commit.
    let after = |place: usize| {
        let expected = cold(&opened, commits[place]);
        same(&warm(&opened, commits[place], tuning), &expected, || format!("commit {place}"));
        let all = cache(&opened).checkpoint_commits();
        let places = commits.iter().enumerate().filter(|(_, commit)| all.contains(commit));
        places.map(|(place, _)| place).collect::<Vec<_>>()
    };
    assert_eq!(after(2), [0; 0], "not worth it");
    assert_eq!(after(5), [5], "a short history ends with it");
    assert_eq!(after(16), [5]);
    assert_eq!(after(17), [5, 9], "a margin before the head");
    assert_eq!(after(39), [5, 9, 31]);
    assert_eq!(after(39), [5, 9, 31]);
    assert_eq!(after(12), [5, 9, 31], "a branch that began earlier");
}

#[test]
fn what_was_prefetched_decides_nothing() {
    for seed in 30..42 {
        let (repo, commits) = repository(seed, 30);
        let opened = open(&repo);
        let head = *commits.last().unwrap();
        let line = first_parents(&opened, None, head).unwrap();
        let paths = ["items/", "poam.yaml"];
        let batches = Preparer::new(&opened, None, &line, paths, EAGER.batch, None).unwrap();
        let mut replayer = Replayer::new("poam.yaml".to_owned(), Some(&opened));
        for batch in batches {
            for mut commit in batch.unwrap().commits {
                for file in &mut commit.files {
                    file.prefetched = Prefetched::default();
                }
                replayer.apply(&commit).unwrap();
            }
        }
        let history = read(&opened, head, "", "items/").unwrap();
        assert_eq!(history.events, replayer.events, "seed {seed}");
    }
}

/// Gives the bytes of a cache file the tag that its user would give it.
fn authenticate(repository: &Repository, bytes: &mut [u8]) {
    let mut tag = CacheKey::load(repository).unwrap().begin_tag().unwrap();
    tag.update(&bytes[48..]);
    bytes[16..48].copy_from_slice(&tag.finalize().into_bytes());
}

#[test]
fn damage_is_found_and_the_commits_are_read() {
    let (repo, commits) = repository(99, 24);
    let opened = open(&repo);
    let head = *commits.last().unwrap();
    let expected = cold(&opened, head);
    let random = &mut Random(7);
    for round in 0..32 {
        same(&warm(&opened, head, EAGER), &expected, || format!("round {round}, before"));
        let files = cached_files(&repo);
        let file = &files[random.below(files.len())];
        let mut bytes = std::fs::read(file).unwrap();
        match round % 4 {
            0 => bytes.truncate(random.below(bytes.len())),
            1 => bytes.push(0),
            _ => {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        }
        std::fs::write(file, &bytes).unwrap();
        same(&warm(&opened, head, EAGER), &expected, || format!("round {round}, damaged"));
    }
}

#[test]
fn an_authentic_file_of_nonsense_does_no_harm() {
    let (repo, commits) = repository(3, 20);
    let opened = open(&repo);
    let head = *commits.last().unwrap();
    let expected = cold(&opened, head);
    warm(&opened, head, EAGER);
    let random = &mut Random(11);
    let [file] = &cached_files(&repo)[..] else { panic!("one file") };
    let good = std::fs::read(file).unwrap();
    for _ in 0..150 {
        let mut bytes = good.clone();
        for _ in 0..1 + random.below(4) {
            let at = 48 + random.below(bytes.len() - 48);
            bytes[at] = u8::try_from(random.below(256)).unwrap();
        }
        authenticate(&opened, &mut bytes);
        std::fs::write(file, &bytes).unwrap();
        // It may be believed; it must come to an end.
        let cache = cache(&opened);
        let _ = reader(&opened, Some(&cache), EAGER).export_history(head);
        let _ = reader(&opened, Some(&cache), EAGER).read_history(head);
    }
    for file in cached_files(&repo) {
        std::fs::remove_file(file).unwrap();
    }
    std::fs::write(file, &good).unwrap();
    same(&warm(&opened, head, EAGER), &expected, || "in the end".to_owned());
}

#[test]
fn a_reader_that_got_a_part_of_nonsense_learns_of_it() {
    let (repo, commits) = repository(4, 20);
    let opened = open(&repo);
    let head = *commits.last().unwrap();
    let expected = read(&opened, head, "", "items/").unwrap().events;
    let passed_on = || {
        let mut events = Vec::new();
        let each = |mut some: Vec<_>| events.append(&mut some);
        let result = each_event(&opened, head, "", "items/", HistorySource::Cache, each);
        result.map(|()| events)
    };
    warm(&opened, head, EAGER);
    let [file] = &cached_files(&repo)[..] else { panic!("one file") };
    let mut bytes = std::fs::read(file).unwrap();
    // The state comes after the events.
    let wrong = (48..bytes.len()).rev().find_map(|at| {
        bytes[at] ^= 0x7f;
        authenticate(&opened, &mut bytes);
        std::fs::write(file, &bytes).unwrap();
        let failed = passed_on().err();
        bytes[at] ^= 0x7f;
        failed
    });
    let wrong = wrong.unwrap();
    assert!(matches!(wrong, HistoryError::Cache), "{wrong}");
    assert!(wrong.to_string().contains("run the command again"));
    assert!(!file.exists());
    assert_eq!(passed_on().unwrap(), expected);
}

#[test]
fn another_tracker_and_small_histories_have_nothing_of_it() {
    let (repo, commits) = repository(5, 20);
    let opened = open(&repo);
    let head = *commits.last().unwrap();
    read_cached(&opened, head, "", "items/").unwrap();
    assert_eq!(cached_files(&repo).len(), 0, "not worth a file");
    warm(&opened, head, EAGER);
    let cache = Cache::open(&opened, "", "items/a/").unwrap();
    let other = HistoryReader::new(&opened, "items/a/", "poam.yaml", Some(&cache));
    let other = HistoryReader { tuning: EAGER, ..other };
    let expected = described(&read(&opened, head, "", "items/a/").unwrap());
    for what in ["part", "again"] {
        same(&described(&other.read_history(head).unwrap()), &expected, || what.to_owned());
    }
}

#[test]
fn work_trees_share_it_and_it_stays_small() {
    let (repo, commits) = repository(8, 40);
    let opened = open(&repo);
    let tree = repo.beside("tree");
    repo.git(&["worktree", "add", "--quiet", "--detach", tree.to_str().unwrap(), "line"]);
    let head = *commits.last().unwrap();
    let tuning = ReadTuning { many_files: 1000, ..EAGER };
    warm(&opened, head, tuning);
    let files = cached_files(&repo);
    let other = Repository::open(&tree).unwrap().with_env(repo.env());
    same(&warm(&other, head, tuning), &cold(&opened, head), || "the other tree".to_owned());
    assert_eq!(cached_files(&repo), files);
    for commit in &commits {
        warm(&opened, *commit, ReadTuning { margin: 1, ..EAGER });
        assert!(cached_files(&repo).len() <= super::MAX_CHECKPOINTS);
    }
}

#[cfg(unix)]
#[test]
fn a_repository_that_cannot_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let (repo, commits) = repository(13, 20);
    let git = repo.path().join(".git");
    let set = |mode| std::fs::set_permissions(&git, PermissionsExt::from_mode(mode)).unwrap();
    // Where permissions bind nobody, a file in the way of the folder does the same.
    std::fs::write(git.join("poam"), "").unwrap();
    set(0o555);
    let opened = open(&repo);
    let head = *commits.last().unwrap();
    same(&warm(&opened, head, EAGER), &cold(&opened, head), || "read".to_owned());
    set(0o755);
}

#[test]
fn many_at_once_get_the_same() {
    let (repo, commits) = repository(21, 24);
    let head = *commits.last().unwrap();
    let expected = cold(&open(&repo), head);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let opened = open(&repo);
                for round in 0..10 {
                    same(&warm(&opened, head, EAGER), &expected, || "at once".to_owned());
                    if round % 3 == 0 {
                        let _ = std::fs::remove_dir_all(repo.path().join(".git/poam"));
                    }
                }
            });
        }
    });
}
