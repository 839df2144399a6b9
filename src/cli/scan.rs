use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use walkdir::WalkDir;

use super::ids::{past, taken};
use super::{Outcome, Session, TextOrJson};
use crate::day::calendar_day;
use crate::intake::{
    self, AbsentOutcome, Findings, PlanScanError, ScanFile, ScanOptions, ScanPlan, ScanRecord,
    VexProposal,
};
use crate::model::RiskRating;
use crate::output::{plural, visible};
use crate::repository::Repository;
use crate::store::{Store, Tracker};

/// So many entries of a list are shown.
const SHOWN: usize = 20;

/// Turn scanner results into items
///
/// Reads the results, shows what would become of each, and writes items and a record of the scan with --commit. The format is recognised by the content of a file. Several files are one scan. Running it again changes nothing.
///
/// Known items get and lose assets as the scan says. An item that enough scans in a row did not find, each of which looked at all of its assets, moves to validation (`scan.clean_scans` in poam.yaml).
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct Scan {
    #[command(subcommand)]
    command: Option<ScanCommand>,
    /// Files or folders of results; `-` reads standard input
    #[arg(value_name = "FILE", required_unless_present = "formats")]
    files: Vec<PathBuf>,
    /// Write the items and the record of the scan, in one commit
    #[arg(long)]
    commit: bool,
    /// Day of the scan, where the files do not say it
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = calendar_day)]
    as_of: Option<NaiveDate>,
    /// Name of what was scanned, e.g. prod-hosts
    #[arg(long, value_name = "NAME")]
    scope: Option<String>,
    /// Day of detection of new findings for which the files hold no day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = calendar_day)]
    detected: Option<NaiveDate>,
    /// Close items that enough scans did not find, instead of moving them to validation
    #[arg(long)]
    close: bool,
    /// Take each file as a scan of its own, oldest first; with --commit each is a commit of its day
    #[arg(long)]
    series: bool,
    /// How to print the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
    /// List the formats, or explain one
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    formats: Option<String>,
}

const EXAMPLES: &str = "Examples:
  poam scan monthly.nessus                      what would happen
  poam scan monthly.nessus --commit             do it
  poam scan results/ --scope prod --commit      a folder of results is one scan
  poam scan 2026-*.nessus --series --commit     past scans become history
  poam scan coverage monthly.nessus             which findings have an item
  poam scan --formats nessus                    what is read of a format";

#[derive(Debug, Subcommand)]
enum ScanCommand {
    /// Show which findings of a scan have an item
    Coverage {
        /// Files or folders of results; `-` reads standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// How to print it
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextOrJson,
    },
    /// List the scans that were recorded
    List {
        /// How to print it
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextOrJson,
    },
}

impl Scan {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        if let Some(name) = &self.formats {
            return explain_formats(session, name);
        }
        match self.command {
            Some(ScanCommand::Coverage { files, format }) => coverage(session, &files, format),
            Some(ScanCommand::List { format }) => list(session, format),
            None => self.plan_and_write(session),
        }
    }

    fn plan_and_write(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let files = files(&self.files)?;
        let mut scans: Vec<Findings> = Vec::new();
        if self.series {
            for file in &files {
                scans.push(read(&tracker, std::slice::from_ref(file))?);
            }
            scans.sort_by_key(Findings::day);
        } else {
            scans.push(read(&tracker, &files)?);
        }
        let series = scans.len() > 1;
        if series && !self.commit {
            bail!(
                "--series plans each scan on what the one before left, so it needs --commit; plan one file at a time without it"
            );
        }
        // From the choice of ids to the last commit, so that no other command takes the same.
        let _lock = match self.commit {
            true => Some(session.lock(&repository)?),
            false => None,
        };
        let mut plans = Vec::new();
        for findings in scans {
            let plan = self.plan_one(session, &repository, &tracker, findings)?;
            if self.commit && plan.known.is_none() {
                let reconstructed = self.series || plan.record.day < session.today;
                intake::write(&repository, &plan, reconstructed)?;
            }
            plans.push(plan);
        }
        match (self.format, plans.as_slice()) {
            (TextOrJson::Json, [plan]) => {
                session.print(format_args!("{:#}\n", to_json(plan, self.commit)))?
            }
            (TextOrJson::Json, plans) => {
                let each: Vec<Value> =
                    plans.iter().map(|plan| to_json(plan, self.commit)).collect();
                session.print(format_args!("{:#}\n", json!({"version": 1, "scans": each})))?;
            }
            (TextOrJson::Text, plans) => {
                for plan in plans {
                    session.print(to_text(plan, self.commit))?;
                }
            }
        }
        let refused = plans.iter().any(|plan| !plan.refused.is_empty());
        Ok(if refused { Outcome::Diagnosed } else { Outcome::Fine })
    }

    fn plan_one(
        &self,
        session: &Session,
        repository: &Repository,
        tracker: &Tracker,
        findings: Findings,
    ) -> Result<ScanPlan> {
        let store = load(session, tracker, Some(repository))?;
        let records = intake::load_records(tracker)?;
        let mut taken = taken(repository, tracker, &store)?;
        taken.extend(past(session, repository, tracker)?);
        let options = ScanOptions {
            day: self.as_of,
            scope: self.scope.clone(),
            detected: self.detected,
            close: self.close,
            today: session.today,
            taken,
        };
        intake::plan(tracker, &store, &records, findings, &options).map_err(|error| match error {
            PlanScanError::NoDay => anyhow::Error::from(error).context("say it with --as-of YYYY-MM-DD"),
            PlanScanError::NoDetection { .. } => anyhow::Error::from(error)
                .context("say with --detected YYYY-MM-DD when they were detected; the record of the scan will name it as attested"),
            error => error.into(),
        })
    }
}

/// Loads the items; files that cannot be read would look like findings without an item.
fn load(session: &Session, tracker: &Tracker, repository: Option<&Repository>) -> Result<Store> {
    let store = tracker.load_all(repository)?;
    if store.unreadable() > 0 {
        session.say_unreadable(&store);
        bail!(
            "the tracker has files that cannot be read, so what is new is not known; mend them first"
        );
    }
    Ok(store)
}

/// Lists the files of arguments; a folder stands for all files in it.
fn files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            for entry in WalkDir::new(argument).follow_links(false).sort_by_file_name() {
                let entry =
                    entry.with_context(|| format!("reading the folder {}", argument.display()))?;
                if entry.file_type().is_file() {
                    files.push(entry.into_path());
                }
            }
        } else {
            files.push(argument.clone());
        }
    }
    if files.is_empty() {
        bail!("the folder holds no files");
    }
    Ok(files)
}

/// Reads the files of one scan.
fn read(tracker: &Tracker, paths: &[PathBuf]) -> Result<Findings> {
    let mut opened: Vec<(String, Box<dyn Read>)> = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            opened.push(("standard input".to_owned(), Box::new(io::stdin())));
            continue;
        }
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        opened.push((name, Box::new(file)));
    }
    let files = opened.iter_mut().map(|(name, content)| ScanFile { name: name.clone(), content });
    Ok(intake::read_files(files.collect(), &tracker.settings.scan)?)
}

fn explain_formats(session: &mut Session, name: &str) -> Result<Outcome> {
    if name.is_empty() {
        for format in poam_scans::FORMATS {
            session.print(format_args!("{:<12} {}\n", format.name, format.title))?;
        }
        session.say("next: poam scan --formats NAME explains one");
        return Ok(Outcome::Fine);
    }
    let names = poam_scans::FORMATS.iter().map(|format| format.name);
    let Some(format) = poam_scans::FORMATS.iter().find(|format| format.name == name) else {
        let near = crate::nearest::nearest(name, names);
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        bail!("`{}` is not a format{hint} (`poam scan --formats` lists all)", visible(name));
    };
    session.print(format.page)?;
    Ok(Outcome::Fine)
}

fn coverage(session: &mut Session, paths: &[PathBuf], format: TextOrJson) -> Result<Outcome> {
    let repository = session.find_repository()?;
    let tracker = session.tracker(repository.as_ref())?;
    let findings = read(&tracker, &files(paths)?)?;
    let store = load(session, &tracker, repository.as_ref())?;
    let coverage = intake::coverage(&store, &tracker.settings, &findings);
    if format == TextOrJson::Json {
        session.print(format_args!("{:#}\n", json!({"version": 1, "coverage": coverage})))?;
        return Ok(Outcome::Fine);
    }
    let mut text = format!(
        "{} at or above {}: {} with an open item, {} with a closed item, {} without an item\n",
        plural(coverage.findings, "finding"),
        tracker.settings.scan.minimum,
        coverage.open,
        coverage.closed,
        coverage.missing.len()
    );
    for missing in &coverage.missing {
        let assets = plural(missing.assets, "asset");
        _ = writeln!(
            text,
            "  {:<9} {}  {} ({assets})",
            missing.risk,
            visible(&missing.id),
            visible(&missing.title)
        );
    }
    session.print(text)?;
    Ok(Outcome::Fine)
}

fn list(session: &mut Session, format: TextOrJson) -> Result<Outcome> {
    let repository = session.find_repository()?;
    let tracker = session.tracker(repository.as_ref())?;
    let records = intake::load_records(&tracker)?;
    if format == TextOrJson::Json {
        let each: Vec<Value> =
            records.iter().map(|(path, record)| json!({"path": path, "scan": record})).collect();
        session.print(format_args!("{:#}\n", json!({"version": 1, "scans": each})))?;
        return Ok(Outcome::Fine);
    }
    for (path, record) in &records {
        let name = record.scope.clone().unwrap_or_else(|| record.formats.join(", "));
        let assets = plural(record.assets.len(), "asset");
        let found = plural(record.found.len(), "item");
        let line = format!(
            "{}  {}  {} results, {assets}, {found} found",
            record.day,
            visible(&name),
            record.counts.results
        );
        session.print(format_args!("{line}  {}\n", visible(path)))?;
    }
    if records.is_empty() {
        session.say("no scan is recorded; next: poam scan FILE --commit");
    }
    Ok(Outcome::Fine)
}

fn scan_name(record: &ScanRecord) -> String {
    let files: Vec<&str> = record.files.keys().map(String::as_str).collect();
    let name = record.scope.clone().unwrap_or_else(|| record.formats.join(", "));
    visible(&format!("{name} of {} ({})", record.day, files.join(", "))).into_owned()
}

/// Writes some lines of a list, and how many more there are.
fn section<T>(text: &mut String, head: &str, list: &[T], line: impl Fn(&T) -> String) {
    if list.is_empty() {
        return;
    }
    _ = writeln!(text, "{head} ({})", list.len());
    for entry in list.iter().take(SHOWN) {
        _ = writeln!(text, "  {}", visible(&line(entry)));
    }
    if list.len() > SHOWN {
        _ = writeln!(text, "  … and {} more; --format json lists all", list.len() - SHOWN);
    }
}

fn to_text(plan: &ScanPlan, committed: bool) -> String {
    let mut text =
        format!("scan {}: {}\n", scan_name(&plan.record), plural(plan.counts.results, "result"));
    if let Some(path) = &plan.known {
        _ = writeln!(text, "  recorded already in {}: nothing to do", visible(path));
        return text;
    }
    let counts = plan.counts;
    for (name, count, note) in [
        ("new", counts.new, "no item has them"),
        ("known", counts.known, "an item has them"),
        ("below", counts.below, "informational, or below `scan.minimum`"),
        ("suppressed", counts.suppressed, "the scanner was told to leave them out"),
        ("passed", counts.passed, "passed, fixed or not applicable"),
        ("not checked", counts.not_checked, "errors and open checks; they close nothing"),
        ("statements", counts.statements, "VEX"),
        ("refused", counts.refused, "cannot be used"),
    ] {
        if count > 0 {
            _ = writeln!(text, "  {count:>7}  {name:<12} {note}");
        }
    }
    for rating in RiskRating::ALL.iter().rev() {
        let of_rating: Vec<_> =
            plan.new.iter().filter(|new| new.item.original_risk_rating == *rating).collect();
        section(&mut text, &format!("New, {rating}"), &of_rating, |new| {
            let again =
                new.successor_of.as_ref().map(|id| format!(", found again after {id} was closed"));
            let assets = plural(new.item.assets.len(), "asset");
            format!(
                "{}  {} ({assets}{})",
                new.item.id,
                new.item.weakness_name,
                again.unwrap_or_default()
            )
        });
    }
    section(&mut text, "Changed", &plan.changed, |changed| {
        let mut parts = changed.changes.clone();
        if !changed.added_assets.is_empty() {
            parts.push(format!("+ {}", changed.added_assets.join(", ")));
        }
        if !changed.removed_assets.is_empty() {
            parts.push(format!("- {}", changed.removed_assets.join(", ")));
        }
        format!("{}  {}", changed.id, parts.join("; "))
    });
    section(&mut text, "Not found", &plan.absent, |absent| {
        let scans = plural(absent.clean, "scan");
        match &absent.outcome {
            AbsentOutcome::Waits => {
                format!("{}  not found by {scans}; more must confirm it", absent.id)
            }
            AbsentOutcome::Moves { to } => format!("{}  not found by {scans}: {to}", absent.id),
            AbsentOutcome::HeldBack { reason } => {
                format!("{}  not found by {scans}, but {reason}", absent.id)
            }
        }
    });
    section(&mut text, "Found again, and not reopened", &plan.not_reopened, |(id, why)| {
        format!("{id}  {why}")
    });
    section(
        &mut text,
        "Approved false positives, found again",
        &plan.false_positives,
        ToString::to_string,
    );
    section(
        &mut text,
        "Without a severity, rated by `scan.ratings`",
        &plan.unrated,
        |(id, rating)| format!("{id}  {rating}"),
    );
    section(
        &mut text,
        "Rated otherwise by the scanner now; the item keeps its original rating",
        &plan.rated_otherwise,
        |(id, now, original)| format!("{id}  {original} -> {now}"),
    );
    section(&mut text, "Suppressed; recorded, not obeyed", &plan.suppressed, |one| {
        format!("{}  {}: {}", one.key.id, one.title, one.reason)
    });
    section(&mut text, "Refused", &plan.refused, |one| {
        format!("{}: {}: {}", one.file, one.place, one.reason)
    });
    section(&mut text, "VEX statements; a person decides", &plan.proposals, proposal);
    if plan.proofs > 0 {
        _ = writeln!(
            text,
            "{} in the files were not copied: they may hold secrets",
            plural(plan.proofs, "proof")
        );
    }
    if committed {
        _ = writeln!(text, "committed with {}\nnext: poam validate", visible(&plan.record_path));
    } else {
        text.push_str("nothing is written yet; next: the same command with --commit\n");
    }
    text
}

fn proposal(proposal: &VexProposal) -> String {
    let VexProposal { id, vulnerability, justification, .. } = proposal;
    let quoted = justification.replace('"', "'");
    match proposal.status {
        poam_scans::VexStatus::Fixed => {
            format!(
                "{id}  {vulnerability} is fixed ({quoted}): poam transition {id} pending-validation"
            )
        }
        _ => format!(
            "{id}  {vulnerability} does not affect it: poam deviation request {id} false-positive --rationale \"{quoted}\""
        ),
    }
}

fn to_json(plan: &ScanPlan, committed: bool) -> Value {
    let new: Vec<Value> = plan
        .new
        .iter()
        .map(|new| json!({"item": new.item, "path": new.path, "successor_of": new.successor_of}))
        .collect();
    let changed: Vec<Value> = plan
        .changed
        .iter()
        .map(|one| {
            json!({"id": one.id, "added_assets": one.added_assets, "removed_assets": one.removed_assets, "changes": one.changes})
        })
        .collect();
    let absent: Vec<Value> = plan
        .absent
        .iter()
        .map(|one| {
            let (outcome, detail) = match &one.outcome {
                AbsentOutcome::Waits => ("waits", None),
                AbsentOutcome::Moves { to } => ("moves", Some(to)),
                AbsentOutcome::HeldBack { reason } => ("held-back", Some(reason)),
            };
            json!({"id": one.id, "clean_scans": one.clean, "outcome": outcome, "detail": detail})
        })
        .collect();
    let pairs = |list: &[(crate::model::ItemId, String)]| -> Vec<Value> {
        list.iter().map(|(id, why)| json!({"id": id, "reason": why})).collect()
    };
    let unrated: Vec<Value> =
        plan.unrated.iter().map(|(key, risk)| json!({"finding": key, "risk": risk})).collect();
    let rated: Vec<Value> = plan
        .rated_otherwise
        .iter()
        .map(|(id, now, original)| json!({"id": id, "scanner": now, "original": original}))
        .collect();
    let suppressed: Vec<Value> = plan
        .suppressed
        .iter()
        .map(|one| json!({"detector": one.key.detector, "id": one.key.id, "title": one.title, "reason": one.reason}))
        .collect();
    let proposals: Vec<Value> = plan
        .proposals
        .iter()
        .map(|one| {
            json!({"id": one.id, "vulnerability": one.vulnerability, "justification": one.justification,
                "proposal": if one.status == poam_scans::VexStatus::Fixed { "validate" } else { "false-positive" }})
        })
        .collect();
    json!({
        "version": 1, "day": plan.record.day, "scope": plan.record.scope, "record": plan.record_path,
        "known": plan.known, "committed": committed && plan.known.is_none(), "counts": plan.counts,
        "new": new, "changed": changed, "unchanged": plan.unchanged, "absent": absent,
        "false_positives": plan.false_positives, "not_reopened": pairs(&plan.not_reopened),
        "unrated": unrated, "rated_otherwise": rated, "suppressed": suppressed, "refused": plan.refused,
        "proposals": proposals, "proofs_left_out": plan.proofs,
    })
}
