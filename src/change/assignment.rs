//! Assignments of fields by their names: `remediation-plan=…`, `controls+=AC-2`, `assets-=10.0.0.1`.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{Change, ChangeOptions, day_value};
use crate::day::TypedDay;
use crate::document::{Edit, EditError};
use crate::model::{Person, is_blank, is_placeholder, words};
use crate::nearest::nearest;
use crate::people::find_listed;
use crate::store::Stored;
use crate::text::visible;

/// The kind of value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Text,
    Date,
    /// A list of texts.
    List,
    YesNo,
    /// `weakness`, `configuration` or `documentation`.
    ItemKind,
}

/// The fields that can be set, by their addresses, with what they hold.
const FIELDS: &[(&str, FieldKind)] = &[
    ("kind", FieldKind::ItemKind),
    ("weakness_name", FieldKind::Text),
    ("weakness_description", FieldKind::Text),
    ("controls", FieldKind::List),
    ("partly_met", FieldKind::List),
    ("detector_source", FieldKind::Text),
    ("source_identifier", FieldKind::Text),
    ("original_finding", FieldKind::Text),
    ("cves", FieldKind::List),
    ("kev.listed", FieldKind::YesNo),
    ("kev.due", FieldKind::Date),
    ("assets", FieldKind::List),
    ("services", FieldKind::List),
    ("point_of_contact.name", FieldKind::Text),
    ("point_of_contact.email", FieldKind::Text),
    ("point_of_contact.role", FieldKind::Text),
    ("resources_required", FieldKind::Text),
    ("remediation_plan", FieldKind::Text),
    ("scheduled_completion_date", FieldKind::Date),
    ("vendor_dependency.vendor", FieldKind::Text),
    ("vendor_dependency.product", FieldKind::Text),
    ("vendor_dependency.last_check_in", FieldKind::Date),
    ("vendor_dependency.fix_released", FieldKind::Date),
    ("risk_acceptance.rationale", FieldKind::Text),
    ("risk_acceptance.approver.name", FieldKind::Text),
    ("risk_acceptance.approved", FieldKind::Date),
    ("risk_acceptance.review_by", FieldKind::Date),
    ("deferral.reason", FieldKind::Text),
    ("deferral.until", FieldKind::Date),
    ("dependencies", FieldKind::List),
    ("successor_of", FieldKind::Text),
    ("exposure.facing", FieldKind::Text),
    ("exposure.internet_reachable", FieldKind::YesNo),
    ("exposure.likely_exploitable", FieldKind::YesNo),
    ("emass.id", FieldKind::Text),
    ("emass.security_checks", FieldKind::List),
    ("emass.not_applicable", FieldKind::YesNo),
    ("emass.requested_expiration", FieldKind::Date),
    ("emass.source_details", FieldKind::Text),
    ("emass.office", FieldKind::Text),
    ("emass.raw_severity", FieldKind::Text),
    ("emass.mitigations", FieldKind::Text),
    ("emass.predisposing_conditions", FieldKind::Text),
    ("emass.severity", FieldKind::Text),
    ("emass.threat_relevance", FieldKind::Text),
    ("emass.threat_description", FieldKind::Text),
    ("emass.likelihood", FieldKind::Text),
    ("emass.impact", FieldKind::Text),
    ("emass.impact_description", FieldKind::Text),
    ("emass.residual_risk", FieldKind::Text),
    ("emass.recommendations", FieldKind::Text),
    ("emass.proposed_residual_risk", FieldKind::Text),
    ("emass.cfo_audit", FieldKind::YesNo),
    ("emass.personnel.cost_code", FieldKind::Text),
    ("emass.personnel.funded", FieldKind::Text),
    ("emass.personnel.unfunded", FieldKind::Text),
    ("emass.personnel.obstacle", FieldKind::Text),
    ("emass.personnel.obstacle_reason", FieldKind::Text),
    ("emass.non_personnel.cost_code", FieldKind::Text),
    ("emass.non_personnel.funded", FieldKind::Text),
    ("emass.non_personnel.unfunded", FieldKind::Text),
    ("emass.non_personnel.obstacle", FieldKind::Text),
    ("emass.non_personnel.obstacle_reason", FieldKind::Text),
    ("sensitive", FieldKind::List),
    ("change_ticket", FieldKind::Text),
    ("completion_date", FieldKind::Date),
    ("comments", FieldKind::Text),
];

/// Usual names of fields that are not their own.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("name", "weakness_name"),
    ("weakness", "weakness_name"),
    ("description", "weakness_description"),
    ("control", "controls"),
    ("detector", "detector_source"),
    ("source_id", "source_identifier"),
    ("plugin_id", "source_identifier"),
    ("cve", "cves"),
    ("asset", "assets"),
    ("service", "services"),
    ("owner", "point_of_contact.name"),
    ("owner_email", "point_of_contact.email"),
    ("owner_role", "point_of_contact.role"),
    ("point_of_contact", "point_of_contact.name"),
    ("resources", "resources_required"),
    ("plan", "remediation_plan"),
    ("schedule", "scheduled_completion_date"),
    ("scheduled", "scheduled_completion_date"),
    ("vendor", "vendor_dependency.vendor"),
    ("product", "vendor_dependency.product"),
    ("dependency", "dependencies"),
    ("ticket", "change_ticket"),
    ("comment", "comments"),
];

/// Fields that have commands of their own, which record more than a value.
const OTHER_COMMANDS: &[(&str, &str)] = &[
    ("id", "an id is for life; a new item takes the place of an old one with `successor_of`"),
    ("status", "use `poam transition ID STATUS`"),
    ("milestones", "use `poam milestone add|complete|reschedule ID`"),
    ("deviations", "use `poam deviation request|approve|deny ID`"),
    ("evidence", "use `poam evidence add ID REFERENCE`"),
    ("reviews", "use `poam review ID`"),
    ("review", "use `poam review request|submit|return|complete ID`"),
    ("ver", "use `poam edit ID`"),
    ("allow", "use `poam edit ID`"),
    (
        "original_detection_date",
        "it never changes; if it was wrong from the beginning, use `poam edit ID`",
    ),
    (
        "original_risk_rating",
        "it never changes; use `poam deviation request ID risk-adjustment --rating RATING`",
    ),
];

/// A change of one field by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The field: names of members, from the outermost.
    path: Vec<String>,
    kind: FieldKind,
    operator: Operator,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// Replaces the value; an empty text removes the field.
    Set,
    /// Adds to a list.
    Add,
    /// Takes out of a list.
    Remove,
}

/// The reason why a text is no assignment, or changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum AssignmentError {
    /// There is no `=`.
    #[error("`{}` is not an assignment; write FIELD=VALUE, such as comments=\"…\" or controls+=AC-2", visible(.0))]
    Form(String),
    /// No such field.
    #[error("an item has no field `{}`{help}", visible(.field))]
    Field {
        /// As written.
        field: String,
        /// The way out: names near it.
        help: String,
    },
    /// The field has a command of its own.
    #[error("`{field}` cannot be set: {instead}")]
    OtherCommand {
        /// The field.
        field: String,
        /// The way out.
        instead: &'static str,
    },
    /// `+=` or `-=` on a field that is no list.
    #[error("`{field}` is not a list; write {field}=VALUE")]
    NotAList {
        /// The field.
        field: String,
    },
    /// A value of the wrong kind.
    #[error("`{}` is not a value of `{field}`: {problem}", visible(.value))]
    Value {
        /// The field.
        field: String,
        /// As written.
        value: String,
        /// The reason why it is refused.
        problem: String,
    },
    /// A list does not have what should be taken out.
    #[error("{item}: `{field}` does not have `{}`; it has {there}", visible(.value))]
    NotThere {
        /// The item.
        item: String,
        /// The field.
        field: String,
        /// The value to take out.
        value: String,
        /// The values of the list.
        there: String,
    },
    /// Nothing would change.
    #[error("{item}: nothing would change: every field has that value already")]
    Nothing {
        /// The item.
        item: String,
    },
    /// The file cannot be changed in place.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Assignment {
    /// Reads `FIELD=VALUE`, `FIELD+=VALUE` or `FIELD-=VALUE`. Fields are named as in the files, with
    /// blanks or hyphens for underscores, or by a usual short name; members of mappings after a dot
    /// (`vendor_dependency.vendor`, `mappings.soc2`, `extra.team`).
    pub fn parse(text: &str) -> Result<Self, AssignmentError> {
        let (left, value) =
            text.split_once('=').ok_or_else(|| AssignmentError::Form(text.to_owned()))?;
        let (name, operator) = match (left.strip_suffix('+'), left.strip_suffix('-')) {
            (Some(name), _) => (name, Operator::Add),
            (_, Some(name)) => (name, Operator::Remove),
            _ => (left, Operator::Set),
        };
        let (path, kind) = find_field(name.trim())?;
        if operator != Operator::Set && kind != FieldKind::List {
            return Err(AssignmentError::NotAList { field: path.join(".") });
        }
        let value = value.trim().to_owned();
        let is_reason = path.last().is_some_and(|name| name == "rationale" || name == "reason");
        if is_reason && !is_blank(&value) && is_placeholder(&value) {
            return Err(AssignmentError::Value {
                field: path.join("."),
                value,
                problem: "it gives no reason; write why, in a few words".to_owned(),
            });
        }
        if operator != Operator::Set && is_blank(&value) {
            return Err(AssignmentError::Form(text.to_owned()));
        }
        Ok(Self { path, kind, operator, value })
    }

    /// The field's name.
    fn field(&self) -> String {
        self.path.join(".")
    }

    /// The number of outer names of the path that the file has as mappings.
    fn mappings_there(&self, stored: &Stored) -> usize {
        let mut value = stored.value();
        let mut count = 0;
        for name in &self.path {
            match value.get(name) {
                Some(inner) if inner.is_object() => value = inner,
                _ => break,
            }
            count += 1;
        }
        count
    }

    /// Puts a value into a mapping that is added in full, because the file does not have it.
    fn insert_into(&self, added: &mut Map<String, Value>, there: usize, value: Value) {
        let (outer, inner) = self.path.split_at(there + 1);
        let mut place = added.entry(build_pointer(outer)).or_insert(Value::Null);
        for name in inner {
            if !place.is_object() {
                *place = Map::new().into();
            }
            let Value::Object(mapping) = place else { return };
            place = mapping.entry(name.clone()).or_insert(Value::Null);
        }
        *place = value;
    }

    /// The edit of an item, if any is needed.
    fn build_edit(
        &self,
        stored: &Stored,
        today: NaiveDate,
    ) -> Result<Option<Edit>, AssignmentError> {
        let pointer = build_pointer(&self.path);
        let before = stored.value().pointer(&pointer);
        let after = match self.operator {
            Operator::Set if is_blank(&self.value) => return self.removal_edit(stored),
            Operator::Set => self.read(&self.value, today)?,
            Operator::Add | Operator::Remove => Value::from(self.changed_list(stored, before)?),
        };
        if before == Some(&after) {
            return Ok(None);
        }
        if after.as_array().is_some_and(Vec::is_empty) {
            return Ok(before.map(|_| Edit::remove(pointer)));
        }
        if self.operator == Operator::Add && before.is_some() {
            let new = after.as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
            return Ok(Some(Edit::append(pointer, new)));
        }
        Ok(Some(Edit::set(pointer, after)))
    }

    /// The edit that removes the field; of a field that its mapping cannot be without, the mapping.
    fn removal_edit(&self, stored: &Stored) -> Result<Option<Edit>, AssignmentError> {
        let field = self.field();
        if field == "weakness_name" {
            let problem = "every item has a name".to_owned();
            return Err(AssignmentError::Value { field, value: self.value.clone(), problem });
        }
        let needed = ["point_of_contact.name", "deferral.reason", "deferral.until", "kev.listed"];
        let path = match needed.contains(&field.as_str()) {
            true => self.path.get(..1).unwrap_or_default(),
            false => self.path.as_slice(),
        };
        let pointer = build_pointer(path);
        Ok(stored.value().pointer(&pointer).map(|_| Edit::remove(pointer.as_str())))
    }

    /// The list with the value added, or without it.
    fn changed_list(
        &self,
        stored: &Stored,
        before: Option<&Value>,
    ) -> Result<Vec<String>, AssignmentError> {
        let mut list: Vec<String> =
            before.and_then(Value::as_array).into_iter().flatten().map(value_text).collect();
        let at = list.iter().position(|entry| *entry == self.value);
        match (self.operator, at) {
            (Operator::Remove, Some(at)) => {
                list.remove(at);
            }
            (Operator::Remove, None) => {
                return Err(AssignmentError::NotThere {
                    item: stored.item.id.to_string(),
                    field: self.field(),
                    value: self.value.clone(),
                    there: match list.is_empty() {
                        true => "nothing".to_owned(),
                        false => visible(&list.join(", ")).into_owned(),
                    },
                });
            }
            (_, Some(_)) => {}
            (_, None) => list.push(self.value.clone()),
        }
        Ok(list)
    }

    /// Reads the value of a field.
    fn read(&self, value: &str, today: NaiveDate) -> Result<Value, AssignmentError> {
        let wrong = |problem: String| AssignmentError::Value {
            field: self.field(),
            value: value.to_owned(),
            problem,
        };
        Ok(match self.kind {
            FieldKind::Text => Value::from(value),
            FieldKind::List => {
                value.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect()
            }
            FieldKind::Date => {
                let typed = value.parse::<TypedDay>().map_err(|error| wrong(error.to_string()))?;
                day_value(typed.resolve_on(today))
            }
            FieldKind::YesNo => match words::find_answer(value) {
                Some(words::Answer::Yes) => Value::Bool(true),
                Some(words::Answer::No) => Value::Bool(false),
                _ => return Err(wrong("write yes or no".to_owned())),
            },
            FieldKind::ItemKind => {
                let kind = words::find_kind(value).ok_or_else(|| {
                    wrong("write weakness, configuration or documentation".to_owned())
                })?;
                Value::from(kind.as_str())
            }
        })
    }
}

fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The address of names, from the outermost.
fn build_pointer(path: &[String]) -> String {
    let escape = |name: &String| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
    path.iter().map(escape).collect()
}

/// The path and the kind of the field with a name.
fn find_field(name: &str) -> Result<(Vec<String>, FieldKind), AssignmentError> {
    let folded: String = name.to_lowercase().replace(['-', ' '], "_");
    let folded = OTHER_NAMES
        .iter()
        .find(|(other, _)| *other == folded)
        .map_or(folded.clone(), |(_, field)| (*field).to_owned());
    if let Some((_, kind)) = FIELDS.iter().find(|(field, _)| *field == folded) {
        return Ok((folded.split('.').map(str::to_owned).collect(), *kind));
    }
    // Members that a team names itself keep their case.
    if let Some((outer, inner)) = name.split_once('.')
        && !inner.is_empty()
    {
        let kind = match outer.to_lowercase().as_str() {
            "mappings" => Some(FieldKind::List),
            "extra" => Some(FieldKind::Text),
            _ => None,
        };
        if let Some(kind) = kind {
            return Ok((vec![outer.to_lowercase(), inner.to_owned()], kind));
        }
    }
    let outer = folded.split('.').next().unwrap_or_default();
    if let Some((field, instead)) = OTHER_COMMANDS.iter().find(|(field, _)| *field == outer) {
        return Err(AssignmentError::OtherCommand { field: (*field).to_owned(), instead });
    }
    let members: Vec<&str> = FIELDS
        .iter()
        .map(|(field, _)| *field)
        .filter(|field| field.split('.').next() == Some(outer) && field.contains('.'))
        .collect();
    let help = match members.is_empty() {
        false => format!("; write one of {}", members.join(", ")),
        true => {
            let known = FIELDS.iter().map(|(field, _)| *field);
            let near = nearest(&folded, known.chain(OTHER_NAMES.iter().map(|(name, _)| *name)));
            near.map_or_else(
                || "; `poam schema item` lists all fields, extra.NAME is for your own".to_owned(),
                |near| format!("; did you mean `{near}`?"),
            )
        }
    };
    Err(AssignmentError::Field { field: name.to_owned(), help })
}

/// Replaces an owner who is given by the address, or in other letters, by the name that the settings have.
fn resolve_owner(assignments: &[Assignment], people: &[Person]) -> Vec<Assignment> {
    let mut resolved = assignments.to_vec();
    for assignment in resolved.iter_mut().filter(|it| it.path == ["point_of_contact", "name"]) {
        if let Some(person) = find_listed(people, &assignment.value) {
            assignment.value.clone_from(&person.name);
        }
    }
    resolved
}

/// Returns what a new owner brings along: the email and role that the settings have of the person. Those
/// of the owner before go.
fn details_of_new_owner(
    stored: &Stored,
    assignments: &[Assignment],
    people: &[Person],
) -> Vec<Assignment> {
    let named = |member: &str| {
        let is_member = |it: &&Assignment| it.path == ["point_of_contact", member];
        assignments.iter().find(is_member)
    };
    let owner = stored.item.point_of_contact.as_ref();
    let Some(name) = named("name").map(|it| it.value.as_str()).filter(|name| !is_blank(name))
    else {
        return Vec::new();
    };
    if owner.is_some_and(|owner| owner.name == name) {
        return Vec::new();
    }
    let known = find_listed(people, name);
    let details = [
        ("email", known.and_then(|person| person.email.clone())),
        ("role", known.and_then(|person| person.role.clone())),
    ];
    let missing = details.into_iter().filter(|(member, _)| named(member).is_none());
    missing
        .map(|(member, value)| Assignment {
            path: vec!["point_of_contact".to_owned(), member.to_owned()],
            kind: FieldKind::Text,
            operator: Operator::Set,
            value: value.unwrap_or_default(),
        })
        .collect()
}

impl Change {
    /// The change that assignments make to an item. A new owner gets the email and role that `people`
    /// has of that person.
    pub fn assign_values(
        stored: &Stored,
        assignments: &[Assignment],
        people: &[Person],
        wish: &ChangeOptions,
        today: NaiveDate,
    ) -> Result<Self, AssignmentError> {
        let item = stored.item.id.to_string();
        let assignments = &resolve_owner(assignments, people);
        let details = details_of_new_owner(stored, assignments, people);
        let mut edits = Vec::new();
        // Mappings that the file does not have yet, with all members that are given.
        let mut added = Map::new();
        let mut names: Vec<String> = Vec::new();
        for assignment in assignments.iter().chain(&details) {
            if let Some(edit) = assignment.build_edit(stored, today)? {
                let there = assignment.mappings_there(stored);
                match edit {
                    Edit::Set { value, .. } if there + 1 < assignment.path.len() => {
                        assignment.insert_into(&mut added, there, value);
                    }
                    edit => edits.push(edit),
                }
                let name = assignment.field().replace('_', " ");
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        edits.extend(added.into_iter().map(|(pointer, value)| Edit::set(pointer, value)));
        if edits.is_empty() {
            return Err(AssignmentError::Nothing { item });
        }
        let subject = format!("{item}: set {}", names.join(", "));
        Ok(Self::build(stored, &edits, subject, wish, Vec::new())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Item;

    const ITEM: &str = "\
id: V-1
weakness_name: Old name # from the scan
controls: [SI-2]
mappings: {soc2: [CC7.1]}
original_detection_date: 2026-01-01
original_risk_rating: high
status: open
comments: old
";

    fn set(texts: &[&str]) -> Result<String, String> {
        let stored = Stored::parse("items/V-1.yaml", ITEM.as_bytes()).unwrap();
        let read = texts.iter().map(|text| Assignment::parse(text)).collect::<Result<Vec<_>, _>>();
        let change = Change::assign_values(
            &stored,
            &read.map_err(|error| error.to_string())?,
            &[],
            &ChangeOptions::default(),
            "2026-02-02".parse().unwrap(),
        );
        change.map(|it| it.document.text().to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_field_can_be_set_or_names_its_command() {
        for field in Item::FIELDS {
            let outer = |name: &str| name.split('.').next() == Some(field);
            let can_be_set = FIELDS.iter().any(|(name, _)| outer(name));
            let has_command = OTHER_COMMANDS.iter().any(|(name, _)| *name == field);
            let is_open = matches!(field, "mappings" | "extra");
            assert_eq!(
                usize::from(can_be_set) + usize::from(has_command) + usize::from(is_open),
                1,
                "{field}"
            );
        }
        for (name, field) in OTHER_NAMES {
            assert!(FIELDS.iter().any(|(known, _)| known == field), "{name}");
            assert!(!FIELDS.iter().any(|(known, _)| known == name), "{name}");
        }
    }

    #[test]
    fn values_are_set_added_and_taken_out() {
        for (texts, line) in [
            (&["name=New name"][..], "weakness_name: New name # from the scan\n"),
            (&["Remediation-Plan=Patch it"], "remediation_plan: Patch it\n"),
            (&["controls+=AC-2"], "controls: [SI-2, AC-2]\n"),
            (&["controls=AC-2, AC-3"], "controls: [AC-2, AC-3]\n"),
            (&["mappings.soc2+=CC7.2"], "mappings: {soc2: [CC7.1, CC7.2]}\n"),
            (&["extra.Team=Blue"], "extra:\n  Team: Blue\n"),
            (&["scheduled completion date=+30d"], "scheduled_completion_date: 2026-03-04\n"),
            (
                &["kev.listed=YES", "kev.due=2026-03-01"],
                "kev:\n  listed: true\n  due: 2026-03-01\n",
            ),
            (&["vendor=Example", "product=Wall"], "vendor_dependency:\n  vendor: Example\n"),
            (&["owner=Jane Doe"], "point_of_contact:\n  name: Jane Doe\n"),
            (
                &["emass.severity=very-high", "emass.security_checks=SV-1_rule"],
                "emass:\n  severity: very-high\n",
            ),
        ] {
            let text = set(texts).unwrap_or_else(|error| panic!("{texts:?}: {error}"));
            assert!(text.contains(line), "{texts:?}\n{text}");
        }
        assert!(!set(&["controls-=SI-2"]).unwrap().contains("controls"));
        assert!(!set(&["comments="]).unwrap().contains("comments"));
    }

    #[test]
    fn a_new_owner_brings_the_own_mail_address() {
        let file = format!(
            "{ITEM}point_of_contact: {{name: Jane Doe, email: jane@example.com, role: ISSO}}\n"
        );
        let stored = Stored::parse("items/V-1.yaml", file.as_bytes()).unwrap();
        let mut sam = Person::named("Sam Roe");
        sam.email = Some("sam@example.com".to_owned());
        let owner = |texts: &[&str]| {
            let read: Vec<Assignment> =
                texts.iter().map(|text| Assignment::parse(text).unwrap()).collect();
            let today = "2026-02-02".parse().unwrap();
            let wish = ChangeOptions::default();
            let change =
                Change::assign_values(&stored, &read, std::slice::from_ref(&sam), &wish, today)
                    .unwrap();
            let owner = Stored::from_document(change.document).unwrap().item.point_of_contact;
            let owner = owner.unwrap();
            (owner.name, owner.email.unwrap_or_default(), owner.role.unwrap_or_default())
        };
        let triple = |name: &str, email: &str, role: &str| {
            (name.to_owned(), email.to_owned(), role.to_owned())
        };
        assert_eq!(owner(&["owner=Sam Roe"]), triple("Sam Roe", "sam@example.com", ""));
        assert_eq!(owner(&["owner=Lee Wong"]), triple("Lee Wong", "", ""));
        assert_eq!(
            owner(&["owner=Lee Wong", "owner_email=lee@example.com"]),
            triple("Lee Wong", "lee@example.com", "")
        );
        assert_eq!(owner(&["owner_role=SO"]), triple("Jane Doe", "jane@example.com", "SO"));
    }

    #[test]
    fn what_cannot_be_set_says_what_to_do() {
        for (text, part) in [
            ("comments", "is not an assignment"),
            ("comment s=x", "did you mean"),
            ("status=closed", "poam transition ID STATUS"),
            ("milestones.0.due=2026-01-01", "poam milestone"),
            ("vendor_dependency=x", "write one of vendor_dependency.vendor"),
            ("comments+=x", "is not a list"),
            ("scheduled=soon", "is not a value"),
            ("kev.listed=perhaps", "write yes or no"),
            ("controls-=AC-9", "it has SI-2"),
            ("comments=old", "nothing would change"),
            ("weakness_name=", "every item has a name"),
        ] {
            let error = set(&[text]).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
