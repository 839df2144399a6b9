//! Every command that changes items, from the description of its arguments: its form leaves the commit of the
//! command, byte for byte, or refuses with the words of the command.
//!
//! `POAM_FORM_ROUNDS` gives the number of calls of each command, `POAM_SEED` another course of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::client::Server;
use super::{TODAY, item, start};
use crate::support::Repo;

/// Random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap()
    }

    fn choose<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

const ITEMS: [&str; 7] = ["V-1", "V-2", "A/B", "P-1", "P-2", "R-1", "V x=1"];

/// Items in all states that commands ask for.
fn tracker() -> Repo {
    let repo = Repo::new();
    let people = "people:\n- {name: Jane Doe, email: jane@example.com}\n- {name: Olga Official, email: olga@example.com}\n";
    repo.write("poam.yaml", format!("version: 1\nsystem: {{name: Flux}}\n{people}"));
    for (id, status, more) in [
        ("V-1", "open", ""),
        ("V-2", "in-progress", ""),
        ("A/B", "open", "evidence: [{reference: CHG-1}]\n"),
        (
            "P-1",
            "in-progress",
            "vendor_dependency: {vendor: Sample Inc., product: Gate, last_check_in: 2026-01-15}\n",
        ),
        (
            "P-2",
            "open",
            "deviations: [{type: false-positive, state: pending, rationale: Not installed, requested: 2026-01-20}]\n",
        ),
        (
            "R-1",
            "pending-validation",
            "review: {state: requested, by: Ann Author, since: 2026-01-25, due: 2026-02-20}\n",
        ),
        ("V x=1", "open", ""),
    ] {
        // A decision that is made is not made again, so there is one to make for most items.
        let pending = match more.contains("deviations") {
            true => "",
            false => {
                "deviations: [{type: operational-requirement, state: pending, rationale: Breaks it, requested: 2026-01-20}]\n"
            }
        };
        let file: String = id
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || c == '-' {
                    c.to_string()
                } else {
                    format!("%{:02X}", c as u32)
                }
            })
            .collect();
        repo.write(&format!("items/{file}.yaml"), item(id, status) + more + pending);
    }
    repo.commit("2026-01-26", "begin");
    repo
}

/// Values that an argument may be given, right ones and wrong ones, by the word for it in the help.
fn candidates(field: &Value) -> Vec<String> {
    let choices: Vec<String> = field["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| choice.as_str().unwrap().to_owned())
        .collect();
    if !choices.is_empty() {
        return choices;
    }
    let values: &[&str] =
        match (field["value_name"].as_str().unwrap(), field["kind"].as_str().unwrap()) {
            (_, "flag") => &["on"],
            ("STATUS", _) => &[
                "in-progress",
                "pending-validation",
                "closed",
                "deferred",
                "risk-accepted",
                "opne",
            ],
            ("NUMBER", _) => &["1", "2", "1", "2", "9"],
            ("KIND", _) => {
                &["false-positive", "risk-adjustment", "operational-requirement", "luck"]
            }
            ("RATING", _) => &["low", "moderate", "high"],
            ("N", _) => &["1", "3", "N2", "9"],
            ("WHEN", _) => &["2026-01-28", "2026-01-28T10:00:00Z", "soon"],
            ("YES|NO", _) => &["yes", "no"],
            ("NAME", _) => &["Jane Doe", "Sam Roe", "Olga Official"],
            ("NAME <MAIL>", _) => &["Ben <ben@example.com>"],
            ("ADDRESS", _) => &["sam@example.com", "no address"],
            ("FIELD=VALUE", _) => &[
                "comments=Ünsafe # text: \"x\"\ncontrols+=SI-2",
                "remediation-plan=Replace it",
                "colour=red",
            ],
            ("REF", _) => &["CHG-7", "CHG-8\nCHG-9", "-x"],
            ("CONTROL", _) => &["SI-2\nCM-8"],
            ("CVE", _) => &["CVE-2026-0001"],
            ("[DATE:] TEXT", _) => &["2026-02-20: Patch staging\nPatch production"],
            ("WORD", _) => &["scan", "ticket"],
            ("PLACE", _) => &["https://example.com/7"],
            ("ID", _) => &["N-77", "SI-2"],
            ("DESCRIPTION" | "TEXT", _) => &[
                "--Scan: \"again\"\nand more",
                "Milestone 2 moved to 2026-03-05: vendor delay",
                "3. 2026-03-01: Scan\n4. Report",
                "Patch the server",
            ],
            (_, "day") => &["2026-02-20", "2026-01-28", "2026-02-01", "2031-01-01"],
            _ => &["Some words"],
        };
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// A call: the values of the form, and the words of the command line.
struct Call {
    form: Vec<(String, String)>,
    words: Vec<String>,
}

fn call(command: &Value, random: &mut Random) -> Call {
    let words = command["words"].as_array().unwrap();
    let mut words: Vec<String> =
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    let (mut form, mut behind) = (Vec::new(), Vec::new());
    if command["takes_items"] == true {
        let first = *random.choose(&ITEMS);
        let mut items = vec![first];
        items
            .extend(Some(*random.choose(&ITEMS)).filter(|id| *id != first && random.below(4) == 0));
        for id in items {
            form.push(("item".to_owned(), id.to_owned()));
            behind.push(id.to_owned());
        }
    } else {
        words.push("--commit".to_owned());
    }
    // Most arguments that somebody forgets are asked for, so each is given more often than not.
    let likely = random.below(4);
    for field in command["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        let is_usual = !["author", "override", "id", "practice"].contains(&name);
        if field["required"] != true
            && !(is_usual && random.below(4) < likely)
            && random.below(8) > 0
        {
            continue;
        }
        let value = random.choose(&candidates(field)).clone();
        let kind = field["kind"].as_str().unwrap();
        let values: Vec<String> = match kind {
            "lines" => value.split('\n').map(str::to_owned).collect(),
            _ => vec![value.clone()],
        };
        // Browsers send lines with a carriage return.
        form.push((name.to_owned(), value.replace('\n', "\r\n")));
        match field["option"].as_str() {
            Some(option) if kind == "flag" => words.push(option.to_owned()),
            Some(option) => words.extend(values.iter().map(|value| format!("{option}={value}"))),
            None => behind.extend(values),
        }
    }
    words.push("--".to_owned());
    words.extend(behind);
    Call { form, words }
}

/// The words of the refusal on a page.
fn refusal(text: &str) -> String {
    let text = text.split("role=\"alert\"").nth(1).unwrap_or_else(|| panic!("no refusal: {text}"));
    let text = text.split("<p class=\"text\">").nth(1).unwrap();
    let mut text = text.split("</p>").next().unwrap().to_owned();
    for (escape, plain) in
        [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
    {
        text = text.replace(escape, plain);
    }
    text
}

/// Compares one call; whether it was made.
fn compare(server: &Server, by_form: &Repo, by_command: &Repo, name: &str, call: &Call) -> bool {
    let mut form: Vec<(&str, &str)> =
        call.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    form.push(("do", "commit"));
    let answer = server.post_form(&format!("/change/{name}"), &form);
    let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    let output = by_command.try_poam(&[&["--today", TODAY], &words[..]].concat());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let head = |repo: &Repo| repo.git(&["cat-file", "commit", "HEAD"]);
    assert_eq!(head(by_form), head(by_command), "{words:?}: {} {error}", answer.text());
    let is_made = output.status.success();
    match is_made {
        true => assert_eq!(answer.status, 303, "{words:?}: {}", answer.text()),
        false => {
            assert_eq!(output.status.code(), Some(2), "{words:?}: {error}");
            assert_eq!(answer.status, 400, "{words:?}: {}", answer.text());
            let shown = refusal(&answer.text());
            let told = error.split_once("error: ").map_or(error.as_str(), |(_, told)| told);
            let told: Vec<&str> = told.lines().map(str::trim_end).collect();
            let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
            assert!(told.starts_with(&shown), "{words:?}:\n{shown:?}\n{told:?}");
        }
    }
    is_made
}

#[test]
fn every_form_leaves_the_commit_of_its_command_or_its_refusal() {
    let rounds = number("POAM_FORM_ROUNDS", 6);
    let mut random = Random(number("POAM_SEED", 20_261_130));
    let (by_form, by_command) = (tracker(), tracker());
    let server = start(&by_form, &[]);
    let commands = server.get("/api/v1/commands").json();
    let commands = commands["commands"].as_array().unwrap();
    assert!(commands.len() > 20, "{}", commands.len());
    let mut made: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for command in commands {
        let name = command["name"].as_str().unwrap();
        // Until it was made at least once, and refused as it comes.
        for round in 0..rounds * 40 {
            let call = call(command, &mut random);
            let is_made = compare(&server, &by_form, &by_command, name, &call);
            let counts = made.entry(name).or_default();
            counts[usize::from(!is_made)] += 1;
            if round + 1 >= rounds && counts[0] > 0 {
                break;
            }
        }
    }
    eprintln!("made and refused: {made:?}");
    let never: Vec<&&str> =
        made.iter().filter(|(_, counts)| counts[0] == 0).map(|(name, _)| name).collect();
    assert!(never.is_empty(), "never made: {never:?}");
    assert!(made.values().map(|counts| counts[1]).sum::<u64>() > 10, "{made:?}");
    assert_eq!(by_form.git(&["status", "--porcelain"]), by_command.git(&["status", "--porcelain"]));
}
