//! `poam rules --compare`: our data beside newer official files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::input::read_document;
use super::{CommandOutcome, Session, TextOrJson};
use crate::drift::{DriftReport, NewerFile, Weight, compare};
use crate::text::{plural, visible};

/// The largest file that is compared: NIST's catalog has about 10 MB.
const MAX_FILE: u64 = 100_000_000;

/// The most files of a folder that are looked at.
const MAX_FILES: usize = 10_000;

/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 8;

/// Compares the files of a folder, or one file, with our data.
pub(super) fn run(
    session: &mut Session,
    folder: &Path,
    format: TextOrJson,
) -> Result<CommandOutcome> {
    let mut listing = FileListing::default();
    match folder.is_dir() {
        true => listing.collect_files(folder, 0)?,
        false => listing.files.push(folder.to_owned()),
    }
    listing.files.sort();
    listing.left_out.sort();
    let shown = |path: &Path| {
        let rest = path.strip_prefix(folder).ok().filter(|rest| !rest.as_os_str().is_empty());
        rest.unwrap_or(path).display().to_string()
    };
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for path in &listing.files {
        let read = read_document(path, MAX_FILE, "a data file");
        match read.map(String::from_utf8) {
            Ok(Ok(text)) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                files.push(NewerFile { path: shown(path), text });
            }
            Ok(Err(_)) => unreadable.push((shown(path), "it is not text in UTF-8".to_owned())),
            // One file that is named and cannot be read is the entire work.
            Err(error) if !folder.is_dir() => {
                return Err(error).with_context(|| format!("reading {}", path.display()));
            }
            Err(error) => unreadable.push((shown(path), format!("it cannot be read: {error:#}"))),
        }
    }
    let mut report = compare(&files);
    for (path, reason) in unreadable {
        report.leave_out(path, reason);
    }
    for (path, reason) in listing.left_out {
        report.leave_out(shown(&path), reason);
    }
    if report.compared.is_empty() {
        let reasons: Vec<String> = report
            .left_out
            .iter()
            .take(SHOWN)
            .map(|one| format!("\n  {}: {}", visible(&one.path), visible(&one.reason)))
            .collect();
        bail!(
            "{}: no file there is a newer state of our data; put official files there, such as \
             fedramp-consolidated-rules.json, FedRAMP's schemas, or NIST's OSCAL catalog of SP 800-53{}",
            visible(&folder.display().to_string()),
            reasons.concat()
        );
    }
    match format {
        TextOrJson::Json => {
            let json = json!({
                "version": 1,
                "compared": report.compared,
                "unrecognised": report.unrecognised,
                "left_out": report.left_out,
                "changes": report.changes,
            });
            session.print_json(format_args!("{json:#}\n"))?;
        }
        TextOrJson::Text => session.print(render_report(&report))?,
    }
    Ok(if report.changes.is_empty() { CommandOutcome::Fine } else { CommandOutcome::Diagnosed })
}

/// Files that an error lists.
const SHOWN: usize = 10;

/// The files below a folder.
#[derive(Default)]
struct FileListing {
    /// Files that may be compared: JSON and text.
    files: Vec<PathBuf>,
    /// Files that are not looked at, with the reason.
    left_out: Vec<(PathBuf, String)>,
}

impl FileListing {
    /// Collects the files of a folder and of those in it. Hidden ones are passed over, links are not
    /// followed.
    fn collect_files(&mut self, folder: &Path, depth: usize) -> Result<()> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if depth > 0 => {
                self.left_out.push((folder.to_owned(), format!("it cannot be read: {error}")));
                return Ok(());
            }
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("reading the folder {}", folder.display()));
            }
        };
        for entry in entries {
            let entry = entry?;
            let (kind, path) = (entry.file_type()?, entry.path());
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
            let reason = if kind.is_dir() {
                if depth < MAX_DEPTH {
                    self.collect_files(&path, depth + 1)?;
                    continue;
                }
                format!("more than {MAX_DEPTH} folders deep")
            } else if !kind.is_file() {
                "a link or a device, which is not followed".to_owned()
            } else if matches!(extension.to_ascii_lowercase().as_str(), "json" | "txt") {
                self.files.push(path.clone());
                continue;
            } else {
                "not read: only .json and .txt are compared".to_owned()
            };
            self.left_out.push((path, reason));
            if self.files.len() + self.left_out.len() > MAX_FILES {
                bail!("{}: more than {MAX_FILES} files; name a smaller folder", folder.display());
            }
        }
        Ok(())
    }
}

fn render_report(report: &DriftReport) -> String {
    let mut out = String::new();
    for one in &report.compared {
        let versions = match &one.versions {
            Some((old, new)) if old != new => format!(", {} -> {}", visible(old), visible(new)),
            Some((old, _)) => format!(", {}", visible(old)),
            None => String::new(),
        };
        let older = if one.is_older() { " (older than ours)" } else { "" };
        let changes = match one.changes {
            0 => "no change".to_owned(),
            count => plural(count, "change"),
        };
        let path = visible(&one.path);
        out += &format!("{path} with {}{versions}{older}: {changes}\n", one.with);
    }
    for one in &report.left_out {
        out += &format!("{}: left out: {}\n", visible(&one.path), visible(&one.reason));
    }
    for weight in Weight::ALL {
        let changes: Vec<_> = report.changes.iter().filter(|one| one.weight == weight).collect();
        if changes.is_empty() {
            continue;
        }
        out += &format!("\n{} ({})\n", weight.title(), changes.len());
        for one in changes {
            let file = one.file.rsplit('/').next().unwrap_or_default();
            let (place, change) = (visible(&one.place), visible(&one.change));
            out += &format!("  {file} {place}: {change}\n");
        }
    }
    out
}
