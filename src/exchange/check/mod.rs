//! Checks of documents in official forms, offline: FedRAMP's reports of 2026 and OSCAL POA&Ms.
//!
//! A file is parsed (JSON or YAML), its kind is recognised by its content, and it is checked against
//! the published schema of its version, then against what schemas cannot state: references inside the
//! document, FedRAMP's assertions and constraints, the order of dates. Each fault becomes a diagnostic
//! with line, column and JSON pointer.

mod assertions;
mod json_text;
mod kind;
mod oscal;
mod reports;

pub(crate) use kind::AUTHORED_MEMBERS;
pub use kind::DocumentKind;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Label, Level};
use crate::document::{Document, Limits};
use crate::schema::PublishedSchema;
use json_text::{JsonPlaces, find_places};

pub use super::oscal::MAX_BYTES;

/// Choice of when FedRAMP's rules for OSCAL POA&Ms apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FedrampRules {
    /// Where the document uses FedRAMP's extensions.
    IfUsed,
    /// To every POA&M.
    Always,
    /// To none.
    Never,
}

/// A checked document.
#[derive(Debug)]
pub struct CheckedDocument {
    /// Its kind; none where it could not be recognised.
    pub kind: Option<DocumentKind>,
    /// The versions that it was checked against, in words.
    pub schema: Option<String>,
    /// Faults of the document, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// A fault at a place that is named by a pointer.
#[derive(Debug)]
struct DocumentFault {
    rule: &'static str,
    level: Level,
    pointer: String,
    is_key: bool,
    message: String,
    help: Option<String>,
}

const COMMON: &str = include_str!(
    "../../../templates/fedramp/schemas/fedramp-common-definitions-schema-2026-06-24.json"
);
const COMMON_0_1: &str = include_str!(
    "../../../templates/fedramp/schemas/fedramp-common-definitions-schema-2026-06-24-0.1.1.json"
);

/// The version of FedRAMP's common definitions that documents are checked against.
pub const COMMON_VERSION: &str = "0.4.1";

macro_rules! fedramp_schema {
    ($name:literal) => {
        include_str!(concat!(
            "../../../templates/fedramp/schemas/fedramp-",
            $name,
            "-schema-2026-06-24.json"
        ))
    };
}

impl DocumentKind {
    /// Returns the text of FedRAMP's schema; none for OSCAL, which has one for each version.
    pub fn schema_text(self) -> Option<&'static str> {
        Some(match self {
            Self::VulnerabilityDetail => fedramp_schema!("vulnerability-detail-report"),
            Self::AcceptedVulnerabilities => fedramp_schema!("accepted-vulnerability-info"),
            Self::HistoricalActivity => fedramp_schema!("historical-ver-activity"),
            Self::OngoingCertification => fedramp_schema!("ongoing-certification-report"),
            Self::SecurityDecisions => fedramp_schema!("security-decision-record"),
            Self::SignificantChange => fedramp_schema!("significant-change-notifications"),
            Self::OscalPoam => return None,
        })
    }

    /// Returns the version of that schema, as the schema states it; a test holds that they agree.
    pub fn schema_version(self) -> Option<&'static str> {
        Some(match self {
            Self::VulnerabilityDetail
            | Self::AcceptedVulnerabilities
            | Self::HistoricalActivity => "0.1.1",
            Self::OngoingCertification => "0.2.1",
            Self::SecurityDecisions => "1.1.1",
            Self::SignificantChange => "0.1.3",
            Self::OscalPoam => return None,
        })
    }

    /// Returns the identifier of that schema.
    pub fn schema_id(self) -> Option<String> {
        let name = self.name();
        self.schema_text()
            .map(|_| format!("https://fedramp.gov/schemas/fedramp-{name}-schema-2026-06-24.json"))
    }
}

/// Returns the compiled schema of a kind: of July for documents that state they follow it, else the
/// newest.
fn fedramp_schema(kind: DocumentKind, of_july: bool) -> Option<&'static PublishedSchema> {
    static COMPILED: [[OnceLock<Option<PublishedSchema>>; 2]; DocumentKind::ALL.len()] =
        [const { [const { OnceLock::new() }; 2] }; DocumentKind::ALL.len()];
    let place = DocumentKind::ALL.iter().position(|one| *one == kind)?;
    let cell = COMPILED.get(place)?.get(usize::from(of_july))?;
    let common = if of_july { COMMON_0_1 } else { COMMON };
    cell.get_or_init(|| PublishedSchema::compile_text(kind.schema_text()?, &[common])).as_ref()
}

/// Returns the compiled schema of a line of OSCAL.
fn oscal_schema(line: usize) -> Option<&'static PublishedSchema> {
    static OLDER: OnceLock<Option<PublishedSchema>> = OnceLock::new();
    static NEWER: OnceLock<Option<PublishedSchema>> = OnceLock::new();
    let (cell, text) = match line {
        0 | 1 => (&OLDER, super::oscal::SCHEMA_1_1),
        _ => (&NEWER, super::oscal::SCHEMA_1_2),
    };
    cell.get_or_init(|| PublishedSchema::compile_text(text, &[])).as_ref()
}

/// Checks a document. `path` is what diagnostics call it; `kind` is the kind where somebody states it.
pub fn check_document(
    path: &str,
    bytes: &[u8],
    kind: Option<DocumentKind>,
    fedramp: FedrampRules,
) -> CheckedDocument {
    let broken = |diagnostic: Diagnostic| CheckedDocument {
        kind: None,
        schema: None,
        diagnostics: vec![diagnostic],
    };
    let (text, value) = match parse(path, bytes) {
        Ok(parsed) => parsed,
        Err(diagnostic) => return broken(*diagnostic),
    };
    let kind = match kind.map_or_else(|| kind::recognise(&value), Ok) {
        Ok(kind) => kind,
        Err(what) => {
            let label = text.label("", false, &JsonPlaces::default());
            let message = format!("the file is {what}: no schema of it is here");
            return broken(Diagnostic::new("document-kind", label, message).help(list_kinds()));
        }
    };
    let mut faults = Vec::new();
    let schema = match kind {
        DocumentKind::OscalPoam => check_oscal(&value, fedramp, &mut faults),
        _ => check_report(kind, &value, &mut faults),
    };
    CheckedDocument { kind: Some(kind), schema, diagnostics: text.diagnostics(faults) }
}

fn add_schema_faults(
    schema: Option<&PublishedSchema>,
    value: &Value,
    faults: &mut Vec<DocumentFault>,
) {
    let Some(schema) = schema else { return };
    faults.extend(schema.find_faults(value).into_iter().map(|fault| DocumentFault {
        rule: "schema",
        level: Level::Error,
        pointer: fault.pointer,
        is_key: fault.is_key,
        message: fault.message,
        help: fault.help,
    }));
}

fn check_report(
    kind: DocumentKind,
    value: &Value,
    faults: &mut Vec<DocumentFault>,
) -> Option<String> {
    let stated = kind::stated_definitions(value);
    let of_july = stated.is_some_and(|version| version.starts_with("0.1."));
    add_schema_faults(fedramp_schema(kind, of_july), value, faults);
    reports::check(kind, value, faults);
    let definitions = if of_july { "0.1.1" } else { COMMON_VERSION };
    Some(format!("{}, common definitions {definitions}", kind.schema_version()?))
}

fn check_oscal(
    value: &Value,
    fedramp: FedrampRules,
    faults: &mut Vec<DocumentFault>,
) -> Option<String> {
    let at = format!("/{}/metadata/oscal-version", kind::OSCAL_POAM);
    let version = value.pointer(&at).and_then(Value::as_str).unwrap_or_default();
    let newest = oscal::VERSIONS.len() - 1;
    let line = match (version, oscal::line_of(version)) {
        // The schema check reports missing members.
        ("", _) => newest,
        (_, Some(line)) => line,
        (_, None) => {
            let all: Vec<&str> =
                oscal::VERSIONS.iter().flat_map(|line| line.iter().copied()).collect();
            faults.push(DocumentFault {
                rule: "oscal-version",
                level: Level::Error,
                pointer: at,
                is_key: false,
                message: format!("no schema of OSCAL `{version}` is here"),
                help: Some(format!("documents of these versions are checked: {}", all.join(", "))),
            });
            return None;
        }
    };
    let known = oscal::VERSIONS.get(line).copied().unwrap_or_default();
    let last = known.last().copied().unwrap_or_default();
    if !version.is_empty() && !known.contains(&version) {
        faults.push(DocumentFault {
            rule: "oscal-version",
            level: Level::Note,
            pointer: at,
            is_key: false,
            message: format!("OSCAL {version} is not known here; the schema of {last} is taken"),
            help: Some("a newer version of this program may know it".to_owned()),
        });
    }
    add_schema_faults(oscal_schema(line), value, faults);
    if line == 0 {
        oscal::check_1_0(value, version, faults);
    }
    let with_fedramp = match fedramp {
        FedrampRules::Always => true,
        FedrampRules::Never => false,
        FedrampRules::IfUsed => oscal::is_for_fedramp(value),
    };
    oscal::check_references(value, with_fedramp, faults);
    if with_fedramp {
        assertions::check(value, faults);
        if line > 0 {
            oscal::check_constraints(value, faults);
        }
    }
    let rules = if with_fedramp { " with FedRAMP's rules" } else { "" };
    Some(format!("OSCAL {last}{rules}"))
}

/// The text of a document, to find places in.
enum DocumentText {
    Json { path: Arc<str>, text: Arc<str> },
    Yaml(Document),
}

/// The limits of documents in YAML.
const YAML: Limits = Limits { bytes: MAX_BYTES, depth: 64, nodes: 2_000_000, aliases: 1000 };

/// The documents that are checked, as a way out.
fn list_kinds() -> String {
    let names: Vec<&str> = DocumentKind::ALL.iter().map(|kind| kind.name()).collect();
    format!("what is checked: {}; --kind names one", names.join(", "))
}

/// Rewords what is said of a file that is no mapping: here no item is expected.
fn reword_without_item(mut diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.rule = "document-syntax";
    let what =
        diagnostic.message.strip_suffix(", where an item's fields belong").map(str::to_owned);
    if let Some(what) = &what {
        diagnostic.message = format!("{what}, where the members of a document belong");
    }
    if what.is_some() || diagnostic.message == "file has no content" {
        return diagnostic.help(list_kinds());
    }
    diagnostic
}

/// Parses a document; an error states where the text is neither JSON nor YAML.
fn parse(path: &str, bytes: &[u8]) -> Result<(DocumentText, Value), Box<Diagnostic>> {
    let path: Arc<str> = path.into();
    let syntax = |label: Label, message: String| {
        Box::new(
            Diagnostic::new("document-syntax", label, message)
                .help("correct the text at this place"),
        )
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        let message = "the file is not text in UTF-8".to_owned();
        return Err(syntax(Label::whole_file(&path), message));
    };
    let body = text.trim_start_matches('\u{feff}').trim_start();
    if body.starts_with('<') {
        let label = Label::whole_file(&path);
        let message = "the file is XML or HTML: JSON and YAML are checked".to_owned();
        let help = "convert OSCAL in XML to JSON first, e.g. with NIST's oscal-cli";
        return Err(Box::new(Diagnostic::new("document-syntax", label, message).help(help)));
    }
    // `null`, `3` and `"text"` are JSON.
    let is_json = body.starts_with(['{', '[']) || serde_json::from_str::<Value>(body).is_ok();
    if !is_json {
        let document = Document::parse(&path, bytes, &YAML)
            .map_err(|error| Box::new(reword_without_item(Diagnostic::from(error))))?;
        let value = document.to_value();
        return Ok((DocumentText::Yaml(document), value));
    }
    let text: Arc<str> = text.into();
    let json = text.trim_start_matches('\u{feff}');
    if super::oscal::is_too_large(json.as_bytes()) {
        let message = "the document has more values than are read".to_owned();
        return Err(syntax(Label::whole_file(&path), message));
    }
    match serde_json::from_str(json) {
        Ok(value) => Ok((DocumentText::Json { path, text }, value)),
        Err(error) => {
            // Its line and column count bytes of the line.
            let line_start = json
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1))
                .map(str::len)
                .sum::<usize>();
            let mark = text.len() - json.len();
            let at = (mark + line_start + error.column().saturating_sub(1)).min(text.len());
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let label = Label::new(path, &text, at..at, "");
            Err(syntax(label, format!("the text is not JSON: {message}")))
        }
    }
}

impl DocumentText {
    fn label(&self, pointer: &str, is_key: bool, places: &JsonPlaces) -> Label {
        match self {
            Self::Yaml(document) if is_key => document.key_label(pointer),
            Self::Yaml(document) => document.label(pointer),
            Self::Json { path, text } => {
                let mut at = pointer;
                let place = loop {
                    if let Some(place) = places.found.get(at) {
                        break Some(place);
                    }
                    match at.rsplit_once('/') {
                        Some((parent, _)) => at = parent,
                        None => break None,
                    }
                };
                let span = match place {
                    // A list or a mapping is marked by its name, which states more than a bracket.
                    Some(place)
                        if is_key || text.get(place.value.clone()).is_some_and(is_bracket) =>
                    {
                        place.key.clone().unwrap_or_else(|| place.value.clone())
                    }
                    Some(place) => place.value.clone(),
                    None => 0..0,
                };
                Label::new(Arc::clone(path), text, span, pointer)
            }
        }
    }

    /// Faults as diagnostics, in the order of the text. Names that are twice are found here, too.
    fn diagnostics(&self, faults: Vec<DocumentFault>) -> Vec<Diagnostic> {
        let mut wanted: HashSet<String> = HashSet::new();
        for fault in &faults {
            let mut pointer = fault.pointer.as_str();
            while wanted.insert(pointer.to_owned()) {
                match pointer.rsplit_once('/') {
                    Some((parent, _)) => pointer = parent,
                    None => break,
                }
            }
        }
        let places = match self {
            Self::Json { text, .. } => find_places(text, &wanted),
            Self::Yaml(_) => JsonPlaces::default(),
        };
        let mut diagnostics: Vec<Diagnostic> = faults
            .into_iter()
            .map(|fault| {
                let label = self.label(&fault.pointer, fault.is_key, &places);
                let diagnostic =
                    Diagnostic::new(fault.rule, label, fault.message).level(fault.level);
                match fault.help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                }
            })
            .collect();
        if let Self::Json { path, text } = self {
            for (pointer, span) in &places.duplicates {
                let name = text.get(span.clone()).unwrap_or_default();
                let label = Label::new(Arc::clone(path), text, span.clone(), pointer);
                let message = format!("the name {name} stands twice in one mapping");
                let help = "keep one of them: readers take either";
                diagnostics.push(Diagnostic::new("duplicate-key", label, message).help(help));
            }
        }
        diagnostics.sort_by(|one, other| one.compare_order(other));
        diagnostics
    }
}

fn is_bracket(text: &str) -> bool {
    text == "{" || text == "["
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::DOCUMENT_RULES;

    fn check(text: &str) -> CheckedDocument {
        check_document("report.json", text.as_bytes(), None, FedrampRules::IfUsed)
    }

    /// `line:column rule message` of each diagnostic.
    fn lines(checked: &CheckedDocument) -> Vec<String> {
        let line = |one: &Diagnostic| {
            let at = one.label.start;
            format!("{}:{} {} {}", at.line, at.column, one.rule, one.message)
        };
        checked.diagnostics.iter().map(line).collect()
    }

    #[test]
    fn vendored_schemas_compile_and_have_the_versions_that_are_stated() {
        for kind in DocumentKind::ALL {
            let Some(text) = kind.schema_text() else { continue };
            let schema: Value = serde_json::from_str(text).unwrap();
            assert_eq!(schema["$schemaVersion"].as_str(), kind.schema_version(), "{kind}");
            assert_eq!(schema["$id"].as_str(), kind.schema_id().as_deref(), "{kind}");
            assert!(fedramp_schema(kind, false).is_some() && fedramp_schema(kind, true).is_some());
        }
        let common: Value = serde_json::from_str(COMMON).unwrap();
        assert_eq!(common["$schemaVersion"], COMMON_VERSION);
        assert!((0..3).all(|line| oscal_schema(line).is_some()));
    }

    #[test]
    fn faults_have_places() {
        let text = "{\n  \"certificationPackageOverviewUri\": \"no uri\",\n  \"reportPeriod\": {\"from\": \"2026-01-01T00:00:00Z\"},\n  \"vulnerabilities\": [\n    {\"providerTrackingId\": \"V-1\", \"providerTrackingId\": \"V-2\",\n     \"vulnerabilityDescription\": \"d\",\n     \"detection\": {\"detectedAt\": \"2026-01-01\", \"detectionSource\": \"s\"},\n     \"evaluationCompletedAt\": \"2026-01-02T00:00:00Z\", \"isInternetReachable\": true,\n     \"isLikelyExploitable\": true, \"currentRating\": 6,\n     \"overdueStatus\": {\"isOverdue\": true},\n     \"finalDisposition\": \"Remediatet\"}\n  ]\n}\n";
        let checked = check(text);
        assert_eq!(checked.kind, Some(DocumentKind::VulnerabilityDetail));
        assert_eq!(checked.schema.as_deref(), Some("0.1.1, common definitions 0.4.1"));
        assert_eq!(
            lines(&checked),
            [
                "2:38 schema `no uri` is not a full URI",
                "3:3 schema `to` is missing",
                "5:35 duplicate-key the name \"providerTrackingId\" stands twice in one mapping",
                "7:34 schema `2026-01-01` is not a date and time with a time zone",
                "9:52 schema `6` is not a value of `currentRating`",
                "10:6 schema `explanation` is missing",
                "11:26 schema `Remediatet` is not a value of `finalDisposition`",
            ]
        );
    }

    #[test]
    fn an_older_report_is_read_by_the_version_that_it_states() {
        let report = |own: &str, end: &str| {
            format!(
                "{{\"certificationPackageOverviewUri\": \"https://example.com/x\", {own}\"generatedAt\": \"2026-01-01T00:00:00Z\", \"acceptedVulnerabilities\": [], \"activeVulnerabilities\": [{{\"providerTrackingId\": \"V-1\", \"vulnerabilityDescription\": \"d\", \"detection\": {{\"detectedAt\": \"2026-01-01T00:00:00Z\", \"detectionSource\": \"s\"}}, \"evaluationCompletedAt\": \"2026-01-02T00:00:00Z\", \"isInternetReachable\": true, \"isLikelyExploitable\": true, \"currentRating\": 1, \"finalDisposition\": \"{end}\"}}]}}"
            )
        };
        let july = "\"x-poam\": {\"commonDefinitionsVersion\": \"0.1.1\"}, ";
        for (own, end, count) in [
            ("", "Remediated", 0),
            ("", "Fully Mitigated", 0),
            (july, "Fully Mitigated", 0),
            (july, "Remediated", 1),
        ] {
            let checked = check(&report(own, end));
            assert_eq!(checked.kind, Some(DocumentKind::HistoricalActivity));
            assert_eq!(checked.diagnostics.len(), count, "{:?}", lines(&checked));
        }
    }

    #[test]
    fn what_is_no_document_is_said_with_its_place() {
        for (text, expected) in [
            ("", "1:1 document-syntax file has no content"),
            (" \n", "1:1 document-syntax file has no content"),
            (
                "null\n",
                "1:1 document-kind the file is `null`, and every document that is checked is a mapping: no schema of it is here",
            ),
            (
                "\"text\"",
                "1:1 document-kind the file is a single value, and every document that is checked is a mapping: no schema of it is here",
            ),
            (
                "text",
                "1:1 document-syntax file has a single value at the top, where the members of a document belong",
            ),
            (
                "{\n  \"a\": 1,\n  x}",
                "3:3 document-syntax the text is not JSON: key must be a string",
            ),
            (
                "a: b: c",
                "1:5 document-syntax file is not YAML: mapping values are not allowed in this context",
            ),
            (
                "<catalog/>",
                "1:1 document-syntax the file is XML or HTML: JSON and YAML are checked",
            ),
            (
                "[]",
                "1:1 document-kind the file is a list, and every document that is checked is a mapping: no schema of it is here",
            ),
            (
                "{\"catalog\": {}}",
                "1:1 document-kind the file is an OSCAL catalog: no schema of it is here",
            ),
        ] {
            let checked = check(text);
            assert_eq!(
                (checked.kind, lines(&checked)),
                (None, vec![expected.to_owned()]),
                "{text}"
            );
        }
        for text in ["", "null", "3", "text", "- a\n", "# a comment\n", "[]"] {
            let help = check(text).diagnostics[0].help.clone().unwrap_or_default();
            assert!(
                help.starts_with("what is checked: vulnerability-detail-report, "),
                "{text}: {help}"
            );
        }
        let checked = check_document("x", b"\xff{", None, FedrampRules::IfUsed);
        assert_eq!(lines(&checked), ["1:1 document-syntax the file is not text in UTF-8"]);
    }

    #[test]
    fn yaml_has_places_too() {
        let checked = check(
            "plan-of-action-and-milestones:\n  uuid: x\n  metadata:\n    oscal-version: 1.1.3\n",
        );
        assert_eq!(checked.kind, Some(DocumentKind::OscalPoam));
        assert!(
            lines(&checked).contains(&"2:9 schema `x` is not a UUID".to_owned()),
            "{:?}",
            lines(&checked)
        );
    }

    #[test]
    fn versions_of_oscal() {
        let document = |version: &str| {
            format!(
                "{{\"plan-of-action-and-milestones\": {{\"metadata\": {{\"oscal-version\": \"{version}\"}}}}}}"
            )
        };
        for (version, schema, rule) in [
            ("1.0.4", Some("OSCAL 1.0.6"), None),
            ("1.1.2", Some("OSCAL 1.1.3"), None),
            ("1.2.9", Some("OSCAL 1.2.3"), Some((Level::Note, "oscal-version"))),
            ("1.3.0", None, Some((Level::Error, "oscal-version"))),
            ("latest", None, Some((Level::Error, "oscal-version"))),
            ("", Some("OSCAL 1.2.3"), None),
        ] {
            let checked = check(&document(version));
            assert_eq!(checked.schema.as_deref(), schema, "{version}");
            let found = checked.diagnostics.iter().find(|one| one.rule == "oscal-version");
            assert_eq!(found.map(|one| (one.level, one.rule)), rule, "{version}");
        }
    }

    #[test]
    fn every_rule_that_is_named_is_listed_once() {
        let sources = [
            include_str!("assertions.rs"),
            include_str!("oscal.rs"),
            include_str!("reports.rs"),
            include_str!("mod.rs"),
        ];
        for (at, rule) in DOCUMENT_RULES.iter().enumerate() {
            let quoted = format!("\"{}\"", rule.name);
            assert!(sources.iter().any(|source| source.contains(&quoted)), "{}", rule.name);
            assert!(
                !DOCUMENT_RULES[..at].iter().any(|other| other.name == rule.name),
                "{}",
                rule.name
            );
        }
    }
}
