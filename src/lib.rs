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
//! The rooms, from the ones that know nothing of ours to the ones that know most:
//!
//! - [`model`]: what an item means; no YAML, no git, no files, no clock.
//! - [`source`]: the text of a file; of a large tracker, packed.
//! - [`diagnostic`]: what the program says about the data, with its place and a way out.
//! - [`document`]: a file's text with addresses; the door of the YAML crates.
//! - [`repository`]: everything done with git; the door of the git crates and the git program.
//! - [`workbook`]: layouts as data, building and reading; the door of the spreadsheet crates.
//! - [`schema`], [`settings`], [`store`]: published schemas, `poam.yaml`, the folder of items.
//! - [`history`]: commits → events.
//! - [`people`]: which names and addresses stand for the same person.
//! - [`standing`], [`filter`], [`summary`]: where items stand on a day; which are meant; numbers over
//!   items and events.
//! - [`vdr`], [`kev`]: FedRAMP's rules on vulnerabilities and CISA's catalog, as data with time frames.
//! - [`drift`]: our data beside newer official files.
//! - [`todo`]: tasks with their days and commands.
//! - [`rules`], [`output`]: what is wrong, and how it is shown.
//! - [`comparison`], [`verification`]: what a change means to who reviews it; what an auditor can
//!   rely on.
//! - [`change`], [`exchange`], [`import`]: what commands do to items; items ↔ official forms.
//! - [`intake`]: results of scanners → items.
//! - [`snapshot`]: submissions that were frozen as tags.
//! - [`report`]: a static web report.
//! - [`demo`]: a made-up tracker to explore.
//! - [`cli`]: the commands; nobody imports it.

mod atomic;
pub mod change;
pub mod cli;
pub mod comparison;
mod day;
pub mod demo;
pub mod diagnostic;
pub mod document;
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
pub mod model;
mod nearest;
pub mod output;
mod packed;
pub mod people;
pub mod report;
pub mod repository;
pub mod rules;
pub mod schema;
pub mod settings;
pub mod snapshot;
pub mod source;
pub mod standing;
pub mod store;
pub mod summary;
pub mod todo;
pub mod vdr;
pub mod verification;
pub mod workbook;
