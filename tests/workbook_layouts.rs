//! The workbooks we build, cell by cell against what was measured from the official templates.
//!
//! The measurements are not part of this repository: the test looks for them in
//! `POAM_SHARED_DATA`, else in `../shared/data`, and says so when they are not there.

// The settings of the lints spare test functions only, and not what they call.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::path::PathBuf;

use poam::workbook::{Content, Field, Layout, Row, SheetRole, Value, build};
use serde_json::Value as Json;

fn measured() -> Option<Json> {
    let folder = std::env::var_os("POAM_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("templates/poam-template-layouts.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// The parts of a built workbook.
struct Parts(BTreeMap<String, String>);

impl Parts {
    fn of(bytes: Vec<u8>) -> Self {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut parts = BTreeMap::new();
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            let name = part.name().unwrap().into_owned();
            parts.insert(name, text);
        }
        Self(parts)
    }

    fn sheet(&self, index: usize) -> &str {
        &self.0[&format!("xl/worksheets/sheet{}.xml", index + 1)]
    }
}

/// The elements with a name, each from `<` up to its end tag or `/>`.
fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find(&open) {
        rest = &rest[at..];
        let tag = rest.find('>').unwrap() + 1;
        if !rest[open.len()..].starts_with([' ', '>', '/']) {
            rest = &rest[tag..];
            continue;
        }
        let end = if rest[..tag].ends_with("/>") {
            tag
        } else {
            rest.find(&close).unwrap() + close.len()
        };
        found.push(&rest[..end]);
        rest = &rest[end..];
    }
    found
}

fn attribute(element: &str, name: &str) -> Option<String> {
    let tag = &element[..element.find('>').unwrap()];
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(unescape(&tag[start..start + tag[start..].find('"').unwrap()]))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn content(element: &str, name: &str) -> Option<String> {
    let found = *elements(element, name).first()?;
    let start = found.find('>').unwrap() + 1;
    Some(unescape(&found[start..found.rfind("</").unwrap_or(found.len()).max(start)]))
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// Cell to style and text.
fn cells(sheet: &str) -> BTreeMap<String, (usize, String)> {
    elements(sheet, "c")
        .into_iter()
        .map(|cell| {
            let style = attribute(cell, "s").map_or(0, |it| it.parse().unwrap());
            let text = content(cell, "t").or_else(|| content(cell, "v")).unwrap_or_default();
            (attribute(cell, "r").unwrap(), (style, text))
        })
        .collect()
}

/// The style of a cell in words, the same for both sides.
fn built_style(styles: &str, index: usize) -> String {
    let section = |name: &str, item: &str| -> Vec<String> {
        let all = elements(styles, name)[0];
        elements(&all[1..], item).into_iter().map(str::to_owned).collect()
    };
    let xf = &section("cellXfs", "xf")[index];
    let id = |name: &str| attribute(xf, name).unwrap().parse::<usize>().unwrap();
    let color = |element: &str, name: &str| -> String {
        let Some(color) = elements(element, name).first().copied() else {
            return String::new();
        };
        attribute(color, "rgb")
            .or_else(|| attribute(color, "theme").map(|theme| format!("theme{theme}")))
            .unwrap_or_default()
    };
    let font = &section("fonts", "font")[id("fontId")];
    let value = |name: &str| attribute(elements(font, name)[0], "val").unwrap();
    let fill = color(&section("fills", "fill")[id("fillId")], "fgColor");
    let border = &section("borders", "border")[id("borderId")];
    let sides: Vec<_> = ["bottom", "left", "right", "top"]
        .into_iter()
        .filter(|side| attribute(elements(border, side)[0], "style").is_some())
        .collect();
    let align = |name: &str| {
        let alignment = elements(xf, "alignment");
        alignment.first().and_then(|it| attribute(it, name)).unwrap_or_default()
    };
    // A vertical alignment at the bottom is the default, and is written in neither file.
    format!(
        "{} {} bold={} italic={} color={} fill={fill} h={} v={} wrap={} date={} border={sides:?}",
        value("name"),
        number(&value("sz")),
        !elements(font, "b").is_empty(),
        !elements(font, "i").is_empty(),
        color(font, "color"),
        align("horizontal"),
        align("vertical"),
        align("wrapText") == "1",
        id("numFmtId") == 14,
    )
}

fn official_style(style: &Json) -> String {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let font = &style["font"];
    let sides: Vec<&str> = match style["border"].as_object() {
        Some(border) => {
            let mut sides: Vec<_> = border.keys().map(String::as_str).collect();
            sides.sort_unstable();
            sides
        }
        None => Vec::new(),
    };
    format!(
        "{} {} bold={} italic={} color={} fill={} h={} v={} wrap={} date={} border={sides:?}",
        text(&font["name"]),
        font["size"].as_f64().unwrap(),
        font["bold"],
        font["italic"],
        text(&font["color"]),
        text(&style["fill"]["color"]),
        text(&style["align"]["h"]),
        text(&style["align"]["v"]),
        style["align"]["wrap"].as_bool().unwrap_or_default(),
        style["numFmtId"] == 14,
    )
}

/// Each layout with its measured sheets and its parts, built with one item on the open sheet.
fn each(check: impl Fn(&Layout, &Json, &Parts)) {
    let Some(measured) = measured() else { return };
    for layout in Layout::all() {
        let official = &measured[format!("v{}", layout.version)]["sheets"];
        let row = Row::from([
            (Field::PoamId, Value::Text("V-1".to_owned())),
            (Field::ScheduledCompletionDate, Value::Formula { cached: None }),
        ]);
        let rows = BTreeMap::from([(SheetRole::Open, vec![row])]);
        let content = Content { rows, ..Content::default() };
        check(layout, official, &Parts::of(build(layout, &content).unwrap()));
    }
}

#[test]
fn sheets_have_the_official_names_and_order() {
    each(|layout, official, parts| {
        let names: Vec<_> = elements(&parts.0["xl/workbook.xml"], "sheet")
            .iter()
            .map(|sheet| attribute(sheet, "name").unwrap())
            .collect();
        let wanted: Vec<_> =
            official.as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
        assert_eq!(names, wanted, "{}", layout.name);
    });
}

#[test]
fn headers_and_labels_are_official_to_the_letter() {
    each(|layout, official, parts| {
        for (index, sheet) in layout.sheets.iter().enumerate() {
            let built = cells(parts.sheet(index));
            for (row, cells) in official[index]["rows"].as_object().unwrap() {
                for (at, cell) in cells["cells"].as_object().unwrap() {
                    let Some(text) = cell["v"].as_str() else { continue };
                    let row: u32 = row.parse().unwrap();
                    let label = matches!(text, "Guidance" | "Examples")
                        || text.starts_with("Mandatory")
                        || text.starts_with("Situational");
                    let head = sheet.role != SheetRole::Fixed
                        && (row == sheet.header_row || row < sheet.header_row.min(3))
                        && !text.trim().is_empty();
                    let title = sheet.role == SheetRole::Fixed && (row <= 3 || at.starts_with('E'));
                    if label || head || title {
                        assert_eq!(built[at].1, text, "{} {} {at}", layout.name, sheet.name);
                    }
                }
            }
        }
    });
}

#[test]
fn cells_above_the_data_have_the_official_styles() {
    each(|layout, official, parts| {
        let styles = &parts.0["xl/styles.xml"];
        let mut checked = 0;
        for (index, sheet) in layout.sheets.iter().enumerate() {
            let built = cells(parts.sheet(index));
            for (row, cells) in official[index]["rows"].as_object().unwrap() {
                let row: u32 = row.parse().unwrap();
                if sheet.role != SheetRole::Fixed && row >= sheet.first_data_row {
                    continue;
                }
                for (at, cell) in cells["cells"].as_object().unwrap() {
                    if sheet.name == "Instructions" && at == "A5" {
                        // Rich text in the official file, where only the first line is bold.
                        continue;
                    }
                    let built = built_style(styles, built[at].0);
                    let wanted = official_style(&cell["style"]);
                    assert_eq!(built, wanted, "{} {} {at}", layout.name, sheet.name);
                    checked += 1;
                }
            }
        }
        assert!(checked > 400, "{checked}");
    });
}

#[test]
fn widths_panes_merges_and_orientation_are_official() {
    each(|layout, official, parts| {
        for (index, sheet) in layout.sheets.iter().enumerate() {
            let (xml, official) = (parts.sheet(index), &official[index]);
            let place = format!("{} {}", layout.name, sheet.name);
            let columns = elements(elements(xml, "cols")[0], "col");
            for wanted in official["cols"].as_array().unwrap() {
                for column in wanted["min"].as_u64().unwrap()..=wanted["max"].as_u64().unwrap() {
                    let width = columns
                        .iter()
                        .find(|it| {
                            let edge = |name| attribute(it, name).unwrap().parse::<u64>().unwrap();
                            (edge("min")..=edge("max")).contains(&column)
                        })
                        .map(|it| number(&attribute(it, "width").unwrap()))
                        .unwrap();
                    // Widths are whole pixels, a seventh of a character each.
                    let off = (width - wanted["width"].as_f64().unwrap()).abs();
                    assert!(off < 0.08, "{place} column {column}: {width}");
                }
            }
            let pane = elements(xml, "pane").first().and_then(|it| attribute(it, "topLeftCell"));
            assert_eq!(pane.as_deref(), official["freeze"].as_str(), "{place}");
            let page = attribute(elements(xml, "pageSetup")[0], "orientation");
            assert_eq!(page.as_deref(), official["orientation"].as_str(), "{place}");
            let mut merges: Vec<_> =
                elements(xml, "mergeCell").iter().map(|it| attribute(it, "ref").unwrap()).collect();
            let mut wanted: Vec<_> = official["merged"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap().to_owned())
                .collect();
            merges.sort();
            wanted.sort();
            assert_eq!(merges, wanted, "{place}");
        }
    });
}

#[test]
fn validations_are_official() {
    each(|layout, official, parts| {
        for (index, sheet) in layout.sheets.iter().enumerate() {
            let mut built: Vec<String> = elements(parts.sheet(index), "dataValidation")
                .iter()
                .map(|it| {
                    let get = |name| attribute(it, name).unwrap_or_default();
                    format!(
                        "{} {} {} {:?} {:?} blank={} prompt={:?} error={}",
                        get("sqref"),
                        get("type"),
                        // The first operator is the default and is not written.
                        get("operator"),
                        content(it, "formula1").unwrap_or_default(),
                        content(it, "formula2").unwrap_or_default(),
                        get("allowBlank"),
                        get("prompt"),
                        get("showErrorMessage"),
                    )
                })
                .collect();
            let mut wanted: Vec<String> = official[index]["dataValidations"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| {
                    let get = |name: &str| it[name].as_str().unwrap_or_default();
                    format!(
                        "{} {} {} {:?} {:?} blank=1 prompt={:?} error=1",
                        get("sqref"),
                        get("type"),
                        get("operator"),
                        get("f1").trim_end_matches(".0"),
                        get("f2").trim_end_matches(".0"),
                        get("prompt"),
                    )
                })
                .collect();
            built.sort();
            wanted.sort();
            assert_eq!(built, wanted, "{} {}", layout.name, sheet.name);
        }
    });
}

#[test]
fn conditional_formats_are_official() {
    each(|layout, official, parts| {
        let dxfs = elements(&parts.0["xl/styles.xml"], "dxfs")[0];
        let dxfs = elements(&dxfs[1..], "dxf");
        for (index, sheet) in layout.sheets.iter().enumerate() {
            let mut built = Vec::new();
            for format in elements(parts.sheet(index), "conditionalFormatting") {
                for rule in elements(format, "cfRule") {
                    let get = |name| attribute(rule, name).unwrap_or_default();
                    let dxf = dxfs[get("dxfId").parse::<usize>().unwrap()];
                    let fill = attribute(elements(dxf, "bgColor")[0], "rgb").unwrap();
                    let kind = get("type");
                    let formula = match kind.as_str() {
                        "expression" => content(rule, "formula").unwrap(),
                        _ => String::new(),
                    };
                    built.push((
                        get("priority"),
                        attribute(format, "sqref").unwrap(),
                        kind,
                        get("text"),
                        formula,
                        fill,
                    ));
                }
            }
            let mut wanted: Vec<_> = official[index]["conditionalFormatting"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| {
                    let get = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
                    let formula = match it["type"].as_str().unwrap() {
                        "expression" => it["formula"][0].as_str().unwrap().to_owned(),
                        _ => String::new(),
                    };
                    (
                        it["priority"].to_string(),
                        get("sqref"),
                        get("type"),
                        get("text"),
                        formula,
                        get("fill"),
                    )
                })
                .collect();
            built.sort();
            wanted.sort();
            assert_eq!(built, wanted, "{} {}", layout.name, sheet.name);
        }
    });
}

#[test]
fn the_formula_of_the_first_row_is_official() {
    each(|layout, official, parts| {
        let at = layout.sheets.iter().position(|sheet| sheet.role == SheetRole::Open).unwrap();
        let sheet = &layout.sheets[at];
        let column = &sheet.column(Field::ScheduledCompletionDate).unwrap().column;
        let row = sheet.first_data_row.to_string();
        let cell = format!("{column}{row}");
        let wanted = official[at]["rows"][&row]["cells"][&cell]["v"].as_str().unwrap();
        let cells = elements(parts.sheet(at), "c");
        let cell =
            cells.iter().find(|it| attribute(it, "r").as_deref() == Some(cell.as_str())).unwrap();
        assert_eq!(format!("={}", content(cell, "f").unwrap()), wanted);
    });
}

#[test]
fn ranges_extend_with_the_rows() {
    let layout = Layout::named("3.0").unwrap();
    let row = Row::from([(Field::PoamId, Value::Text("V-1".to_owned()))]);
    let rows = BTreeMap::from([
        (SheetRole::Open, vec![row.clone(); 5_000]),
        (SheetRole::Closed, vec![row; 1_200]),
    ]);
    let parts = Parts::of(build(layout, &Content { rows, ..Content::default() }).unwrap());
    for (index, wanted) in [(1, "R9:R5009"), (1, "B9:AB5009"), (2, "A3:AA1202"), (3, "A3:AA1000")] {
        assert!(parts.sheet(index).contains(wanted), "{index} {wanted}");
    }
}
