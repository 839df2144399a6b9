//! SIGKILL at random moments.

use std::time::{Duration, Instant};

use super::{ITEMS, InterruptedTracker, KINDS, Random, kill, tries};

/// Rounds in one repository.
const ROUNDS: usize = 120;

#[test]
fn a_kill_at_any_moment_leaves_the_old_or_the_new() {
    let wanted = tries("POAM_KILLS", 30);
    let mut random = Random::new();
    let (mut alive, mut undone, mut beside, mut round) = (0, 0, 0, 0);
    let begin = Instant::now();
    while round < wanted {
        let world = InterruptedTracker::new();
        world.fill();
        let mut items = ITEMS;
        // How long a command of each kind takes.
        let mut lengths = [Duration::from_millis(250); KINDS.len()];
        for _ in 0..ROUNDS.min(wanted - round) {
            let at = random.below(KINDS.len() as u64) as usize;
            let kind = KINDS[at];
            world.prepare(kind, round);
            let (words, trace) = world.words(kind, round);
            let whole_group = random.below(2) == 0;
            let what = format!("{kind} {round} {}", if whole_group { "group" } else { "alone" });
            let started = Instant::now();
            let mut child = world.command(&words).spawn().unwrap();
            let moment = random.below(lengths[at].as_micros() as u64 * 11 / 10);
            std::thread::sleep(Duration::from_micros(moment));
            if child.try_wait().unwrap().is_none() {
                alive += 1;
            } else {
                lengths[at] = (lengths[at] * 3 + started.elapsed()) / 4;
            }
            kill(&mut child, whole_group);
            child.wait().unwrap();
            undone += usize::from(world.check_after(&what, trace.as_deref()));
            let begun = Instant::now();
            let again = world.command(&words).output().unwrap();
            if again.status.success() {
                lengths[at] = (lengths[at] * 3 + begun.elapsed()) / 4;
            }
            let err = String::from_utf8_lossy(&again.stderr).into_owned();
            let done = ["already", "is a snapshot", "evidence", "in-progress"];
            world.commit_rest();
            let is_done = done.iter().any(|word| err.contains(word));
            assert!(again.status.success() || is_done, "{what}: again: {err}");
            if kind == "report" {
                assert!(world.repo.beside("report/index.html").exists(), "{what}");
                beside += std::fs::read_dir(world.repo.beside(""))
                    .unwrap()
                    .flatten()
                    .filter(|entry| entry.file_name().to_string_lossy().starts_with(".poam"))
                    .count();
            }
            if kind == "import" {
                items += 4;
            }
            world.check_all(&what, items);
            round += 1;
            if round % 100 == 0 {
                println!(
                    "{round} rounds in {:?}: {alive} killed alive, {undone} undone, {beside} files \
                     beside the report",
                    begin.elapsed()
                );
            }
        }
    }
    println!("{round} rounds: {alive} killed alive, {undone} undone by the next command");
    assert!(alive > 0, "nothing was killed");
}
