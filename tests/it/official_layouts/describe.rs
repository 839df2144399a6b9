//! Description of a workbook in lines of text: one fact a line, in equal words for the official
//! file and for ours.

use poam::workbook::{Layout, SheetLayout, SheetRole};

use crate::official_layouts::xml::{Node, PackageParts};

/// The labels that stand among the guidance.
const LABELS: [&str; 6] = [
    "Guidance",
    "Examples",
    "Mandatory or Situational",
    "Mandatory",
    "Situational",
    "Situational (enter when actions are complete)",
];

/// Describes a workbook. The sheets are matched to the layout by their name; of the sheets of
/// items, the rows above the data and the first row of data are told.
pub(crate) fn describe(bytes: &[u8], layout: &Layout) -> Vec<String> {
    let parts = PackageParts::open(bytes);
    let styles = parts.tree("xl/styles.xml", 0).unwrap();
    let strings: Vec<String> = parts
        .tree("xl/sharedStrings.xml", 0)
        .map(|tree| tree.all("si").map(Node::whole_text).collect())
        .unwrap_or_default();
    let workbook = parts.tree("xl/workbook.xml", 0).unwrap();
    let mut lines = Vec::new();
    let names = workbook.inside("definedNames", "definedName");
    lines.extend(names.iter().map(|it| format!("name: {}", it.get("name").unwrap_or_default())));
    for (index, sheet) in workbook.inside("sheets", "sheet").into_iter().enumerate() {
        let name = sheet.get("name").unwrap();
        lines.push(format!("sheet {}: {name} ({})", index + 1, state(sheet)));
        let Some(known) = layout.sheets.iter().find(|sheet| sheet.name == name) else { continue };
        let last = if known.role == SheetRole::Fixed { 50 } else { known.first_data_row as usize };
        let part = format!("xl/worksheets/sheet{}.xml", index + 1);
        let tree = parts.tree(&part, last).unwrap();
        let told = Told { sheet: known, styles: &styles, strings: &strings };
        let pictures = pictures(&parts, index + 1);
        lines.extend(Some(format!("{name} | pictures: {pictures}")).filter(|_| pictures > 0));
        lines.extend(told.lines(&tree).into_iter().map(|line| format!("{name} | {line}")));
    }
    lines
}

/// Counts the pictures of a sheet.
fn pictures(parts: &PackageParts, sheet: usize) -> usize {
    let links = parts.tree(&format!("xl/worksheets/_rels/sheet{sheet}.xml.rels"), 0);
    let links = links.iter().flat_map(|links| links.all("Relationship"));
    let drawings = links.filter(|link| link.get("Type").is_some_and(|it| it.ends_with("/drawing")));
    let drawn = drawings.filter_map(|link| {
        let name = link.get("Target")?.rsplit('/').next()?;
        parts.tree(&format!("xl/drawings/{name}"), 0)
    });
    drawn.map(|drawing| drawing.count("pic")).sum()
}

fn state(sheet: &Node) -> &str {
    sheet.get("state").unwrap_or("visible")
}

/// A style without fill and borders.
struct Look {
    font: String,
    rest: String,
}

struct Told<'a> {
    sheet: &'a SheetLayout,
    styles: &'a Node,
    strings: &'a [String],
}

impl Told<'_> {
    fn lines(&self, tree: &Node) -> Vec<String> {
        let mut lines = Vec::new();
        let view = tree.inside("sheetViews", "sheetView")[0];
        let pane = view.child("pane");
        let pixels = |width: f64| format!("{} px", (width * 7.0).round());
        lines.push(format!(
            "freeze: {} columns, {} rows; zoom {}",
            pane.and_then(|pane| pane.number("xSplit")).unwrap_or(0.0),
            pane.and_then(|pane| pane.number("ySplit")).unwrap_or(0.0),
            view.get("zoomScale").unwrap_or("100")
        ));
        if let Some(top) = pane.and_then(|pane| pane.get("topLeftCell")) {
            lines.push(format!("scrolled to {top}"));
        }
        let page = tree.child("pageSetup").and_then(|page| page.get("orientation"));
        lines.push(format!("page: {}", page.unwrap_or("portrait")));
        if let Some(margins) = tree.child("pageMargins") {
            let sides = ["left", "right", "top", "bottom", "header", "footer"];
            let sides = sides.map(|side| margins.number(side).unwrap_or_default().to_string());
            lines.push(format!("margins: {}", sides.join(" ")));
        }
        let fits = tree.child("sheetPr").and_then(|it| it.child("pageSetUpPr"));
        if fits.is_some_and(|it| it.flag("fitToPage")) {
            lines.push("fits the page".to_owned());
        }
        if tree.child("sheetProtection").is_some_and(|it| it.flag("sheet")) {
            lines.push("protected".to_owned());
        }
        if let Some(filter) = tree.child("autoFilter") {
            lines.push(format!("filter: {}", filter.get("ref").unwrap_or_default()));
        }
        if view.get("showGridLines") == Some("0") {
            lines.push("no grid lines".to_owned());
        }
        // Heights are whole pixels, three quarters of a point.
        let height = tree.child("sheetFormatPr").and_then(|it| it.number("defaultRowHeight"));
        lines.push(format!("rows: {} px", (height.unwrap_or(15.0) / 0.75).floor()));
        let columns = tree.inside("cols", "col");
        for number in 1..=50 {
            let column = columns
                .iter()
                .find(|column| column.index("min") <= number && number <= column.index("max"));
            let width = column.and_then(|column| column.number("width")).or_else(|| {
                tree.child("sheetFormatPr").and_then(|it| it.number("defaultColWidth"))
            });
            let hidden = if column.is_some_and(|it| it.flag("hidden")) { " hidden" } else { "" };
            if let Some(width) = width {
                lines.push(format!("column {number}: {}{hidden}", pixels(width)));
            }
        }
        let mut merges: Vec<String> = tree
            .inside("mergeCells", "mergeCell")
            .iter()
            .map(|it| it.get("ref").unwrap().to_owned())
            .collect();
        merges.sort();
        lines.extend(merges.iter().map(|area| format!("merged: {area}")));
        for row in tree.inside("sheetData", "row") {
            lines.extend(self.row(row, tree));
        }
        lines.extend(tree.inside("dataValidations", "dataValidation").into_iter().map(validation));
        lines.extend(self.conditional(tree));
        lines
    }

    fn row(&self, row: &Node, tree: &Node) -> Vec<String> {
        let number = row.index("r");
        if self.is_data(number) {
            return self.data(row, &tree.inside("cols", "col"));
        }
        let mut lines = Vec::new();
        if row.flag("hidden") {
            lines.push(format!("row {number}: hidden"));
        }
        for cell in row.all("c") {
            let at = cell.get("r").unwrap();
            let text = self.text(cell, number);
            let look = self.look(cell.index("s"));
            // A blank cell shows its fill and its borders.
            match (text.is_empty(), look.1.is_empty()) {
                (true, true) => {}
                (true, false) => lines.push(format!("{at}{}", look.1)),
                _ => lines.push(format!("{at}: {text} · {}{}{}", look.0.font, look.0.rest, look.1)),
            }
        }
        let usual = tree.child("sheetFormatPr").and_then(|it| it.number("defaultRowHeight"));
        if let Some(height) = row.number("ht").filter(|it| Some(*it) != usual && !lines.is_empty())
        {
            // Heights are whole pixels, three quarters of a point.
            lines.push(format!("row {number}: {} px", (height / 0.75).round()));
        }
        lines
    }

    /// The first row of data: the font and the frame of each column, and formulas. The blank rows
    /// of the official files have no formats of dates and do not wrap text; items need both, so
    /// that these are not told. A cell that is not there looks as its column says.
    fn data(&self, row: &Node, columns: &[&Node]) -> Vec<String> {
        let mut lines = Vec::new();
        for (number, column) in (1..).zip(&self.sheet.columns) {
            let number = number + usize::from(self.sheet.columns[0].column == "B");
            let at = format!("{}{}", column.column, row.index("r"));
            let cell = row.all("c").find(|cell| cell.get("r") == Some(&at));
            let of_column =
                columns.iter().find(|it| it.index("min") <= number && number <= it.index("max"));
            let style =
                cell.or(of_column.copied()).map_or(0, |it| it.index("s").max(it.index("style")));
            let look = self.look(style);
            let formula = cell.and_then(|cell| cell.child("f"));
            let formula = formula.map(|it| format!(" ={}", it.text)).unwrap_or_default();
            lines.push(format!("data {at}: {}{}{formula}", look.0.font, look.1));
        }
        lines
    }

    fn is_data(&self, row: usize) -> bool {
        self.sheet.role != SheetRole::Fixed && row >= self.sheet.first_data_row as usize
    }

    /// The text of a cell. Of guidance, examples and placeholders only the kind is told.
    fn text(&self, cell: &Node, row: usize) -> String {
        let value = cell.child("v").map(|it| it.text.clone());
        let kind = cell.get("t").unwrap_or("n");
        if let Some(formula) = cell.child("f") {
            return format!("={}", formula.text);
        }
        let text = match (kind, value) {
            ("s", Some(index)) => self.strings[index.parse::<usize>().unwrap()].clone(),
            ("inlineStr", _) => cell.child("is").map(Node::whole_text).unwrap_or_default(),
            (_, Some(number)) => number.trim_end_matches(".0").to_owned(),
            (_, None) => String::new(),
        };
        let is_text = matches!(kind, "s" | "inlineStr");
        if text.trim().is_empty() {
            return String::new();
        }
        let at = cell.get("r").unwrap();
        let header = self.sheet.header_row as usize;
        let own = match self.sheet.role {
            SheetRole::Fixed if self.sheet.name == "Instructions" => row >= 5,
            SheetRole::Fixed => at.starts_with('C') && row > 3,
            _ => row > header,
        };
        if self.sheet.role != SheetRole::Fixed && (3..header).contains(&row) {
            let label = at.starts_with('A') && LABELS.contains(&text.trim());
            return if label { format!("{text:?}") } else { "(value)".to_owned() };
        }
        if own && !LABELS.contains(&text.trim()) {
            return if is_text { "(text)".to_owned() } else { "(number)".to_owned() };
        }
        format!("{text:?}")
    }

    /// The style of a cell in words, and its fill and borders.
    fn look(&self, index: usize) -> (Look, String) {
        let xf = self.styles.inside("cellXfs", "xf")[index];
        let font = self.styles.inside("fonts", "font")[xf.index("fontId")];
        let value = |name: &str| font.child(name).and_then(|it| it.get("val")).unwrap_or("");
        let on = |name: &str| {
            font.child(name).is_some_and(|it| !matches!(it.get("val"), Some("0" | "false")))
        };
        let mut words =
            format!("{} {}", value("name"), value("sz").parse::<f64>().unwrap_or_default());
        for (name, word) in
            [("b", " bold"), ("i", " italic"), ("u", " underlined"), ("strike", " struck")]
        {
            if on(name) {
                words.push_str(word);
            }
        }
        words.push_str(&format!(" {}", color(font.child("color"))));
        let mut look = String::new();
        let mut frame = String::new();
        let fill = self.styles.inside("fills", "fill")[xf.index("fillId")];
        let pattern = fill.child("patternFill");
        if let Some(pattern) = pattern.filter(|it| it.get("patternType") == Some("solid")) {
            frame.push_str(&format!("; fill {}", color(pattern.child("fgColor"))));
        }
        if let Some(alignment) = xf.child("alignment") {
            let horizontal = alignment.get("horizontal").filter(|it| *it != "general");
            let vertical = alignment.get("vertical").filter(|it| *it != "bottom");
            let wrap = Some("wrap").filter(|_| alignment.flag("wrapText"));
            let vertical = vertical.map(|it| format!("{it}-aligned"));
            let all: Vec<&str> =
                [horizontal, vertical.as_deref(), wrap].into_iter().flatten().collect();
            if !all.is_empty() {
                look.push_str(&format!("; {}", all.join(" ")));
            }
        }
        let border = self.styles.inside("borders", "border")[xf.index("borderId")];
        for side in ["left", "right", "top", "bottom"] {
            if let Some(line) = border.child(side)
                && let Some(style) = line.get("style").filter(|it| *it != "none")
            {
                frame.push_str(&format!("; {side} {style} {}", color(line.child("color"))));
            }
        }
        let format = xf.index("numFmtId");
        let own = self.styles.inside("numFmts", "numFmt");
        match own.iter().find(|it| it.index("numFmtId") == format) {
            Some(own) => look.push_str(&format!("; {}", own.get("formatCode").unwrap())),
            None if format == 49 => look.push_str("; @"),
            None if format > 0 => look.push_str(&format!("; number format {format}")),
            None => {}
        }
        (Look { font: words, rest: look }, frame)
    }

    fn conditional(&self, tree: &Node) -> Vec<String> {
        let dxfs = self.styles.inside("dxfs", "dxf");
        let mut rules: Vec<(usize, String)> = Vec::new();
        for format in tree.all("conditionalFormatting") {
            for rule in format.all("cfRule") {
                let dxf = dxfs[rule.index("dxfId")];
                let fill = dxf.child("fill").and_then(|it| it.child("patternFill"));
                let font = dxf.child("font").and_then(|it| it.child("color"));
                let font = font.map(|it| format!(", font {}", color(Some(it)))).unwrap_or_default();
                let kind = rule.get("type").unwrap();
                // The formula of the other kinds only repeats what they say.
                let formula = rule.child("formula").filter(|_| kind == "expression");
                rules.push((
                    rule.index("priority"),
                    format!(
                        "{}: {kind} {}{} fill {}{font}",
                        format.get("sqref").unwrap(),
                        rule.get("text").unwrap_or_default(),
                        formula.map(|it| it.text.as_str()).unwrap_or_default(),
                        color(fill.and_then(|it| it.child("bgColor"))),
                    ),
                ));
            }
        }
        // Only the order of the rules means something.
        rules.sort();
        (1..).zip(rules).map(|(rank, (_, rule))| format!("conditional {rank}: {rule}")).collect()
    }
}

fn validation(rule: &Node) -> String {
    let formula = |name| rule.child(name).map(|it| it.text.trim_end_matches(".0").to_owned());
    let mut areas: Vec<&str> = rule.get("sqref").unwrap().split(' ').collect();
    areas.sort_unstable();
    format!(
        "validation {}: {} {} {}{} blank={} error={} prompt={:?}{}{}",
        areas.join(" "),
        rule.get("type").unwrap_or("any"),
        rule.get("operator").unwrap_or("between"),
        formula("formula1").unwrap_or_default(),
        formula("formula2").map(|it| format!(" and {it}")).unwrap_or_default(),
        rule.flag("allowBlank"),
        rule.flag("showErrorMessage"),
        rule.get("prompt").unwrap_or_default(),
        match rule.get("prompt") {
            Some(_) if !rule.flag("showInputMessage") => " not shown",
            _ => "",
        },
        if rule.flag("showDropDown") { " without a drop-down" } else { "" },
    )
}

/// A colour in words. None and automatic are the text colour of the theme.
fn color(color: Option<&Node>) -> String {
    let Some(color) = color else { return "text".to_owned() };
    if let Some(rgb) = color.get("rgb") {
        return rgb[rgb.len() - 6..].to_owned();
    }
    match (color.get("theme"), color.number("tint")) {
        (Some(theme), Some(tint)) => format!("theme {theme} {tint:+.2}"),
        (Some("1"), None) | (None, _) => "text".to_owned(),
        (Some(theme), None) => format!("theme {theme}"),
    }
}
