//! Downloads of the workbook and other forms of the last commit, and snapshots.

use super::page::{self, Download, PublishPage};
use super::pages::frame;
use super::request::{PageRequest, Reply, RequestFailure, first};
use super::routes::ServerContext;
use crate::report::view::lines;

type Answer = Result<Reply, RequestFailure>;

/// A file that can be had: its name, what it is, the words of its command and its media type.
struct PublishedFile {
    name: &'static str,
    title: &'static str,
    words: &'static [&'static str],
    media_type: &'static str,
}

const FILES: &[PublishedFile] = &[
    PublishedFile {
        name: "poam.xlsx",
        title: "The POA&M workbook",
        words: &["workbook"],
        media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    },
    PublishedFile {
        name: "poam-oscal.json",
        title: "The OSCAL POA&M",
        words: &["export", "oscal"],
        media_type: "application/json",
    },
    PublishedFile {
        name: "items.csv",
        title: "All items as a table (CSV)",
        words: &["export", "csv"],
        media_type: "text/csv; charset=utf-8",
    },
];

/// The page that leads to the files.
pub(super) fn page(shared: &ServerContext, request: &PageRequest) -> Answer {
    show(shared, request, None, String::new())
}

fn show(
    shared: &ServerContext,
    request: &PageRequest,
    refusal: Option<String>,
    done: String,
) -> Answer {
    let state = shared.state()?;
    let run = shared.backend.run(&["snapshot".to_owned(), "list".to_owned()], &Default::default());
    let status = if refusal.is_some() { 400 } else { 200 };
    let download = |file: &PublishedFile| Download { name: file.name, title: file.title };
    let page = PublishPage {
        frame: frame(shared, &state, "publish", "/", request),
        files: FILES.iter().map(download).collect(),
        snapshots: lines(&run.results),
        month: state.today.format("%Y-%m").to_string(),
        refusal,
        done,
    };
    page::render(&page).map(|reply| reply.with_status(status))
}

/// A file of the last commit.
pub(super) fn download(shared: &ServerContext, request: &PageRequest) -> Answer {
    let name = request.param("file");
    let file = FILES.iter().find(|file| file.name == name);
    let file = file.ok_or_else(|| RequestFailure::not_found("there is no such file"))?;
    let broken =
        |error: std::io::Error| RequestFailure::broken(format!("writing the file: {error}"));
    let mut folder = shared.uploads.begin(String::new()).map_err(broken)?;
    let path = folder.place(file.name).map_err(broken)?;
    let mut words: Vec<String> = file.words.iter().map(|word| (*word).to_owned()).collect();
    words.push(format!("--output={}", path.display()));
    let run = shared.backend.run(&words, &Default::default());
    run.outcome.map_err(|error| RequestFailure::bad(error.text()))?;
    let bytes = std::fs::read(&path).map_err(broken)?;
    let named = format!("attachment; filename=\"{}\"", file.name);
    Ok(Reply::bytes(file.media_type, bytes).with_header("content-disposition", named))
}

/// Freezes a submission.
pub(super) fn snapshot(shared: &ServerContext, request: &PageRequest) -> Answer {
    if shared.read_only {
        return Err(RequestFailure::read_only());
    }
    let given = request.form();
    let name = first(&given, "name").map(str::trim).filter(|name| !name.is_empty());
    let mut words = vec!["snapshot".to_owned(), "create".to_owned(), "--".to_owned()];
    match name {
        Some(name) => words.push(name.to_owned()),
        None => words.truncate(1),
    }
    let run = shared
        .cache
        .change(shared.backend.as_ref(), || shared.backend.run(&words, &Default::default()));
    match run.outcome {
        Ok(_) => show(shared, request, None, lines(&run.results)),
        Err(error) => show(shared, request, Some(lines(error.text())), String::new()),
    }
}
