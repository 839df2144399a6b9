use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use poam::exchange::{self, Edition, Records};
use poam::history::{self, ExportHistory};
use poam::repository::Repository;
use poam::store::Tracker;
use poam::workbook::{Content, Layout, SheetRole, Value, build};

use crate::Result;

/// The rows of a tracker, and how long it takes to turn items into a workbook: reading files and
/// commits is measured elsewhere.
pub(crate) fn ours(tree: &Path, times: usize) -> Result<(Duration, Content)> {
    let repository = Repository::open(tree)?;
    let head = repository.head()?.ok_or("no commit")?;
    let tracker = Tracker::find(tree, Some(tree))?;
    let store = tracker.load();
    let history = ExportHistory::from(&history::read(&repository, head, "", "items/")?);
    let layout = Layout::find_named("3.0")?;
    let edition =
        Edition { date: history.head_time.unwrap_or_default().date_naive(), ..Edition::default() };
    let records = Records { store: &store, settings: &tracker.settings, history: &history };
    let mut all = Vec::new();
    let mut made = Content::default();
    for _ in 0..times {
        let start = Instant::now();
        let (content, _) = exchange::content(records, layout, &edition)?;
        std::hint::black_box(build(layout, &content)?);
        all.push(start.elapsed());
        made = content;
    }
    all.sort_unstable();
    Ok((all[all.len() / 2], made))
}

/// Writes the rows as another program takes them.
pub(crate) fn dump(content: &Content, to: &Path) -> Result<()> {
    let layout = Layout::find_named("3.0")?;
    let sheet = layout.sheet(SheetRole::Open).ok_or("no open sheet")?;
    let rows: Vec<Vec<Option<String>>> = content
        .rows
        .values()
        .flatten()
        .map(|row| {
            let cell = |value: &Value| match value {
                Value::Text(text) | Value::Sensitive(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Date(date) => date.to_string(),
                Value::Formula { cached } => cached.map(|it| it.to_string()).unwrap_or_default(),
                // This layout has no rows of milestones.
                Value::Stack(_) => String::new(),
            };
            sheet.columns.iter().map(|column| row.get(&column.field).map(cell)).collect()
        })
        .collect();
    Ok(std::fs::write(to, serde_json::to_vec(&rows)?)?)
}

/// The usual libraries: one that only writes, and one that fills the official file.
pub(crate) const LIBRARIES: [&str; 2] = ["xlsxwriter", "openpyxl"];

/// The seconds of a Python library for the same rows; why there are none otherwise. `POAM_PYTHON`
/// names a Python that has the libraries.
pub(crate) fn python(library: &str, rows: &Path) -> Result<Duration> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("POAM_SHARED_DATA");
    let shared = shared.map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let program = std::env::var_os("POAM_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(program);
    command.arg(root.join("benches/synthetic/workbook.py")).arg(library);
    command.arg(rows).arg(rows.with_extension("xlsx"));
    command.arg(shared.join("templates/official-2025-11-17-v3.0.xlsx"));
    let output = command.output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.lines().last().unwrap_or("python failed").to_owned().into());
    }
    let seconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Duration::from_secs_f64(seconds))
}
