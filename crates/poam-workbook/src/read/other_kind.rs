//! Files that are no workbook and no CSV file, known by their content, with what to do about each.

use std::io::Cursor;

use zip::ZipArchive;

use super::error::ReadError;

/// Returns the error for text that is something else than a table; `None` where it may be CSV.
pub(super) fn of_text(bytes: &[u8]) -> Option<ReadError> {
    /// Enough to determine what a file is.
    const HEAD: usize = 4096;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]).into_owned();
    let start = head.trim_start();
    let lower = start.to_ascii_lowercase();
    let is = |what, way: &str| Some(other_kind(what, way));
    if start.starts_with("version https://git-lfs.github.com/spec/") {
        return is(
            "a Git LFS pointer, not the file that it stands for",
            "get the file with `git lfs pull`",
        );
    }
    if start.starts_with("/annex/objects/") || start.starts_with(".git/annex/objects/") {
        return is("a git-annex pointer", "get the file with `git annex get`");
    }
    if start.starts_with("{\\rtf") {
        return is("a text document (RTF)", SAVE);
    }
    if lower.starts_with("mime-version:") || is_html(&lower) {
        return is("a web page (HTML), whatever its name ends in", SAVE);
    }
    if start.starts_with('<') {
        return Some(of_xml(&head));
    }
    if start.starts_with('{') || is_json_list(start) {
        return is(
            "JSON",
            "of JSON, OSCAL POA&Ms are read: name the file with the ending .json; other JSON must become a table (.csv, .xlsx) first",
        );
    }
    if head.lines().any(|line| line.trim_start().starts_with("plan-of-action-and-milestones:")) {
        return is("an OSCAL POA&M in YAML", "name the file with the ending .yaml");
    }
    if is_yaml(&head) {
        return is(
            "YAML",
            "of YAML, OSCAL POA&Ms are read; an item of a tracker belongs under items/ and is not imported",
        );
    }
    if head.lines().any(is_markdown_rule) {
        return is(
            "a Markdown table",
            "save it as CSV: the cells of each row with commas between them, without the line of dashes",
        );
    }
    None
}

/// Returns the error for an archive that is no workbook; `None` where it is one.
pub(super) fn of_archive(archive: &ZipArchive<Cursor<&[u8]>>) -> Option<ReadError> {
    let names: Vec<String> =
        archive.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned).collect();
    let has = |name: &str| names.iter().any(|other| other == name);
    let starts = |start: &str| names.iter().any(|name| name.starts_with(start));
    if has("xl/workbook.xml") {
        return None;
    }
    let (what, way) = if has("xl/workbook.bin") {
        ("a binary workbook (.xlsb)", SAVE.to_owned())
    } else if starts("xl/") {
        return None;
    } else if has("content.xml") && has("META-INF/manifest.xml") {
        ("an OpenDocument file (.ods)", SAVE.to_owned())
    } else if starts("word/") {
        ("a text document (.docx)", SAVE.to_owned())
    } else if starts("ppt/") {
        ("a presentation (.pptx)", SAVE.to_owned())
    } else if starts("Index/") || has("Index.zip") {
        ("a document of Apple Numbers", SAVE.to_owned())
    } else {
        let tables = names.iter().filter(|name| {
            let name = name.to_lowercase();
            [".xlsx", ".xlsm", ".csv", ".json"].iter().any(|ending| name.ends_with(ending))
        });
        let tables: Vec<&str> = tables.take(5).map(String::as_str).collect();
        let way = match tables.as_slice() {
            [] => "unpack it and name the workbook that is in it".to_owned(),
            tables => format!("unpack it and name the file that is meant ({})", tables.join(", ")),
        };
        ("a zip archive", way)
    };
    Some(other_kind(what, &way))
}

/// Returns the error for bytes that are neither text nor an archive of a workbook.
pub(super) fn of_binary(bytes: &[u8]) -> Option<ReadError> {
    const KINDS: [(&[u8], &str, &str); 9] = [
        (b"%PDF-", "a PDF", "export the table that it was made from, as .xlsx or CSV"),
        (b"\x89PNG", "a picture (PNG)", "export the table itself, as .xlsx or CSV"),
        (b"\xff\xd8\xff", "a picture (JPEG)", "export the table itself, as .xlsx or CSV"),
        (b"\x1f\x8b", "compressed (gzip)", "unpack it first"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
        (b"Rar!", "a RAR archive", "unpack it first"),
        (b"BZh", "compressed (bzip2)", "unpack it first"),
        (b"SQLite format 3", "a database (SQLite)", "export the table as CSV"),
        (b"PAR1", "a Parquet file", "export the table as CSV"),
    ];
    let found = KINDS.iter().find(|(start, ..)| bytes.starts_with(start));
    found.map(|(_, what, way)| other_kind(what, way))
}

const SAVE: &str = "open it in a spreadsheet program and save it as .xlsx or CSV UTF-8";

fn other_kind(what: &'static str, way: &str) -> ReadError {
    ReadError::OtherKind { what, way: way.to_owned() }
}

fn is_html(lower: &str) -> bool {
    ["<!doctype html", "<html", "<table", "<head", "<body", "<meta"]
        .iter()
        .any(|start| lower.starts_with(start))
        || (lower.starts_with('<') && lower.contains("<html"))
}

fn of_xml(head: &str) -> ReadError {
    let (what, way) = if head.contains("plan-of-action-and-milestones") {
        (
            "an OSCAL POA&M in XML",
            "convert it to JSON first, e.g. with `oscal-cli convert --to json FILE`, and import that",
        )
    } else if head.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        ("a workbook in the XML format of 2003", SAVE)
    } else if head.contains("csrc.nist.gov/ns/oscal") {
        ("an OSCAL document in XML that is no POA&M", "import the POA&M itself, in JSON or YAML")
    } else if head.contains("NessusClientData") {
        ("a result of Nessus", "it is what a scanner found, not a plan; this command reads plans")
    } else if head.contains("<CHECKLIST") || head.contains("xccdf") {
        (
            "a result of a STIG or XCCDF check",
            "it is what was checked, not a plan; this command reads plans",
        )
    } else {
        ("XML", "of XML nothing is read: export the plan as .xlsx, CSV, or OSCAL in JSON")
    };
    other_kind(what, way)
}

/// Returns a JSON list. A CSV file may begin with a bracket too, but not with one of these behind
/// it.
fn is_json_list(start: &str) -> bool {
    let rest = start.strip_prefix('[').map(str::trim_start);
    rest.is_some_and(|rest| {
        rest.starts_with(['{', '[']) || (rest.starts_with(']') && rest.len() < 8)
    })
}

/// Keys at the top, each on a line of its own, and no line that is anything else.
fn is_yaml(head: &str) -> bool {
    let mut keys = 0;
    for line in head.lines().take(20) {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') || line == "---" || line.starts_with([' ', '-'])
        {
            continue;
        }
        let is_key = line.split_once(':').is_some_and(|(key, rest)| {
            !key.is_empty()
                && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
                && (rest.is_empty() || rest.starts_with(' '))
        });
        if !is_key {
            return false;
        }
        keys += 1;
    }
    keys >= 2
}

/// `|---|:---:|`, the line below the headers of a Markdown table.
fn is_markdown_rule(line: &str) -> bool {
    let line = line.trim();
    line.contains("---")
        && line.contains('|')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn text_of_another_kind_is_named_with_a_way_out() {
        for (text, what, way) in [
            ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "LFS", "git lfs pull"),
            ("<?xml version=\"1.0\"?><plan-of-action-and-milestones/>", "in XML", "JSON"),
            ("<html xmlns:x=\"urn\"><table>", "HTML", ".xlsx"),
            ("\u{feff}  <!DOCTYPE html>\n", "HTML", ".xlsx"),
            (
                "<?xml?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
                "2003",
                ".xlsx",
            ),
            ("<NessusClientData_v2>", "Nessus", "not a plan"),
            ("# POA&M\n\n| ID | Due |\n|---|:--|\n| 1 | 2 |\n", "Markdown", "CSV"),
            ("{\"a\": 1}", "JSON", ".json"),
            ("[{\"id\": 1}]", "JSON", "table"),
            ("plan-of-action-and-milestones:\n  uuid: x\n", "YAML", ".yaml"),
            ("id: V-1\nweakness_name: W\n", "YAML", "items/"),
            ("{\\rtf1 x}", "RTF", ".xlsx"),
        ] {
            let error = of_text(text.as_bytes()).unwrap_or_else(|| panic!("{text}")).to_string();
            assert!(error.contains(what) && error.contains(way), "{text}: {error}");
        }
        for text in [
            "POAM ID,Weakness Name\nV-1,x\n",
            "[x],a\n1,2\n",
            "Weaknesses,Status\n\"V-1: Open port\",Ongoing\n",
            "id;name\n1;a: b\n",
        ] {
            assert!(of_text(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn archives_of_another_kind_are_named() {
        for (part, what) in [
            ("content.xml", ".ods"),
            ("word/document.xml", ".docx"),
            ("xl/workbook.bin", ".xlsb"),
            ("a/POAM.xlsx", "a/POAM.xlsx"),
        ] {
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            for name in [part, "META-INF/manifest.xml"] {
                writer.start_file(name, SimpleFileOptions::default()).unwrap();
                writer.write_all(b"x").unwrap();
            }
            let bytes = writer.finish().unwrap().into_inner();
            let archive = ZipArchive::new(Cursor::new(bytes.as_slice())).unwrap();
            let error = of_archive(&archive).unwrap().to_string();
            assert!(error.contains(what), "{error}");
        }
        assert!(of_binary(b"%PDF-1.7\n\0").unwrap().to_string().contains("PDF"));
        assert!(of_binary(b"\0\0").is_none());
    }
}
