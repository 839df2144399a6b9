//! Comments and links of cells: notes, threaded comments, hyperlinks.
//!
//! They lie in parts of their own beside each sheet, which the reader of cells does not open.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read as _};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::value::SourceValue;
use crate::address::{CellAddress, CellRange};

/// The most annotations of a sheet that are read.
const MOST: usize = 100_000;

/// Kind of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AnnotationKind {
    /// A note or a thread of comments.
    Comment,
    /// The target of a hyperlink.
    Link,
}

impl AnnotationKind {
    /// Returns the prefix of the column name under which an annotation is stored.
    pub(super) fn column_prefix(self) -> &'static str {
        match self {
            Self::Comment => crate::COMMENT_ON,
            Self::Link => crate::LINK_OF,
        }
    }
}

/// The annotations of a sheet, by cell and kind.
pub(crate) type Annotations = BTreeMap<(CellAddress, AnnotationKind), String>;

/// Returns the annotations of each sheet, by its part, such as `xl/worksheets/sheet1.xml`.
///
/// A part that cannot be read has none: what is wrong with it is stated by who reads the cells.
pub(super) fn of_sheet(archive: &mut ZipArchive<Cursor<&[u8]>>, sheet: &str) -> Annotations {
    let mut found = Annotations::new();
    let relations = read_relations(archive, sheet);
    let target = |kind: &str| {
        let of_kind = relations.values().filter(move |relation| relation.kind.ends_with(kind));
        of_kind.map(|relation| relation.target.clone()).collect::<Vec<_>>()
    };
    for part in target("/comments") {
        found.extend(text_of(archive, &part).iter().flat_map(|text| read_notes(text)));
    }
    let threads = target("/threadedComment");
    if !threads.is_empty() {
        let people = read_people(archive);
        for part in threads {
            // A thread replaces the note that programs without threads show for it.
            found.extend(
                text_of(archive, &part).iter().flat_map(|text| read_threads(text, &people)),
            );
        }
    }
    if let Some(text) = text_of(archive, sheet) {
        add_links(&text, &relations, &mut found);
    }
    found
}

/// Returns the target of a formula like `HYPERLINK("https://…","words")`.
pub(super) fn of_formula(formula: &str) -> Option<&str> {
    let formula = formula.trim_start_matches('=');
    let inner = formula
        .get(..10)
        .filter(|start| start.eq_ignore_ascii_case("HYPERLINK("))
        .and_then(|_| formula.get(10..))?;
    let (target, _) = inner.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(target).filter(|target| !target.is_empty())
}

/// Returns whether the text of a cell already contains the target of its link.
pub(super) fn contains_target(value: Option<&SourceValue>, target: &str) -> bool {
    let Some(value) = value else { return false };
    let plain = target.strip_prefix("mailto:").unwrap_or(target).trim_end_matches('/');
    super::to_text(value).contains(plain)
}

/// A relation of a part to another or to an address.
struct Relation {
    kind: String,
    target: String,
}

fn read_relations(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    part: &str,
) -> HashMap<String, Relation> {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let mut relations = HashMap::new();
    let Some(text) = text_of(archive, &format!("{folder}/_rels/{name}.rels")) else {
        return relations;
    };
    each_element(&text, |element| {
        if element.local_name().as_ref() == "Relationship"
            && let (Some(id), Some(kind), Some(target)) = (
                find_attribute(element, "Id"),
                find_attribute(element, "Type"),
                find_attribute(element, "Target"),
            )
        {
            let external =
                find_attribute(element, "TargetMode").is_some_and(|mode| mode == "External");
            let target = if external { target } else { resolve_target(folder, &target) };
            relations.insert(id, Relation { kind, target });
        }
    });
    relations
}

/// Returns a target of a relation as the path of a part.
fn resolve_target(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').collect();
    for step in target.split('/') {
        match step {
            ".." => _ = steps.pop(),
            "." | "" => {}
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// Returns the notes of a part of comments: place and text, with the author in front.
fn read_notes(text: &str) -> Vec<((CellAddress, AnnotationKind), String)> {
    let (mut authors, mut found) = (Vec::new(), Vec::new());
    let mut note: Option<(CellAddress, Option<usize>)> = None;
    let mut words = String::new();
    each_event(text, |event| match event {
        XmlEvent::Start(element) if element.local_name().as_ref() == "author" => words.clear(),
        XmlEvent::Start(element) if element.local_name().as_ref() == "comment" => {
            words.clear();
            let place = find_attribute(element, "ref").and_then(|place| place.parse().ok());
            let author = find_attribute(element, "authorId").and_then(|author| author.parse().ok());
            note = place.map(|place| (place, author));
        }
        // The reading aid of a word is no part of it.
        XmlEvent::Text(text, within) if !within.iter().any(|name| name == "rPh") => {
            words.push_str(text);
        }
        XmlEvent::End("author") => authors.push(std::mem::take(&mut words)),
        XmlEvent::End("comment") => {
            if let Some((place, author)) = note.take() {
                let author: Option<&String> = author.and_then(|at| authors.get(at));
                let said = with_author(author.map(String::as_str), words.trim());
                found.push(((place, AnnotationKind::Comment), said));
            }
            words.clear();
        }
        _ => {}
    });
    found.retain(|(_, text)| !text.is_empty());
    found.truncate(MOST);
    found
}

/// `Author: text`, but not twice where the text begins with its author, as programs write it.
fn with_author(author: Option<&str>, text: &str) -> String {
    match author.map(str::trim).filter(|author| !author.is_empty()) {
        Some(author) if !text.is_empty() && !text.starts_with(author) => {
            format!("{author}: {text}")
        }
        _ => text.to_owned(),
    }
}

/// Returns the threads of a part of threaded comments: each comment on a line of its own.
fn read_threads(text: &str, people: &HashMap<String, String>) -> Annotations {
    let mut found = Annotations::new();
    let mut comment: Option<(CellAddress, String)> = None;
    let mut words = String::new();
    each_event(text, |event| match event {
        XmlEvent::Start(element) if element.local_name().as_ref() == "threadedComment" => {
            words.clear();
            let place = find_attribute(element, "ref").and_then(|place| place.parse().ok());
            let person =
                find_attribute(element, "personId").and_then(|id| people.get(&id).cloned());
            let day =
                find_attribute(element, "dT").and_then(|time| time.get(..10).map(str::to_owned));
            let by = match (person, day) {
                (Some(person), Some(day)) => format!("{person} ({day})"),
                (person, day) => person.or(day).unwrap_or_default(),
            };
            comment = place.map(|place| (place, by));
        }
        XmlEvent::Text(text, within) if within.last().is_some_and(|name| name == "text") => {
            words.push_str(text);
        }
        XmlEvent::End("threadedComment") => {
            if let Some((place, by)) = comment.take()
                && found.len() < MOST
            {
                let said = with_author(Some(&by), words.trim());
                let thread = found.entry((place, AnnotationKind::Comment)).or_default();
                if !thread.is_empty() {
                    thread.push('\n');
                }
                thread.push_str(&said);
            }
        }
        _ => {}
    });
    found
}

/// Reads the names of people who comment, by id.
fn read_people(archive: &mut ZipArchive<Cursor<&[u8]>>) -> HashMap<String, String> {
    let parts: Vec<String> = archive
        .file_names()
        .filter_map(Result::ok)
        .filter(|name| name.starts_with("xl/persons/") && name.ends_with(".xml"))
        .map(std::borrow::Cow::into_owned)
        .collect();
    let mut people = HashMap::new();
    for part in parts {
        let Some(text) = text_of(archive, &part) else { continue };
        each_element(&text, |element| {
            if element.local_name().as_ref() == "person"
                && let (Some(id), Some(name)) =
                    (find_attribute(element, "id"), find_attribute(element, "displayName"))
            {
                people.insert(id, name);
            }
        });
    }
    people
}

/// Adds the targets of a sheet's hyperlinks.
fn add_links(text: &str, relations: &HashMap<String, Relation>, found: &mut Annotations) {
    // Most of a sheet is cells: only the list of links at its end is parsed.
    let Some(start) = text.find("hyperlinks").and_then(|at| text[..at].rfind('<')) else { return };
    each_element(&text[start..], |element| {
        if element.local_name().as_ref() != "hyperlink" || found.len() >= MOST {
            return;
        }
        let place =
            find_attribute(element, "ref").and_then(|place| place.parse::<CellRange>().ok());
        let target =
            find_attribute(element, "id").and_then(|id| Some(relations.get(&id)?.target.clone()));
        let within = find_attribute(element, "location").map(|location| format!("#{location}"));
        let target = match (target, within) {
            (Some(target), Some(within)) => Some(target + &within),
            (target, within) => target.or(within),
        };
        if let (Some(area), Some(target)) = (place, target) {
            found.insert((area.first, AnnotationKind::Link), target);
        }
    });
}

fn text_of(archive: &mut ZipArchive<Cursor<&[u8]>>, part: &str) -> Option<String> {
    let mut bytes = Vec::new();
    // The size was checked before anything was unpacked.
    archive.by_name(part).ok()?.read_to_end(&mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

/// An event of a part.
enum XmlEvent<'a> {
    /// An element begins, or is alone.
    Start(&'a BytesStart<'a>),
    /// Text, with the names of the elements that it is in.
    Text(&'a str, &'a [String]),
    /// An element ends.
    End(&'a str),
}

/// Shows the events of a part until its end, or until something in it is no XML.
fn each_event(text: &str, mut visit: impl FnMut(XmlEvent<'_>)) {
    let mut reader = Reader::from_str(text);
    let mut within: Vec<String> = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                visit(XmlEvent::Start(&element));
                within.push(element.local_name().as_ref().to_owned());
            }
            Ok(Event::Empty(element)) => {
                visit(XmlEvent::Start(&element));
                visit(XmlEvent::End(element.local_name().as_ref()));
            }
            Ok(Event::End(element)) => {
                within.pop();
                visit(XmlEvent::End(element.local_name().as_ref()));
            }
            Ok(Event::Text(text)) => {
                visit(XmlEvent::Text(&text.replace("\r\n", "\n"), &within));
            }
            Ok(Event::GeneralRef(entity)) => {
                if let Some(text) = resolve(&entity) {
                    visit(XmlEvent::Text(&text, &within));
                }
            }
            Ok(Event::CData(text)) => visit(XmlEvent::Text(&text, &within)),
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// Returns the text of an entity or a character reference.
fn resolve(name: &str) -> Option<String> {
    quick_xml::escape::unescape(&format!("&{name};")).ok().map(std::borrow::Cow::into_owned)
}

/// Shows the start of each element of a part.
fn each_element(text: &str, mut visit: impl FnMut(&BytesStart<'_>)) {
    each_event(text, |event| {
        if let XmlEvent::Start(element) = event {
            visit(element);
        }
    });
}

/// Returns an attribute by its name without prefix.
fn find_attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let attribute =
        attributes.with_checks(false).flatten().find(|it| it.key.local_name().as_ref() == name)?;
    quick_xml::escape::unescape(&attribute.value).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn package(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, text) in parts {
            writer.start_file(*path, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn notes_threads_and_links_are_found() {
        const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let relations = format!(
            r#"<Relationships><Relationship Id="r1" Type="{OFFICE}/comments" Target="../comments1.xml"/>
            <Relationship Id="r2" Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment" Target="/xl/threadedComments/t.xml"/>
            <Relationship Id="r3" Type="{OFFICE}/hyperlink" Target="https://example.com/a?b=1&amp;c=2" TargetMode="External"/></Relationships>"#
        );
        let bytes = package(&[
            (
                "xl/worksheets/sheet1.xml",
                r#"<worksheet><sheetData/><hyperlinks><hyperlink ref="X6:X7" r:id="r3"/><hyperlink ref="B6" location="Sheet2!A1"/></hyperlinks></worksheet>"#,
            ),
            ("xl/worksheets/_rels/sheet1.xml.rels", &relations),
            (
                "xl/comments1.xml",
                r#"<comments><authors><author>Lee</author><author/></authors><commentList>
                <comment ref="L6" authorId="0"><text><r><rPr><b/></rPr><t>Lee:</t></r><r><t xml:space="preserve">
agreed &lt; DR-12</t></r></text></comment>
                <comment ref="M6" authorId="0"><text><t>no</t></text></comment>
                <comment ref="N6" authorId="1"><text><t>[Threaded comment] old</t></text></comment></commentList></comments>"#,
            ),
            (
                "xl/threadedComments/t.xml",
                r#"<ThreadedComments><threadedComment ref="N6" dT="2026-05-02T10:00:00" personId="p" id="1"><text>Split this</text></threadedComment>
                <threadedComment ref="N6" dT="2026-05-03T10:00:00" personId="q" id="2" parentId="1"><text>Done</text></threadedComment></ThreadedComments>"#,
            ),
            (
                "xl/persons/person.xml",
                r#"<personList><person displayName="Ana Ruiz" id="p"/></personList>"#,
            ),
        ]);
        let mut archive = ZipArchive::new(Cursor::new(bytes.as_slice())).unwrap();
        let found = of_sheet(&mut archive, "xl/worksheets/sheet1.xml");
        let found: Vec<(String, AnnotationKind, String)> =
            found.into_iter().map(|((at, kind), text)| (at.to_string(), kind, text)).collect();
        let expected = [
            ("B6", AnnotationKind::Link, "#Sheet2!A1"),
            ("L6", AnnotationKind::Comment, "Lee:\nagreed < DR-12"),
            ("M6", AnnotationKind::Comment, "Lee: no"),
            ("N6", AnnotationKind::Comment, "Ana Ruiz (2026-05-02): Split this\n2026-05-03: Done"),
            ("X6", AnnotationKind::Link, "https://example.com/a?b=1&c=2"),
        ];
        let expected: Vec<_> =
            expected.map(|(at, kind, text)| (at.to_owned(), kind, text.to_owned())).into();
        assert_eq!(found, expected);
    }

    #[test]
    fn links_of_formulas_and_links_that_the_text_says() {
        assert_eq!(of_formula("HYPERLINK(\"https://x/1\",\"see\")"), Some("https://x/1"));
        assert_eq!(of_formula("hyperlink(\"#A1\")"), Some("#A1"));
        assert_eq!(of_formula("HYPERLINK(A1)"), None);
        let text = |text: &str| SourceValue::Text(text.to_owned());
        assert!(contains_target(Some(&text("Ana <a@example.com>")), "mailto:a@example.com"));
        assert!(!contains_target(Some(&text("SAR")), "https://x/1"));
    }
}
