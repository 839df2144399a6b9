//! `poam.yaml`: settings as written, then as meant.

mod links;
mod profile;
mod raw;
mod scan;

pub use links::{LinkSettings, item_page};
pub use profile::{Profile, ProfileName};
pub use raw::{
    EmassSystem, ImpactLevel, PersonOrName, RawIds, RawRule, RawRuleTable, RawSettings,
    RawWorkbook, RawWorkflow, ReviewSettings, RuleLevel, SettingsAllowance, System,
};
pub use scan::{Reappearing, ScanGrouping, ScanRule, ScanSettings, matches_pattern};

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize as _;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Level};
use crate::document::{Document, Limits, escape_step};
use crate::merge::CONFLICT_COMMENT as CONFLICT;
use crate::model::{
    Deadlines, Exemption, Guard, Item, ItemId, PermanentValues, Person, Status, Workflow,
    WorkflowError,
};
use crate::nearest::nearest;
use crate::schema::{self, Schema};

/// The name of the settings file, at the root of a tracker.
pub const FILE: &str = "poam.yaml";

/// The name under which errors of the settings are reported.
pub(crate) const RULE: &str = "settings";

/// The version of the settings that this program reads.
const VERSION: u32 = 1;

/// Settings as meant: everything resolved against the profile and the defaults.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The system that the POA&M is about.
    pub system: System,
    /// The profile: data on deadlines, mandatory fields, rule levels, workbook.
    pub profile: &'static Profile,
    /// The folder of the items, relative to the settings file.
    pub items: String,
    /// Form of new ids.
    pub ids: IdSettings,
    /// Items a folder; 0 retains all in one.
    pub folder_size: u32,
    /// Days by risk rating.
    pub deadlines: Deadlines,
    /// The workflow.
    pub workflow: Workflow,
    /// The status to which completing the last milestone moves an item; none where that is asked.
    pub on_last_milestone: Option<Status>,
    /// Settings of the reviews of items.
    pub review: ReviewSettings,
    /// People who may own items; empty where the settings list none.
    pub people: Vec<Person>,
    /// Days before a date at which it is announced.
    pub warn_days: u32,
    /// Name of the workbook layout.
    pub layout: String,
    /// Levels and numbers of rules, by rule, as the settings give them.
    pub rules: BTreeMap<String, RuleSetting>,
    /// Rules that may complain about some items without effect.
    pub allow: Vec<SettingsAllowance>,
    /// Unique vulnerabilities at authorization, for the escalation trigger on their growth.
    pub baseline: Option<u32>,
    /// The day from which FedRAMP's VDR and VER rules hold instead of those on POA&Ms.
    pub vdr_adopted: Option<NaiveDate>,
    /// Settings for turning results of scanners into items.
    pub scan: ScanSettings,
    /// Addresses that outputs link to.
    pub links: LinkSettings,
    /// The file, for places of diagnostics about settings.
    pub document: Document,
}

/// Numbers of ids from here on are not counted on from.
const UNCOUNTED: u64 = 1_000_000_000;

/// Form of new ids: `PREFIX-YEAR-NUMBER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdSettings {
    /// Prefix of every id.
    pub prefix: String,
    /// Whether the year of detection follows.
    pub year: bool,
    /// Digits that the number is padded to.
    pub digits: usize,
}

impl IdSettings {
    /// Returns the part of an id before its number, for items detected in a year.
    pub fn id_stem(&self, year: i32) -> String {
        if self.year { format!("{}-{year}-", self.prefix) } else { format!("{}-", self.prefix) }
    }

    /// Returns the number of an id with this stem; `None` for other ids, and where the number is so
    /// large that nobody counted up to it.
    pub fn id_number(&self, year: i32, id: &ItemId) -> Option<u64> {
        let digits = id.as_str().strip_prefix(&self.id_stem(year))?;
        let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?;
        number.filter(|number| *number < UNCOUNTED)
    }

    /// Returns the id with a number.
    pub fn numbered_id(&self, year: i32, number: u64) -> Result<ItemId, crate::model::ItemIdError> {
        format!("{}{number:0width$}", self.id_stem(year), width = self.digits).parse()
    }
}

/// Settings of one rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleSetting {
    /// Its level; `None` within switches it off; absent retains the profile's.
    pub level: Option<Option<Level>>,
    /// Its numbers, by name.
    pub numbers: BTreeMap<String, u32>,
}

impl Settings {
    /// Reads the settings file. `path` is what diagnostics call it.
    ///
    /// Every error has its place; the settings count only without one.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let document = match Document::parse(path, bytes, &Limits::ITEM) {
            Ok(document) => document,
            Err(error) => return Err(vec![of_settings(error.into())]),
        };
        if let Some(label) =
            document.contains(CONFLICT).then(|| document.comment_label(CONFLICT)).flatten()
        {
            let message =
                "two branches changed this setting, and nobody has decided which one is right";
            return Err(vec![Diagnostic::new(RULE, label, message).help(
                "keep one of the two values, remove the comment lines from `<<<<<<<` to `>>>>>>>`, then \
                 `git add` the file",
            )]);
        }
        let value = document.to_value();
        // A file of a later version may have keys that this program cannot know.
        if let Some(version) = value.get("version").and_then(serde_json::Value::as_u64)
            && version != u64::from(VERSION)
        {
            let message =
                format!("settings have version {version}, this program reads version {VERSION}");
            return Err(vec![
                Diagnostic::new(RULE, document.label("/version"), message)
                    .help("install a newer poam, or write the settings for this version"),
            ]);
        }
        let errors: Vec<_> =
            Schema::Settings.check(&document, &value).into_iter().map(rename_rule).collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let raw = RawSettings::deserialize(&value).map_err(|error| {
            let found = schema::explain_unreadable(&document, &value, reads_settings);
            if !found.is_empty() {
                return found.into_iter().map(rename_rule).collect();
            }
            let message = format!("cannot read the settings: {error}");
            vec![
                Diagnostic::new(RULE, document.label(""), message)
                    .help("see `poam schema settings`"),
            ]
        })?;
        Self::resolve(raw, document)
    }

    /// Returns the reason why an open item past its due date is not late, if it is exempt: by the
    /// rules of vendor dependencies and operational requirements, or because the profile lets a
    /// deferral or a risk acceptance stop the clock, whose own end then has its rule.
    pub fn find_exemption(
        &self,
        item: &Item,
        permanent: PermanentValues,
        today: NaiveDate,
    ) -> Option<Exemption> {
        let paused = self.profile.decisions_stop_the_clock
            && ((self.is_accepted(item) && item.risk_acceptance.is_some())
                || (self.is_deferred(item) && item.deferral.is_some()));
        if paused { Some(Exemption::Decision) } else { Exemption::find(item, permanent, today) }
    }

    /// Returns whether VDR and VER have replaced a rule by a day: the profile lists the rules that
    /// are only about POA&Ms. A level of its own in the settings retains a rule.
    pub fn is_superseded(&self, rule: &str, day: NaiveDate) -> bool {
        let kept = self.rules.get(rule).is_some_and(|setting| setting.level.is_some());
        self.vdr_adopted.is_some_and(|adopted| adopted <= day)
            && !kept
            && self.profile.superseded_by_vdr.iter().any(|name| name == rule)
    }

    /// Returns whether the status of an item has a condition.
    pub fn needs_guard(&self, item: &Item, guard: Guard) -> bool {
        self.workflow.get(&item.status).is_some_and(|definition| definition.needs.contains(&guard))
    }

    /// Returns whether the risk of an item is accepted: a decision not to fix it.
    pub fn is_accepted(&self, item: &Item) -> bool {
        item.status == Status::RISK_ACCEPTED || self.needs_guard(item, Guard::RiskAcceptance)
    }

    /// Returns whether an item is deferred.
    pub fn is_deferred(&self, item: &Item) -> bool {
        item.status == Status::DEFERRED || self.needs_guard(item, Guard::Deferral)
    }

    fn resolve(raw: RawSettings, document: Document) -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let profile = Profile::find_named(raw.profile);
        let mut fail = |pointer: &str, message: String, help: &'static str| {
            errors.push(Diagnostic::new(RULE, document.label(pointer), message).help(help));
        };
        if raw.items.split('/').any(is_forbidden) {
            let message = format!("`{}` is not a folder below the settings file", raw.items);
            fail("/items", message, "write a relative path like `items`, without `..`");
        }
        if format!("{}-1", raw.ids.prefix).parse::<ItemId>().is_err() || raw.ids.prefix.is_empty() {
            fail(
                "/ids/prefix",
                "the prefix cannot begin an id".to_owned(),
                "write a short word like POAM",
            );
        }
        let (mut workflow, ends) = workflow_of(raw.workflow);
        let on_last_milestone =
            match ends.as_deref().map(|word| (word, workflow.resolve_word(word))) {
                None | Some(("ask", _)) => None,
                Some((_, Some(status))) => Some(status),
                Some((word, None)) => {
                    let message = format!("the workflow has no status `{word}`");
                    fail(
                        "/workflow/on_last_milestone",
                        message,
                        "write ask, or a status of the workflow",
                    );
                    None
                }
            };
        for fault in raw.scan.check(!raw.rules.contains_key("unknown-control")) {
            fail(&fault.pointer, fault.message, fault.help);
        }
        if let Some(to) = &on_last_milestone {
            workflow.allow_when_finished(Status::IN_PROGRESS, to);
        }
        for fault in raw.links.faults() {
            let help = "write it like https://github.com/OWNER/REPO/commit/{commit}; `poam schema settings` lists the keys";
            fail(&format!("/links/{}", fault.key), fault.message, help);
        }
        if let Err(error) = workflow.check() {
            let (place, help) = way_out(&error, &workflow);
            errors
                .push(Diagnostic::new(RULE, document.label(&place), error.to_string()).help(help));
        }
        let layout = raw.workbook.layout.unwrap_or_else(|| profile.layout.clone());
        let rules = raw.rules.into_iter().map(|(name, rule)| (name, rule.into_setting())).collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            system: raw.system.without_blanks(),
            profile,
            items: raw.items,
            ids: IdSettings {
                prefix: raw.ids.prefix,
                year: raw.ids.year,
                digits: raw.ids.digits.into(),
            },
            folder_size: raw.folder_size,
            deadlines: Deadlines {
                conditional: raw.conditional_status,
                ..raw.deadlines.unwrap_or(profile.deadlines)
            },
            workflow,
            on_last_milestone,
            review: raw.review,
            people: raw.people.into_iter().map(PersonOrName::into_person).collect(),
            warn_days: raw.warn_days,
            layout,
            rules,
            allow: raw.allow,
            baseline: raw.baseline,
            vdr_adopted: raw.vdr_adopted,
            scan: raw.scan,
            links: raw.links,
            document,
        })
    }
}

fn reads_settings(value: &Value) -> bool {
    RawSettings::deserialize(value).is_ok()
}

fn is_forbidden(part: &str) -> bool {
    part.is_empty() || part == "." || part == ".." || part.eq_ignore_ascii_case(".git")
}

/// Returns the workflow, and what completing the last milestone does, as written.
fn workflow_of(raw: RawWorkflow) -> (Workflow, Option<String>) {
    let workflow = match raw.statuses.is_empty() {
        true => Workflow::default(),
        false => Workflow::from_statuses(raw.statuses),
    };
    (workflow, raw.on_last_milestone)
}

/// Returns the place of an inconsistent table of statuses, and the way out.
fn way_out(error: &WorkflowError, workflow: &Workflow) -> (String, String) {
    match error {
        WorkflowError::UnknownTarget { from, to } => {
            let mut statuses = workflow.statuses();
            let moves = statuses.find(|(name, _)| name == from).map(|(_, it)| it.moves.iter());
            let at = moves.into_iter().flatten().position(|one| one.to() == to);
            let place = format!("/workflow/{}/moves/{}", escape_step(from), at.unwrap_or_default());
            let help = match nearest(to, workflow.names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("define `{to}` under `workflow:`, or take it out of the moves"),
            };
            (place, help)
        }
        WorkflowError::BadName { name, .. } => {
            (format!("/workflow/{}", escape_step(name)), "give the status another name".to_owned())
        }
        WorkflowError::NoOpen => {
            ("/workflow".to_owned(), "add `open: {sheet: open, moves: […]}`".to_owned())
        }
        WorkflowError::NoClosed => {
            let help = "give `sheet: closed` to the status of items that are done";
            ("/workflow".to_owned(), help.to_owned())
        }
    }
}

/// Renames a diagnostic to the rule of the settings.
fn rename_rule(mut diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.rule = RULE;
    diagnostic
}

/// Rewords a diagnostic of the parser, which speaks of an item's file, for the settings.
fn of_settings(diagnostic: Diagnostic) -> Diagnostic {
    let message = diagnostic.message.replace("an item's fields belong", "the settings belong");
    let shapeless = message != diagnostic.message || message == "file has no content";
    let mut diagnostic = rename_rule(diagnostic);
    diagnostic.message = message;
    if !shapeless {
        return diagnostic;
    }
    diagnostic
        .help("write `version: 1`, and below it what differs from the defaults, at the left margin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, Vec<Diagnostic>> {
        Settings::parse("poam.yaml", text.as_bytes())
    }

    #[test]
    fn an_almost_empty_file_means_the_defaults() {
        let settings = parse("version: 1\n").unwrap();
        assert_eq!(settings.profile.name, ProfileName::FedrampRev5);
        assert_eq!(settings.deadlines, Deadlines::FEDRAMP);
        assert_eq!(
            (settings.items.as_str(), settings.folder_size, settings.warn_days),
            ("items", 100, 14)
        );
        assert_eq!(settings.ids.numbered_id(2026, 42).unwrap().as_str(), "POAM-2026-042");
        assert_eq!(settings.ids.id_number(2026, &"POAM-2026-1042".parse().unwrap()), Some(1042));
        for far in ["POAM-2026-1000000000", "POAM-2026-18446744073709551615"] {
            assert_eq!(settings.ids.id_number(2026, &far.parse().unwrap()), None, "{far}");
        }
        assert_eq!(settings.ids.id_number(2026, &"POAM-2025-001".parse().unwrap()), None);
        assert_eq!(settings.ids.id_number(2026, &"POAM-2026-x".parse().unwrap()), None);
    }

    #[test]
    fn the_template_shows_every_setting_at_its_default() {
        let template = include_str!("../../templates/poam.yaml");
        let as_is = parse(template).unwrap();
        let bare = parse("version: 1\n").unwrap();
        assert_eq!(
            (as_is.items, as_is.deadlines, as_is.rules),
            (bare.items, bare.deadlines, bare.rules)
        );
        let uncommented: String = template
            .lines()
            .map(|line| line.strip_prefix("# ~ ").unwrap_or(line).to_owned() + "\n")
            .collect();
        let all = parse(&uncommented).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let schema: serde_json::Value = serde_json::from_str(Schema::Settings.text()).unwrap();
        let fields = schema["properties"].as_object().unwrap();
        let shown = all.document.to_value();
        for field in fields.keys() {
            assert!(shown.get(field).is_some(), "templates/poam.yaml does not show `{field}`");
        }
    }

    #[test]
    fn errors_have_places() {
        for (text, line, column, message) in [
            (
                "version: 2\nnew: x\n",
                1,
                10,
                "settings have version 2, this program reads version 1",
            ),
            ("version: 1\nprofil: generic\n", 2, 1, "unknown field `profil`"),
            (
                "version: 1\nprofile: fedrmp-rev5\n",
                2,
                10,
                "`fedrmp-rev5` is not a known value of `profile`",
            ),
            (
                "version: 1\nitems: .git/x\n",
                2,
                8,
                "`.git/x` is not a folder below the settings file",
            ),
            ("version: 1\nitems: ../x\n", 2, 8, "`../x` is not a folder below the settings file"),
            (
                "version: 1\nrules:\n  stale: {level: fatal}\n",
                3,
                18,
                "`fatal` is not a known value of `level`",
            ),
            (
                "version: 1\nworkflow:\n  open: {sheet: open, moves: [done]}\n",
                3,
                31,
                "status `open` may move to `done`, which the workflow does not define",
            ),
            (
                "version: 1\nworkflow:\n  open: {sheet: open, moves: [open, {to: done, needs: []}]}\n",
                3,
                37,
                "status `open` may move to `done`, which the workflow does not define",
            ),
            (
                "version: 1\nworkflow:\n  open: {sheet: open}\n",
                2,
                1,
                "the workflow has no status with `sheet: closed`",
            ),
            (
                "version: 1\nworkflow:\n  a b: {sheet: open}\n",
                3,
                8,
                "`a b` is not a status: write lower-case letters, digits and hyphens, like `in-progress`",
            ),
            ("version: 1.0\n", 1, 10, "`1.0` is no whole number"),
            ("version: 1\nwarn_days: 14.0\n", 2, 12, "`14.0` is no whole number"),
            ("profile: generic\n", 1, 1, "`version` is missing"),
            ("a: [", 1, 4, "file is not YAML"),
            ("", 1, 1, "file has no content"),
            ("- a\n", 1, 1, "file has a list at the top, where the settings belong"),
            ("version: 1\nwarn_days: 9999\n", 2, 12, "`warn_days` is more than 3650"),
            (
                "version: 1\nrules: {stale: {days: 99999999999}}\n",
                2,
                23,
                "`days` is more than 4294967295",
            ),
            ("version: 1\nrules: {stale: {days: -1}}\n", 2, 23, "`days` is less than 0"),
            ("version: 1\nbaseline: 99999999999\n", 2, 11, "`baseline` is more than 4294967295"),
        ] {
            let errors = parse(text).unwrap_err();
            let found: Vec<_> = errors
                .iter()
                .map(|it| (it.label.start.line, it.label.start.column, it.message.clone()))
                .collect();
            assert!(
                found.iter().any(|it| (it.0, it.1) == (line, column) && it.2.starts_with(message)),
                "{text}: {found:?}"
            );
            let ways_out = errors.iter().filter_map(|it| it.help.as_deref());
            assert!(ways_out.clone().all(|help| !help.contains("poam new")), "{errors:?}");
            assert_eq!(ways_out.count(), errors.len(), "{errors:?}");
        }
    }

    #[test]
    fn rules_take_a_level_or_a_table() {
        let settings = parse(
            "version: 1\nrules:\n  stale: warning\n  overdue: off\n  sliding-dates: {times: 5}\n",
        )
        .unwrap();
        assert_eq!(settings.rules["stale"].level, Some(Some(Level::Warning)));
        assert_eq!(settings.rules["overdue"].level, Some(None));
        assert_eq!(settings.rules["sliding-dates"].numbers["times"], 5);
        assert_eq!(settings.rules["sliding-dates"].level, None);
    }
}
