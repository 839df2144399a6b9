//! The language server, asked by a scripted editor.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::Repo;

const ITEM: &str = "\
id: V-1
weakness_name: Old server
status: open
original_detection_date: 2026-01-05
original_risk_rating: high
point_of_contact: {name: Jane Doe}
controls: [SI-2]
dependencies: [V-2]
milestones:
  - id: 1
    description: Install the update of the vendor and scan both hosts again
    due: 2026-02-20
";

/// An editor with a server.
struct Editor {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: std::path::PathBuf,
    next_id: i64,
    /// Notifications that came while an answer was awaited.
    notifications: Vec<Value>,
}

impl Editor {
    fn start(repo: &Repo) -> Self {
        let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
        command.args(["--today", "2026-02-10", "lsp"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let (input, output) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
        let folder = repo.path().canonicalize().unwrap();
        let mut editor = Self {
            server,
            input,
            output: BufReader::new(output),
            folder,
            next_id: 0,
            notifications: Vec::new(),
        };
        let root = editor.uri("");
        let answer = editor
            .ask("initialize", json!({"processId": null, "rootUri": root, "capabilities": {}}));
        assert_eq!(answer["serverInfo"]["name"], "poam");
        editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, path: &str) -> String {
        format!("file://{}", self.folder.join(path).display()).trim_end_matches('/').to_owned()
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, parameters: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": parameters}));
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server is gone");
            match line.trim().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().unwrap();
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}));
        loop {
            let message = self.receive();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{message}");
                return message["result"].clone();
            }
            self.notifications.push(message);
        }
    }

    /// Waits for the diagnostics of a file that fulfil a condition; rule and line (from 0) of each.
    fn diagnostics(
        &mut self,
        path: &str,
        wanted: impl Fn(&[(String, u64)]) -> bool,
    ) -> Vec<(String, u64)> {
        let uri = self.uri(path);
        for _ in 0..1_000 {
            let message = match self.notifications.is_empty() {
                true => self.receive(),
                false => self.notifications.remove(0),
            };
            if message["params"]["uri"] != uri.as_str() {
                continue;
            }
            let all = message["params"]["diagnostics"].as_array().unwrap();
            let found: Vec<(String, u64)> = all
                .iter()
                .map(|it| {
                    let line = it["range"]["start"]["line"].as_u64().unwrap();
                    (it["code"].as_str().unwrap().to_owned(), line)
                })
                .collect();
            if wanted(&found) {
                return found;
            }
        }
        panic!("the diagnostics did not come");
    }

    fn open(&mut self, path: &str, text: &str) {
        let uri = self.uri(path);
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change(&mut self, path: &str, version: i32, text: &str) {
        let uri = self.uri(path);
        let document = json!({"uri": uri, "version": version});
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [{"text": text}]}),
        );
    }

    /// Asks about the place of a marked text: behind `before`.
    fn ask_at(&mut self, method: &str, path: &str, text: &str, before: &str) -> Value {
        let byte = text.find(before).unwrap() + before.len();
        let line = text[..byte].matches('\n').count();
        let column = text[..byte].rsplit('\n').next().unwrap().encode_utf16().count();
        let uri = self.uri(path);
        self.ask(
            method,
            json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}),
        )
    }

    fn stop(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.server.wait().unwrap().success());
    }
}

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nprofile: generic\npeople: [Jane Doe, Sam Roe]\n");
    repo.write("items/V-1.yaml", ITEM);
    let other =
        ITEM.replace("V-2", "V-3").replace("V-1", "V-2").replace("Old server", "Weak cipher");
    repo.write("items/V-2.yaml", other.replace("dependencies: [V-3]\n", ""));
    repo.commit("2026-01-05", "start");
    repo.write("items/V-1.yaml", ITEM.replace("2026-02-20", "2026-02-25"));
    repo.commit("2026-01-20", "later");
    repo.write("items/V-1.yaml", ITEM);
    repo
}

fn labels(completion: &Value) -> Vec<&str> {
    completion.as_array().unwrap().iter().map(|it| it["label"].as_str().unwrap()).collect()
}

/// The text after an edit of a code action.
fn apply(text: &str, edit: &Value) -> String {
    let byte = |position: &Value| {
        let line = usize::try_from(position["line"].as_u64().unwrap()).unwrap();
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + usize::try_from(position["character"].as_u64().unwrap()).unwrap()
    };
    let (start, end) = (byte(&edit["range"]["start"]), byte(&edit["range"]["end"]));
    format!("{}{}{}", &text[..start], edit["newText"].as_str().unwrap(), &text[end..])
}

#[test]
fn diagnostics_are_those_of_validate_and_follow_unsaved_text() {
    let repo = tracker();
    let mut editor = Editor::start(&repo);
    let (out, _) = repo.poam(1, &["--today", "2026-02-10", "validate", "--format", "json", "V-1"]);
    let validate: Value = serde_json::from_str(&out).unwrap();
    let mut expected: Vec<(String, u64)> = validate["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["rule"].as_str().unwrap().to_owned(), it["line"].as_u64().unwrap() - 1))
        .collect();
    expected.sort();
    let sorted = |found: &[(String, u64)]| {
        let mut found = found.to_vec();
        found.sort();
        found
    };
    editor.diagnostics("items/V-1.yaml", |found| sorted(found) == expected);

    let broken = ITEM.replace("controls:", "contols:");
    editor.open("items/V-1.yaml", &broken);
    editor.diagnostics("items/V-1.yaml", |found| found.contains(&("schema".to_owned(), 6)));
    editor.change("items/V-1.yaml", 2, &ITEM.replace("high", "[high"));
    editor.diagnostics("items/V-1.yaml", |found| found.len() == 1 && found[0].0 == "schema");
    // A rule on several items speaks once all were checked.
    editor.change("items/V-1.yaml", 3, &ITEM.replace("[V-2]", "[V-9]"));
    editor.diagnostics("items/V-1.yaml", |found| {
        found.contains(&("unknown-dependency".to_owned(), 7))
    });
    editor.change("items/V-1.yaml", 4, ITEM);
    editor.diagnostics("items/V-1.yaml", |found| sorted(found) == expected);
    // Settings that are being written do not hide the items.
    editor.open("poam.yaml", "version: 1\nprofil: generic\n");
    editor.diagnostics("poam.yaml", |found| found.contains(&("settings".to_owned(), 1)));
    let uri = editor.uri("items/V-1.yaml");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    editor.stop();
}

#[test]
fn fields_rules_and_due_dates_are_explained() {
    let repo = tracker();
    let mut editor = Editor::start(&repo);
    let file = "items/V-1.yaml";
    editor.open(file, ITEM);
    let text = |hover: &Value| hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
    let hover = text(&editor.ask_at("textDocument/hover", file, ITEM, "original_risk"));
    assert!(hover.contains("original_risk_rating") && hover.contains("`moderate`"), "{hover}");
    // Detected on 2026-01-05, high: 30 days by the generic profile.
    assert!(hover.contains("2026-02-04"), "{hover}");
    let hover = text(&editor.ask_at("textDocument/hover", file, ITEM, "dependencies: [V-"));
    assert!(hover.contains("Weak cipher"), "{hover}");
    let found = editor.ask_at("textDocument/definition", file, ITEM, "dependencies: [V-");
    assert_eq!(found["uri"], editor.uri("items/V-2.yaml"));
    let uri = editor.uri(file);
    let lenses = editor.ask("textDocument/codeLens", json!({"textDocument": {"uri": uri}}));
    assert_eq!(lenses[0]["command"]["title"], "due 2026-02-04, 6 days overdue");
    assert_eq!(lenses[1]["command"]["title"], "dates slipped once");
    // The page of a rule, where it complains.
    editor.diagnostics(file, |found| found.iter().any(|it| it.0 == "overdue"));
    let hover = text(&editor.ask_at("textDocument/hover", file, ITEM, "original_detection"));
    assert!(hover.contains("Never changes"), "{hover}");
    editor.stop();
}

#[test]
fn keys_and_values_are_completed() {
    let repo = tracker();
    let mut editor = Editor::start(&repo);
    let file = "items/V-1.yaml";
    let mut version = 1;
    editor.open(file, ITEM);
    let mut complete = |text: &str, before: &str| -> Value {
        version += 1;
        editor.change(file, version, text);
        editor.ask_at("textDocument/completion", file, text, before)
    };
    let found = complete(&ITEM.replace("status: open", "status: "), "status: ");
    assert!(labels(&found).contains(&"pending-approval"), "{found}");
    let found = complete(&ITEM.replace("[SI-2]", "[SI-2, CM-]"), "[SI-2, CM-");
    assert!(labels(&found).contains(&"CM-8") && !labels(&found).contains(&"SI-2"), "{found}");
    let found = complete(&ITEM.replace("[V-2]", "[]"), "dependencies: [");
    assert!(labels(&found).contains(&"V-2"), "{found}");
    let found = complete(&ITEM.replace("Jane Doe", ""), "{name: ");
    assert!(labels(&found).contains(&"Sam Roe"), "{found}");
    let found = complete(&format!("{ITEM}    st\n"), "\n    st");
    assert!(labels(&found).contains(&"status") && !labels(&found).contains(&"due"), "{found}");
    let found = complete(&format!("{ITEM}weak\n"), "\nweak");
    assert!(
        labels(&found).contains(&"weakness_description") && !labels(&found).contains(&"id"),
        "{found}"
    );
    let found = complete(&format!("{ITEM}completion_date: \n"), "completion_date: ");
    assert_eq!(labels(&found), ["2026-02-10"]);
    editor.stop();
}

#[test]
fn quick_fixes_do_what_diagnostics_say() {
    let repo = tracker();
    let mut editor = Editor::start(&repo);
    let file = "items/V-1.yaml";
    let cases = [
        (ITEM.replace("controls:", "contols:"), "schema", ITEM.to_owned()),
        (
            ITEM.replace("status: open", "status: closed")
                .replace("milestones:", "evidence: [{reference: CHG-1}]\nmilestones:"),
            "closed-without-date",
            ITEM.replace("status: open", "status: closed")
                .replace("milestones:", "evidence: [{reference: CHG-1}]\nmilestones:")
                + "completion_date: 2026-02-10\n",
        ),
        (
            ITEM.replace(
                "status: open\n",
                "# <<<<<<< ours\nstatus: open\n# =======\n# status: deferred\n# >>>>>>> theirs\n",
            ),
            "merge-conflict",
            ITEM.to_owned(),
        ),
    ];
    editor.open(file, ITEM);
    for (version, (text, rule, expected)) in cases.iter().enumerate() {
        editor.change(file, i32::try_from(version).unwrap() + 2, text);
        let found = editor.diagnostics(file, |found| found.iter().any(|it| it.0 == *rule));
        let line = found.iter().find(|it| it.0 == *rule).unwrap().1;
        let uri = editor.uri(file);
        let range = json!({"start": {"line": line, "character": 0}, "end": {"line": line, "character": 99}});
        let actions = editor.ask(
            "textDocument/codeAction",
            json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}}),
        );
        let all = actions.as_array().unwrap();
        let action = all.iter().find(|it| it["diagnostics"][0]["code"] == *rule);
        let action = action.unwrap_or_else(|| panic!("{rule}: {actions}"));
        let edits = &action["edit"]["changes"][&uri];
        assert_eq!(apply(text, &edits[0]), *expected, "{rule}: {action}");
    }
    editor.stop();
}

#[test]
fn a_folder_without_a_tracker_and_odd_requests_do_no_harm() {
    let repo = Repo::new();
    let mut editor = Editor::start(&repo);
    editor.open("notes.yaml", "a: [\n");
    let uri = editor.uri("notes.yaml");
    assert_eq!(editor.ask_at("textDocument/hover", "notes.yaml", "a: [\n", "a"), Value::Null);
    assert_eq!(
        editor.ask("textDocument/codeLens", json!({"textDocument": {"uri": uri}})),
        json!([])
    );
    let odd =
        json!({"textDocument": {"uri": "untitled:1"}, "position": {"line": 9, "character": 9}});
    assert_eq!(editor.ask("textDocument/completion", odd), json!([]));
    editor
        .send(&json!({"jsonrpc": "2.0", "id": 99, "method": "textDocument/rename", "params": {}}));
    while editor.receive()["id"] != 99 {}
    editor.stop();
}
