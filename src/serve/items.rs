//! The list of items: which are meant, in which order, and its page.

use std::cmp::Reverse;

use super::page::{self, BulkCommand, ItemListPage, RowView, SelectOption};
use super::pages::frame;
use super::request::{PageRequest, Reply, RequestFailure, all, first};
use super::routes::ServerContext;
use super::state::TrackerState;
use crate::filter::{self, Compare, Fact, Filter};
use crate::model::RiskRating;
use crate::report::view::line;
use crate::standing::Standing;
use crate::store::Stored;

/// Rows of a page.
const PAGE: usize = 100;

/// Which items are asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct ItemQuery {
    pub(super) status: Vec<String>,
    pub(super) risk: Option<String>,
    pub(super) owner: Option<String>,
    /// Words that all occur.
    pub(super) search: Option<String>,
    /// `all`, `open`, `overdue`, `closed` or `stale`.
    pub(super) show: Option<String>,
    /// A filter as `--where` takes it.
    pub(super) filter: Option<String>,
    pub(super) sort: Option<String>,
    /// Rows before the page.
    pub(super) offset: usize,
}

type ItemRows<'a> = Vec<(&'a Stored, &'a Standing)>;

impl ItemQuery {
    /// Reads the pairs behind `?`.
    pub(super) fn parse(query: &[(String, String)]) -> Self {
        let text = |name: &str| {
            let text = first(query, name).map(str::trim).filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        Self {
            status: all(query, "status").into_iter().filter(|it| !it.trim().is_empty()).collect(),
            risk: text("risk"),
            owner: text("owner"),
            search: text("q"),
            show: text("show"),
            filter: text("where"),
            sort: text("sort"),
            offset: text("offset").and_then(|text| text.parse().ok()).unwrap_or(0),
        }
    }

    /// The items, in order; why nobody can determine which are meant.
    pub(super) fn find<'a>(&self, state: &'a TrackerState) -> Result<ItemRows<'a>, String> {
        let (workflow, today) = (&state.tracker.settings.workflow, state.today);
        let text = |error: filter::FilterError| error.to_string();
        let mut filter = match &self.filter {
            Some(filter) => Filter::parse(filter, workflow, today).map_err(text)?,
            None => Filter::default(),
        };
        let statuses = self.status.iter().map(|word| filter::status_fact(word, workflow));
        let statuses = statuses.collect::<Result<Vec<_>, _>>().map_err(text)?;
        filter = filter.and_any(statuses);
        if let Some(word) = &self.risk {
            let risk: RiskRating = word.parse().map_err(|error| format!("risk: {error}"))?;
            filter = filter.and_any([Fact::Risk(Compare::Equal, risk)]);
        }
        filter = filter.and_any(self.owner.clone().map(Fact::Owner));
        for word in self.search.iter().flat_map(|text| text.split_whitespace()) {
            let word = word.to_owned();
            filter = filter.and_any([Fact::Text(word.clone()), Fact::Owner(word)]);
        }
        let closed = match self.show.as_deref() {
            None | Some("all") => None,
            Some("closed") => Some(true),
            Some("open") => Some(false),
            Some("overdue") => {
                filter = filter.and_any([Fact::Overdue]);
                None
            }
            Some("stale") => {
                filter = filter.and_any([Fact::Stale]);
                None
            }
            Some(other) => {
                let other = line(other);
                return Err(format!(
                    "show must be all, open, overdue, stale or closed, not `{other}`"
                ));
            }
        };
        let wanted = |(stored, standing): &(&Stored, &Standing)| {
            closed.is_none_or(|closed| standing.closed == closed)
                && filter.is_match(&stored.item, standing)
        };
        let mut found: ItemRows<'_> = state.rows().filter(wanted).collect();
        found.sort_by(|(one, _), (other, _)| one.item.id.cmp(&other.item.id));
        self.sort(&mut found)?;
        Ok(found)
    }

    fn sort(&self, found: &mut ItemRows<'_>) -> Result<(), String> {
        match self.sort.as_deref() {
            None | Some("id") => {}
            Some("urgency") => found.sort_by_key(|(_, standing)| {
                let is_exempt = standing.exemption.is_some();
                let late = Reverse(standing.days_overdue);
                (standing.closed, late, is_exempt, standing.effective_due)
            }),
            Some("risk") => found.sort_by_key(|(_, standing)| Reverse(standing.risk)),
            Some("due") => {
                found.sort_by_key(|(_, standing)| (standing.closed, standing.effective_due));
            }
            Some("detected") => {
                found.sort_by_key(|(_, standing)| Reverse(standing.permanent.detected));
            }
            Some("changed") => found.sort_by_key(|(_, standing)| Reverse(standing.status_date)),
            Some("status") => {
                found.sort_by(|(one, _), (other, _)| {
                    one.item.status.as_str().cmp(other.item.status.as_str())
                });
            }
            Some("owner") => found.sort_by_key(|(stored, _)| {
                let owner = stored.item.point_of_contact.as_ref();
                owner.map(|person| person.name.to_lowercase())
            }),
            Some("name") => {
                found.sort_by_key(|(stored, _)| stored.item.weakness_name.to_lowercase())
            }
            Some(other) => {
                let known = SORTS.map(|(key, _)| key).join(", ");
                return Err(format!("sort must be one of {known}, not `{}`", line(other)));
            }
        }
        Ok(())
    }

    /// The address of the same list with another value.
    fn address(&self, name: &str, value: &str) -> String {
        let own = [
            ("q", self.search.as_deref()),
            ("show", self.show.as_deref()),
            ("risk", self.risk.as_deref()),
            ("owner", self.owner.as_deref()),
            ("where", self.filter.as_deref()),
            ("sort", self.sort.as_deref()),
        ];
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for (key, own) in own {
            pairs.extend(own.filter(|_| key != name).map(|own| (key, own)));
        }
        pairs.extend(self.status.iter().filter(|_| name != "status").map(|own| ("status", &**own)));
        if !value.is_empty() {
            pairs.push((name, value));
        }
        page::query("items.html", &pairs)
    }
}

/// The orders of the list, by the titles of columns.
const SORTS: [(&str, &str); 8] = [
    ("id", "Item"),
    ("name", "Weakness"),
    ("risk", "Risk"),
    ("status", "Status"),
    ("owner", "Owner"),
    ("detected", "Detected"),
    ("due", "Due"),
    ("urgency", "Late"),
];

/// The page with the list.
pub(super) fn list(shared: &ServerContext, request: &PageRequest) -> Result<Reply, RequestFailure> {
    let state = shared.state()?;
    let query = ItemQuery::parse(&request.query);
    let (found, refusal) = match query.find(&state) {
        Ok(found) => (found, None),
        Err(refusal) => (Vec::new(), Some(refusal)),
    };
    let total = found.len();
    let offset = query.offset.min(total.saturating_sub(1)) / PAGE * PAGE;
    let shown: Vec<RowView> = found
        .iter()
        .skip(offset)
        .take(PAGE)
        .map(|(stored, standing)| row(&state, stored, standing))
        .collect();
    let count = match (total, &refusal) {
        (_, Some(_)) | (0, None) => "No item matches.".to_owned(),
        (total, None) if total <= PAGE => {
            let all = state.store.items().len();
            format!("{} of {all}", crate::text::plural(total, "item"))
        }
        (total, None) => format!("Items {} to {} of {total}", offset + 1, offset + shown.len()),
    };
    let turn = |to: Option<usize>| to.map(|to| query.address("offset", &to.to_string()));
    let option = |value: &str, text: &str, chosen: Option<&str>| SelectOption {
        value: value.to_owned(),
        text: text.to_owned(),
        chosen: chosen == Some(value),
    };
    let workflow = &state.tracker.settings.workflow;
    let chosen_status = query.status.first().map(|word| match workflow.resolve_word(word) {
        Some(status) => status.to_string(),
        None => word.clone(),
    });
    let statuses = workflow
        .names()
        .into_iter()
        .map(|name| option(name, &line(name), chosen_status.as_deref()))
        .collect();
    let shows = [
        ("all", "all items"),
        ("open", "open items"),
        ("overdue", "overdue items"),
        ("stale", "quiet items"),
        ("closed", "closed items"),
    ];
    let risks = ["critical", "high", "moderate", "low"];
    let people = state.people();
    let bulk = if shared.read_only {
        Vec::new()
    } else {
        let forms = shared.backend.forms().iter().filter(|form| form.takes_items);
        forms.map(|form| BulkCommand { name: form.name.clone(), title: form.label() }).collect()
    };
    let page = ItemListPage {
        frame: frame(shared, &state, "items", "", request),
        search: query.search.clone().unwrap_or_default(),
        filter: query.filter.clone().unwrap_or_default(),
        shows: shows.map(|(value, text)| option(value, text, query.show.as_deref())).to_vec(),
        risks: risks.map(|risk| option(risk, risk, query.risk.as_deref())).to_vec(),
        statuses,
        owners: people
            .iter()
            .map(|name| option(name, &line(name), query.owner.as_deref()))
            .collect(),
        sort: query.sort.clone().unwrap_or_default(),
        refusal,
        count,
        columns: SORTS
            .map(|(key, title)| page::SortColumn {
                title,
                address: query.address("sort", key),
                sorted: query.sort.as_deref().unwrap_or("id") == key,
            })
            .to_vec(),
        rows: shown,
        previous: turn(offset.checked_sub(PAGE)),
        next: turn(Some(offset + PAGE).filter(|next| *next < total)),
        bulk,
        all: (total > PAGE).then_some(found.len()),
        query: page::query(
            "",
            &request.query.iter().map(|(a, b)| (&**a, &**b)).collect::<Vec<_>>(),
        ),
    };
    page::render(&page)
}

fn row(state: &TrackerState, stored: &Stored, standing: &Standing) -> RowView {
    let item = &stored.item;
    let day = |day: chrono::NaiveDate| day.to_string();
    let late = standing.days_overdue;
    RowView {
        id: item.id.to_string(),
        shown: line(item.id.as_str()),
        address: state.address(&item.id),
        name: line(&item.weakness_name),
        risk: standing.risk.as_str(),
        status: line(item.status.as_str()),
        owner: item.point_of_contact.as_ref().map_or_else(String::new, |it| line(it.name.trim())),
        detected: day(standing.permanent.detected),
        due: if standing.closed { String::new() } else { day(standing.effective_due) },
        late: if late > 0 { format!("{late} d") } else { String::new() },
    }
}
