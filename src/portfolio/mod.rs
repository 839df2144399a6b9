//! Many trackers: a list of systems, their state, and Parquet tables of all of them for other engines.
//!
//! - [`Portfolio`]: `portfolio.yaml`, systems by path, address or documents.
//! - [`OpenedSystem`]: a system's repository at the commit that counts; [`SystemReading`]: its items, history
//!   and numbers.
//! - [`PortfolioStatus`]: the state of each system, and which systems cannot be read.
//! - [`TABLES`]: the tables with their columns, described once; [`export`](export()): writes them, only what
//!   changed.
//!
//! - [`PortfolioOverview`]: numbers over all systems, from the tables alone; [`build_report`]: a static web report.
//!
//! Every number of a row comes from the module that computes it for the other commands: `standing`, `summary`,
//! `history`. Systems are read one after the other, so memory is that of the largest one.

mod columns;
mod digest;
mod documents;
mod export;
mod folder;
mod overview;
mod reading;
mod report;
mod rows;
mod settings;
mod source;
mod state;
mod status;
mod tables;

pub use export::{ExportError, ExportOptions, ExportReport, export};
pub use overview::{
    AgencyTotals, OverviewError, PortfolioMonth, PortfolioOverview, SharedWeakness, SystemLine,
    SystemTotals, SystemTrigger,
};
pub use reading::{DiagnosticCount, SystemReading};
pub use report::{PortfolioReportError, build_report};
pub use settings::{
    FILE, Portfolio, PortfolioError, PortfolioSystem, RawPortfolio, RawSystem, SystemLocation,
};
pub use source::{OpenedSystem, SystemError};
pub use status::{PortfolioStatus, StatusDepth, SystemState};
pub use tables::{TABLES, TableDefinition, TableLayout, page};
