//! Properties of a sheet besides cells: hidden rows and columns, a filter, merged cells.
//!
//! The reader of cells does not report them, so the parts of the workbook are read once more.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Cursor;

use quick_xml::events::BytesStart;
use zip::ZipArchive;

use super::annotations::{self, Annotations};
use super::grid::{Hidden, MergedCells};
use super::part_scan::{PartCounts, scan_part};
use crate::address::{CellAddress, CellRange, MAX_COLUMNS, MAX_ROWS};

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The most merged areas of a sheet that are looked at.
const MAX_MERGED: usize = 100_000;

/// Properties of a sheet besides cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SheetShape {
    pub(super) hidden: Hidden,
    pub(super) merged: Vec<MergedCells>,
    pub(super) annotations: Annotations,
    /// Cells whose format shows of a date no day, and whether it shows the month.
    pub(super) undated: BTreeMap<(u32, u16), bool>,
    /// Rows with cells whose words are struck through.
    pub(super) struck: BTreeSet<u32>,
}

/// Styles that change how the value of a cell is read, by the number of the style.
#[derive(Debug, Default)]
struct CellStyles {
    /// Formats that show of a date no day, and whether they show the month.
    undated: HashMap<u32, bool>,
    /// Fonts that strike words through.
    struck: HashSet<u32>,
}

/// Reads the properties of each sheet besides cells, by its name. A part that cannot be read yields
/// none: the reader of cells reports what is wrong with it.
pub(super) fn find(bytes: &[u8]) -> HashMap<String, SheetShape> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return HashMap::new() };
    let mut targets = HashMap::new();
    visit_each(&mut archive, "xl/_rels/workbook.xml.rels", &["Relationship"], |_, tag| {
        if let (Some(id), Some(target)) = (find_attribute(tag, "Id"), find_attribute(tag, "Target"))
        {
            let path = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            };
            targets.insert(id, path);
        }
    });
    let mut sheets = Vec::new();
    visit_each(&mut archive, "xl/workbook.xml", &["sheet"], |_, tag| {
        if let (Some(name), Some(id)) = (find_attribute(tag, "name"), find_attribute(tag, "r:id")) {
            sheets.push((name, id));
        }
    });
    let styles = read_styles(&mut archive);
    let mut found = HashMap::new();
    for (name, id) in sheets {
        if let Some(path) = targets.get(&id) {
            found.insert(name, of_sheet(&mut archive, path, &styles));
        }
    }
    found
}

/// Reads the styles of cells.
fn read_styles(archive: &mut Archive<'_>) -> CellStyles {
    const MONTH_AND_YEAR: u32 = 17;
    let mut formats = HashMap::from([(MONTH_AND_YEAR, true)]);
    let (mut fonts, mut struck_fonts) = (0_u32, HashSet::new());
    let (mut list, mut number) = (String::new(), 0_u32);
    let mut styles = CellStyles::default();
    let lists = ["numFmts", "fonts", "cellStyleXfs", "cellXfs", "dxfs"];
    let wanted = [&lists[..], &["numFmt", "font", "strike", "xf"]].concat();
    visit_each(archive, "xl/styles.xml", &wanted, |name, tag| {
        let value = |name: &str| find_attribute(tag, name)?.parse::<u32>().ok();
        match name {
            "numFmt" if list == "numFmts" => {
                let code = find_attribute(tag, "formatCode").unwrap_or_default();
                if let (Some(id), Some(has_month)) = (value("numFmtId"), shown_without_day(&code)) {
                    formats.insert(id, has_month);
                }
            }
            "font" if list == "fonts" => fonts += 1,
            "strike" if list == "fonts" => {
                let off = find_attribute(tag, "val").is_some_and(|it| it == "0" || it == "false");
                if !off {
                    struck_fonts.insert(fonts.saturating_sub(1));
                }
            }
            "xf" if list == "cellXfs" => {
                if let Some(has_month) = value("numFmtId").and_then(|id| formats.get(&id)) {
                    styles.undated.insert(number, *has_month);
                }
                if value("fontId").is_some_and(|font| struck_fonts.contains(&font)) {
                    styles.struck.insert(number);
                }
                number += 1;
            }
            _ if lists.contains(&name) => name.clone_into(&mut list),
            _ => {}
        }
    });
    styles
}

/// Returns whether a format of dates that shows no day shows the month; none for all other formats.
fn shown_without_day(code: &str) -> Option<bool> {
    let mut letters = String::new();
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for c in code.chars() {
        match c {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => escaped = true,
            '[' => bracketed = true,
            ']' => bracketed = false,
            _ if bracketed => {}
            ';' => break,
            c => letters.extend(c.to_lowercase()),
        }
    }
    let is_date = letters.contains('y') && !letters.contains(['d', 'h', 's']);
    is_date.then(|| letters.contains('m'))
}

fn of_sheet(archive: &mut Archive<'_>, path: &str, styles: &CellStyles) -> SheetShape {
    let mut shape = SheetShape::default();
    let hidden = &mut shape.hidden;
    let (mut row, mut column) = (0, 0_u16);
    let plain = ["row", "col", "mergeCell", "autoFilter"];
    // There are many cells: they are visited only where a style affects how they are read.
    let styled = !styles.undated.is_empty() || !styles.struck.is_empty();
    let wanted = if styled { [&plain[..], &["c"]].concat() } else { plain.to_vec() };
    visit_each(archive, path, &wanted, |name, tag| {
        let is_hidden =
            || find_attribute(tag, "hidden").is_some_and(|it| it == "1" || it == "true");
        let number = |name: &str| find_attribute(tag, name)?.parse::<u32>().ok();
        match name {
            "row" => {
                // A row without a number follows the one before.
                row = number("r").unwrap_or(row + 1);
                column = 0;
                if row <= MAX_ROWS && is_hidden() {
                    hidden.rows.insert(row);
                }
            }
            "col" if is_hidden() => {
                let column =
                    |number: u32| u16::try_from(number).ok().filter(|it| *it <= MAX_COLUMNS);
                if let (Some(first), Some(last)) =
                    (number("min").and_then(column), number("max").and_then(column))
                {
                    hidden.columns.push((first, last));
                }
            }
            "c" => {
                let at = find_attribute(tag, "r").and_then(|at| at.parse::<CellAddress>().ok());
                column = at.map_or(column.saturating_add(1), |at| at.column);
                let style = number("s").unwrap_or(0);
                if let Some(has_month) = styles.undated.get(&style) {
                    shape.undated.insert((row, column), *has_month);
                }
                if styles.struck.contains(&style) {
                    shape.struck.insert(row);
                }
            }
            "autoFilter" => hidden.filter = true,
            "mergeCell" if shape.merged.len() < MAX_MERGED => {
                if let Some(Ok(area)) = find_attribute(tag, "ref").map(|it| it.parse::<CellRange>())
                {
                    shape.merged.push(MergedCells {
                        rows: (area.first.row, area.last.row),
                        columns: (area.first.column, area.last.column),
                    });
                }
            }
            _ => {}
        }
    });
    shape.annotations = annotations::of_sheet(archive, path);
    shape
}

/// Shows the start of every element with one of some names.
///
/// Most of a sheet is cells, which are read elsewhere: only the wanted elements are parsed.
fn visit_each(
    archive: &mut Archive<'_>,
    path: &str,
    wanted: &[&str],
    mut visit: impl FnMut(&str, &BytesStart<'_>),
) {
    let Ok(part) = archive.by_name(path) else { return };
    // Faults of a part are found when its cells are read.
    let _ = scan_part(part, &mut PartCounts::default(), |tag| {
        let Ok(local) = std::str::from_utf8(tag.local_name()) else { return };
        if wanted.contains(&local)
            && let Some(content) = tag.tag_content()
        {
            visit(local, &BytesStart::from_content(content, tag.tag_name().len()));
        }
    });
}

fn find_attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).ok()??;
    quick_xml::escape::unescape(&attribute.value).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn formats_that_show_no_day_are_known() {
        for (code, expected) in [
            ("mmm-yy", Some(true)),
            ("[$-409]mmmm\\ yyyy;@", Some(true)),
            ("yyyy\"-\"mm", Some(true)),
            ("yyyy", Some(false)),
            ("m/d/yyyy;@", None),
            ("yyyy-mm-dd", None),
            ("d-mmm-yy", None),
            ("General", None),
            ("0.00", None),
            ("\"day\" 0", None),
            ("mm:ss", None),
        ] {
            assert_eq!(shown_without_day(code), expected, "{code}");
        }
    }

    #[test]
    fn what_is_hidden_merged_and_filtered_is_found() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let sheet = r#"<x:worksheet><!-- <row r="9" hidden="1"/> --><x:cols><x:col min="2" max="3" hidden="true"/><x:col min="5" max="5"/></x:cols>
            <x:sheetData><x:row r="4"><x:c><x:v>&lt;row hidden="1"></x:v></x:c></x:row><x:row
            hidden="1"/><x:row r="9" hidden="0"/></x:sheetData><x:autoFilter ref="A1:B2"/>
            <x:mergeCells><x:mergeCell ref="B6:C8"/><x:mergeCell ref="nonsense"/></x:mergeCells></x:worksheet>"#;
        for (path, text) in [
            (
                "xl/workbook.xml",
                r#"<workbook><sheets><sheet name="A &amp; B" r:id="rId7"/></sheets></workbook>"#,
            ),
            (
                "xl/_rels/workbook.xml.rels",
                r#"<Relationships><Relationship Id="rId7" Target="/xl/worksheets/s.xml"/></Relationships>"#,
            ),
            ("xl/worksheets/s.xml", sheet),
        ] {
            writer.start_file(path, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        let bytes = writer.finish().unwrap().into_inner();
        let found = find(&bytes);
        let shape = &found["A & B"];
        assert_eq!(shape.hidden.rows, [5].into());
        assert_eq!(shape.hidden.columns, [(2, 3)]);
        assert!(shape.hidden.filter);
        assert_eq!(shape.merged, [MergedCells { rows: (6, 8), columns: (2, 3) }]);
        assert!(find(b"nothing of the kind").is_empty());
    }
}
