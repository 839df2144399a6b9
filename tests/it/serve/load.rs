//! Readers and writers at once. `POAM_SERVE_ITEMS`, `POAM_SERVE_READERS`, `POAM_SERVE_WRITERS` and
//! `POAM_SERVE_SECONDS` make it larger; `POAM_SERVE_PROGRAM` measures another build of the program.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{item, start};
use crate::support::Repo;

/// Pages that readers open.
const PATHS: [&str; 7] = [
    "/api/v1/state",
    "/",
    "/items.html",
    "/todo.html",
    "/log.html",
    "/api/v1/items/W-1",
    "/item/W-1.html",
];

fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    eprintln!(
        "{what}: {} requests, median {:?}, 95 % {:?}, slowest {:?}",
        times.len(),
        at(50),
        at(95),
        times.last()
    );
}

#[test]
fn readers_and_writers_lose_nothing() {
    let items = size("POAM_SERVE_ITEMS", 60);
    let (readers, writers) = (size("POAM_SERVE_READERS", 6), size("POAM_SERVE_WRITERS", 3));
    let time = Duration::from_secs(size("POAM_SERVE_SECONDS", 4) as u64);
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    for number in 0..items {
        let path = format!("items/{}/W-{number}.yaml", number / 100);
        repo.write(&path, item(&format!("W-{number}"), "open"));
    }
    repo.commit("2026-01-10", "begin");
    let server = start(&repo, &[]);
    let (end, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (mut read_times, mut write_times) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let read = || {
            let mut times = Vec::new();
            while !end.load(Ordering::Relaxed) {
                for path in PATHS {
                    let begin = Instant::now();
                    let answer = server.get(path);
                    times.push((path, begin.elapsed()));
                    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
                    if path == "/api/v1/state" {
                        assert_eq!(answer.json()["items"], items);
                        assert_eq!(answer.json()["unreadable"], 0);
                    }
                }
            }
            times
        };
        // Each writer has items of its own, and they share the first one.
        let write = |writer: usize| {
            let (end, written, server) = (&end, &written, &server);
            move || {
                let mut times = Vec::new();
                let mut count = 0;
                while !end.load(Ordering::Relaxed) {
                    count += 1;
                    let own = 1 + writer + writers * (count % 3);
                    let id = format!("W-{}", if count % 4 == 0 { 0 } else { own });
                    let body = json!({"items": [id], "arguments": {"reference": "x", "ref": format!("CHG-{writer}-{count}")}});
                    let body = json!({"items": body["items"], "arguments": {"ref": body["arguments"]["ref"]}});
                    let begin = Instant::now();
                    let answer = server.post_json("/api/v1/commands/evidence-add", &body);
                    times.push(begin.elapsed());
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    written.fetch_add(1, Ordering::Relaxed);
                    // The writer sees what it wrote.
                    let seen = server.get(&format!("/api/v1/items/{id}")).json();
                    let wanted = format!("CHG-{writer}-{count}");
                    let evidence = seen["evidence"].as_array().unwrap();
                    assert!(
                        evidence.iter().any(|one| one["reference"] == wanted),
                        "{wanted}: {seen}"
                    );
                }
                times
            }
        };
        let readers: Vec<_> = (0..readers).map(|_| scope.spawn(read)).collect();
        let writers: Vec<_> = (0..writers).map(|writer| scope.spawn(write(writer))).collect();
        std::thread::sleep(time);
        end.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|it| read_times.extend(it.join().unwrap()));
        writers.into_iter().for_each(|it| write_times.extend(it.join().unwrap()));
    });
    for path in PATHS {
        let of_path = read_times.iter().filter(|(other, _)| *other == path);
        print(path, of_path.map(|(_, time)| *time).collect());
    }
    print("all reads", read_times.into_iter().map(|(_, time)| time).collect());
    print("writes", write_times);
    let written = written.load(Ordering::Relaxed);
    let commits: usize = repo.git(&["rev-list", "--count", "HEAD"]).trim().parse().unwrap();
    assert_eq!(commits, 1 + written, "each change is a commit");
    let mut references = 0;
    for number in 0..items {
        let text = repo.read(&format!("items/{}/W-{number}.yaml", number / 100));
        references += text.matches("reference: CHG-").count();
    }
    assert_eq!(references, written, "nothing is lost");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}
