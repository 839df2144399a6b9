//! What a sheet has besides cells: rows and columns that it does not show, a filter, merged cells.
//!
//! The reader of cells does not tell, so that the parts of the workbook are looked at once more.

use std::collections::HashMap;
use std::io::Cursor;

use quick_xml::events::BytesStart;
use zip::ZipArchive;

use super::annotations::{self, Annotations};
use super::grid::{Hidden, Merged};
use super::part_scan::{Counts, scan};
use crate::workbook::address::{Area, MAX_COLUMNS, MAX_ROWS};

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The most merged areas of a sheet that are looked at.
const MAX_MERGED: usize = 100_000;

/// What a sheet has besides cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) hidden: Hidden,
    pub(super) merged: Vec<Merged>,
    pub(super) annotations: Annotations,
}

/// What each sheet has besides cells, by its name. A part that cannot be read has nothing: the reader of
/// cells says what is wrong with it.
pub(super) fn find(bytes: &[u8]) -> HashMap<String, Shape> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return HashMap::new() };
    let mut targets = HashMap::new();
    each(&mut archive, "xl/_rels/workbook.xml.rels", &["Relationship"], |_, tag| {
        if let (Some(id), Some(target)) = (value(tag, "Id"), value(tag, "Target")) {
            let path = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            };
            targets.insert(id, path);
        }
    });
    let mut sheets = Vec::new();
    each(&mut archive, "xl/workbook.xml", &["sheet"], |_, tag| {
        if let (Some(name), Some(id)) = (value(tag, "name"), value(tag, "r:id")) {
            sheets.push((name, id));
        }
    });
    let mut found = HashMap::new();
    for (name, id) in sheets {
        if let Some(path) = targets.get(&id) {
            found.insert(name, of_sheet(&mut archive, path));
        }
    }
    found
}

fn of_sheet(archive: &mut Archive<'_>, path: &str) -> Shape {
    let mut shape = Shape::default();
    let hidden = &mut shape.hidden;
    let mut row = 0;
    each(archive, path, &["row", "col", "mergeCell", "autoFilter"], |name, tag| {
        let is_hidden = || value(tag, "hidden").is_some_and(|it| it == "1" || it == "true");
        let number = |name: &str| value(tag, name)?.parse::<u32>().ok();
        match name {
            "row" => {
                // A row without a number follows the one before.
                row = number("r").unwrap_or(row + 1);
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
            "autoFilter" => hidden.filter = true,
            "mergeCell" if shape.merged.len() < MAX_MERGED => {
                if let Some(Ok(area)) = value(tag, "ref").map(|it| it.parse::<Area>()) {
                    shape.merged.push(Merged {
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
fn each(
    archive: &mut Archive<'_>,
    path: &str,
    wanted: &[&str],
    mut visit: impl FnMut(&str, &BytesStart<'_>),
) {
    let Ok(part) = archive.by_name(path) else { return };
    // What is wrong with a part is found by who reads its cells.
    let _ = scan(part, &mut Counts::default(), |tag| {
        let Ok(local) = std::str::from_utf8(tag.local_name()) else { return };
        if wanted.contains(&local)
            && let Some(content) = tag.content()
        {
            visit(local, &BytesStart::from_content(content, tag.name().len()));
        }
    });
}

fn value(tag: &BytesStart<'_>, name: &str) -> Option<String> {
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
        assert_eq!(shape.merged, [Merged { rows: (6, 8), columns: (2, 3) }]);
        assert!(find(b"nothing of the kind").is_empty());
    }
}
