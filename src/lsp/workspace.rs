//! The trackers that an editor has files of open: settings, items with the texts that are not saved yet, history, and what
//! was published about them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, Utc};
use gen_lsp_types::{
    Code, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Message, Range,
};

use super::position::{path_of_uri, range_of, uri_of_path};
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::history::{self, History};
use crate::people::People;
use crate::repository::{CommitId, Repository};
use crate::rules::{self, Check, Context};
use crate::settings::{self, Settings};
use crate::store::{Store, Stored, Tracker, TrackerError};

/// All that the server knows.
pub(super) struct Workspace {
    fixed_today: Option<NaiveDate>,
    pub(super) trackers: Vec<OpenTracker>,
    pub(super) files: HashMap<PathBuf, OpenFile>,
    current: BTreeMap<PathBuf, Vec<ShownDiagnostic>>,
    changed: BTreeSet<PathBuf>,
    is_dirty: bool,
}

/// A text that the editor has open.
pub(super) struct OpenFile {
    pub(super) uri: String,
    pub(super) text: String,
    pub(super) version: Option<i32>,
}

/// A tracker with its items as the editor has them.
pub(super) struct OpenTracker {
    pub(super) tracker: Tracker,
    pub(super) store: Store,
    pub(super) history: Option<History>,
    repository: Option<Repository>,
    head: Option<CommitId>,
    people: People,
    /// Errors of the settings that are being written; the settings from before count meanwhile.
    settings_errors: Vec<Diagnostic>,
    /// Diagnostics by file that need other items too, of the last check of all items.
    shared: HashMap<String, Vec<Diagnostic>>,
}

/// A diagnostic as published, with the one of ours for quick fixes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ShownDiagnostic {
    pub(super) published: gen_lsp_types::Diagnostic,
    pub(super) diagnostic: Diagnostic,
}

/// Diagnostics of one file, to be sent.
pub(super) type ChangedFile = (String, Option<i32>, Vec<gen_lsp_types::Diagnostic>);

impl Workspace {
    pub(super) fn new(fixed_today: Option<NaiveDate>) -> Self {
        Self {
            fixed_today,
            trackers: Vec::new(),
            files: HashMap::new(),
            current: BTreeMap::new(),
            changed: BTreeSet::new(),
            is_dirty: false,
        }
    }

    pub(super) fn today_date(&self) -> NaiveDate {
        self.fixed_today.unwrap_or_else(|| Utc::now().date_naive())
    }

    /// Returns whether something changed since all items were checked.
    pub(super) fn needs_check(&self) -> bool {
        self.is_dirty
    }

    pub(super) fn request_check(&mut self) {
        self.is_dirty = true;
    }

    /// Opens the tracker of a folder, if it has one.
    pub(super) fn open_folder(&mut self, folder: &Path) -> Option<usize> {
        let folder = folder.canonicalize().ok()?;
        let known = |it: &OpenTracker| folder.starts_with(&it.tracker.root);
        if let Some(index) = self.trackers.iter().position(known) {
            return Some(index);
        }
        let repository = Repository::open(&folder).ok();
        let top = repository.as_ref().and_then(|it| it.workdir().ok().map(Path::to_owned));
        let tracker = match Tracker::find(&folder, top.as_deref()) {
            Ok(tracker) => tracker,
            Err(TrackerError::Settings(errors)) => {
                // Without settings nothing can be checked but they themselves.
                let place = folder.ancestors().find(|it| it.join(settings::FILE).is_file())?;
                self.show_diagnostics(place.join(settings::FILE), errors, &|_| None);
                return None;
            }
            Err(_) => return None,
        };
        let mut open = OpenTracker {
            store: tracker.load_all(repository.as_ref()).unwrap_or_default(),
            people: People::new([], &tracker.settings.people, None),
            tracker,
            history: None,
            head: None,
            repository,
            settings_errors: Vec::new(),
            shared: HashMap::new(),
        };
        open.read_people();
        self.trackers.push(open);
        self.is_dirty = true;
        Some(self.trackers.len() - 1)
    }

    /// Takes a text of the editor, and checks it by itself.
    pub(super) fn change_text(&mut self, uri: &str, text: &str, version: Option<i32>) {
        let Some(path) = path_of_uri(uri).map(|path| canonical_path(&path)) else { return };
        let file = OpenFile { uri: uri.to_owned(), text: text.to_owned(), version };
        self.files.insert(path.clone(), file);
        self.check_file(&path, Some(text.as_bytes()));
    }

    /// Goes back to the file on disk when the editor closes a text.
    pub(super) fn close(&mut self, uri: &str) {
        let Some(path) = path_of_uri(uri).map(|path| canonical_path(&path)) else { return };
        self.files.remove(&path);
        let bytes = std::fs::read(&path).ok();
        self.check_file(&path, bytes.as_deref());
    }

    /// Reads a file that changed on disk, unless the editor has it open.
    pub(super) fn read_again(&mut self, uri: &str) {
        let Some(path) = path_of_uri(uri).map(|path| canonical_path(&path)) else { return };
        if !self.files.contains_key(&path) {
            let bytes = std::fs::read(&path).ok();
            self.check_file(&path, bytes.as_deref());
        }
    }

    fn check_file(&mut self, path: &Path, bytes: Option<&[u8]>) {
        let Some(folder) = path.parent() else { return };
        let Some(index) = self.open_folder(folder) else {
            if path.file_name().is_some_and(|name| name == settings::FILE) {
                let errors = bytes.and_then(|it| Settings::parse(settings::FILE, it).err());
                self.show_diagnostics(path.to_owned(), errors.unwrap_or_default(), &|_| None);
            }
            return;
        };
        self.is_dirty = true;
        let today = self.today_date();
        let Some(open) = self.trackers.get_mut(index) else { return };
        if path == open.tracker.root.join(settings::FILE) {
            open.read_settings(bytes.unwrap_or_default());
            let errors = open.settings_errors.clone();
            self.show_in(index, path.to_owned(), errors);
            return;
        }
        let Some(name) = open.store_path(path) else { return };
        let read = bytes.map(|bytes| Stored::parse(&name, bytes));
        open.store.replace_file(&name, read, &open.tracker.settings.workflow);
        let diagnostics = open.check_one(&name, today);
        self.show_in(index, path.to_owned(), diagnostics);
    }

    /// Reads the history of trackers whose head moved, for answers that need it.
    pub(super) fn read_history(&mut self) {
        self.trackers.iter_mut().for_each(OpenTracker::read_history);
    }

    /// Checks all items of all trackers.
    pub(super) fn check_all(&mut self) {
        self.is_dirty = false;
        let today = self.today_date();
        for index in 0..self.trackers.len() {
            let Some(open) = self.trackers.get_mut(index) else { continue };
            open.read_history();
            let found = open.check_items(today);
            let mut by_file: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
            for diagnostic in found {
                let path = open.tracker.on_disk(&diagnostic.label.path);
                by_file.entry(path).or_default().push(diagnostic);
            }
            let root = open.tracker.root.clone();
            let old = self.current.keys().filter(|path| path.starts_with(&root));
            let gone: Vec<PathBuf> =
                old.filter(|path| !by_file.contains_key(*path)).cloned().collect();
            for path in gone {
                self.show_diagnostics(path, Vec::new(), &|_| None);
            }
            for (path, diagnostics) in by_file {
                self.show_in(index, path, diagnostics);
            }
        }
    }

    /// The diagnostics to send: of files where they changed.
    pub(super) fn take_changed(&mut self) -> Vec<ChangedFile> {
        let changed = std::mem::take(&mut self.changed);
        let mut files = Vec::new();
        for path in changed {
            let shown = self.current.get(&path).map(Vec::as_slice).unwrap_or_default();
            let published = shown.iter().map(|it| it.published.clone()).collect();
            let file = self.files.get(&path);
            let uri = file.map_or_else(|| uri_of_path(&path), |file| file.uri.clone());
            files.push((uri, file.and_then(|file| file.version), published));
            if shown.is_empty() {
                self.current.remove(&path);
            }
        }
        files
    }

    /// The published diagnostics of a file.
    pub(super) fn shown_diagnostics(&self, path: &Path) -> &[ShownDiagnostic] {
        self.current.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// The open text of a URI, its path and its tracker.
    pub(super) fn open_file(
        &self,
        uri: &str,
    ) -> Option<(PathBuf, &OpenFile, Option<&OpenTracker>)> {
        let path = canonical_path(&path_of_uri(uri)?);
        let file = self.files.get(&path)?;
        let tracker = self.trackers.iter().find(|it| path.starts_with(&it.tracker.root));
        Some((path, file, tracker))
    }

    fn show_in(&mut self, index: usize, path: PathBuf, diagnostics: Vec<Diagnostic>) {
        let Some(open) = self.trackers.get(index) else { return };
        let tracker = open.tracker.clone();
        self.show_diagnostics(path, diagnostics, &|label| Some(tracker.on_disk(&label.path)));
    }

    fn show_diagnostics(
        &mut self,
        path: PathBuf,
        diagnostics: Vec<Diagnostic>,
        place: &dyn Fn(&Label) -> Option<PathBuf>,
    ) {
        let shown: Vec<ShownDiagnostic> =
            diagnostics.into_iter().map(|it| self.to_shown(it, place)).collect();
        if self.current.get(&path).map(Vec::as_slice).unwrap_or_default() != shown.as_slice() {
            self.current.insert(path.clone(), shown);
            self.changed.insert(path);
        } else if self.files.contains_key(&path) {
            // The editor waits for the diagnostics of its version.
            self.changed.insert(path);
        }
    }

    fn to_shown(
        &self,
        diagnostic: Diagnostic,
        place: &dyn Fn(&Label) -> Option<PathBuf>,
    ) -> ShownDiagnostic {
        let related = diagnostic.related.iter().filter_map(|label| {
            let path = place(label)?;
            let file = self.files.get(&path);
            let uri = file.map_or_else(|| uri_of_path(&path), |file| file.uri.clone());
            Some(DiagnosticRelatedInformation {
                location: Location { uri: uri.into(), range: range_of_label(label) },
                message: label.message.to_string(),
            })
        });
        let related: Vec<_> = related.collect();
        let help = diagnostic.help.as_deref();
        let message = match help {
            Some(help) => format!("{}\n{help}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        let severity = match diagnostic.level {
            Level::Error => DiagnosticSeverity::Error,
            Level::Warning => DiagnosticSeverity::Warning,
            Level::Note => DiagnosticSeverity::Information,
        };
        let published = gen_lsp_types::Diagnostic {
            range: range_of_label(&diagnostic.label),
            severity: Some(severity),
            code: Some(Code::String(diagnostic.rule.to_owned())),
            source: Some("poam".to_owned()),
            message: Message::String(message),
            related_information: (!related.is_empty()).then_some(related),
            ..Default::default()
        };
        ShownDiagnostic { published, diagnostic }
    }
}

impl OpenTracker {
    /// The path of an item's file from the root of the repository; nothing for other files.
    fn store_path(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.tracker.root).ok()?.to_str()?.replace('\\', "/");
        let name = format!("{}{inside}", self.tracker.prefix);
        let is_item = name.starts_with(&self.tracker.items_folder())
            && (name.ends_with(".yaml") || name.ends_with(".yml"));
        is_item.then_some(name)
    }

    /// The item of a file.
    pub(super) fn item_at(&self, path: &Path) -> Option<&Stored> {
        let name = self.store_path(path)?;
        let items = self.store.items();
        let index = items.binary_search_by(|stored| stored.path().cmp(name.as_str())).ok()?;
        items.get(index)
    }

    fn build_context(&self, today: NaiveDate) -> Context<'_> {
        Context {
            store: &self.store,
            settings: &self.tracker.settings,
            today,
            history: self.history.as_ref(),
            people: &self.people,
            reported: None,
        }
    }

    /// Checks one item; what needs other items is repeated from the last check of all.
    fn check_one(&self, name: &str, today: NaiveDate) -> Vec<Diagnostic> {
        let of_file = self.store.diagnostics().iter().filter(|it| &*it.label.path == name);
        let mut found: Vec<Diagnostic> = of_file.cloned().collect();
        let items = self.store.items();
        if let Ok(index) = items.binary_search_by(|stored| stored.path().cmp(name))
            && let Some(stored) = items.get(index)
        {
            found.extend(rules::check_item(stored, &self.build_context(today)));
            found.extend(self.shared.get(name).into_iter().flatten().cloned());
        }
        found
    }

    /// Checks all items, as `poam validate` does.
    fn check_items(&mut self, today: NaiveDate) -> Vec<Diagnostic> {
        let mut found = rules::check(&self.build_context(today), None).diagnostics;
        self.shared.clear();
        for diagnostic in &found {
            let rule = rules::find(diagnostic.rule);
            if rule.is_some_and(|rule| matches!(rule.check, Check::Store(_) | Check::Allowances)) {
                let name = diagnostic.label.path.to_string();
                self.shared.entry(name).or_default().push(diagnostic.clone());
            }
        }
        found.extend(self.settings_errors.iter().cloned());
        found
    }

    /// Takes settings; where they have errors those from before stay.
    fn read_settings(&mut self, bytes: &[u8]) {
        let name = format!("{}{}", self.tracker.prefix, settings::FILE);
        match Settings::parse(&name, bytes) {
            Ok(settings) => {
                self.settings_errors = rules::check_settings(&settings);
                if self.settings_errors.is_empty() {
                    let moved = settings.items != self.tracker.settings.items;
                    self.tracker.settings = settings;
                    if moved {
                        self.store =
                            self.tracker.load_all(self.repository.as_ref()).unwrap_or_default();
                    }
                    self.read_people();
                }
            }
            Err(errors) => self.settings_errors = errors,
        }
    }

    /// Reads the history where the head moved.
    fn read_history(&mut self) {
        let Some(repository) = &self.repository else { return };
        let head = repository.head().ok().flatten();
        if head == self.head && self.history.is_some() {
            return;
        }
        let folder = self.tracker.items_folder();
        let read =
            |head| history::read_cached(repository, head, &self.tracker.prefix, &folder).ok();
        self.history = head.and_then(read);
        self.head = head;
    }

    fn read_people(&mut self) {
        let repository = self.repository.as_ref();
        let map = repository.and_then(|it| it.workdir().ok()).map(|top| top.join(".mailmap"));
        let map = map.and_then(|path| std::fs::read_to_string(path).ok());
        let author = repository.and_then(|it| it.author().ok());
        let author =
            author.map(|it| history::Actor { name: it.name.clone(), email: it.email.clone() });
        self.people = People::new(map.as_deref(), &self.tracker.settings.people, author);
    }
}

/// The range of a label in the text that it was made from.
fn range_of_label(label: &Label) -> Range {
    match &label.source {
        Some(source) => source.with_text(|text| range_of(text, label.span.clone())),
        None => Range::default(),
    }
}

/// A path without links in its folders; the file itself need not exist.
fn canonical_path(path: &Path) -> PathBuf {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
