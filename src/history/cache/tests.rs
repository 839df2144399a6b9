//! However a history is put together, it is the one that the commits tell.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use hmac::Mac as _;

use super::super::read::{Pace, Place};
use super::super::{
    Action, Brief, History, HistoryError, HistorySource, Original, each_event, read, read_brief,
    read_cached,
};
use super::Cache;
use super::key::CacheKey;
use crate::repository::testing::Repo;
use crate::repository::{CommitId, Repository};

const EAGER: Pace = Pace { least: 1, many: 3, recent: 3, few: 5, piece: None, ahead: true };

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

/// What somebody may do to a tracker.
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

/// A repository with a main line that has merges, and other lines that leave it.
fn repository(seed: u64, length: usize) -> (Repo, Vec<CommitId>) {
    let random = &mut Random(seed);
    let repo = Repo::new();
    let mut stream = String::new();
    let mut trees: Vec<Tree> = Vec::new();
    let mut commit = |random: &mut Random, parents: &[usize], trees: &mut Vec<Tree>| {
        let mut tree = parents.first().map(|at| trees[*at].clone()).unwrap_or_default();
        if let Some(side) = parents.get(1) {
            // What the merge takes from the other side: all, some or nothing of it.
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
        let message = [
            "change\n",
            "change\n\nWhy it was.\n\nPoam-Reason: because\n",
            "import\n\nPoam-Reconstructed: true\nPoam-Source: a.xlsx\nPoam-Source-Id: 1\n",
        ][random.below(3)];
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

/// Everything that a history says.
fn told(history: &History) -> String {
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
    told(&read(repository, commit, "", "items/").unwrap())
}

fn place(repository: &Repository) -> Place<'_> {
    Place { repository, items_folder: "items/", settings: "poam.yaml" }
}

fn warm(repository: &Repository, commit: CommitId, pace: Pace) -> String {
    let cache = Cache::of(repository, "", "items/").unwrap();
    told(&place(repository).history(Some(&cache), commit, pace).unwrap())
}

#[track_caller]
fn same(ours: &str, theirs: &str, what: impl FnOnce() -> String) {
    if ours != theirs {
        let at = ours.lines().zip(theirs.lines()).find(|(a, b)| a != b);
        panic!("{}: {at:?}", what());
    }
}

fn kept(repo: &Repo) -> Vec<PathBuf> {
    let folder = repo.path().join(".git/poam/history");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_is_kept_says_what_the_commits_say() {
    for seed in 0..4 {
        let (repo, commits) = repository(seed, 24);
        let opened = open(&repo);
        let random = &mut Random(seed);
        let colds: Vec<String> = commits.iter().map(|it| cold(&opened, *it)).collect();
        // In the order in which they were made, each commit after what is kept of earlier ones.
        for (at, commit) in commits.iter().enumerate() {
            let what = || format!("seed {seed}, commit {at}");
            same(&warm(&opened, *commit, EAGER), &colds[at], what);
            same(&warm(&opened, *commit, EAGER), &colds[at], what);
        }
        // Backwards and forwards between branches, with strides of any length.
        std::fs::remove_dir_all(repo.path().join(".git/poam")).unwrap();
        for step in 0..20 {
            let at = random.below(commits.len());
            let (least, recent, few) =
                (1 + random.below(4), 1 + random.below(5), 1 + random.below(7));
            let piece = (random.below(3) > 0).then(|| 1 + random.below(9));
            let ahead = random.below(2) == 0;
            let pace = Pace { least, many: 1000, recent, few, piece, ahead };
            let what = || format!("seed {seed}, step {step}, commit {at}");
            same(&warm(&opened, commits[at], pace), &colds[at], what);
        }
        assert!(!kept(&repo).is_empty());
    }
}

/// What a history says of what a brief is asked for.
fn asked(history: &History) -> String {
    let mut out = format!("{:?} {:?}\n", history.head, history.head_time);
    for id in history.ids() {
        let first = history.first(id).map(|first| Original {
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

/// What a brief says of the same items.
fn in_brief(brief: &Brief, history: &History) -> String {
    let mut out = format!("{:?} {:?}\n", brief.head, brief.head_time);
    for id in history.ids() {
        let _ = writeln!(out, "{id} {:?} {:?}", brief.status_date(id), brief.first(id));
        for step in brief.steps(id) {
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
        let cache = Cache::of(&opened, "", "items/").unwrap();
        let random = &mut Random(seed);
        // Each after what is kept of earlier ones, or of all.
        for (at, commit) in commits.iter().enumerate() {
            let what = || format!("seed {seed}, commit {at}");
            let history = read(&opened, *commit, "", "items/").unwrap();
            let expected = asked(&history);
            same(&in_brief(&(&history).into(), &history), &expected, what);
            let brief =
                read_brief(&opened, *commit, "", "items/", at % 2 == 0, HistorySource::Cache)
                    .unwrap();
            same(&in_brief(&brief, &history), &expected, what);
            let piece = (random.below(3) > 0).then(|| 1 + random.below(5));
            let least = [1, 1000][random.below(2)];
            for _ in 0..2 {
                let pace = Pace { least, piece, ..EAGER };
                let brief = place(&opened).brief(Some(&cache), *commit, pace).unwrap();
                same(&in_brief(&brief, &history), &expected, what);
            }
        }
    }
}

#[test]
fn who_goes_through_what_happened_is_told_all_of_it_once() {
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
fn nobody_is_told_of_what_is_damaged() {
    let (repo, commits) = repository(70, 12);
    let opened = open(&repo);
    let (before, head) = (commits[commits.len() / 2], *commits.last().unwrap());
    warm(&opened, before, EAGER);
    warm(&opened, head, EAGER);
    let cache = Cache::of(&opened, "", "items/").unwrap();
    assert!(cache.chain(head).is_ok());
    for file in kept(&repo) {
        let good = std::fs::read(&file).unwrap();
        for at in (0..good.len()).step_by(7) {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            std::fs::write(&file, &bytes).unwrap();
            assert!(cache.chain(head).is_err(), "{at}");
        }
        for length in [0, 8, 47, 48, 60, good.len() - 1] {
            std::fs::write(&file, &good[..length]).unwrap();
            assert!(cache.chain(head).is_err(), "{length}");
        }
        std::fs::write(&file, &good).unwrap();
    }
    assert!(cache.chain(head).is_ok() && cache.chain(commits[0]).is_err());
}

#[test]
fn a_commit_of_many_files_is_kept_as_many_commits_are() {
    let repo = Repo::new();
    for id in ["V-1", "V-2", "V-3"] {
        repo.write(&format!("items/{id}.yaml"), format!("id: {id}\n"));
    }
    repo.commit("2026-01-01", "import");
    let opened = open(&repo);
    let head = opened.head().unwrap().unwrap();
    warm(&opened, head, Pace { many: 4, ..Pace::USUAL });
    assert_eq!(kept(&repo).len(), 0);
    warm(&opened, head, Pace { many: 3, ..Pace::USUAL });
    assert_eq!(kept(&repo).len(), 1);
}

#[test]
fn what_is_found_out_ahead_decides_nothing() {
    for seed in 30..42 {
        let (repo, commits) = repository(seed, 30);
        let opened = open(&repo);
        let head = *commits.last().unwrap();
        let by = |pace: Pace| told(&place(&opened).history(None, head, pace).unwrap());
        let plainly = by(Pace { ahead: false, ..Pace::USUAL });
        for few in [0, 1000] {
            let what = || format!("seed {seed}, in threads above {few}");
            same(&by(Pace { few, ..Pace::USUAL }), &plainly, what);
        }
    }
}

/// Gives the bytes of a cache file the tag that its user would give it.
fn authenticate(repository: &Repository, bytes: &mut [u8]) {
    let mut tag = CacheKey::load(repository).unwrap().tag().unwrap();
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
    for round in 0..48 {
        same(&warm(&opened, head, EAGER), &expected, || format!("round {round}, before"));
        let files = kept(&repo);
        let file = &files[random.below(files.len())];
        let mut bytes = std::fs::read(file).unwrap();
        match round % 6 {
            0 => bytes.truncate(random.below(bytes.len())),
            1 => bytes.push(0),
            2 => bytes = std::fs::read(&files[random.below(files.len())]).unwrap(),
            3 => std::fs::remove_file(file).unwrap(),
            _ => {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        }
        if round % 6 != 3 {
            std::fs::write(file, &bytes).unwrap();
        }
        same(&warm(&opened, head, EAGER), &expected, || format!("round {round}, damaged"));
    }
}

#[test]
fn what_somebody_made_up_neither_crashes_nor_counts_where_it_is_none() {
    let (repo, commits) = repository(3, 20);
    let opened = open(&repo);
    let head = *commits.last().unwrap();
    let expected = cold(&opened, head);
    warm(&opened, head, EAGER);
    let random = &mut Random(11);
    for _ in 0..150 {
        let files = kept(&repo);
        let file = &files[random.below(files.len())];
        let good = std::fs::read(file).unwrap();
        let mut bytes = good.clone();
        for _ in 0..1 + random.below(4) {
            let at = 48 + random.below(bytes.len() - 48);
            bytes[at] = u8::try_from(random.below(256)).unwrap();
        }
        authenticate(&opened, &mut bytes);
        std::fs::write(file, &bytes).unwrap();
        // With a digest that fits it may be believed; it must come to an end.
        let cache = Cache::of(&opened, "", "items/").unwrap();
        let _ = place(&opened).brief(Some(&cache), head, EAGER);
        let _ = place(&opened).history(Some(&cache), head, EAGER);
        std::fs::write(file, &good).unwrap();
    }
    same(&warm(&opened, head, EAGER), &expected, || "in the end".to_owned());
}

#[test]
fn who_was_told_a_part_of_what_is_none_learns_of_it() {
    let (repo, commits) = repository(4, 20);
    let opened = open(&repo);
    let head = *commits.last().unwrap();
    let expected = read(&opened, head, "", "items/").unwrap().events;
    let heard = || {
        let mut events = Vec::new();
        let each = |mut some: Vec<_>| events.append(&mut some);
        let told = each_event(&opened, head, "", "items/", HistorySource::Cache, each);
        told.map(|()| events)
    };
    // Two segments, of which the newer one breaks off.
    warm(&opened, head, EAGER);
    let files = kept(&repo);
    assert_eq!(files.len(), 2);
    let newer = files.iter().find(|file| file.to_string_lossy().ends_with(&head.to_string()));
    let newer = newer.unwrap();
    let mut bytes = std::fs::read(newer).unwrap();
    let wrong = (48..bytes.len()).find_map(|at| {
        bytes[at] ^= 0x7f;
        authenticate(&opened, &mut bytes);
        std::fs::write(newer, &bytes).unwrap();
        let failed = heard().err();
        bytes[at] ^= 0x7f;
        failed
    });
    let wrong = wrong.unwrap();
    assert!(matches!(wrong, HistoryError::Kept), "{wrong}");
    assert!(wrong.to_string().contains("run the command again"));
    assert_eq!(heard().unwrap(), expected);
    assert!(!newer.exists());
}

#[test]
fn another_tracker_and_small_histories_have_nothing_of_it() {
    let (repo, commits) = repository(5, 20);
    let opened = open(&repo);
    let head = *commits.last().unwrap();
    read_cached(&opened, head, "", "items/").unwrap();
    assert_eq!(kept(&repo).len(), 0, "not worth a file");
    warm(&opened, head, EAGER);
    let other = Place { items_folder: "items/a/", ..place(&opened) };
    let cache = Cache::of(&opened, "", "items/a/").unwrap();
    for what in ["part", "again"] {
        let part = told(&other.history(Some(&cache), head, EAGER).unwrap());
        same(&part, &told(&read(&opened, head, "", "items/a/").unwrap()), || what.to_owned());
    }
}

#[test]
fn work_trees_share_it_and_it_stays_small() {
    let (repo, commits) = repository(8, 40);
    let opened = open(&repo);
    let tree = repo.beside("tree");
    repo.git(&["worktree", "add", "--quiet", "--detach", tree.to_str().unwrap(), "line"]);
    let head = *commits.last().unwrap();
    warm(&opened, head, EAGER);
    let (files, other) = (kept(&repo), Repository::open(&tree).unwrap().with_env(repo.env()));
    same(&warm(&other, head, EAGER), &cold(&opened, head), || "the other tree".to_owned());
    assert_eq!(kept(&repo), files);
    for commit in &commits {
        warm(&opened, *commit, Pace { recent: 1, ..EAGER });
        assert!(kept(&repo).len() <= super::MOST + super::CHAIN, "{}", kept(&repo).len());
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
