//! Disks without space.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{ITEMS, InterruptedTracker, KINDS, Random, tries};

/// A small file system; it is gone with its value.
struct Disk(PathBuf);

impl Disk {
    /// Mounts one at a folder; none where that is not possible.
    fn mount(folder: &Path, kilobytes: usize) -> Option<Self> {
        let size = format!("size={kilobytes}k");
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(folder.to_owned()))
    }

    /// Fills it up to some kilobytes.
    fn fill(&self, free: u64) {
        let mut file = std::fs::File::create(self.0.join(".filler")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(free * 1024)).unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join(".filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["--lazy"]).arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let wanted = tries("POAM_FULL_DISKS", 12);
    let mut random = Random::new();
    let (mut round, mut refused) = (0, 0);
    while round < wanted {
        let world = InterruptedTracker::new();
        let Some(disk) = Disk::mount(&world.top, 6144) else {
            println!("skipped: no file system can be mounted here");
            return;
        };
        world.fill();
        std::fs::write(world.top.join(".git/info/exclude"), ".filler\n").unwrap();
        let mut items = ITEMS;
        for _ in 0..25.min(wanted - round) {
            let kind = KINDS[random.below(KINDS.len() as u64) as usize];
            world.prepare(kind, round);
            let (words, trace) = world.words(kind, round);
            let free = random.below(160);
            let what = format!("{kind} {round}, {free} kB free");
            disk.fill(free);
            let output = world.command(&words).output().unwrap();
            disk.make_room();
            let err = String::from_utf8_lossy(&output.stderr).into_owned();
            let code = output.status.code();
            assert!(matches!(code, Some(0 | 2)), "{what}: {code:?} {err}");
            refused += usize::from(code == Some(2));
            // A transition of an earlier round may have brought the item where this one wants it.
            if code == Some(2) && !err.contains("in-progress already") {
                let space = ["No space", "space", "disk", "unable to", "cannot", "failed"];
                assert!(space.iter().any(|word| err.contains(word)), "{what}: {err}");
            }
            world.check_after(&what, trace.as_deref());
            let again = world.command(&words).output().unwrap();
            let err = String::from_utf8_lossy(&again.stderr).into_owned();
            let done = ["already", "is a snapshot", "evidence", "in-progress"];
            world.commit_rest();
            let is_done = done.iter().any(|word| err.contains(word));
            assert!(again.status.success() || is_done, "{what}: again: {err}");
            items += if kind == "import" { 4 } else { 0 };
            world.check_all(&what, items);
            round += 1;
        }
    }
    println!("{round} runs on full disks, {refused} refused");
}

#[test]
fn a_hook_that_fills_the_disk_and_refuses_loses_nothing() {
    let world = InterruptedTracker::new();
    let Some(_disk) = Disk::mount(&world.top, 4096) else {
        println!("skipped: no file system can be mounted here");
        return;
    };
    world.fill();
    let old = world.repo.read("items/V-1.yaml");
    world.repo.hook("pre-commit", "cat /dev/zero > .git/filler 2>/dev/null; exit 1");
    let (words, trace) = world.words("assign", 1);
    let output = world.command(&words).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{err}");
    world.repo.hook("pre-commit", "");
    std::fs::remove_file(world.top.join(".git/filler")).unwrap();
    world.check_after("hook", trace.as_deref());
    assert_eq!(world.repo.read("items/V-1.yaml"), old, "{err}");
}

#[test]
fn a_temporary_folder_that_is_full_or_missing_stops_nothing_but_a_snapshot_and_says_so() {
    let world = InterruptedTracker::new();
    world.fill();
    let Some(disk) = Disk::mount(&world.temporary, 64) else {
        println!("skipped: no file system can be mounted here");
        return;
    };
    disk.fill(0);
    for (round, kind) in KINDS.iter().enumerate() {
        world.prepare(kind, round);
        let (words, _) = world.words(kind, round);
        for temporary in [world.temporary.clone(), world.repo.beside("missing")] {
            let begin = Instant::now();
            let output = world.command(&words).env("TMPDIR", &temporary).output().unwrap();
            assert!(begin.elapsed() < Duration::from_secs(10), "{kind}");
            let err = String::from_utf8_lossy(&output.stderr).into_owned();
            let code = output.status.code();
            assert!(matches!(code, Some(0 | 2)), "{kind}: {code:?} {err}");
            let is_done = err.contains("already") || err.contains("is a snapshot");
            let names = err.contains("temporary") || err.contains("missing");
            assert!(code == Some(0) || is_done || names, "{kind}: {err}");
            // A snapshot builds the workbook, which needs such a folder.
            if *kind == "snapshot" {
                let folder = temporary.display().to_string();
                assert_eq!(code, Some(2), "{err}");
                assert!(err.contains(&folder) && err.contains("TMPDIR"), "{err}");
            }
            world.repo.git(&["commit", "--quiet", "--allow-empty", "-am", "formatted"]);
        }
    }
}
