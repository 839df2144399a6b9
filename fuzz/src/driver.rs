//! Mutates inputs and runs a target on them; the same seed gives the same inputs.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A target: bytes in, a few words on the outcome.
pub type Target = fn(&[u8]) -> String;

/// Limits of a run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// When the run ends.
    pub time: Duration,
    /// The longest time for one input.
    pub one: Duration,
    /// The most memory of the process, in megabytes; 0 where nobody looks.
    pub megabytes: u64,
}

/// Outcome of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Inputs that were run.
    pub inputs: u64,
    /// Different outcomes.
    pub kinds: usize,
    /// Findings, each with the input that shows it.
    pub findings: Vec<(String, Vec<u8>)>,
}

/// Numbers that look random; the same for the same seed.
pub struct Random(u64);

impl Random {
    /// A generator.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }
}

/// The longest input that is made, in bytes: the limits of the parsers are tested elsewhere.
const LONGEST: usize = 200_000;

/// The most inputs that are mutated.
const MOST: usize = 2_000;

/// Words that the formats give a meaning.
const WORDS: [&[u8]; 60] = [
    b"\n",
    b"\r\n",
    b": ",
    b"- ",
    b"[",
    b"]",
    b"{",
    b"}",
    b"'",
    b"\"",
    b"#",
    b"&a ",
    b"*a",
    b"|",
    b">",
    b"|-\n  ",
    b"? ",
    b"---\n",
    b"...\n",
    b"!!str ",
    b"<<: ",
    b"~",
    b"null",
    b"true",
    b"yes",
    b"0",
    b"-1",
    b"1e999",
    b"99999999999999999999",
    b"2026-02-30",
    b"2026-01-05",
    b"02/03/04",
    b"\t",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xae",
    b"e\xcc\x81",
    b"\\u0000",
    b"id: V-1\n",
    b"status: open\n",
    b"milestones:\n",
    b"(1) 2026-01-05: ",
    b"(2) Update 2026-02-01 : ",
    b" -> ",
    b";",
    b",",
    b"=1+1",
    b"<",
    b">",
    b"&amp;",
    b"</",
    b"<!--",
    b"uniqueCount=\"4294967295\"",
    b"r=\"XFD1048576\"",
    b"t=\"s\"",
    b"ref=\"A1:XFD1048576\"",
    b"$ref",
    b"\"uuid\":",
];

/// Mutates `seeds` and runs the target on each result until the time is over.
///
/// `before` is called with every input before it runs, for who must know the last one of a process that
/// ends.
pub fn run(
    target: Target,
    seeds: Vec<Vec<u8>>,
    random: &mut Random,
    limits: Limits,
    mut before: impl FnMut(&[u8]),
) -> Outcome {
    let begun = Instant::now();
    let (mut outcome, mut seen) = (Outcome::default(), BTreeSet::new());
    let mut corpus = seeds;
    if corpus.is_empty() {
        corpus.push(Vec::new());
    }
    let mut next = 0;
    while begun.elapsed() < limits.time {
        // The corpus first, as it is.
        let input = match corpus.get(next) {
            Some(input) if next < MOST && outcome.inputs == next as u64 => input.clone(),
            _ => mutated(&corpus, random),
        };
        next += 1;
        before(&input);
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| target(&input)));
        let took = start.elapsed();
        outcome.inputs += 1;
        let megabytes = if limits.megabytes > 0 { memory() } else { 0 };
        let mut wrong = match &result {
            Ok(_) => None,
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                Some(format!("panic: {}", text.unwrap_or("without a message")))
            }
        };
        if wrong.is_none() && took > limits.one {
            wrong = Some(format!("{} ms for one input", took.as_millis()));
        }
        if wrong.is_none() && limits.megabytes > 0 && megabytes > limits.megabytes {
            wrong = Some(format!("{megabytes} MB of memory"));
        }
        if let Some(wrong) = wrong {
            let first = seen.insert(wrong.clone());
            let is_memory = wrong.ends_with("memory");
            if first {
                outcome.findings.push((wrong, input));
            }
            // The peak never comes down again.
            if is_memory {
                break;
            }
        } else if let Ok(kind) = result
            && seen.insert(kind)
            && corpus.len() < MOST
            && input.len() <= LONGEST
        {
            corpus.push(input);
        }
    }
    outcome.kinds = seen.len();
    outcome
}

/// The files of a folder, in the order of their names.
pub fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

/// The most memory that this process ever had, in megabytes; 0 where the system does not tell.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

fn mutated(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let empty = Vec::new();
    let pick = |random: &mut Random| corpus.get(random.below(corpus.len())).unwrap_or(&empty);
    let mut input = pick(random).clone();
    if input.starts_with(b"PK\x03\x04") && random.below(4) > 0 {
        return in_archive(&input, random).unwrap_or(input);
    }
    let other = pick(random).clone();
    for _ in 0..=random.below(6) {
        mutate(&mut input, &other, random);
    }
    input.truncate(LONGEST);
    input
}

fn mutate(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let length = 1 + random.below(32);
    let end = (at + length).min(input.len());
    match random.below(8) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.next() as u8;
            }
        }
        2 => {
            input.drain(at..end);
        }
        3 => {
            let block: Vec<u8> = input.get(at..end).unwrap_or_default().to_vec();
            let place = random.below(input.len() + 1);
            input.splice(place..place, block);
        }
        4 => {
            let from = random.below(other.len() + 1);
            let block = other.get(from..(from + 8 * length).min(other.len())).unwrap_or_default();
            input.splice(at..at, block.iter().copied());
        }
        5 => {
            // A line of another input, or of this one, in a new place.
            let lines: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
            let line = lines.get(random.below(lines.len())).copied().unwrap_or_default().to_vec();
            let place = input.iter().skip(at).position(|byte| *byte == b'\n');
            let place = place.map_or(at, |found| at + found + 1);
            input.splice(place..place, line);
        }
        6 => {
            let word = WORDS.get(random.below(WORDS.len())).copied().unwrap_or_default();
            input.splice(at..end.min(at + random.below(8)).max(at), word.iter().copied());
        }
        _ => {
            // Many repetitions, for depth and width.
            let block: Vec<u8> = input.get(at..end).unwrap_or_default().to_vec();
            let times = 1 << random.below(10);
            let many = block.repeat(times.min(LONGEST / block.len().max(1)));
            input.splice(at..at, many);
        }
    }
}

/// An archive with one of its parts mutated.
fn in_archive(input: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(input)).ok()?;
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).ok()?;
        let (name, mut bytes) =
            (part.name().map(|name| name.to_string()).unwrap_or_default(), Vec::new());
        part.by_ref().take(4 * LONGEST as u64).read_to_end(&mut bytes).ok()?;
        parts.push((name, bytes));
    }
    let other = parts.get(random.below(parts.len()))?.1.clone();
    let place = random.below(parts.len());
    for _ in 0..=random.below(6) {
        mutate(&mut parts.get_mut(place)?.1, &other, random);
    }
    if random.below(16) == 0 {
        parts.remove(random.below(parts.len()));
    }
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        out.start_file(name, zip::write::SimpleFileOptions::default()).ok()?;
        out.write_all(&bytes).ok()?;
    }
    Some(out.finish().ok()?.into_inner())
}
