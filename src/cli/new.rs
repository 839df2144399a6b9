//! `poam new`: writes a new item with the next free id.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use chrono::{Datelike, NaiveDate};
use clap::Args;
use serde_json::json;

use super::ask::AskMode;
use super::guard;
use super::how::parse_text;
use super::ids::{past_ids, taken_ids};
use super::{CommandOutcome, Session};
use crate::change::draft_item;
use crate::day::{TypedDay, future_day, past_day};
use crate::exchange::{CveList, NameList};
use crate::model::{
    Catalog, CatalogId, Due, Item, ItemId, Kev, Milestone, PermanentValues, RiskRating, Status,
    VendorDependency, is_blank, looks_like,
};
use crate::nearest::nearest;
use crate::output::unified_diff;
use crate::people::person_or_named;
use crate::repository::{
    CommitRequest, Expect, FileChange, RelPath, Repository, compose_message, write,
    write_and_commit,
};
use crate::rules::{self, Proposal, is_about_missing_data, level_on};
use crate::store::{Store, Stored, Tracker};
use crate::text::{shell_word, visible};
use crate::todo::next_command;

/// Write a new item with the next free id
///
/// An id that an item ever had, here or on another branch, is not free. The scheduled completion
/// date follows from the risk rating. The file gets hints for the fields that are still missing; it
/// is left for you to fill and commit. --commit commits it: missing fields are warnings then, and
/// `poam validate` asks for them later; a wrong value is an error. On a terminal, what is missing is
/// asked for.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// Short description of the weakness
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    name: Option<String>,
    /// Risk rating: low, moderate, high or critical
    #[arg(long, value_name = "RATING")]
    risk: Option<RiskRating>,
    /// Id, instead of the next free one
    #[arg(long, value_name = "ID")]
    id: Option<ItemId>,
    /// The day it was detected, if not today
    #[arg(long, value_name = "DATE", value_parser = past_day)]
    detected: Option<TypedDay>,
    /// Full description
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    description: Option<String>,
    /// Affected control, e.g. AC-2(1); may be given several times. A requirement of CMMC or NIST SP
    /// 800-171 goes where requirements go
    #[arg(long, value_name = "CONTROL", value_parser = parse_text)]
    control: Vec<String>,
    /// Requirement that is not met, e.g. IA.L2-3.5.3 or 3.5.3; may be given several times
    #[arg(long, visible_alias = "requirement", value_name = "ID", value_parser = parse_text)]
    practice: Vec<String>,
    /// Requirement of another framework, e.g. soc2=CC7.1; may be given several times
    #[arg(long, value_name = "FRAMEWORK=ID", value_parser = parse_text)]
    mapping: Vec<String>,
    /// Scanner or other source that detected it
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    detector: Option<String>,
    /// The detector's identifier of the vulnerability
    #[arg(long, value_name = "ID", value_parser = parse_text)]
    source_id: Option<String>,
    /// CVE; may be given several times
    #[arg(long, value_name = "CVE", value_parser = parse_text)]
    cve: Vec<String>,
    /// Affected asset; may be given several times
    #[arg(long, value_name = "ASSET", value_parser = parse_text)]
    asset: Vec<String>,
    /// Name of the person who resolves it
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    owner: Option<String>,
    /// The plan to resolve it
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    plan: Option<String>,
    /// CISA's due date, where its catalog of known exploited vulnerabilities lists it
    #[arg(long, value_name = "DATE", value_parser = future_day)]
    kev_due: Option<TypedDay>,
    /// Milestone, with its day before a colon where it is known: `2026-12-15: Scan again`; may be given
    /// several times
    #[arg(long, value_name = "[DATE:] TEXT", value_parser = parse_text)]
    milestone: Vec<String>,
    /// Vendor who must provide the fix
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    vendor: Option<String>,
    /// Product of the vendor
    #[arg(long, value_name = "NAME", value_parser = parse_text, requires = "vendor")]
    product: Option<String>,
    /// Resources that are needed, such as 40 staff hours
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    resources: Option<String>,
    /// Commit the file
    #[arg(long)]
    commit: bool,
    /// Print the new file as a diff and do nothing
    #[arg(long, conflicts_with = "commit")]
    dry_run: bool,
    /// Print JSON: item, commit, changed
    #[arg(long)]
    json: bool,
}

/// Refuses an id that some system cannot have, or that looks like one that exists or existed.
fn check_id<'a>(id: &ItemId, taken: impl IntoIterator<Item = &'a ItemId>) -> Result<()> {
    if let Err(problem) = id.check_portable() {
        bail!("`{}` cannot be an id: {problem}: choose another one", visible(id.as_str()));
    }
    let alike =
        taken.into_iter().find(|other| *other != id && looks_like(other.as_str(), id.as_str()));
    if let Some(other) = alike {
        bail!(
            "`{}` looks like the id `{}`: they differ only in case, form, hyphens, or characters that look \
             alike: choose another one",
            visible(id.as_str()),
            visible(other.as_str())
        );
    }
    Ok(())
}

impl NewArgs {
    pub(super) fn run(mut self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.open_repository()?;
        let tracker = session.tracker(Some(&repository))?;
        // Nobody is asked while other commands wait for the lock.
        self.ask_missing(session.today)?;
        // From the choice of the id to the commit, so that no other command takes the same.
        let _lock = session.lock(&repository)?;
        let store = tracker.load_all(Some(&repository))?;
        let detected = session.day_or_today(self.detected);
        let kev_due = self.kev_due.map(|day| day.resolve_on(session.today));
        if detected > session.today {
            bail!("--detected {detected} lies in the future");
        }
        let year = detected.year();
        let taken = taken_ids(&repository, &tracker, &store)?;
        let past = past_ids(session, &repository, &tracker)?;
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
        let path = tracker.choose_place(&store, &id, year)?;
        let (json, commit, dry_run) = (self.json, self.commit, self.dry_run);
        let item = self.build_item(id, (detected, kev_due), &tracker, session.today)?;
        let text = draft_item(&item, &tracker.schema_for(&path))?;
        refuse_errors(session, &repository, &tracker, &store, (&path, &text), commit || dry_run)?;
        if dry_run {
            let diff = unified_diff(&path, "", &text);
            if json {
                let done = json!({"item": item.id, "commit": null, "changed": [""], "path": path, "diff": diff});
                session.print_json(format_args!("{done}\n"))?;
            } else {
                session.print(diff)?;
            }
            return Ok(CommandOutcome::Fine);
        }
        let path = RelPath::new(path)?;
        let files = [FileChange {
            path: path.clone(),
            expect: Expect::Absent,
            new: Some(text.clone().into_bytes()),
        }];
        let commit = if commit {
            let subject = format!("{}: {}", item.id, item.weakness_name);
            let message = compose_message(&subject, "", &[("Poam-Item", item.id.as_str())])?;
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
            let next = match commit {
                Some(_) => next_command(
                    &Stored::parse(path.as_str(), text.as_bytes())
                        .map_err(|_| anyhow!("no item"))?,
                    &tracker.settings,
                    session.today,
                ),
                None => format!("poam edit {}, then git commit", shell_word(item.id.as_str())),
            };
            session.say_next(&next);
        }
        Ok(CommandOutcome::Fine)
    }

    /// Asks for what every item has and was not given. Who is asked is also asked for what most items
    /// have.
    fn ask_missing(&mut self, today: NaiveDate) -> Result<()> {
        let ask = AskMode::if_possible(!self.json);
        let asks_all = ask.is_possible() && (self.name.is_none() || self.risk.is_none());
        self.name = Some(ask.ask_text(self.name.take(), "--name", "short name of the weakness")?);
        if self.risk.is_none() {
            let ratings = RiskRating::ALL.map(|rating| rating.to_string());
            self.risk = Some(ask.ask_choice(
                "--risk is missing: which risk rating?",
                &ratings,
                parse_rating,
            )?);
        }
        if !asks_all {
            return Ok(());
        }
        if self.owner.is_none() {
            self.owner = ask.ask_optional("who resolves it? (empty: not known yet)")?;
        }
        if self.plan.is_none() {
            self.plan = ask.ask_optional("what will be done? (empty: not known yet)")?;
        }
        if self.milestone.is_empty()
            && let Some(text) = ask.ask_optional("first milestone (empty: none yet)")?
        {
            let due = ask.optional_day(today, "by when? (empty: not known yet)")?;
            let due = due.map(|day| format!("{day}: ")).unwrap_or_default();
            self.milestone.push(format!("{due}{text}"));
        }
        Ok(())
    }

    fn build_item(
        self,
        id: ItemId,
        (detected, kev_due): (NaiveDate, Option<NaiveDate>),
        tracker: &Tracker,
        today: NaiveDate,
    ) -> Result<Item> {
        let status: Status = Status::OPEN.parse().map_err(anyhow::Error::msg)?;
        let (Some(name), Some(risk)) = (self.name, self.risk) else {
            bail!("name and risk are missing")
        };
        let mut item = Item::new(id, name, status, detected, risk);
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
                None if is_checked => return Err(unknown_id(text, "control")),
                None => push_new(&mut item.controls, text.clone()),
            }
        }
        for text in &self.practice {
            let found = CatalogId::find(text);
            refuse_withdrawn(text, found.as_ref(), is_checked)?;
            let Some(CatalogId { framework: Some(framework), id }) = found else {
                return Err(unknown_id(text, "practice"));
            };
            push_new(item.mappings.entry(framework.to_owned()).or_default(), id);
        }
        for text in &self.mapping {
            let (framework, id) = parse_mapping(text, is_checked)?;
            push_new(item.mappings.entry(framework).or_default(), id);
        }
        item.detector_source = self.detector;
        item.source_identifier = self.source_id;
        item.cves = self.cve.iter().flat_map(|text| CveList::read(text).ids).collect();
        item.assets = self.asset.iter().flat_map(|text| NameList::read(text).names).collect();
        let people = &tracker.settings.people;
        item.point_of_contact = self.owner.map(|name| person_or_named(people, name));
        for (id, text) in (1..).zip(&self.milestone) {
            item.milestones.push(milestone(id, text, today)?);
        }
        item.vendor_dependency = self.vendor.map(|vendor| {
            let product = self.product;
            let (last_check_in, fix_released) = (None, None);
            Box::new(VendorDependency {
                vendor: Some(vendor),
                product,
                last_check_in,
                fix_released,
            })
        });
        item.resources_required = self.resources;
        item.remediation_plan = self.plan;
        item.kev = kev_due.map(|due| Kev { listed: true, added: None, due: Some(due) });
        let permanent = PermanentValues::resolve(&item, None);
        item.scheduled_completion_date =
            Some(Due::compute(&item, permanent, &tracker.settings.deadlines).scheduled);
        Ok(item)
    }
}

fn parse_rating(word: &str) -> Result<RiskRating> {
    word.parse::<RiskRating>().map_err(anyhow::Error::msg)
}

/// Reads a milestone: `2026-12-15: Scan again`, `+30d: Scan again`, or the text alone.
fn milestone(id: u32, text: &str, today: NaiveDate) -> Result<Milestone> {
    let Some((before, after)) = text.split_once(':') else {
        return Ok(Milestone::planned(id, text.trim(), None));
    };
    match before.parse::<TypedDay>() {
        Ok(day) if !is_blank(after) => {
            Ok(Milestone::planned(id, after.trim(), Some(day.resolve_on(today))))
        }
        Ok(_) => bail!("`{}` is a day without a text: write DATE: TEXT", visible(text)),
        Err(error) if error.is_a_date() => bail!("`{}` is not a date: {error}", visible(before)),
        Err(_) => Ok(Milestone::planned(id, text.trim(), None)),
    }
}

/// Refuses to commit a new item whose values `poam validate` would call wrong. An item may lack what is
/// still to be filled, committed or not; that is reported.
fn refuse_errors(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    store: &Store,
    (path, text): (&str, &str),
    commit: bool,
) -> Result<()> {
    let Ok(stored) = Stored::parse(path, text.as_bytes()) else { return Ok(()) };
    let people = session.people(Some(repository), &tracker.settings)?;
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
    let (lacking, wrong): (Vec<_>, Vec<_>) =
        proposal.new_errors().into_iter().partition(is_about_missing_data);
    if !wrong.is_empty() && commit {
        bail!(
            "nothing was written: `poam validate` would call it an error\n{}\nGive other values, or leave --commit \
             out: the file is written for you to correct and commit",
            guard::list(&wrong)
        );
    }
    let errors = if commit { lacking } else { wrong };
    if !errors.is_empty() {
        session.say(format_args!(
            "warning: `poam validate` calls this an error\n{}",
            guard::list(&errors)
        ));
    }
    Ok(())
}

/// Adds an id to a list that does not have it.
fn push_new(ids: &mut Vec<String>, id: String) {
    if !ids.contains(&id) {
        ids.push(id);
    }
}

/// Builds the error for an id that no catalog has: the near ones, and the way for other frameworks.
fn unknown_id(text: &str, what: &str) -> anyhow::Error {
    let ids = Catalog::all_catalogs().flat_map(Catalog::ids);
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
fn parse_mapping(text: &str, is_checked: bool) -> Result<(String, String)> {
    let (framework, id) = text.split_once('=').unwrap_or((text, ""));
    let (framework, id) = (framework.trim(), id.trim());
    if framework.is_empty() || id.is_empty() {
        bail!("`{}` is no mapping: write FRAMEWORK=ID, such as soc2=CC7.1", visible(text));
    }
    let catalogs = Catalog::find_by_framework(framework);
    let Some(catalog) = catalogs.first() else {
        return Ok((framework.to_owned(), id.to_owned()));
    };
    if catalog.framework.is_none() {
        bail!("`{}` names a control: give it with --control {}", visible(text), visible(id));
    }
    let found = CatalogId::find(id).filter(|found| found.framework == catalog.framework);
    refuse_withdrawn(id, found.as_ref(), is_checked)?;
    match found {
        Some(found) => Ok((catalog.key().to_owned(), found.id)),
        None if is_checked => bail!(
            "`{}` is not in the catalog of {}: write an id like {}",
            visible(id),
            catalog.name,
            catalog.example
        ),
        None => Ok((framework.to_owned(), id.to_owned())),
    }
}
