//! OSCAL documents among the files of `poam import`.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::Session;
use super::input::read_document;
use crate::exchange::Assumed;
use crate::exchange::oscal::{MAX_BYTES, document};
use crate::import::Submission;

/// Whether a file is JSON or YAML, by its name or by how it begins: read as OSCAL.
pub(super) fn is_oscal(directory: &Path, file: &Path) -> bool {
    const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];
    let ending = file.extension().and_then(|it| it.to_str()).unwrap_or_default();
    if ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)) {
        return true;
    }
    let path = directory.join(file);
    // What is taken from a pipe is gone, and a device may have no end.
    if !path.is_file() {
        return false;
    }
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    let text = String::from_utf8_lossy(&head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    read.is_ok()
        && text.contains("plan-of-action-and-milestones")
        && (text.starts_with('{')
            || text.lines().any(|line| line.starts_with("plan-of-action-and-milestones:")))
}

/// Reads an OSCAL POA&M in JSON or YAML. `told` is the day that the person says.
pub(super) fn read(
    session: &Session,
    file: &Path,
    told: Option<NaiveDate>,
    assumed: &Assumed,
) -> Result<Submission> {
    let doing = || format!("reading {}", file.display());
    let path = session.directory.join(file);
    let bytes = read_document(&path, MAX_BYTES as u64, "an OSCAL document").with_context(doing)?;
    let source = file.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let source_id = format!("sha256:{:x}", Sha256::digest(&bytes));
    let document = document(&source, &bytes, assumed).with_context(doing)?;
    Ok(Submission::of_oscal(source, source_id, document, told, session.today))
}
