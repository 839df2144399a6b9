//! `poam rules --compare`: our data beside newer official files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::input::read_document;
use super::{Outcome, Session, TextOrJson};
use crate::drift::{DriftReport, NewerFile, Weight, compare};
use crate::output::{plural, visible};

/// The largest file that is compared: NIST's catalog has about 10 MB.
const MAX_FILE: u64 = 100_000_000;

/// The most files of a folder that are looked at.
const MAX_FILES: usize = 10_000;

/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 8;

/// Compares the files of a folder, or one file, with our data.
pub(super) fn run(session: &mut Session, folder: &Path, format: TextOrJson) -> Result<Outcome> {
    let mut paths = Vec::new();
    match folder.is_dir() {
        true => collect(folder, 0, &mut paths)?,
        false => paths.push(folder.to_owned()),
    }
    paths.sort();
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for path in paths {
        let bytes = read_document(&path, MAX_FILE, "a data file")
            .with_context(|| format!("reading {}", path.display()))?;
        let name = path.strip_prefix(folder).ok().filter(|rest| !rest.as_os_str().is_empty());
        let name = name.unwrap_or(&path).display().to_string();
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                files.push(NewerFile { path: name, text });
            }
            Err(_) => unreadable.push(name),
        }
    }
    let mut report = compare(&files);
    report.unrecognised.extend(unreadable);
    if report.compared.is_empty() {
        bail!(
            "{}: no file there is a newer state of our data; put official files there, such as \
             fedramp-consolidated-rules.json, FedRAMP's schemas, or NIST's OSCAL catalog of SP 800-53",
            visible(&folder.display().to_string())
        );
    }
    match format {
        TextOrJson::Json => {
            let json = json!({
                "version": 1,
                "compared": report.compared,
                "unrecognised": report.unrecognised,
                "changes": report.changes,
            });
            session.print_json(format_args!("{json:#}\n"))?;
        }
        TextOrJson::Text => session.print(text(&report))?,
    }
    Ok(if report.changes.is_empty() { Outcome::Fine } else { Outcome::Diagnosed })
}

/// The files below a folder that have one of the kinds that are compared. Links are not followed.
fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("reading the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden && depth < MAX_DEPTH {
            collect(&path, depth + 1, found)?;
        }
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
        if kind.is_file() && matches!(extension, "json" | "txt") {
            found.push(path);
        }
        if found.len() > MAX_FILES {
            bail!("{}: more than {MAX_FILES} files; name a smaller folder", folder.display());
        }
    }
    Ok(())
}

fn text(report: &DriftReport) -> String {
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
    for path in &report.unrecognised {
        out += &format!("{}: no newer state of our data, left out\n", visible(path));
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
