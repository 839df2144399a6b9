use std::collections::BTreeSet;

use anyhow::{Result, bail};
use chrono::{Datelike, NaiveDate};
use clap::Args;
use serde_json::json;

use super::guard;
use super::how::said;
use super::ids::{past, taken};
use super::{Outcome, Session};
use crate::change::draft;
use crate::day::TypedDay;
use crate::model::{
    Catalog, CatalogId, Due, Item, ItemId, Kev, PermanentValues, Person, RiskRating, Status,
};
use crate::nearest::nearest;
use crate::output::visible;
use crate::repository::{
    CommitRequest, Expect, FileChange, RelPath, Repository, compose, write, write_and_commit,
};
use crate::rules::{self, Proposal, level_on};
use crate::store::{Store, Stored, Tracker};

/// Write a new item with the next free id
///
/// An id that an item ever had, here or on another branch, is not free. The scheduled completion date follows from the risk rating. The file gets hints for the fields
/// that are still missing; it is left for you to fill and commit, unless --commit is given.
#[derive(Debug, Args)]
pub(super) struct New {
    /// Short description of the weakness
    #[arg(long, value_name = "TEXT", value_parser = said)]
    name: String,
    /// Risk rating: low, moderate, high or critical
    #[arg(long, value_name = "RATING")]
    risk: RiskRating,
    /// Id, instead of the next free one
    #[arg(long, value_name = "ID")]
    id: Option<ItemId>,
    /// The day it was detected, if not today
    #[arg(long, value_name = "YYYY-MM-DD")]
    detected: Option<TypedDay>,
    /// Full description
    #[arg(long, value_name = "TEXT", value_parser = said)]
    description: Option<String>,
    /// Affected control, e.g. AC-2(1); may be given several times. A requirement of CMMC or NIST SP
    /// 800-171 goes where requirements go
    #[arg(long, value_name = "CONTROL", value_parser = said)]
    control: Vec<String>,
    /// Requirement that is not met, e.g. IA.L2-3.5.3 or 3.5.3; may be given several times
    #[arg(long, visible_alias = "requirement", value_name = "ID", value_parser = said)]
    practice: Vec<String>,
    /// Requirement of another framework, e.g. soc2=CC7.1; may be given several times
    #[arg(long, value_name = "FRAMEWORK=ID", value_parser = said)]
    mapping: Vec<String>,
    /// Scanner or other source that detected it
    #[arg(long, value_name = "NAME", value_parser = said)]
    detector: Option<String>,
    /// The detector's identifier of the vulnerability
    #[arg(long, value_name = "ID", value_parser = said)]
    source_id: Option<String>,
    /// CVE; may be given several times
    #[arg(long, value_name = "CVE", value_parser = said)]
    cve: Vec<String>,
    /// Affected asset; may be given several times
    #[arg(long, value_name = "ASSET", value_parser = said)]
    asset: Vec<String>,
    /// Name of the person who resolves it
    #[arg(long, value_name = "NAME", value_parser = said)]
    owner: Option<String>,
    /// The plan to resolve it
    #[arg(long, value_name = "TEXT", value_parser = said)]
    plan: Option<String>,
    /// CISA's due date, where its catalog of known exploited vulnerabilities lists it
    #[arg(long, value_name = "YYYY-MM-DD")]
    kev_due: Option<TypedDay>,
    /// Commit the file
    #[arg(long)]
    commit: bool,
    /// Print JSON: item, commit, changed
    #[arg(long)]
    json: bool,
}

/// Refuses an id that some system cannot have, or that looks like one that exists or existed.
fn check_id<'a>(id: &ItemId, taken: impl IntoIterator<Item = &'a ItemId>) -> Result<()> {
    if let Err(problem) = id.check_portable() {
        bail!("`{}` cannot be an id: {problem}: choose another one", visible(id.as_str()));
    }
    let key = id.lookalike_key();
    let alike = taken.into_iter().find(|other| *other != id && other.lookalike_key() == key);
    if let Some(other) = alike {
        bail!(
            "`{}` differs from the id `{}` only in case, form or invisible characters: choose \
             another one",
            visible(id.as_str()),
            visible(other.as_str())
        );
    }
    Ok(())
}

impl New {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.repository()?;
        let tracker = session.tracker(Some(&repository))?;
        // From the choice of the id to the commit, so that no other command takes the same.
        let _lock = session.lock(&repository)?;
        let store = tracker.load_all(Some(&repository))?;
        let detected = session.day_or_today(self.detected);
        let kev_due = self.kev_due.map(|day| day.on(session.today));
        if detected > session.today {
            bail!("--detected {detected} lies in the future");
        }
        let year = detected.year();
        let taken = taken(&repository, &tracker, &store)?;
        let past = past(session, &repository, &tracker)?;
        if let Some(id) = &self.id {
            check_id(id, taken.union(&past))?;
        }
        let id = match &self.id {
            Some(id) if taken.contains(id) => bail!("{id} is taken, here or on another branch"),
            Some(id) if past.contains(id) => {
                bail!("{id} was the id of an item that is gone, and stays so; choose another one")
            }
            Some(id) => id.clone(),
            None => tracker.next_id(taken.union(&past), year)?,
        };
        let path = tracker.place(&store, &id, year)?;
        let (json, commit) = (self.json, self.commit);
        let item = self.item(id, (detected, kev_due), &tracker, session.today)?;
        let text = draft(&item, &tracker.schema_for(&path))?;
        refuse_errors(session, &repository, &tracker, &store, (&path, &text), commit)?;
        let path = RelPath::new(path)?;
        let files = [FileChange {
            path: path.clone(),
            expect: Expect::Absent,
            new: Some(text.into_bytes()),
        }];
        let commit = if commit {
            let subject = format!("{}: {}", item.id, item.weakness_name);
            let message = compose(&subject, "", &[("Poam-Item", item.id.as_str())])?;
            let request = CommitRequest {
                paths: std::slice::from_ref(&path),
                message: &message,
                ..CommitRequest::default()
            };
            let commit = write_and_commit(&repository, &files, &request)?;
            session.warn_if_detached(&repository);
            Some(commit)
        } else {
            write(&repository, &files)?;
            None
        };
        if json {
            let commit = commit.map(|commit| commit.to_string());
            session.print_json(format_args!(
                "{}\n",
                json!({"item": item.id, "commit": commit, "changed": [""], "path": path.as_str()})
            ))?;
        } else {
            session.print(format_args!("{}\n", visible(path.as_str())))?;
        }
        Ok(Outcome::Fine)
    }

    fn item(
        self,
        id: ItemId,
        (detected, kev_due): (NaiveDate, Option<NaiveDate>),
        tracker: &Tracker,
        today: NaiveDate,
    ) -> Result<Item> {
        let status: Status = Status::OPEN.parse().map_err(anyhow::Error::msg)?;
        let mut item = Item::new(id, self.name, status, detected, self.risk);
        item.weakness_description = self.description;
        let is_checked = rules::find("unknown-control")
            .is_none_or(|rule| level_on(rule, &tracker.settings, today).is_some());
        for text in &self.control {
            let found = CatalogId::find(text);
            refuse_withdrawn(text, found.as_ref(), is_checked)?;
            match found {
                Some(CatalogId { framework: None, id }) => push_new(&mut item.controls, id),
                Some(CatalogId { framework: Some(framework), id }) => {
                    push_new(item.mappings.entry(framework.to_owned()).or_default(), id);
                }
                None if is_checked => return Err(unknown(text, "control")),
                None => push_new(&mut item.controls, text.clone()),
            }
        }
        for text in &self.practice {
            let found = CatalogId::find(text);
            refuse_withdrawn(text, found.as_ref(), is_checked)?;
            let Some(CatalogId { framework: Some(framework), id }) = found else {
                return Err(unknown(text, "practice"));
            };
            push_new(item.mappings.entry(framework.to_owned()).or_default(), id);
        }
        for text in &self.mapping {
            let (framework, id) = mapping(text, is_checked)?;
            push_new(item.mappings.entry(framework).or_default(), id);
        }
        item.detector_source = self.detector;
        item.source_identifier = self.source_id;
        item.cves = self.cve;
        item.assets = self.asset;
        item.point_of_contact = self.owner.map(Person::named);
        item.remediation_plan = self.plan;
        item.kev = kev_due.map(|due| Kev { listed: true, added: None, due: Some(due) });
        let permanent = PermanentValues::of(&item, None);
        item.scheduled_completion_date =
            Some(Due::of(&item, permanent, &tracker.settings.deadlines).scheduled);
        Ok(item)
    }
}

/// Refuses to commit a new item that says something wrong; a draft is only told of it. What it does
/// not say yet is for `poam validate` to report.
fn refuse_errors(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    store: &Store,
    (path, text): (&str, &str),
    commit: bool,
) -> Result<()> {
    let Ok(stored) = Stored::parse(path, text.as_bytes()) else { return Ok(()) };
    let people = session.people(Some(repository), &tracker.settings, None)?;
    let none = BTreeSet::new();
    let proposal = Proposal {
        before: store.items(),
        after: &[stored],
        overrides: &none,
        settings: &tracker.settings,
        today: session.today,
        history: None,
        people: &people,
    };
    let errors = proposal.new_errors();
    match (errors.is_empty(), commit) {
        (true, _) => {}
        (false, true) => bail!(
            "nothing was written: `poam validate` would call it an error\n{}",
            guard::list(&errors)
        ),
        (false, false) => session.say(format_args!(
            "warning: `poam validate` calls this an error\n{}",
            guard::list(&errors)
        )),
    }
    Ok(())
}

/// Adds an id to a list that does not have it.
fn push_new(ids: &mut Vec<String>, id: String) {
    if !ids.contains(&id) {
        ids.push(id);
    }
}

/// What is said of an id that no catalog has: the near ones, and the way for other frameworks.
fn unknown(text: &str, what: &str) -> anyhow::Error {
    let ids = Catalog::all().flat_map(Catalog::ids);
    let near = match nearest(text, ids) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write one such as AC-2, IA.L2-3.5.3 or 3.5.3".to_owned(),
    };
    anyhow::anyhow!(
        "no catalog has the {what} `{}`: {near} An id of another framework goes with \
         --mapping FRAMEWORK=ID",
        visible(text)
    )
}

/// Refuses an id that was withdrawn, and names what took its place.
fn refuse_withdrawn(text: &str, found: Option<&CatalogId>, is_checked: bool) -> Result<()> {
    match found.and_then(CatalogId::withdrawn).filter(|_| is_checked) {
        Some(why) => bail!("`{}` was {why}", visible(text)),
        None => Ok(()),
    }
}

/// The framework and the id of `soc2=CC7.1`.
fn mapping(text: &str, is_checked: bool) -> Result<(String, String)> {
    let (framework, id) = text.split_once('=').unwrap_or((text, ""));
    let (framework, id) = (framework.trim(), id.trim());
    if framework.is_empty() || id.is_empty() {
        bail!("`{}` is no mapping: write FRAMEWORK=ID, such as soc2=CC7.1", visible(text));
    }
    let catalogs = Catalog::of(framework);
    let Some(catalog) = catalogs.first() else {
        return Ok((framework.to_owned(), id.to_owned()));
    };
    let found = CatalogId::find(id).filter(|found| found.framework == catalog.framework);
    refuse_withdrawn(id, found.as_ref(), is_checked)?;
    match found {
        Some(found) => Ok((framework.to_owned(), found.id)),
        None if is_checked => bail!(
            "`{}` is not in the catalog of {}: write an id like {}",
            visible(id),
            catalog.name,
            catalog.example
        ),
        None => Ok((framework.to_owned(), id.to_owned())),
    }
}
