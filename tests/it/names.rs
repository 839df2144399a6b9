//! Checks the words of the code: how doc comments begin, and what types and functions are called.
//!
//! `CONTRIBUTING.md` has the rules, `docs/glossary.md` the words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// First words that leave out what the sentence is about.
const OPENERS: [&str; 8] = ["What", "Whether", "Who", "Whom", "Whose", "Why", "How", "The same"];

/// Type names that carry no meaning.
const EMPTY_NAMES: [&str; 19] = [
    "Bench", "By", "Found", "Held", "How", "Kept", "Known", "Note", "Part", "Parts", "Place",
    "Room", "Said", "Step", "What", "Which", "Wish", "Word", "World",
];

/// Returns the Rust files below some folders of the repository, with their text.
fn sources(folders: &[&str]) -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, sources: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, sources);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                sources.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = BTreeMap::new();
    for folder in folders {
        walk(root, &root.join(folder), &mut sources);
    }
    sources
}

/// A doc comment: its place, its first line, and the item behind it up to the next comment.
struct DocComment {
    place: String,
    first: String,
    item: String,
}

fn doc_comments(path: &str, text: &str) -> Vec<DocComment> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let marker = |at: usize| {
        let line = lines.get(at).copied().unwrap_or_default();
        ["///", "//!"].into_iter().find(|marker| line.starts_with(marker))
    };
    let mut found = Vec::new();
    for at in 0..lines.len() {
        let Some(of) = marker(at) else { continue };
        if at > 0 && marker(at - 1) == Some(of) {
            continue;
        }
        let behind = lines[at..].iter().skip_while(|line| line.starts_with("//"));
        let item: Vec<&str> = behind
            .take_while(|line| !line.is_empty() && !line.starts_with("//"))
            .filter(|line| !line.starts_with("#["))
            .copied()
            .collect();
        found.push(DocComment {
            place: format!("{path}:{}", at + 1),
            first: lines[at][of.len()..].trim().to_owned(),
            item: item.join(" "),
        });
    }
    found
}

/// Returns the word with which a doc comment should not begin, if it does.
fn bad_opener(comment: &DocComment) -> Option<&'static str> {
    let begins = |opener: &&str| {
        comment.first.strip_prefix(*opener).is_some_and(|rest| {
            !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-')
        })
    };
    let opener = OPENERS.into_iter().find(begins)?;
    let is_bool_field = !comment.item.contains("fn ")
        && [": bool", ": Option<bool>", "Cell<bool>"].iter().any(|of| comment.item.contains(of));
    (opener != "Whether" || !is_bool_field).then_some(opener)
}

#[test]
fn doc_comments_begin_with_a_verb_or_a_noun() {
    let mut bad = Vec::new();
    for (path, text) in sources(&["src", "crates", "tests", "benches", "fuzz"]) {
        for comment in doc_comments(&path, &text) {
            if bad_opener(&comment).is_some() {
                bad.push(format!("{}: {}", comment.place, comment.first));
            }
        }
    }
    assert!(
        bad.is_empty(),
        "a doc comment begins with a verb in the third person or a noun phrase, so that it can be \
         read alone; these do not:\n{}",
        bad.join("\n")
    );
}

#[test]
fn an_opener_is_a_whole_word_and_a_flag_may_say_whether() {
    let comment = |first: &str, item: &str| DocComment {
        place: String::new(),
        first: first.to_owned(),
        item: item.to_owned(),
    };
    for (first, item, expected) in [
        ("What it is.", "pub struct A;", Some("What")),
        ("Whether it is open.", "fn is_open(open: bool) -> bool {", Some("Whether")),
        ("Whether it is open.", "pub open: bool,", None),
        ("Whether it is open.", "pub open: Option<bool>,", None),
        ("Whole months.", "months: u32,", None),
        ("The sameness.", "months: u32,", None),
        ("The same.", "months: u32,", Some("The same")),
    ] {
        assert_eq!(bad_opener(&comment(first, item)), expected, "{first} {item}");
    }
    let text = "/// Why.\n#[derive(Debug)]\nstruct A;\n";
    let comments = doc_comments("a.rs", text);
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0].item, "struct A;");
}

/// Returns the structs, enums, traits and unions that a text defines, without those of its tests.
fn defined_types(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut types = Vec::new();
    for line in code.lines() {
        let mut words = line.split_whitespace().peekable();
        if words.peek().is_some_and(|word| word.starts_with("pub")) {
            words.next();
            // `pub(in path)` is not used here.
        }
        let is_type = words.next().is_some_and(|word| {
            matches!(word, "struct" | "enum" | "trait" | "union") && !line.contains("//")
        });
        let Some(name) = words.next().filter(|_| is_type) else { continue };
        let end = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len());
        // A macro names its types by a variable.
        if end > 0 {
            types.push(name[..end].to_owned());
        }
    }
    types
}

#[test]
fn no_type_name_is_empty() {
    for (path, text) in sources(&["src", "crates", "tests", "benches", "fuzz"]) {
        for name in defined_types(&text) {
            assert!(
                !EMPTY_NAMES.contains(&name.as_str()),
                "{path}: `{name}` says nothing: name the type by two words that tell what it is"
            );
        }
    }
}

#[test]
fn each_type_has_a_name_of_its_own() {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources(&["src", "crates"]) {
        // Modules of tests have helpers of their own.
        if path.ends_with("tests.rs") {
            continue;
        }
        for name in defined_types(&text) {
            places.entry(name).or_default().insert(path.clone());
        }
    }
    for (name, files) in places {
        assert!(
            files.len() < 2,
            "`{name}` is defined more than once, so that nobody can search for it: {files:?}"
        );
    }
}

#[test]
fn functions_are_named_by_verbs() {
    for (path, text) in sources(&["src", "crates"]) {
        let place =
            text.lines().position(|line| line.contains("fn of(") || line.contains("fn of<"));
        assert_eq!(place, None, "{path}: `of` says nothing: name the function by what it does");
    }
}
