//! The handbook: every page is listed, every link resolves, every rule and command has a page that says
//! what the program says, and every command on a page runs.
#![allow(clippy::unwrap_used)]

mod commands;
mod links;
mod reference;

use std::path::{Path, PathBuf};

/// The top of the project.
fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All Markdown files below a folder, as paths from the top of the project, sorted.
fn pages(folder: &str) -> Vec<String> {
    let mut pages = Vec::new();
    collect(&top().join(folder), &mut pages);
    pages.sort();
    pages
}

fn collect(folder: &Path, pages: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.strip_prefix(top()).unwrap().to_str().unwrap();
            pages.push(name.replace('\\', "/"));
        }
    }
}

fn read(page: &str) -> String {
    std::fs::read_to_string(top().join(page)).unwrap().replace("\r\n", "\n")
}

/// A fenced block of a page: what stands after the fence, the number of its first line, its lines.
struct Block {
    info: String,
    line: usize,
    lines: Vec<String>,
}

/// The fenced blocks of a page.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    let mut indent = 0;
    for (number, line) in text.lines().enumerate() {
        match (is_open, line.trim_start().strip_prefix("```")) {
            (false, Some(info)) => {
                indent = line.len() - line.trim_start().len();
                blocks.push(Block { info: info.to_owned(), line: number + 2, lines: Vec::new() });
                is_open = true;
            }
            (true, Some(_)) => is_open = false,
            (true, None) => {
                let line = line.get(indent..).unwrap_or_default();
                blocks.last_mut().unwrap().lines.push(line.to_owned());
            }
            (false, None) => {}
        }
    }
    blocks
}

#[test]
fn every_page_is_in_the_summary_and_every_entry_of_it_is_a_page() {
    let summary = read("docs/SUMMARY.md");
    let mut listed: Vec<String> =
        links::targets(&summary).into_iter().map(|target| format!("docs/{target}")).collect();
    listed.sort();
    let mut pages = pages("docs");
    pages.retain(|page| page != "docs/SUMMARY.md");
    assert_eq!(listed, pages);
}
