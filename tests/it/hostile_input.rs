//! Tests with hostile content of a repository: links, huge files, texts that CI runners take for
//! commands, and ids that some systems cannot have.

use super::support::Repo;

const ITEM: &str = "\
id: V-1
weakness_name: Open port
original_detection_date: 2026-01-05
original_risk_rating: high
point_of_contact: {name: Jane Doe}
milestones:
  - {id: 1, description: Close port 23 on fw-01, due: 2026-02-01}
status: open
";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/2026/0000/V-1.yaml", ITEM);
    repo.commit("2026-01-06", "start");
    repo
}

/// Commands that read the settings, one of each kind.
const READERS: [&[&str]; 8] = [
    &["validate"],
    &["validate", "--format", "json"],
    &["list"],
    &["summary"],
    &["log"],
    &["format", "--check"],
    &["diff"],
    &["assign", "V-1", "--to", "Ann"],
];

#[cfg(unix)]
#[test]
fn settings_that_are_a_link_are_not_read() {
    let repo = tracker();
    let secret = repo.beside("secret");
    std::fs::write(&secret, "token: \0 glcbt-SECRET1234\n").unwrap();
    repo.remove("poam.yaml");
    std::os::unix::fs::symlink(&secret, repo.path().join("poam.yaml")).unwrap();
    for reader in READERS {
        let (out, err) = repo.poam(2, reader);
        assert!(err.contains("the settings are a symbolic link"), "{reader:?}: {err}");
        assert!(!format!("{out}{err}").contains("SECRET"), "{reader:?}: {out}{err}");
    }
    // In a commit, too.
    repo.commit("2026-01-07", "a link");
    let (out, err) = repo.poam(2, &["workbook", "--as-of", "HEAD", "-o", "x.xlsx"]);
    assert!(!format!("{out}{err}").contains("SECRET"), "{out}{err}");
}

#[cfg(unix)]
#[test]
fn settings_that_are_no_regular_file_are_an_error_and_not_looked_for_above() {
    let outer = Repo::bare_folder();
    outer.write("poam.yaml", "version: 1\n");
    let repo = outer.path().join("inner");
    std::fs::create_dir_all(&repo).unwrap();
    let folder = repo.display().to_string();
    outer.try_git(&repo, &[], &["init", "--quiet"]);
    // The one above is somebody else's.
    let (_, err) = outer.poam(2, &["-C", &folder, "list"]);
    assert!(err.contains("no poam.yaml in"), "{err}");
    let (_, err) = outer.poam(2, &["-C", &folder, "new", "--name", "W", "--risk", "high"]);
    assert!(err.contains("no poam.yaml in"), "{err}");
    // Without a repository of its own the folder belongs to the tracker above.
    std::fs::create_dir(outer.path().join("plain")).unwrap();
    outer.poam(0, &["-C", "plain", "list"]);
    for (make, said) in [("pipe", "not a regular file"), ("folder", "not a regular file")] {
        let path = repo.join("poam.yaml");
        match make {
            "pipe" => {
                let made = outer.command("mkfifo", &repo).arg("poam.yaml").status();
                if !made.is_ok_and(|status| status.success()) {
                    continue;
                }
            }
            _ => std::fs::create_dir(&path).unwrap(),
        }
        let (_, err) = outer.poam(2, &["-C", &folder, "list"]);
        assert!(err.contains(said), "{make}: {err}");
        if make == "pipe" {
            std::fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn huge_settings_are_refused_before_they_are_read() {
    let repo = tracker();
    let huge = repo.path().join("poam.yaml");
    std::fs::File::create(&huge).unwrap().set_len(3 << 30).unwrap();
    let (_, err) = repo.poam(2, &["list"]);
    assert!(err.contains("the settings have 3221225472 bytes, more than the limit"), "{err}");
    // One commit has settings of 2 MB: every command goes on, and the log says so.
    repo.write("poam.yaml", format!("version: 1\n{}", "# x\n".repeat(500_000)));
    repo.commit("2026-01-07", "huge settings");
    repo.write("poam.yaml", "version: 1\nwarn_days: 3\n");
    repo.commit("2026-01-08", "small again");
    let (out, _) = repo.poam(0, &["log", "--format", "ndjson"]);
    let unreadable = out.lines().filter(|line| line.contains("\"unreadable\"")).count();
    assert_eq!(unreadable, 1, "{out}");
    assert!(out.contains("more than the limit of 1048576"), "{out}");
    repo.poam(0, &["list", "--format", "json"]);
    let today = ["--today", "2026-01-08"];
    repo.poam(0, &["validate", "--base", "HEAD~1", today[0], today[1]]);
    repo.poam(2, &["diff", "HEAD~2..HEAD~1"]);
    let (_, err) = repo.poam(2, &["summary", "--as-of", "HEAD~1"]);
    assert!(err.contains("more than the limit of 1048576"), "{err}");
}

/// Returns whether a runner would find a command in a line: GitHub's at the beginning, Azure's
/// anywhere.
fn has_command(text: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[")
    })
}

#[test]
fn no_output_holds_a_runner_command() {
    let bad = "##vso[task.setvariable variable=PATH]x ##[error]y";
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    let item = |owner: &str, name: &str| {
        format!(
            "id: V-1\nweakness_name: '{name}'\noriginal_detection_date: 2026-01-05\n\
             original_risk_rating: high\npoint_of_contact:   {{name: '{owner}'}}\nstatus: open\n\
             comments: |\n  ::stop-commands::x\n   ::error::y\n  {bad}\n"
        )
    };
    repo.write("items/V-1.yaml", item("::stop-commands::x", bad));
    repo.commit("2026-01-06", &format!("{bad}\n\n::error::z"));
    repo.write("items/V-1.yaml", item(bad, "::error::x"));
    repo.write("items/##[error]x.yaml", "a: [\n");
    repo.commit_as(&format!("{bad} <x@example.com>"), "2026-01-07", "::error::x");
    repo.write("items/V-1.yaml", item("Jane", bad));
    for arguments in [
        &["list"] as &[&str],
        &["list", "--format", "json"],
        &["list", "--format", "csv"],
        &["log", "--format", "csv"],
        &["export", "csv", "-o", "/dev/stdout"],
        &["export", "csv", "--events", "-o", "/dev/stdout"],
        &["list", "--where", bad],
        &["show", "V-1"],
        &["show", "V-1", "--format", "json"],
        &["show", bad],
        &["log"],
        &["log", "V-1"],
        &["log", "--format", "ndjson"],
        &["summary"],
        &["summary", "--format", "markdown"],
        &["summary", "--by", "owner"],
        &["diff"],
        &["diff", "--format", "markdown"],
        &["format", "--check"],
        &["validate"],
        &["validate", "--format", "json"],
        &["validate", "--format", "sarif"],
        &["validate", "--format", "junit"],
        &["validate", "--format", "gitlab"],
        &["validate", "--format", "markdown"],
        &["assign", "V-1", "--to", bad, "--allow-dirty", "--dry-run"],
        &[bad],
        &["list", "--risk", bad],
        &["verify", "--anchor", bad],
    ] {
        let output = repo.try_poam(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(matches!(output.status.code(), Some(0..=2)), "{arguments:?}: {out}{err}");
        assert!(!has_command(&out) && !has_command(&err), "{arguments:?}\n{out}\n{err}");
    }
    // What reads JSON reads what the item says.
    let (out, _) = repo.poam(0, &["show", "V-1", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["weakness_name"], bad);
}

#[test]
fn ids_that_some_system_cannot_have_are_refused_and_reported() {
    let repo = tracker();
    let new = |id: &str| repo.try_poam(&["new", "--name", "W", "--risk", "high", "--id", id]);
    for (id, said) in [
        ("con", "name of a device on Windows"),
        ("NUL", "name of a device on Windows"),
        ("COM1.txt", "name of a device on Windows"),
        ("con.yaml", "name of a device on Windows"),
        ("v-1", "looks like the id `V-1`: they differ only in case"),
        ("V-\u{200b}1", "invisible character U+200B"),
        ("e\u{301}", "composed form"),
        ("V-9.", "ends with a dot"),
    ] {
        let output = new(id);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{id}: {err}");
        assert!(err.contains(said), "{id}: {err}");
    }
    // Renamed by hand: the check says so.
    let named = |id: &str| ITEM.replace("id: V-1", &format!("id: {id}"));
    repo.write("items/2026/0000/con.yaml", named("con"));
    repo.write("items/other/v-1.yaml", named("v-1"));
    repo.write("items/other/V\u{2013}1.yaml", named("V\u{2013}1"));
    repo.write("items/other/\u{ff36}-1.yaml", named("\u{ff36}-1"));
    let (out, _) = repo.poam(1, &["validate", "--today", "2026-01-06"]);
    let found = out.matches("error[unportable-id]").count();
    assert_eq!(found, 4, "{out}");
    assert!(out.contains("(U+2013) looks like `V-1`"), "{out}");
}

#[test]
fn an_import_refuses_ids_that_look_like_others() {
    let repo = tracker();
    let row = |id: &str| format!("{id},Weak cipher,2026-01-02,High\n");
    let mut csv =
        String::from("POAM ID,Weakness Name,Original Detection Date,Original Risk Rating\n");
    for id in ["v-1", "AUX", "X-1", "x-1"] {
        csv.push_str(&row(id));
    }
    repo.write("rows.csv", csv);
    let arguments = ["import", "rows.csv", "--match", "id", "--commit", "--format", "json"];
    let output = repo.try_poam(&arguments);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    let plan: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(plan["refused"].as_array().map(Vec::len), Some(3), "{out}{err}");
    assert_eq!(plan["created"], serde_json::json!(["X-1"]), "{out}");
    // Another weakness under an id that only looks like one that is taken.
    assert!(out.contains("`v-1` looks like `V-1`"), "{out}{err}");
    assert!(out.contains("`x-1` looks like `X-1`"), "{out}{err}");
    assert!(out.contains("name of a device on Windows"), "{out}");
}

#[test]
fn an_id_with_the_hyphen_of_a_word_processor_is_that_of_the_item() {
    let repo = tracker();
    let name = ITEM.lines().find_map(|line| line.strip_prefix("weakness_name: ")).unwrap();
    repo.write(
        "rows.csv",
        format!(
            "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating\n\
             V\u{2011}1,{name},2026-01-01,High\nB-7,Weak cipher,2026-01-02,High\n\
             \u{412}-7,Weak hash,2026-01-02,High\n"
        ),
    );
    let output = repo.try_poam(&["import", "rows.csv", "--commit", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(plan["matched"].as_array().map(Vec::len), Some(1), "{plan} {err}");
    assert_eq!(plan["matched"][0]["id"], "V-1", "{plan}");
    assert_eq!(plan["created"].as_array().map(Vec::len), Some(1), "{plan} {err}");
    let reason = plan["refused"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("looks like `B-7`"), "{reason}");
}
