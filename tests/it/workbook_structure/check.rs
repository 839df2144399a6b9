//! A strict check of the structure of a workbook, after ECMA-376: what a spreadsheet program would repair.

use std::collections::{BTreeMap, BTreeSet};

use crate::official_layouts::xml::{Node, PackageParts};

const MAX_ROWS: u32 = 1_048_576;
const MAX_COLUMNS: u32 = 16_384;
/// Units of text that a cell holds.
const MAX_TEXT: usize = 32_767;
const MAX_FORMULA: usize = 8_192;

/// The children of a sheet, in the order of the schema (CT_Worksheet).
const SHEET_ORDER: [&str; 22] = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "autoFilter",
    "mergeCells",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "drawing",
    "legacyDrawing",
    "picture",
    "tableParts",
    "extLst",
];

const MAIN: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";

/// Everything that is wrong with a workbook, each with its part.
pub(super) fn check(bytes: &[u8]) -> Vec<String> {
    let mut checker = Checker { parts: PackageParts::open(bytes), problems: Vec::new() };
    checker.entries(bytes);
    checker.content_types();
    checker.relationships();
    checker.workbook();
    checker.problems
}

struct Checker {
    parts: PackageParts,
    problems: Vec<String>,
}

/// The counts of what cells refer to.
struct Tables {
    formats: usize,
    dxfs: usize,
    strings: usize,
}

/// An area of cells: first and last row, first and last column.
type Area = (u32, u32, u32, u32);

impl Checker {
    fn problem(&mut self, text: String) {
        // One kind of fault is often in every row.
        if self.problems.len() < 50 {
            self.problems.push(text);
        }
    }

    fn tree(&mut self, part: &str) -> Node {
        match self.parts.tree_of(part, &|_| true) {
            Some(tree) => tree,
            None => {
                self.problem(format!("{part} is missing"));
                Node::default()
            }
        }
    }

    /// The directory of the archive, which a reader may fold by name.
    fn entries(&mut self, bytes: &[u8]) {
        let number = |at: usize, length: usize| {
            bytes[at..at + length].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
        };
        let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
        let (count, mut at) = (number(end + 10, 2), number(end + 16, 4));
        let mut names = BTreeSet::new();
        for _ in 0..count {
            let (name, extra, comment) =
                (number(at + 28, 2), number(at + 30, 2), number(at + 32, 2));
            let text = String::from_utf8_lossy(&bytes[at + 46..at + 46 + name]).to_lowercase();
            if !names.insert(text.clone()) {
                self.problem(format!("two entries of the archive are called {text}"));
            }
            at += 46 + name + extra + comment;
        }
    }

    fn content_types(&mut self) {
        let types = self.tree("[Content_Types].xml");
        let defaults: BTreeSet<&str> =
            types.all("Default").filter_map(|it| it.get("Extension")).collect();
        let mut overrides = BTreeMap::new();
        for one in types.all("Override") {
            let (part, kind) = (one.get("PartName").unwrap(), one.get("ContentType").unwrap());
            if overrides.insert(part, kind).is_some() {
                self.problem(format!("two content types for {part}"));
            }
        }
        let names = self.parts.names();
        for part in overrides.keys() {
            if !names.iter().any(|name| format!("/{name}") == **part) {
                self.problem(format!("a content type for {part}, which is missing"));
            }
        }
        for name in names.iter().filter(|name| *name != "[Content_Types].xml") {
            let by_extension =
                name.rsplit_once('.').is_some_and(|(_, extension)| defaults.contains(extension));
            if !by_extension && !overrides.contains_key(format!("/{name}").as_str()) {
                self.problem(format!("no content type for {name}"));
            }
        }
        if overrides.get("/xl/workbook.xml") != Some(&MAIN) {
            self.problem("the workbook has not the content type of an .xlsx".to_owned());
        }
    }

    fn relationships(&mut self) {
        for name in self.parts.names().into_iter().filter(|name| name.ends_with(".rels")) {
            let tree = self.tree(&name);
            let (folder, file) = name.rsplit_once("_rels/").unwrap();
            let source = format!("{folder}{}", file.trim_end_matches(".rels"));
            if !source.is_empty() && !self.parts.names().contains(&source) {
                self.problem(format!("{name} is of {source}, which is missing"));
            }
            let mut ids = BTreeSet::new();
            for link in tree.all("Relationship") {
                let (id, target) = (link.get("Id").unwrap(), link.get("Target").unwrap());
                if !ids.insert(id.to_owned()) {
                    self.problem(format!("{name}: two relationships {id}"));
                }
                let path = resolved(folder, target);
                let is_internal = link.get("TargetMode") != Some("External");
                if is_internal && !self.parts.names().contains(&path) {
                    self.problem(format!("{name}: {id} leads to {path}, which is missing"));
                }
            }
        }
    }

    fn workbook(&mut self) {
        let tree = self.tree("xl/workbook.xml");
        let links = self.tree("xl/_rels/workbook.xml.rels");
        let tables = self.tables();
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        let mut sheets = Vec::new();
        for sheet in tree.inside("sheets", "sheet") {
            let name = sheet.get("name").unwrap().to_owned();
            if name.encode_utf16().count() > 31
                || name.contains(['[', ']', ':', '*', '?', '/', '\\'])
                || !names.insert(name.to_lowercase())
            {
                self.problem(format!("the sheet cannot be called {name:?}"));
            }
            if !ids.insert(sheet.index("sheetId")) {
                self.problem(format!("two sheets have the number {}", sheet.index("sheetId")));
            }
            let link = links.all("Relationship").find(|link| link.get("Id") == sheet.get("id"));
            match link {
                Some(link) if link.get("Type").unwrap().ends_with("/worksheet") => {
                    sheets.push((name, resolved("xl/", link.get("Target").unwrap())));
                }
                _ => self.problem(format!("the sheet {name} has no relationship")),
            }
        }
        for view in tree.inside("bookViews", "workbookView") {
            if view.index("activeTab") >= sheets.len() || view.index("firstSheet") >= sheets.len() {
                self.problem("the workbook shows a sheet that is missing".to_owned());
            }
        }
        for name in tree.inside("definedNames", "definedName") {
            self.defined_name(name, &sheets);
        }
        for (_, part) in &sheets {
            self.sheet(part, &tables);
        }
    }

    fn defined_name(&mut self, name: &Node, sheets: &[(String, String)]) {
        let word = name.get("name").unwrap_or_default().to_owned();
        if name.get("localSheetId").is_some() && name.index("localSheetId") >= sheets.len() {
            self.problem(format!("the name {word} is of a sheet that is missing"));
        }
        for area in name.text.split(',') {
            let Some((sheet, range)) = area.rsplit_once('!') else {
                self.problem(format!("the name {word} has no sheet: {area}"));
                continue;
            };
            let sheet = sheet.trim_matches('\'').replace("''", "'");
            if !sheets.iter().any(|(known, _)| *known == sheet) {
                self.problem(format!("the name {word} names the sheet {sheet}"));
            }
            let range = range.replace('$', "");
            let is_rows = range.split(':').all(|row| row.parse::<u32>().is_ok_and(|row| row > 0));
            if !is_rows && area_of(&range).is_none() {
                self.problem(format!("the name {word} has no range: {range}"));
            }
        }
    }

    fn tables(&mut self) -> Tables {
        let styles = self.tree("xl/styles.xml");
        for (list, entry) in [
            ("numFmts", "numFmt"),
            ("fonts", "font"),
            ("fills", "fill"),
            ("borders", "border"),
            ("cellStyleXfs", "xf"),
            ("cellXfs", "xf"),
            ("cellStyles", "cellStyle"),
            ("dxfs", "dxf"),
        ] {
            let stated = styles.child(list).map(|list| list.index("count"));
            let there = styles.inside(list, entry).len();
            if stated.is_some_and(|stated| stated != there) {
                self.problem(format!("styles: {list} states {stated:?} and has {there}"));
            }
        }
        let own: BTreeSet<usize> =
            styles.inside("numFmts", "numFmt").iter().map(|it| it.index("numFmtId")).collect();
        for format in styles.inside("cellXfs", "xf") {
            for (attribute, list, entry) in [
                ("fontId", "fonts", "font"),
                ("fillId", "fills", "fill"),
                ("borderId", "borders", "border"),
                ("xfId", "cellStyleXfs", "xf"),
            ] {
                if format.index(attribute) >= styles.inside(list, entry).len() {
                    self.problem(format!("styles: no {attribute} {}", format.index(attribute)));
                }
            }
            let number = format.index("numFmtId");
            if number > 163 && !own.contains(&number) {
                self.problem(format!("styles: no number format {number}"));
            }
        }
        let mut strings = 0;
        if self.parts.names().iter().any(|name| name == "xl/sharedStrings.xml") {
            let table = self.tree("xl/sharedStrings.xml");
            strings = table.all("si").count();
            if table.index("uniqueCount") != strings {
                self.problem(format!("shared texts: states {}", table.index("uniqueCount")));
            }
        }
        Tables {
            formats: styles.inside("cellXfs", "xf").len(),
            dxfs: styles.inside("dxfs", "dxf").len(),
            strings,
        }
    }

    fn sheet(&mut self, part: &str, tables: &Tables) {
        let tree = self.tree(part);
        let mut last = 0;
        for child in &tree.children {
            match SHEET_ORDER.iter().position(|known| *known == child.name) {
                Some(at) if at >= last => last = at,
                _ => self.problem(format!("{part}: `{}` stands at the wrong place", child.name)),
            }
        }
        let used = self.rows(part, &tree, tables);
        let stated = tree.child("dimension").and_then(|it| it.get("ref")).and_then(area_of);
        if let Some(used) = used
            && stated != Some(used)
        {
            self.problem(format!("{part}: the dimension is {stated:?}, the cells are {used:?}"));
        }
        let mut column = 0;
        for one in tree.inside("cols", "col") {
            let (first, last) = (one.index("min"), one.index("max"));
            if first <= column || last < first || last > MAX_COLUMNS as usize {
                self.problem(format!("{part}: columns {first} to {last}"));
            }
            if one.index("style") >= tables.formats {
                self.problem(format!("{part}: columns {first} to {last} have no style"));
            }
            column = last;
        }
        self.pane(part, &tree);
        self.merges(part, &tree);
        self.conditional_formats(part, &tree, tables);
        self.validations(part, &tree);
    }

    /// Checks rows and cells; the area that they take.
    fn rows(&mut self, part: &str, tree: &Node, tables: &Tables) -> Option<Area> {
        let mut used: Option<Area> = None;
        let mut last_row = 0;
        for row in tree.inside("sheetData", "row") {
            let number = u32::try_from(row.index("r")).unwrap();
            if number <= last_row || number > MAX_ROWS {
                self.problem(format!("{part}: row {number} after row {last_row}"));
            }
            last_row = number;
            if row.number("ht").is_some_and(|height| !(0.0..=409.5).contains(&height)) {
                self.problem(format!("{part}: row {number} is {:?} high", row.number("ht")));
            }
            let mut last_column = 0;
            for cell in row.all("c") {
                let at = cell.get("r").unwrap_or_default();
                let Some((cell_row, column)) = address(at) else {
                    self.problem(format!("{part}: a cell at {at:?}"));
                    continue;
                };
                if cell_row != number || column <= last_column {
                    self.problem(format!("{part}: {at} in row {number}, column {last_column}"));
                }
                last_column = column;
                self.cell(part, at, cell, tables);
                let (top, bottom, left, right) = used.unwrap_or((number, number, column, column));
                used = Some((top, number.max(bottom), left.min(column), right.max(column)));
            }
        }
        used
    }

    fn cell(&mut self, part: &str, at: &str, cell: &Node, tables: &Tables) {
        if cell.index("s") >= tables.formats {
            self.problem(format!("{part}: {at} has no style {}", cell.index("s")));
        }
        let value = cell.child("v").map(|value| value.text.as_str());
        let is_right = match cell.get("t").unwrap_or("n") {
            "s" => {
                value.and_then(|it| it.parse().ok()).is_some_and(|it: usize| it < tables.strings)
            }
            "n" => value.is_none_or(|it| it.parse::<f64>().is_ok_and(f64::is_finite)),
            "b" => matches!(value, Some("0" | "1")),
            "str" => cell.child("f").is_some() && value.is_some(),
            "inlineStr" => cell
                .child("is")
                .is_some_and(|text| text.whole_text().encode_utf16().count() <= MAX_TEXT),
            _ => false,
        };
        if !is_right {
            self.problem(format!("{part}: {at} holds {:?} {value:?}", cell.get("t")));
        }
        if cell.child("f").is_some_and(|it| it.text.is_empty() || it.text.len() > MAX_FORMULA) {
            self.problem(format!("{part}: {at} has no formula"));
        }
        let order: Vec<&str> = cell.children.iter().map(|child| child.name.as_str()).collect();
        if !matches!(order.as_slice(), [] | ["v"] | ["f"] | ["f", "v"] | ["is"]) {
            self.problem(format!("{part}: {at} holds {order:?}"));
        }
    }

    fn pane(&mut self, part: &str, tree: &Node) {
        for view in tree.inside("sheetViews", "sheetView") {
            let Some(pane) = view.child("pane") else { continue };
            let first = pane.get("topLeftCell").and_then(address);
            let frozen = |name: &str| u32::try_from(pane.index(name)).unwrap();
            let is_right = first
                .is_some_and(|(row, column)| row > frozen("ySplit") && column > frozen("xSplit"));
            if !is_right || pane.get("state") != Some("frozen") {
                self.problem(format!("{part}: a pane at {:?}", pane.get("topLeftCell")));
            }
        }
    }

    fn merges(&mut self, part: &str, tree: &Node) {
        let merges = tree.inside("mergeCells", "mergeCell");
        if tree.child("mergeCells").is_some_and(|list| list.index("count") != merges.len()) {
            self.problem(format!("{part}: merged cells are miscounted"));
        }
        let mut areas: Vec<Area> = Vec::new();
        for merge in merges {
            let Some(area) = merge.get("ref").and_then(area_of) else {
                self.problem(format!("{part}: merged cells {:?}", merge.get("ref")));
                continue;
            };
            if areas.iter().any(|other| overlap(*other, area)) {
                self.problem(format!("{part}: merged cells {area:?} overlap"));
            }
            areas.push(area);
        }
        for row in tree.inside("sheetData", "row") {
            for cell in row.all("c").filter(|cell| !cell.children.is_empty()) {
                let Some(at) = cell.get("r").and_then(address) else { continue };
                let hidden = areas
                    .iter()
                    .any(|area| overlap(*area, (at.0, at.0, at.1, at.1)) && (area.0, area.2) != at);
                if hidden {
                    self.problem(format!("{part}: {:?} lies under merged cells", cell.get("r")));
                }
            }
        }
    }

    fn conditional_formats(&mut self, part: &str, tree: &Node, tables: &Tables) {
        let mut priorities = BTreeSet::new();
        for format in tree.all("conditionalFormatting") {
            if areas_of(format).is_empty() {
                self.problem(format!("{part}: a format of {:?}", format.get("sqref")));
            }
            for rule in format.all("cfRule") {
                if !priorities.insert(rule.index("priority")) || rule.index("priority") == 0 {
                    self.problem(format!("{part}: two formats {}", rule.index("priority")));
                }
                if rule.get("dxfId").is_some() && rule.index("dxfId") >= tables.dxfs {
                    self.problem(format!("{part}: a format {} is missing", rule.index("dxfId")));
                }
            }
        }
    }

    fn validations(&mut self, part: &str, tree: &Node) {
        let rules = tree.inside("dataValidations", "dataValidation");
        if tree.child("dataValidations").is_some_and(|list| list.index("count") != rules.len()) {
            self.problem(format!("{part}: validations are miscounted"));
        }
        let mut all: Vec<Area> = Vec::new();
        for rule in rules {
            let areas = areas_of(rule);
            if areas.is_empty() {
                self.problem(format!("{part}: a validation of {:?}", rule.get("sqref")));
            }
            for area in areas {
                if all.iter().any(|other| overlap(*other, area)) {
                    self.problem(format!("{part}: two validations of {area:?}"));
                }
                all.push(area);
            }
            let list = rule.child("formula1").map(|it| it.text.clone()).unwrap_or_default();
            if list.starts_with('"') && list.trim_matches('"').encode_utf16().count() > 255 {
                self.problem(format!("{part}: a list of more than 255 characters"));
            }
            for (text, limit) in
                [("promptTitle", 32), ("prompt", 255), ("errorTitle", 32), ("error", 255)]
            {
                if rule.get(text).unwrap_or_default().encode_utf16().count() > limit {
                    self.problem(format!("{part}: a {text} of more than {limit} characters"));
                }
            }
        }
    }
}

/// The part that a target means, seen from a folder.
fn resolved(folder: &str, target: &str) -> String {
    match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{folder}{target}"),
    }
}

/// The areas of an element; none where one of them is not right.
fn areas_of(node: &Node) -> Vec<Area> {
    let areas = node.get("sqref").unwrap_or_default().split(' ');
    areas.map(area_of).collect::<Option<_>>().unwrap_or_default()
}

fn overlap(one: Area, other: Area) -> bool {
    one.0 <= other.1 && other.0 <= one.1 && one.2 <= other.3 && other.2 <= one.3
}

fn area_of(text: &str) -> Option<Area> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last) = (address(first)?, address(last)?);
    (first.0 <= last.0 && first.1 <= last.1).then_some((first.0, last.0, first.1, last.1))
}

/// Row and column of an address like `AB12`, both from 1.
fn address(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at(digits);
    if letters.is_empty() || letters.len() > 3 || row.starts_with('0') {
        return None;
    }
    let mut column = 0;
    for letter in letters.bytes() {
        column = column * 26 + u32::from(letter.is_ascii_uppercase().then(|| letter - b'A' + 1)?);
    }
    let row: u32 = row.parse().ok()?;
    (row <= MAX_ROWS && column <= MAX_COLUMNS).then_some((row, column))
}
