//! Writes the tables of a portfolio: one system after the other, and only what changed.
//!
//! 1. Each system whose version is not that of the earlier export is read. Its rows go to a spool, by the file
//!    that they belong to, with a digest each.
//! 2. A file is written where the digest of some system's rows in it is another than before. The rows of
//!    the other systems come from the old file. All other files are linked.
//! 3. The new folder takes the place of the old one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use poam_parquet::{
    ParquetColumn, ParquetRow, RowSpool, SpoolChunk, SpoolReader, TableError, TableReader,
    TableWriter,
};
use sha2::{Digest as _, Sha256};

use super::digest;
use super::documents::DocumentSet;
use super::folder::ExportFolder;
use super::reading::SystemReading;
use super::rows::{self, SystemData, SystemRows, buckets};
use super::settings::{Portfolio, PortfolioSystem, SystemLocation};
use super::source::{OpenedSystem, SystemError};
use super::state::{ExportState, ExportedFile, SystemVersion, part_path, tool};
use super::tables;
use crate::output_folder::FolderError;
use crate::snapshot;

/// Rows of a file at most; a table that has more is split.
const ROWS_OF_A_FILE: u64 = 2_000_000;

/// The stem of the table of systems.
const SYSTEMS: &str = "systems/systems";

/// Reasons why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A table.
    #[error("writing {path}")]
    Table {
        /// The file.
        path: String,
        /// Reason.
        #[source]
        source: TableError,
    },
}

/// Choices of an export.
#[derive(Debug, Clone, Copy)]
pub struct ExportOptions {
    /// The day of the numbers.
    pub today: NaiveDate,
    /// Whether clones are taken as they are.
    pub offline: bool,
    /// Whether every system is read and every file written.
    pub full: bool,
}

/// Result of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Systems of the portfolio.
    pub systems: usize,
    /// Systems that were read.
    pub read: usize,
    /// Systems that could not be read, with the reason, and whether their rows of an earlier export are retained.
    pub failed: Vec<FailedSystem>,
    /// Files that could not be read, by system.
    pub unreadable: Vec<(String, Vec<String>)>,
    /// Files of the export.
    pub files: usize,
    /// Files that were written.
    pub written: usize,
    /// Rows by table, in the order of the tables.
    pub rows: Vec<(&'static str, u64)>,
}

/// A system that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedSystem {
    /// Its name.
    pub name: String,
    /// Reason.
    pub reason: String,
    /// Whether its rows are those of an earlier export.
    pub is_kept: bool,
}

/// Writes the tables into a folder. `each` is called with the name of every system before it is read.
pub fn export(
    portfolio: &Portfolio,
    place: &Path,
    options: ExportOptions,
    mut each: impl FnMut(&str),
) -> Result<ExportReport, ExportError> {
    let folder = ExportFolder::at(place)?;
    let state = ExportState::new(options.today, buckets(portfolio.systems.len()));
    let spool = Spool { folder: folder.scratch()?, stems: BTreeMap::new() };
    let report = ExportReport { systems: portfolio.systems.len(), ..ExportReport::default() };
    let mut run = ExportRun { folder, state, spool, report, options };
    for system in &portfolio.systems {
        each(&system.name);
        run.add(system)?;
    }
    run.write_files()?;
    run.finish()
}

/// An export under way.
struct ExportRun {
    folder: ExportFolder,
    state: ExportState,
    spool: Spool,
    report: ExportReport,
    options: ExportOptions,
}

/// The version of a system that is to be exported.
struct SystemKey {
    key: String,
    commit: Option<String>,
}

/// A system that was read.
struct SystemContent {
    key: SystemKey,
    rows: SystemRows,
    unreadable: Vec<String>,
}

impl ExportRun {
    fn old_version(&self, name: &str) -> Option<&SystemVersion> {
        self.folder.old.as_ref().and_then(|old| old.systems.get(name))
    }

    /// Returns whether rows of the earlier export can be copied into this one.
    fn is_kept(&self, old: &SystemVersion) -> bool {
        let same = |state: &ExportState| state.buckets == self.state.buckets;
        old.key.is_some() && self.folder.old.as_ref().is_some_and(same)
    }

    /// Puts the rows of a system aside, where its version is a new one.
    fn add(&mut self, system: &PortfolioSystem) -> Result<(), ExportError> {
        match self.read(system) {
            Ok(None) => {
                if let Some(old) = self.old_version(&system.name).cloned() {
                    self.state.systems.insert(system.name.clone(), old);
                }
                Ok(())
            }
            Ok(Some(content)) => {
                self.report.read += 1;
                let rows = self.put_aside(&system.name, &content.rows)?;
                let version = SystemVersion {
                    key: Some(content.key.key),
                    commit: content.key.commit,
                    error: None,
                    unreadable: content.unreadable,
                    rows,
                };
                self.state.systems.insert(system.name.clone(), version);
                Ok(())
            }
            Err(error) => self.add_failed(system, &error),
        }
    }

    /// Reads a system; `None` where the earlier export has this version.
    fn read(&mut self, system: &PortfolioSystem) -> Result<Option<SystemContent>, SystemError> {
        let is_known = |run: &Self, key: &str| {
            let old = run.old_version(&system.name);
            !run.options.full
                && old.is_some_and(|old| {
                    run.is_kept(old) && old.error.is_none() && old.key.as_deref() == Some(key)
                })
        };
        if let SystemLocation::Documents(path) = &system.location {
            let mut set = DocumentSet::find(path)?;
            let text =
                format!("{}\n{}\n{:?}\n{}", tool(), system.written, system.tags, set.version());
            let key = SystemKey { key: digest::of_text(&text), commit: None };
            if is_known(self, &key.key) {
                return Ok(None);
            }
            let rows = set.rows(system, self.state.buckets)?;
            return Ok(Some(SystemContent { key, rows, unreadable: set.refused }));
        }
        let opened = OpenedSystem::open(system, self.options.offline)?;
        let key = self.key(system, &opened)?;
        if is_known(self, &key.key) {
            return Ok(None);
        }
        let reading = SystemReading::read(&opened, self.options.today)?;
        let data = SystemData {
            system,
            as_of: self.options.today,
            source: "git",
            commit: key.commit.clone(),
            committed: Some(opened.committed),
            settings: &reading.tracker.settings,
            store: &reading.store,
            history: Some(&reading.history),
            summary: &reading.summary,
            snapshots: &reading.snapshots,
        };
        let rows = rows::of_system(&data, self.state.buckets);
        Ok(Some(SystemContent { key, rows, unreadable: reading.summary.unreadable.clone() }))
    }

    /// Returns the version of a system in git: everything that its rows follow from.
    fn key(
        &self,
        system: &PortfolioSystem,
        opened: &OpenedSystem,
    ) -> Result<SystemKey, SystemError> {
        let commit = opened.commit.to_string();
        // A snapshot is a tag: it comes without another commit on the branch.
        let mut snapshots = Vec::new();
        for (name, manifest) in snapshot::list(&opened.repository, &opened.folder)? {
            if let Ok(manifest) = manifest {
                snapshots.push(format!("{name} {}", manifest.commit));
            }
        }
        let text = format!(
            "{}\n{}\n{commit}\n{}\n{}\n{:?}\n{snapshots:?}",
            tool(),
            self.options.today,
            opened.folder,
            system.written,
            system.tags
        );
        Ok(SystemKey { key: digest::of_text(&text), commit: Some(commit) })
    }

    /// Keeps the rows of a system that could not be read, with the reason in its row.
    fn add_failed(
        &mut self,
        system: &PortfolioSystem,
        error: &SystemError,
    ) -> Result<(), ExportError> {
        let reason = error.to_string();
        let old = self.old_version(&system.name).filter(|old| self.is_kept(old)).cloned();
        let old_row = match &old {
            Some(_) => self.old_system_row(&system.name)?,
            None => None,
        };
        let (mut version, row) = match (old, old_row) {
            (Some(old), Some(mut row)) => {
                tables::systems::mark_failed(&mut row, &reason);
                (old, row)
            }
            _ => {
                let row = tables::systems::unread(system, self.options.today, &reason);
                (SystemVersion::default(), row)
            }
        };
        let is_kept = version.key.is_some();
        self.report.failed.push(FailedSystem {
            name: system.name.clone(),
            reason: reason.clone(),
            is_kept,
        });
        version.error = Some(reason);
        let one = SystemRows::from([(SYSTEMS.to_owned(), vec![row])]);
        version.rows.extend(self.put_aside(&system.name, &one)?);
        self.state.systems.insert(system.name.clone(), version);
        Ok(())
    }

    /// Finds the row of a system in the earlier export.
    fn old_system_row(&self, name: &str) -> Result<Option<ParquetRow>, ExportError> {
        let mut rows = self.old_rows(SYSTEMS)?;
        while let Some(row) = rows.next_row()? {
            if system_of(&row) == name {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Puts rows into the spool; returns their digests by stem.
    fn put_aside(
        &mut self,
        system: &str,
        rows: &SystemRows,
    ) -> Result<BTreeMap<String, String>, ExportError> {
        let mut digests = BTreeMap::new();
        for (stem, rows) in rows {
            let fail = |source| ExportError::Table { path: stem.clone(), source };
            let encoded = RowSpool::encode(rows).map_err(fail)?;
            self.spool.for_stem(stem).append(system, &encoded).map_err(fail)?;
            digests.insert(stem.clone(), digest::short(&encoded));
        }
        Ok(digests)
    }

    /// Writes the files that changed and links the others.
    fn write_files(&mut self) -> Result<(), ExportError> {
        let mut new: BTreeSet<String> =
            self.state.systems.values().flat_map(|version| version.rows.keys().cloned()).collect();
        // An engine cannot read a table that has no file.
        for table in &tables::TABLES {
            let start = format!("{}/", table.name);
            if !new.iter().any(|stem| stem.starts_with(&start)) {
                new.insert(table.empty_stem());
            }
        }
        for stem in new {
            if self.is_unchanged(&stem) {
                let Some(old) = &self.folder.old else { continue };
                for path in old.files_of(&stem) {
                    self.folder.keep(&path)?;
                    let file = old.files.get(&path).cloned().unwrap_or_default();
                    self.state.files.insert(path, file);
                }
                continue;
            }
            self.write_stem(&stem)?;
        }
        Ok(())
    }

    fn is_unchanged(&self, stem: &str) -> bool {
        let Some(old) = self.folder.old.as_ref().filter(|_| !self.options.full) else {
            return false;
        };
        !old.files_of(stem).is_empty() && old.systems_in(stem) == self.state.systems_in(stem)
    }

    /// Writes the files of a stem: rows of systems that were read from the spool, those of the others from the
    /// old file, by the name of the system.
    fn write_stem(&mut self, stem: &str) -> Result<(), ExportError> {
        let columns = columns_of(stem);
        let mut kept = self.old_rows(stem)?;
        let spool_error = |source| ExportError::Table { path: stem.to_owned(), source };
        let mut spool =
            SpoolCursor { reader: self.spool.for_stem(stem).read().map_err(spool_error)? };
        let systems: Vec<String> =
            self.state.systems_in(stem).keys().map(|name| (*name).to_owned()).collect();
        let mut chunk = spool.next_chunk().map_err(spool_error)?;
        let mut row = kept.next_row()?;
        let mut parts = PartWriter::new(stem, columns);
        for system in &systems {
            if let Some(own) = chunk.take_if(|chunk| chunk.source == *system) {
                for row in own.rows {
                    parts.write(&self.folder, row)?;
                }
                chunk = spool.next_chunk().map_err(spool_error)?;
                continue;
            }
            // Rows of systems that left the portfolio, or that were read again, sort before and are skipped.
            while let Some(old) = row.take_if(|row| system_of(row) <= system.as_str()) {
                if system_of(&old) == system {
                    parts.write(&self.folder, old)?;
                }
                row = kept.next_row()?;
            }
        }
        for (path, file) in parts.finish(&self.folder)? {
            self.report.written += 1;
            self.state.files.insert(path, file);
        }
        Ok(())
    }

    /// Opens the rows of a stem in the earlier export.
    fn old_rows(&self, stem: &str) -> Result<OldRows, ExportError> {
        let paths = match &self.folder.old {
            Some(old) => old.files_of(stem),
            None => Vec::new(),
        };
        let paths: Vec<PathBuf> = paths.iter().map(|path| self.folder.old_path(path)).collect();
        Ok(OldRows {
            stem: stem.to_owned(),
            columns: columns_of(stem),
            paths: paths.into_iter(),
            reader: None,
        })
    }

    fn finish(mut self) -> Result<ExportReport, ExportError> {
        self.report.files = self.state.files.len();
        for (name, version) in &self.state.systems {
            if version.error.is_none() && !version.unreadable.is_empty() {
                self.report.unreadable.push((name.clone(), version.unreadable.clone()));
            }
        }
        for table in &tables::TABLES {
            let start = format!("{}/", table.name);
            let of_table = self.state.files.iter().filter(|(path, _)| path.starts_with(&start));
            let rows = of_table.map(|(_, file)| file.rows).sum();
            self.report.rows.push((table.name, rows));
        }
        self.folder.finish(&self.state)?;
        Ok(self.report)
    }
}

fn system_of(row: &ParquetRow) -> &str {
    row.first().and_then(|value| value.as_text()).unwrap_or_default()
}

fn columns_of(stem: &str) -> &'static [ParquetColumn] {
    let table = stem.split('/').next().and_then(tables::find);
    table.map(tables::TableDefinition::columns).unwrap_or_default()
}

/// Rows between the two passes.
struct Spool {
    folder: PathBuf,
    stems: BTreeMap<String, RowSpool>,
}

impl Spool {
    /// Returns the spool of a stem.
    fn for_stem(&mut self, stem: &str) -> &RowSpool {
        let path = self.folder.join(stem.replace('/', "+"));
        self.stems.entry(stem.to_owned()).or_insert_with(|| RowSpool::at(&path))
    }
}

struct SpoolCursor {
    reader: Option<SpoolReader>,
}

impl SpoolCursor {
    fn next_chunk(&mut self) -> Result<Option<SpoolChunk>, TableError> {
        match &mut self.reader {
            Some(reader) => reader.next_chunk(),
            None => Ok(None),
        }
    }
}

/// The rows of a stem in the earlier export, one file after the other.
struct OldRows {
    stem: String,
    columns: &'static [ParquetColumn],
    paths: std::vec::IntoIter<PathBuf>,
    reader: Option<TableReader>,
}

impl OldRows {
    fn next_row(&mut self) -> Result<Option<ParquetRow>, ExportError> {
        let fail = |source| ExportError::Table { path: self.stem.clone(), source };
        loop {
            if let Some(reader) = &mut self.reader
                && let Some(row) = reader.next_row().map_err(fail)?
            {
                return Ok(Some(row));
            }
            let Some(path) = self.paths.next() else { return Ok(None) };
            self.reader = Some(TableReader::open(&path, self.columns).map_err(fail)?);
        }
    }
}

/// Writes the rows of a stem to as many files as they need.
struct PartWriter {
    stem: String,
    columns: &'static [ParquetColumn],
    open: Option<(String, TableWriter<DigestWriter<io::BufWriter<std::fs::File>>>)>,
    done: Vec<(String, ExportedFile)>,
}

impl PartWriter {
    fn new(stem: &str, columns: &'static [ParquetColumn]) -> Self {
        Self { stem: stem.to_owned(), columns, open: None, done: Vec::new() }
    }

    fn write(&mut self, folder: &ExportFolder, row: ParquetRow) -> Result<(), ExportError> {
        if self.open.as_ref().is_some_and(|(_, writer)| writer.rows() >= ROWS_OF_A_FILE) {
            self.close()?;
        }
        if self.open.is_none() {
            self.begin(folder)?;
        }
        let fail = |source| ExportError::Table { path: self.stem.clone(), source };
        match &mut self.open {
            Some((_, writer)) => writer.write(row).map_err(fail),
            None => Ok(()),
        }
    }

    fn begin(&mut self, folder: &ExportFolder) -> Result<(), ExportError> {
        let path = part_path(&self.stem, self.done.len() + 1);
        let out = DigestWriter::new(folder.create(&path)?);
        let writer = TableWriter::create(out, self.columns)
            .map_err(|source| ExportError::Table { path: path.clone(), source })?;
        self.open = Some((path, writer));
        Ok(())
    }

    fn close(&mut self) -> Result<(), ExportError> {
        let Some((path, writer)) = self.open.take() else { return Ok(()) };
        let rows = writer.rows();
        let fail = |source| ExportError::Table { path: path.clone(), source };
        let mut out = writer.finish().map_err(fail)?;
        out.flush().map_err(|error| fail(error.into()))?;
        let sha256 = out.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        self.done.push((path, ExportedFile { rows, bytes: out.bytes, sha256 }));
        Ok(())
    }

    /// Ends the files; without a row there is one file without rows.
    fn finish(mut self, folder: &ExportFolder) -> Result<Vec<(String, ExportedFile)>, ExportError> {
        if self.open.is_none() && self.done.is_empty() {
            self.begin(folder)?;
        }
        self.close()?;
        Ok(self.done)
    }
}

/// Counts and digests what is written.
struct DigestWriter<W> {
    inner: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> DigestWriter<W> {
    fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), bytes: 0 }
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
