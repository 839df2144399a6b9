//! Plans of Action and Milestones (POA&Ms) as plain text in git.

pub mod change;
pub mod cli;
pub mod demo;
pub mod diagnostic;
pub mod document;
pub mod exchange;
pub mod history;
pub mod import;
pub mod model;
mod nearest;
pub mod output;
pub mod repository;
pub mod rules;
pub mod schema;
pub mod settings;
pub mod standing;
pub mod store;
pub mod summary;
pub mod workbook;
