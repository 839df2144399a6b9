//! The history cache: others may write the folder that it lies in, and it is never evidence.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use crate::support::Repo;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\n";

/// Where the tag stands in a file of the cache, and what comes after it.
const TAG: std::ops::Range<usize> = 16..48;

fn cached(repo: &Repo) -> Vec<PathBuf> {
    let folder = repo.path().join(".git/poam/history");
    std::fs::read_dir(folder).into_iter().flatten().map(|it| it.unwrap().path()).collect()
}

fn key(repo: &Repo) -> Vec<u8> {
    std::fs::read(repo.beside("home/.local/state/poam/key")).unwrap()
}

/// The tag that a user with this key gives a file of a repository.
fn tag(key: &[u8], repository: &Path, body: &[u8]) -> [u8; 32] {
    let git = repository.join(".git").canonicalize().unwrap();
    let identity = git.as_os_str().as_encoded_bytes();
    let mut tag = Hmac::<Sha256>::new_from_slice(key).unwrap();
    tag.update(&(identity.len() as u64).to_le_bytes());
    tag.update(identity);
    tag.update(body);
    tag.finalize().into_bytes().into()
}

/// Changes V-1 so often that its history is worth a cache.
fn grow(repo: &Repo) {
    for day in 1..=40 {
        let due = format!("2026-03-{:02}", day % 28 + 1);
        repo.write("items/V-1.yaml", ITEM.replace("2026-01-31", &due));
        repo.commit("2026-01-03", &format!("day {day}"));
    }
}

#[test]
fn what_the_commits_say_counts_whatever_was_forged() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/V-1.yaml", ITEM);
    repo.write("items/V-3.yaml", ITEM.replace("V-1", "V-3"));
    repo.commit("2026-01-02", "start");
    let twin = Repo::new();
    twin.git(&["pull", "--quiet", &repo.path().display().to_string(), "main"]);
    grow(&repo);
    repo.remove("items/V-3.yaml").commit("2026-01-04", "V-3 was never there");
    // What the twin holds is harmless, and as long.
    grow(&twin);
    twin.write("README", "harmless").commit("2026-01-04", "harmless");
    let head = |repo: &Repo| repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let (true_head, false_head) = (head(&repo), head(&twin));

    let log = ["log", "--action", "item-deleted", "--format", "ndjson"];
    let verify = ["--today", "2026-02-01", "verify"];
    let expected = (repo.poam(0, &log).0, repo.poam(1, &verify).0);
    assert!(expected.0.contains("V-3") && expected.1.contains("item-deleted"), "{expected:?}");
    assert_eq!(cached(&repo).len(), 1);
    twin.poam(0, &log);

    let bytes = |text: &str| -> Vec<u8> {
        (0..40).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let (from, to) = (bytes(&false_head), bytes(&true_head));
    let [file] = &cached(&twin)[..] else { panic!("one file") };
    let mut forged = std::fs::read(file).unwrap();
    while let Some(at) = forged.windows(20).position(|it| it == from) {
        forged[at..at + 20].copy_from_slice(&to);
    }
    let name = file.file_name().unwrap().to_str().unwrap().replace(&false_head, &true_head);
    let place = repo.path().join(".git/poam/history").join(name);
    assert!(place.exists(), "it takes the place of the true one");
    let body = forged[TAG.end..].to_vec();
    let digest: [u8; 32] = <Sha256 as sha2::Digest>::digest(&body).into();
    let by_others = tag(&key(&twin), &repo.path(), &body);
    let of_the_twin = tag(&key(&repo), &twin.path(), &body);
    for made_anew in [digest, by_others, of_the_twin, [0; 32]] {
        forged[TAG].copy_from_slice(&made_anew);
        std::fs::write(&place, &forged).unwrap();
        assert_eq!(repo.poam(1, &verify).0, expected.1);
        let (out, err) = repo.poam(0, &log);
        assert_eq!((out, err.as_str()), (expected.0.clone(), ""));
        assert_ne!(std::fs::read(&place).unwrap(), forged, "it was made anew");
    }
    // Even one that the user's own key vouches for is no evidence.
    forged[TAG].copy_from_slice(&tag(&key(&repo), &repo.path(), &body));
    std::fs::write(&place, &forged).unwrap();
    assert_eq!(repo.poam(0, &log).0, "", "log believes it");
    assert_eq!(repo.poam(1, &verify).0, expected.1);
    assert!(repo.poam(0, &["export", "ndjson", "--events"]).0.contains("item-deleted"));
    repo.git(&["tag", "audited"]);
    assert_eq!(repo.poam(0, &[&log[..], &["--as-of", "audited"]].concat()).0, expected.0);
    let kept = std::fs::read(&place).unwrap();
    repo.poam(0, &["workbook", "-o", "a.xlsx"]);
    repo.poam(0, &["snapshot", "2026-01"]);
    assert_eq!(std::fs::read(&place).unwrap(), kept, "nor is it written for evidence");
    std::fs::remove_dir_all(repo.path().join(".git/poam")).unwrap();
    repo.poam(0, &["workbook", "-o", "b.xlsx"]);
    assert_eq!(repo.read_bytes("a.xlsx"), repo.read_bytes("b.xlsx"));
}

#[test]
fn without_a_home_nothing_is_cached() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    grow(&repo);
    let program = env!("CARGO_BIN_EXE_poam");
    let run = |variables: &[(&str, &str)]| {
        let mut command = repo.command(program, &repo.path());
        command.env("HOME", "").env("XDG_CONFIG_HOME", "").envs(variables.iter().copied());
        let output = command.args(["log"]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        output.stdout
    };
    let cold = run(&[]);
    assert!(cached(&repo).is_empty());
    let state = repo.beside("state").display().to_string();
    assert_eq!(run(&[("XDG_STATE_HOME", &state)]), cold);
    assert_eq!(cached(&repo).len(), 1);
    assert_eq!(run(&[("XDG_STATE_HOME", &state)]), cold);
    // Another user of the same folder reads the commits, and leaves a cache of his own.
    let other = repo.beside("other").display().to_string();
    assert_eq!(run(&[("XDG_STATE_HOME", &other)]), cold);
}
