//! Files that are dropped on the page: the plan of an import, an update or a scan, what people decide on it,
//! and the commit after it.
//!
//! A plan is for the items as they were when it was shown. Where one of them is another one by the time of
//! the commit, nothing is written and a new plan is shown.

use std::path::PathBuf;

use serde_json::Value;

use super::change::field_view;
use super::form::CommandForm;
use super::page::{self, ImportPage};
use super::pages::frame;
use super::plan::{ImportOutcome, PlanChoices, PlanView};
use super::request::{PageRequest, Reply, RequestFailure, first};
use super::routes::ServerContext;
use super::state::TrackerState;
use super::upload::{Upload, file_name};
use super::{CallError, CallResult, ExpectedState};
use crate::report::view::{line, lines};

type Answer = Result<Reply, RequestFailure>;

/// The command that files are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum UploadKind {
    /// POA&Ms: workbooks, CSV, OSCAL.
    #[default]
    Import,
    /// Results of scanners.
    Scan,
}

impl UploadKind {
    fn read(values: &[(String, String)]) -> Self {
        if first(values, "kind") == Some("scan") { Self::Scan } else { Self::Import }
    }

    /// The name of the command.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Scan => "scan",
        }
    }
}

/// Uploaded files with the options and decisions that a person entered for them.
#[derive(Debug, Default)]
struct FileRequest {
    kind: UploadKind,
    /// The name of the upload.
    upload: String,
    files: Vec<PathBuf>,
    /// The values of the form.
    values: Vec<(String, String)>,
}

/// Content of the page besides the form.
#[derive(Default)]
struct ImportResult {
    refusal: Option<String>,
    /// Whether the plan is another one than was shown before.
    is_outdated: bool,
    plans: Vec<PlanView>,
    outcome: ImportOutcome,
    messages: String,
}

/// The form that takes files.
pub(super) fn form(shared: &ServerContext, request: &PageRequest) -> Answer {
    if shared.read_only {
        return Err(RequestFailure::read_only());
    }
    let state = shared.state()?;
    show(shared, &state, request, &FileRequest::default(), ImportResult::default())
}

/// Shows what would become of files. Without a file, those that were given before are planned again.
pub(super) fn plan(
    shared: &ServerContext,
    upload: Upload,
    values: Vec<(String, String)>,
) -> Answer {
    let kind = UploadKind::read(&values);
    if upload.files.is_empty() {
        return plan_kept(shared, &PageRequest::default(), kind, values);
    }
    let files = upload.files.clone();
    let asked = FileRequest { kind, upload: upload.id.clone(), files, values };
    shared.uploads.add(upload);
    show_plan(shared, &PageRequest::default(), &asked, false)
}

/// Plans files that were given before with other options.
pub(super) fn plan_again(shared: &ServerContext, request: &PageRequest) -> Answer {
    if shared.read_only {
        return Err(RequestFailure::read_only());
    }
    let values = request.form();
    plan_kept(shared, request, UploadKind::read(&values), values)
}

fn plan_kept(
    shared: &ServerContext,
    request: &PageRequest,
    kind: UploadKind,
    values: Vec<(String, String)>,
) -> Answer {
    let id = first(&values, "upload").unwrap_or_default().to_owned();
    let Some(files) = shared.uploads.files(&id) else {
        let refusal = match id.is_empty() {
            true => "choose a file first",
            false => "the files are not here any more: choose them again",
        };
        let result = ImportResult { refusal: Some(refusal.to_owned()), ..<_>::default() };
        let asked = FileRequest { kind, values, ..<_>::default() };
        let state = shared.state()?;
        return show(shared, &state, request, &asked, result);
    };
    show_plan(shared, request, &FileRequest { kind, upload: id, files, values }, false)
}

/// Runs the plan and shows it.
fn show_plan(
    shared: &ServerContext,
    request: &PageRequest,
    asked: &FileRequest,
    is_outdated: bool,
) -> Answer {
    // The state is read first: where something changes meanwhile, it is not the one of the plan, and the
    // commit is refused.
    let state = shared.state()?;
    let run = asked.run(shared, &[], &ExpectedState::default());
    let mut result = ImportResult { messages: lines(&run.messages), is_outdated, ..<_>::default() };
    match run.outcome {
        Err(error) => result.refusal = Some(lines(error.text())),
        Ok(_) => result.take(&run.results, &state, &asked.values)?,
    }
    show(shared, &state, request, asked, result)
}

/// Does what was planned.
pub(super) fn commit(shared: &ServerContext, request: &PageRequest) -> Answer {
    if shared.read_only {
        return Err(RequestFailure::read_only());
    }
    let values = request.form();
    let id = first(&values, "upload").unwrap_or_default().to_owned();
    let gone = "the files are not here any more: choose them again on the page Import";
    let files = shared.uploads.files(&id).ok_or_else(|| RequestFailure::not_found(gone))?;
    let asked = FileRequest { kind: UploadKind::read(&values), upload: id, files, values };
    let tracker = first(&asked.values, "tracker").and_then(|text| text.parse().ok());
    let expected = ExpectedState { tracker, ..<_>::default() };
    let mut more = vec!["--commit".to_owned()];
    more.extend(asked.decided());
    let run = shared.cache.change(shared.backend.as_ref(), || asked.run(shared, &more, &expected));
    let mut result = ImportResult { messages: lines(&run.messages), ..<_>::default() };
    match run.outcome {
        Err(CallError::Conflict(_)) => return show_plan(shared, request, &asked, true),
        Err(CallError::Refused(text)) => {
            // The plan stays, with what was decided on it.
            let state = shared.state()?;
            let plan = asked.run(shared, &[], &ExpectedState::default());
            if plan.outcome.is_ok() {
                result.take(&plan.results, &state, &asked.values)?;
            }
            result.refusal = Some(lines(&text));
            return show(shared, &state, request, &asked, result);
        }
        Ok(_) => {}
    }
    let state = shared.state()?;
    result.take(&run.results, &state, &asked.values)?;
    let undecided: usize = result.plans.iter().map(PlanView::undecided).sum();
    if undecided > 0 {
        let values = crate::text::plural(undecided, "value");
        result.refusal = Some(format!("{values} of the list below must be decided first"));
        // Decided rows are shown as they are, too.
        let plan = asked.run(shared, &[], &ExpectedState::default());
        if plan.outcome.is_ok() {
            result.take(&plan.results, &state, &asked.values)?;
        }
        return show(shared, &state, request, &asked, result);
    }
    result.outcome = ImportOutcome::read(&run.results, state.mark.head.as_deref());
    shared.uploads.remove(&asked.upload);
    show(shared, &state, request, &asked, result)
}

impl ImportResult {
    /// Reads the plan that a command printed.
    fn take(
        &mut self,
        printed: &str,
        state: &TrackerState,
        values: &[(String, String)],
    ) -> Result<(), RequestFailure> {
        let value: Value = serde_json::from_str(printed)
            .map_err(|error| RequestFailure::broken(format!("reading the plan: {error}")))?;
        self.plans = PlanView::read(&value, state, &PlanChoices::read(values));
        Ok(())
    }
}

impl FileRequest {
    /// Runs the command for the files.
    fn run(&self, shared: &ServerContext, more: &[String], expected: &ExpectedState) -> CallResult {
        let Some(form) = CommandForm::find(shared.backend.file_forms(), self.kind.as_str()) else {
            let outcome = Err(CallError::Refused("this program takes no files".to_owned()));
            return CallResult { outcome, results: String::new(), messages: String::new() };
        };
        shared.backend.run(&self.words(form, more), expected)
    }

    /// The words of the command: options of the form, `more` options, and the files.
    fn words(&self, form: &CommandForm, more: &[String]) -> Vec<String> {
        let mut extra = vec!["--format=json"];
        extra.extend(more.iter().map(String::as_str));
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        form.command_line(&files, &self.options(), &extra)
    }

    /// The values of the options of the command; those of the other one stay in the form.
    fn options(&self) -> Vec<(String, String)> {
        let own = |(name, value): &(String, String)| {
            let name = name.strip_prefix(self.kind.as_str())?.strip_prefix('.')?;
            Some((name.to_owned(), value.clone()))
        };
        self.values.iter().filter_map(own).collect()
    }

    /// The options of the command line for a person's decisions on the plan.
    fn decided(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (name, value) in &self.values {
            let value = value.trim();
            match (self.kind, name.split_once('.')) {
                _ if value.is_empty() => {}
                (UploadKind::Import, Some(("decide", address))) => {
                    words.push(format!("--decide={address}={value}"));
                }
                (UploadKind::Import, None) if name == "others" && value == "ours" => {
                    words.push("--ours".to_owned());
                }
                (UploadKind::Import, None) if name == "others" && value == "theirs" => {
                    words.push("--theirs".to_owned());
                }
                (UploadKind::Scan, Some(("owner", id))) => {
                    words.push(format!("--owner={id}={value}"))
                }
                (UploadKind::Scan, Some(("due", id))) => words.push(format!("--due={id}={value}")),
                (UploadKind::Scan, None) if name == "owner" => {
                    words.push(format!("--owner={value}"))
                }
                _ => {}
            }
        }
        words
    }
}

fn show(
    shared: &ServerContext,
    state: &TrackerState,
    request: &PageRequest,
    asked: &FileRequest,
    result: ImportResult,
) -> Answer {
    let refused_status = if result.is_outdated { 409 } else { 400 };
    let is_refused = result.refusal.is_some() || result.is_outdated;
    let status = if is_refused { refused_status } else { 200 };
    let fields = |kind: UploadKind| {
        let form = CommandForm::find(shared.backend.file_forms(), kind.as_str());
        let refusal = result.refusal.as_deref().filter(|_| kind == asked.kind);
        let mut views = Vec::new();
        for field in form.iter().flat_map(|form| &form.fields) {
            let mut own = field.clone();
            own.name = format!("{}.{}", kind.as_str(), field.name);
            let refused = form.zip(refusal).and_then(|(form, text)| {
                let found = form.refused_fields(text);
                found.into_iter().find(|(name, _)| *name == field.name).map(|(_, text)| text)
            });
            let mut view = field_view(&own, state, &[], &asked.values, refused);
            view.label = field.label();
            views.push(view);
        }
        views
    };
    let (of_import, of_scan) = (fields(UploadKind::Import), fields(UploadKind::Scan));
    let is_kept = !asked.upload.is_empty() && !result.outcome.is_done;
    let options = asked.options();
    let built_here = result.plans.iter().any(|plan| plan.is_built_here)
        && first(&options, "update").is_none()
        && is_kept;
    let page = ImportPage {
        frame: frame(shared, state, "import", "/", request),
        refusal: result.refusal,
        is_outdated: result.is_outdated,
        upload: is_kept.then(|| asked.upload.clone()),
        files: asked.files.iter().map(|file| line(&file_name(file))).collect(),
        kind: asked.kind.as_str(),
        values: options
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| (format!("{}.{name}", asked.kind.as_str()), value.clone()))
            .collect(),
        tracker: state.fingerprint().to_string(),
        has_work: result.plans.iter().any(|plan| plan.has_work),
        plans: result.plans,
        built_here,
        people: state.people(),
        others: first(&asked.values, "others").unwrap_or_default().to_owned(),
        owner: first(&asked.values, "owner").unwrap_or_default().to_owned(),
        messages: result.messages,
        outcome: result.outcome,
        of_import,
        of_scan,
    };
    page::render(&page).map(|reply| reply.with_status(status))
}

#[cfg(test)]
mod tests {
    use super::super::form::{FormField, FormFieldKind};
    use super::*;

    fn asked(kind: UploadKind, values: &[(&str, &str)]) -> FileRequest {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let values = values.iter().map(pair).collect();
        FileRequest { kind, files: vec!["/tmp/-a.xlsx".into()], values, ..<_>::default() }
    }

    fn form(name: &str) -> CommandForm {
        let field = |name: &str, kind| FormField {
            name: name.to_owned(),
            option: Some(format!("--{name}")),
            value_name: String::new(),
            help: String::new(),
            kind,
            required: false,
            choices: Vec::new(),
        };
        CommandForm {
            name: name.to_owned(),
            words: vec![name.to_owned()],
            title: String::new(),
            help: String::new(),
            takes_items: false,
            fields: vec![
                field("date", FormFieldKind::Day),
                field("update", FormFieldKind::Flag),
                field("scope", FormFieldKind::Line),
            ],
        }
    }

    #[test]
    fn only_options_of_the_form_reach_the_command() {
        let values = [
            ("kind", "import"),
            ("import.date", "2026-11-30"),
            ("import.update", "on"),
            ("scan.scope", "prod"),
            ("import.reason", ""),
            ("import.--commit", "x"),
            ("--commit", "x"),
        ];
        let asked = asked(UploadKind::Import, &values);
        let words = asked.words(&form("import"), &[]);
        let expected =
            ["import", "--format=json", "--date=2026-11-30", "--update", "--", "/tmp/-a.xlsx"];
        assert_eq!(words, expected);
    }

    #[test]
    fn decisions_become_options_of_their_command() {
        let values = [
            ("decide.V-1 /comments", "theirs"),
            ("decide.A.B=1 /milestones/2/due", "ours"),
            ("decide.V-2 /status", ""),
            ("others", "ours"),
            ("owner.V-9", "Jane"),
            ("due.V-9", "2027-01-01"),
            ("owner", "Sam Roe"),
        ];
        let import = asked(UploadKind::Import, &values).decided();
        let expected =
            ["--decide=V-1 /comments=theirs", "--decide=A.B=1 /milestones/2/due=ours", "--ours"];
        assert_eq!(import, expected);
        let scan = asked(UploadKind::Scan, &values).decided();
        assert_eq!(scan, ["--owner=V-9=Jane", "--due=V-9=2027-01-01", "--owner=Sam Roe"]);
    }
}
