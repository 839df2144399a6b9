//! A static web report of a tracker: an overview with charts, a table of all items, a page for each
//! item and each owner.
//!
//! It works from the file system and offline: no outside resource, nothing inline, a strict
//! content security policy. Every value is escaped by the templates (`templates/report`), and in the
//! table set as text. The same tracker, commits and day give the same bytes.
//!
//! - [`build`]: the files, one after another.
//! - [`Folder`]: the folder that they go to, replaced in full.

mod chart;
mod data;
mod folder;
mod item;
mod names;
mod overview;
mod owner;
pub(crate) mod view;

pub use folder::{Folder, LIST};

pub use crate::output_folder::FolderError;

use std::collections::BTreeMap;

use askama::Template;
use chrono::NaiveDate;
use rayon::prelude::*;

use crate::history::History;
use crate::settings::{LinkSettings, Settings};
use crate::standing::Standing;
use crate::store::{Store, Stored};
use crate::summary::Summary;
use chart::DrawError;
pub(crate) use chart::{Chart, Ink, Series, SeriesShape};
pub(crate) use names::Names;
pub(crate) use names::address;
use view::PageFrame;

/// Data of a report: the summary of a tracker with its items and settings.
#[derive(Clone, Copy)]
pub struct ReportInput<'a> {
    /// The items.
    pub store: &'a Store,
    /// The settings.
    pub settings: &'a Settings,
    /// History; without it there are no timelines and no months.
    pub history: Option<&'a History>,
    /// The numbers, with the day and the commit.
    pub summary: &'a Summary,
    /// Numbers of the pull requests that commits of the main line merged, by commit.
    pub pull_requests: Option<&'a BTreeMap<String, u64>>,
}

/// Addresses that pages lead to outside the report.
struct ReportLinks<'a> {
    settings: &'a LinkSettings,
    commit: Option<&'a str>,
    pull_requests: Option<&'a BTreeMap<String, u64>>,
    today: NaiveDate,
}

impl<'a> ReportInput<'a> {
    fn links(&self) -> ReportLinks<'a> {
        ReportLinks {
            settings: &self.settings.links,
            commit: self.summary.commit.as_deref(),
            pull_requests: self.pull_requests,
            today: self.summary.as_of,
        }
    }
}

/// Returns the number of the pull or merge request that the message of a commit names as GitHub,
/// GitLab and Bitbucket write it.
pub fn pull_request_of(message: &str) -> Option<u64> {
    let digits = |text: &str| -> Option<u64> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end)?.parse().ok()
    };
    let subject = message.lines().next().unwrap_or_default().trim();
    for start in ["Merge pull request #", "Merged in "] {
        if let Some(rest) = subject.strip_prefix(start) {
            return digits(rest).or_else(|| digits(subject.rsplit_once("(pull request #")?.1));
        }
    }
    if let Some((_, rest)) = subject.rsplit_once("(#")
        && rest.ends_with(')')
    {
        return digits(rest);
    }
    let request = message.lines().find(|line| line.starts_with("See merge request "))?;
    digits(request.rsplit_once('!')?.1)
}

/// Reasons why no report was built.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A page could not be rendered.
    #[error("rendering {page}: {reason}")]
    Page {
        /// The file.
        page: String,
        /// Reason.
        reason: String,
    },
    /// A chart could not be drawn.
    #[error("drawing the chart `{title}`: {reason}")]
    Chart {
        /// Its title.
        title: String,
        /// Reason.
        reason: String,
    },
    /// A file could not be written.
    #[error("writing {path}")]
    Write {
        /// The file.
        path: String,
        /// Reason of the system.
        #[source]
        source: std::io::Error,
    },
}

impl From<DrawError> for ReportError {
    fn from(DrawError { title, reason }: DrawError) -> Self {
        Self::Chart { title, reason }
    }
}

/// An item with its state and the name of its page.
struct ReportRow<'a> {
    stored: &'a Stored,
    standing: Standing,
    page: &'a str,
}

/// The style sheet of all pages.
pub(crate) const STYLE: &str = include_str!("../../templates/report/style.css");

/// The first page, in a frame of the caller.
pub(crate) fn overview(
    input: ReportInput<'_>,
    standings: &[Standing],
    names: &Names,
    frame: PageFrame,
) -> Result<String, ReportError> {
    let rows = rows(input.store, standings, names);
    page("index.html", &overview::page(input, &rows, names, frame)?)
}

/// The pages of the owners and the list of them, by their paths.
pub(crate) fn owners(
    input: ReportInput<'_>,
    standings: &[Standing],
    names: &Names,
    frame: &dyn Fn(&'static str, &'static str) -> PageFrame,
) -> Result<Vec<(String, String)>, ReportError> {
    owner::pages(&rows(input.store, standings, names), input.summary.as_of, frame)
}

/// The page of an item, which the caller may add to.
pub(crate) fn item_page(
    input: ReportInput<'_>,
    (stored, standing): (&Stored, &Standing),
    names: &Names,
    frame: PageFrame,
) -> view::ItemPage {
    let row = ReportRow { stored, standing: standing.clone(), page: "" };
    item::page(&row, input.history, names, &input.links(), frame)
}

fn rows<'a>(store: &'a Store, standings: &[Standing], names: &'a Names) -> Vec<ReportRow<'a>> {
    let items = store.items().iter().zip(standings).zip(names.pages());
    items
        .map(|((stored, standing), page)| ReportRow { stored, standing: standing.clone(), page })
        .collect()
}

/// Pages that are rendered before they are written.
const BATCH: usize = 512;

/// Gives every file of a report to `write`: its path in the folder, with `/`, and its content.
pub fn build(
    input: ReportInput<'_>,
    write: &mut dyn FnMut(&str, &str) -> std::io::Result<()>,
) -> Result<(), ReportError> {
    let mut put = |path: &str, text: &str| {
        write(path, text).map_err(|source| ReportError::Write { path: path.to_owned(), source })
    };
    let names = Names::assign(input.store);
    let rows: Vec<ReportRow<'_>> = input
        .store
        .items()
        .par_iter()
        .zip(names.pages())
        .map(|(stored, page)| {
            let today = input.summary.as_of;
            let standing = Standing::compute(stored, input.settings, input.history, today);
            ReportRow { stored, standing, page }
        })
        .collect();
    put("style.css", STYLE)?;
    put("items.js", include_str!("../../templates/report/items.js"))?;
    put("data.js", &data::script(&rows, input.history, input.summary))?;
    let links = input.links();
    let frame = |here, up| PageFrame {
        commit_link: links.commit.and_then(|commit| links.settings.commit(commit)),
        ..PageFrame::build(input.summary, here, up)
    };
    put("items.html", &page("items.html", &view::ItemsPage { frame: frame("items", "") })?)?;
    put(
        "index.html",
        &page("index.html", &overview::page(input, &rows, &names, frame("overview", ""))?)?,
    )?;
    for (name, text) in owner::pages(&rows, input.summary.as_of, &frame)? {
        put(&name, &text)?;
    }
    for batch in rows.chunks(BATCH) {
        let render = |row: &ReportRow<'_>| {
            let frame = frame("item", "../");
            page(row.page, &item::page(row, input.history, &names, &links, frame))
        };
        let pages: Result<Vec<String>, ReportError> = batch.par_iter().map(render).collect();
        for (row, text) in batch.iter().zip(pages?) {
            put(row.page, &text)?;
        }
    }
    Ok(())
}

/// Draws a chart: its title, a note and what its categories are, then the series over the categories.
pub(crate) fn draw_chart(
    id: &'static str,
    (title, note, unit): (&'static str, &'static str, &'static str),
    categories: Vec<String>,
    series: Vec<Series>,
) -> Result<Chart, ReportError> {
    let chart = Chart { id, title, note, unit, categories, series, svg: String::new() };
    Ok(chart.drawn()?)
}

pub(crate) fn page(name: &str, template: &impl Template) -> Result<String, ReportError> {
    template
        .render()
        .map_err(|error| ReportError::Page { page: name.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::{Names, pull_request_of};
    use crate::settings::LinkSettings;

    #[test]
    fn services_name_the_request_that_a_commit_lands() {
        for (message, expected) in [
            ("Merge pull request #12 from ann/fix\n\nFix it", Some(12)),
            ("Fix the port (#7)", Some(7)),
            ("Fix the port (#7) again", None),
            ("Merge branch 'x' into 'main'\n\nFix\n\nSee merge request group/poam!34", Some(34)),
            ("Merged in fix (pull request #5)", Some(5)),
            ("V-1: open -> closed\n\nticket #9", None),
            ("", None),
        ] {
            assert_eq!(pull_request_of(message), expected, "{message}");
        }
    }

    #[test]
    fn links_of_reviews_lead_to_the_pages_of_the_report() {
        let report = LinkSettings { report: Some("https://h/r".to_owned()), ..Default::default() };
        for id in ["V-1", "A/B", "VS-001-AC(2)"] {
            let store = crate::summary::samples::store(&[(id, "")]);
            let id = id.parse().unwrap();
            let page = Names::assign(&store).address(&id).unwrap();
            assert_eq!(report.item(&id).unwrap(), format!("https://h/r/{page}"));
        }
    }
}
