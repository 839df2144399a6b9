use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use poam::exchange::{self, Edition};
use poam::history;
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
    let history = history::read(&repository, head, "", "items/")?;
    let layout = Layout::named("3.0")?;
    let edition =
        Edition { date: history.head_time.unwrap_or_default().date_naive(), ..Edition::default() };
    let mut all = Vec::new();
    let mut made = Content::default();
    for _ in 0..times {
        let start = Instant::now();
        let (content, _) =
            exchange::content(&store, &tracker.settings, &history, layout, &edition)?;
        std::hint::black_box(build(layout, &content)?);
        all.push(start.elapsed());
        made = content;
    }
    all.sort_unstable();
    Ok((all[all.len() / 2], made))
}

/// The same rows as another program takes them.
pub(crate) fn dump(content: &Content, to: &Path) -> Result<()> {
    let layout = Layout::named("3.0")?;
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
            };
            sheet.columns.iter().map(|column| row.get(&column.field).map(cell)).collect()
        })
        .collect();
    Ok(std::fs::write(to, serde_json::to_vec(&rows)?)?)
}

/// The seconds of a Python library for the same rows; why there are none otherwise.
pub(crate) fn python(library: &str, rows: &Path, template: Option<&Path>) -> Result<Duration> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/synthetic/workbook.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(library).arg(rows).arg(rows.with_extension("xlsx"));
    let output = command.args(template).output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.lines().last().unwrap_or("python failed").to_owned().into());
    }
    let seconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Duration::from_secs_f64(seconds))
}
