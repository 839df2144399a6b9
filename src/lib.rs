//! Plans of Action and Milestones (POA&Ms) as plain text in git.
//!
//! Each item is one YAML file; commits are its status and milestone history. This library is what
//! the program `poam` does; it never prints and never exits.
//!
//! ```text
//!  files ──store──▶ Document (text + addresses) ──serde──▶ Item ──rules──▶ Diagnostic ──output──▶ text · sarif · github · …
//!                         ▲          │ schema ─────────────────────────────────▲
//!                         │ edit, re-read, compare, rename                     │ change rules (base → head)
//!  transition, milestone ─┘                                                    │
//!  commits ──walk──▶ old/new Item ──compare──▶ Event ──▶ log · standing · summary · milestone changes ──▶ workbook
//!  workbook · csv ──read──▶ rows ──exchange──▶ Item ──import──▶ files, commits
//! ```
//!
//! The modules, from those that know least of ours to those that know most. The first four are crates of
//! their own, under the names that the program uses for them:
//!
//! - [`model`] (`poam-model`): what an item means; no YAML, no git, no files, no clock.
//! - [`document`] (`poam-yaml`): a YAML file with byte spans.
//! - [`repository`] (`poam-git`): everything done with git.
//! - [`workbook`] (`poam-workbook`): layouts as data, building and reading.
//! - [`text`]: counts, safe texts, tables, colours and escapes for people.
//! - [`merge`]: three-way merges of YAML files by meaning.
//! - [`diagnostic`]: a rule, a level, a fact, a place and a way out.
//! - [`schema`], [`settings`], [`store`]: published schemas, `poam.yaml`, the folder of items.
//! - [`history`]: commits → events.
//! - [`people`]: which names and addresses represent the same person.
//! - [`standing`], [`filter`]: the state of items on a day; which are meant.
//! - [`vdr`], [`kev`], [`drift`]: FedRAMP's rules on vulnerabilities and CISA's catalog, as data with time
//!   frames; our data beside newer official files.
//! - [`summary`], [`todo`]: numbers over items and events; tasks with their days and commands.
//! - [`rules`]: item, store or change + context → diagnostics.
//! - [`comparison`], [`verification`]: what a change means to who reviews it; what an auditor can
//!   rely on.
//! - [`output`]: diagnostics and events in each format.
//! - [`change`], [`exchange`], [`import`]: what commands do to items; items ↔ official forms.
//! - [`intake`]: results of scanners → items.
//! - [`snapshot`], [`report`]: submissions that were frozen as tags; a static web report.
//! - [`portfolio`]: many trackers, as Parquet tables for other engines.
//! - [`serve`]: the local web page, with a form for every command.
//! - [`lsp`]: the language server for editors.
//! - [`demo`]: a made-up tracker to explore.
//! - [`cli`]: the commands; nobody imports it.

mod atomic;
pub mod change;
pub mod cli;
pub mod comparison;
mod day;
pub mod demo;
pub mod diagnostic;
pub mod drift;
pub mod exchange;
mod files;
pub mod filter;
#[doc(hidden)]
pub mod fuzzing;
pub mod history;
pub mod import;
pub mod intake;
pub mod kev;
pub mod lsp;
pub mod merge;
mod nearest;
pub mod output;
mod output_folder;
pub mod people;
pub mod portfolio;
pub mod report;
pub mod rules;
pub mod schema;
#[cfg(test)]
mod schema_of_types;
pub mod serve;
pub mod settings;
pub mod snapshot;
pub mod standing;
pub mod store;
pub mod summary;
#[cfg(test)]
#[path = "../tests/it/support/mod.rs"]
mod testing;
pub mod text;
pub mod todo;
pub mod vdr;
pub mod verification;

pub use poam_git as repository;
pub use poam_model as model;
pub use poam_workbook as workbook;
pub use poam_yaml as document;
