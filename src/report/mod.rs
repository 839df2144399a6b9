//! A static web report of a tracker: an overview with charts, a table of all items, a page for each
//! item and each owner.
//!
//! It works from the file system and offline: no outside resource, nothing inline, a strict
//! content security policy. Every value is escaped by the templates (`templates/report`), and in the
//! table set as text. The same tracker, commits and day give the same bytes.
//!
//! - [`build`]: the files, one after another.
//! - [`Folder`]: the folder that they go to, replaced as a whole.

mod chart;
mod data;
mod folder;
mod item;
mod names;
mod overview;
mod owner;
mod view;

pub use folder::{Folder, FolderError, LIST};

use askama::Template;
use rayon::prelude::*;

use crate::history::History;
use crate::settings::Settings;
use crate::standing::Standing;
use crate::store::{Store, Stored};
use crate::summary::Summary;
use chart::DrawError;
use names::Names;
use view::Frame;

/// What a report is made of: where a tracker stands on the day of its summary.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The items.
    pub store: &'a Store,
    /// The settings.
    pub settings: &'a Settings,
    /// What the commits say; without it there are no timelines and no months.
    pub history: Option<&'a History>,
    /// The numbers, with the day and the commit.
    pub summary: &'a Summary,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A page could not be rendered.
    #[error("rendering {page}: {reason}")]
    Page {
        /// The file.
        page: String,
        /// Why.
        reason: String,
    },
    /// A chart could not be drawn.
    #[error("drawing the chart `{title}`: {reason}")]
    Chart {
        /// Its title.
        title: String,
        /// Why.
        reason: String,
    },
    /// A file could not be written.
    #[error("writing {path}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl From<DrawError> for BuildError {
    fn from(DrawError { title, reason }: DrawError) -> Self {
        Self::Chart { title, reason }
    }
}

/// An item with where it stands and the name of its page.
struct Row<'a> {
    stored: &'a Stored,
    standing: Standing,
    page: &'a str,
}

/// Pages that are rendered before they are written.
const BATCH: usize = 512;

/// Gives every file of a report to `write`: its path in the folder, with `/`, and its content.
pub fn build(
    input: Input<'_>,
    write: &mut dyn FnMut(&str, &str) -> std::io::Result<()>,
) -> Result<(), BuildError> {
    let mut put = |path: &str, text: &str| {
        write(path, text).map_err(|source| BuildError::Write { path: path.to_owned(), source })
    };
    let names = Names::of(input.store);
    let rows: Vec<Row<'_>> = input
        .store
        .items()
        .par_iter()
        .zip(names.pages())
        .map(|(stored, page)| {
            let today = input.summary.as_of;
            let standing = Standing::of(stored, input.settings, input.history, today);
            Row { stored, standing, page }
        })
        .collect();
    put("style.css", include_str!("../../templates/report/style.css"))?;
    put("items.js", include_str!("../../templates/report/items.js"))?;
    put("data.js", &data::script(&rows))?;
    let frame = |here, up| Frame::of(input.summary, here, up);
    put("items.html", &page("items.html", &view::ItemsPage { frame: frame("items", "") })?)?;
    put(
        "index.html",
        &page("index.html", &overview::page(input, &rows, &names, frame("overview", ""))?)?,
    )?;
    for (name, text) in owner::pages(&rows, &frame)? {
        put(&name, &text)?;
    }
    for batch in rows.chunks(BATCH) {
        let render =
            |row: &Row<'_>| page(row.page, &item::page(row, input, &names, frame("item", "../")));
        let pages: Result<Vec<String>, BuildError> = batch.par_iter().map(render).collect();
        for (row, text) in batch.iter().zip(pages?) {
            put(row.page, &text)?;
        }
    }
    Ok(())
}

fn page(name: &str, template: &impl Template) -> Result<String, BuildError> {
    template
        .render()
        .map_err(|error| BuildError::Page { page: name.to_owned(), reason: error.to_string() })
}
