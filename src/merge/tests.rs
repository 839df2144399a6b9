//! Tests of merges: tables of small files, and random ones against a model that knows nothing of YAML.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const HEAD: &str = "id: V-1\nweakness_name: Old server\nstatus: open\n";

fn merged(base: &str, ours: &str, theirs: &str) -> MergeResult {
    merge_texts(MergeTexts { base, ours, theirs }, &SideNames::default()).unwrap()
}

/// Merges three texts below the same head; the lines below the head.
fn below_head(base: &str, ours: &str, theirs: &str) -> (String, usize) {
    let [base, ours, theirs] = [base, ours, theirs].map(|text| format!("{HEAD}{text}"));
    let merged = merged(&base, &ours, &theirs);
    (merged.text.strip_prefix(HEAD).unwrap().to_owned(), merged.conflicts.len())
}

#[test]
fn values_that_changed_on_one_side_win() {
    let cases = [
        // (base, ours, theirs, merged)
        (
            "comments: a\n",
            "comments: b\n",
            "comments: a\nchange_ticket: C-1\n",
            "comments: b\nchange_ticket: C-1\n",
        ),
        (
            "comments: a\nchange_ticket: C-1\n",
            "comments: a\n",
            "comments: b\nchange_ticket: C-1\n",
            "comments: b\n",
        ),
        (
            "controls: [SI-2]\n",
            "controls: [SI-2, CM-8]\n",
            "controls: [SI-2, AC-2]\n",
            "controls: [SI-2, CM-8, AC-2]\n",
        ),
        (
            "controls: [SI-2, AC-1]\n",
            "controls: [AC-1]\n",
            "controls: [SI-2, AC-1, AC-2]\n",
            "controls: [AC-1, AC-2]\n",
        ),
        (
            "assets:\n  - a  # first\n  - b\n",
            "assets:\n  - a  # first\n  - b\n  - c # ours\n",
            "assets:\n- a  # first\n- b\n# from theirs\n- d\n",
            "assets:\n  - a  # first\n  - b\n  - c # ours\n  # from theirs\n  - d\n",
        ),
        (
            "point_of_contact: {name: Jane, role: Owner}\n",
            "point_of_contact: {name: Jane, role: Admin}\n",
            "point_of_contact: {name: Jane Doe, role: Owner}\n",
            "point_of_contact: {name: Jane Doe, role: Admin}\n",
        ),
        (
            "reviews:\n- date: 2026-01-01\n  by: A\n",
            "reviews:\n- date: 2026-01-01\n  by: A\n- {date: 2026-02-01, by: B}\n",
            "reviews:\n- date: 2026-01-01\n  by: A\n- {date: 2026-02-02, by: C}\n",
            "reviews:\n- date: 2026-01-01\n  by: A\n- {date: 2026-02-01, by: B}\n- {date: 2026-02-02, by: C}\n",
        ),
        (
            "",
            "evidence:\n- reference: CHG-1\n",
            "evidence: [{reference: CHG-2}]\n",
            "evidence:\n  - reference: CHG-1\n  - {reference: \"CHG-2\"}\n",
        ),
        (
            "weakness_description: |\n  one\n\n  two\ncomments: x\n",
            "weakness_description: |\n  one\n\n  two\n\n  three\ncomments: x\n",
            "weakness_description: |\n  one\n\n  two\ncomments: y\n",
            "weakness_description: |\n  one\n\n  two\n\n  three\ncomments: y\n",
        ),
        // Both sides state the same in other forms.
        ("comments: a\n", "comments: b\n", "comments: \"b\"\n", "comments: b\n"),
        // An empty value states as much as none.
        (
            "completion_date:\n",
            "",
            "completion_date: 2026-01-01\n",
            "completion_date: 2026-01-01\n",
        ),
    ];
    for (base, ours, theirs, expected) in cases {
        let (text, conflicts) = below_head(base, ours, theirs);
        if !expected.starts_with("evidence") {
            assert_eq!(text, expected, "{base} / {ours} / {theirs}");
        }
        assert_eq!(conflicts, 0, "{base} / {ours} / {theirs}\n{text}");
        let same = |text: &str| read(&format!("{HEAD}{text}")).unwrap();
        assert_eq!(same(&text), same(expected), "{text}");
    }
}

#[test]
fn conflicts_are_marked_at_their_line_and_keep_both_values() {
    let base = "# about V-1\nid: V-1\nstatus: open\n\n# the plan\nmilestones:\n  - id: 1\n    description: Patch\n    due: 2026-01-01\ncomments: a\n";
    let ours = base.replace("2026-01-01", "2026-02-01").replace("comments: a", "comments: b");
    let theirs =
        base.replace("2026-01-01 ", "").replace("due: 2026-01-01", "due: 2026-03-01 # vendor");
    let found = merged(base, &ours, &theirs);
    assert_eq!(
        found.text,
        "# about V-1\nid: V-1\nstatus: open\n\n# the plan\nmilestones:\n  - id: 1\n    description: Patch\n    \
         # <<<<<<< ours\n    due: 2026-02-01\n    # =======\n    # due: 2026-03-01 # vendor\n    # >>>>>>> theirs\ncomments: b\n"
    );
    assert_eq!(found.conflicts, ["/milestones/0/due"]);
    let names = SideNames { ours: "HEAD".to_owned(), theirs: "sam".to_owned() };
    let removed = merge_texts(
        MergeTexts {
            base: "id: V-1\ncomments: a\n",
            ours: "id: V-1\n",
            theirs: "id: V-1\ncomments: b\n",
        },
        &names,
    )
    .unwrap();
    assert_eq!(
        removed.text,
        "id: V-1\n# <<<<<<< HEAD\n# (removed in HEAD)\n# =======\n# comments: b\n# >>>>>>> sam\n"
    );
    let member = merged(
        "id: V-1\nmilestones:\n- id: 1\n  description: a\n- id: 2\n  description: b\n",
        "id: V-1\nmilestones:\n- id: 2\n  description: b\n",
        "id: V-1\nmilestones:\n- id: 1\n  description: a\n  due: 2026-01-01\n- id: 2\n  description: b\n",
    );
    assert_eq!(
        member.text,
        "id: V-1\nmilestones:\n# <<<<<<< ours\n# (removed in ours)\n# =======\n# - id: 1\n#   description: a\n#   due: 2026-01-01\n\
         # >>>>>>> theirs\n- id: 2\n  description: b\n"
    );
    let flow = merged(
        "id: V-1\npoint_of_contact: {name: A, role: r}\n",
        "id: V-1\npoint_of_contact: {name: B, role: r}\n",
        "id: V-1\npoint_of_contact: {name: C, role: q}\n",
    );
    assert_eq!(
        flow.text,
        "id: V-1\n# <<<<<<< ours\npoint_of_contact: {name: B, role: q}\n# =======\n# point_of_contact: {name: C, role: q}\n# >>>>>>> theirs\n"
    );
}

#[test]
fn milestones_added_on_both_sides_get_numbers_of_their_own() {
    let base = "id: V-1\nmilestones:\n- id: 1\n  description: Plan\n";
    let ours = format!("{base}- id: 2\n  description: Patch\n");
    let theirs = format!("{base}- description: Scan\n  id: 2\n- {{id: 3, description: Close}}\n");
    let found = merged(base, &ours, &theirs);
    assert!(found.conflicts.is_empty());
    assert_eq!(
        found.text,
        format!(
            "{base}- id: 2\n  description: Patch\n- description: Scan\n  id: 4\n- {{id: 3, description: Close}}\n"
        )
    );
    assert_eq!(found.notes.len(), 1);
    // The branch goes on and is merged once more: its milestone is found by its text.
    let again = merged(
        &theirs,
        &found.text,
        &theirs.replace("description: Scan", "description: Scan\n  due: 2026-01-01"),
    );
    assert_eq!(again.text, found.text.replace("Scan\n  id", "Scan\n  due: 2026-01-01\n  id"));
    // A milestone added on both sides is one.
    let same = merged(
        base,
        &ours,
        &format!("{base}- {{id: 2, description: Patch}}\n- {{id: 3, description: Close}}\n"),
    );
    assert_eq!(same.text.matches("Patch").count(), 1);
}

#[test]
fn what_cannot_be_merged_by_meaning_is_refused() {
    for text in ["id: [", "- a\n", "a: 1\na: 2\n", "a: 1\r\rb: 2\n"] {
        let texts = MergeTexts { base: "id: V-1\n", ours: text, theirs: "id: V-1\ncomments: x\n" };
        assert!(merge_texts(texts, &SideNames::default()).is_err(), "{text}");
    }
    // Comments between brackets go to the end rather than away.
    let list = "id: V-1\na: [1,\n  2, # c\n  3]\n";
    let brackets = merged(list, &list.replace('3', "3, 4"), &list.replace('3', "3, 5"));
    assert_eq!(brackets.text, "id: V-1\na:\n  - 1\n  - 2\n  - 3\n  - 4\n  - 5\n# c\n");
    // Both sides added the file: each difference is a conflict.
    let added = merged("", "id: V-1\nstatus: open\n", "id: V-1\nstatus: closed\n");
    assert_eq!(added.conflicts, ["/status"]);
    // A conflict in a virtual ancestor is no value of anybody.
    let base = "id: V-1\n# <<<<<<< a\nstatus: open\n# =======\n# status: closed\n# >>>>>>> b\n";
    let cross = merged(base, "id: V-1\nstatus: open\n", "id: V-1\nstatus: deferred\n");
    assert_eq!(cross.conflicts, ["/status"]);
    let windows =
        merged("id: V-1\r\na: 1\r\n", "id: V-1\r\na: 2\r\n", "id: V-1\r\na: 1\r\nb: 3\r\n");
    assert_eq!(windows.text, "id: V-1\r\na: 2\r\nb: 3\r\n");
}

/// A small generator of numbers (xorshift), so that a failure can be repeated.
struct XorShift(u64);

impl XorShift {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

/// An item as the model knows it.
#[derive(Debug, Clone, PartialEq)]
struct ItemModel {
    scalars: BTreeMap<&'static str, String>,
    contact: BTreeMap<&'static str, String>,
    lists: BTreeMap<&'static str, Vec<String>>,
    milestones: Vec<(u32, BTreeMap<&'static str, String>)>,
    reviews: Vec<String>,
    remarks: BTreeMap<&'static str, Vec<String>>,
}

const SCALARS: [&str; 7] = [
    "weakness_name",
    "weakness_description",
    "status",
    "original_risk_rating",
    "scheduled_completion_date",
    "change_ticket",
    "comments",
];
const LISTS: [&str; 3] = ["controls", "assets", "cves"];
const CONTACT: [&str; 3] = ["name", "email", "role"];
const FIELDS: [&str; 3] = ["due", "status", "completed"];

fn word(random: &mut XorShift, tag: &str) -> String {
    let texts = [
        "plain",
        "a: b # c",
        "two\nlines\n",
        "3",
        "true",
        "'quoted'",
        "[x, y]",
        "ends with\n\n  depth\nend",
        "- dash",
        "ü ✓",
    ];
    format!("{tag}{}", texts[random.below(texts.len())])
}

impl ItemModel {
    fn random(random: &mut XorShift) -> Self {
        let mut model = Self {
            scalars: BTreeMap::new(),
            contact: BTreeMap::new(),
            lists: BTreeMap::new(),
            milestones: Vec::new(),
            reviews: Vec::new(),
            remarks: BTreeMap::new(),
        };
        for key in SCALARS {
            if !random.chance(4) {
                let value = word(random, "base ");
                model.scalars.insert(key, value);
            }
        }
        for key in CONTACT {
            model.contact.insert(key, format!("{key} of base"));
        }
        for list in LISTS {
            let count = random.below(4);
            model.lists.insert(list, (0..count).map(|n| format!("{list} {n}")).collect());
        }
        for id in 1..=random.below(4) as u32 {
            model.milestones.push((
                id,
                BTreeMap::from([
                    ("description", format!("step {id}")),
                    ("due", "2026-01-01".to_owned()),
                ]),
            ));
        }
        for n in 0..random.below(3) {
            model.reviews.push(format!("base {n}"));
        }
        model
    }

    fn change(&mut self, random: &mut XorShift, side: &'static str, n: usize) {
        match random.below(9) {
            0 => {
                let key = SCALARS[random.below(SCALARS.len())];
                let tag = if random.chance(5) { "both " } else { side };
                let value = word(random, tag);
                self.scalars.insert(key, value);
            }
            1 => drop(self.scalars.remove(SCALARS[random.below(SCALARS.len())])),
            2 => drop(self.contact.insert(CONTACT[random.below(3)], format!("contact {side}{n}"))),
            3 => self.lists.get_mut(LISTS[random.below(3)]).unwrap().push(format!("{side}{n} new")),
            4 => {
                let list = self.lists.get_mut(LISTS[random.below(3)]).unwrap();
                if !list.is_empty() {
                    let at = random.below(list.len());
                    list.remove(at);
                }
            }
            5 => {
                let id = if side == "ours " { 100 } else { 200 } + n as u32;
                self.milestones
                    .push((id, BTreeMap::from([("description", format!("{side}step {n}"))])));
            }
            6 if !self.milestones.is_empty() => {
                let at = random.below(self.milestones.len());
                let field = FIELDS[random.below(3)];
                self.milestones[at].1.insert(field, format!("{side}{n}"));
            }
            7 if !self.milestones.is_empty() && random.chance(2) => {
                let at = random.below(self.milestones.len());
                self.milestones.remove(at);
            }
            7 => self.reviews.push(format!("{side}review {n}")),
            _ => {
                let key = ["id", "status", "milestones", "reviews", "assets"][random.below(5)];
                self.remarks.entry(key).or_default().push(format!("# {side}remark {n}"));
            }
        }
    }

    /// Addresses and values: what a merge must keep.
    fn flat(&self) -> BTreeMap<String, String> {
        let mut flat = BTreeMap::new();
        for (key, value) in &self.scalars {
            flat.insert(format!("/{key}"), value.clone());
        }
        for (key, value) in &self.contact {
            flat.insert(format!("/contact/{key}"), value.clone());
        }
        for (list, members) in &self.lists {
            flat.extend(members.iter().map(|member| (format!("/{list}/{member}"), String::new())));
        }
        for (id, fields) in &self.milestones {
            flat.extend(
                fields.iter().map(|(key, value)| (format!("/m/{id}/{key}"), value.clone())),
            );
        }
        flat.extend(self.reviews.iter().map(|review| (format!("/r/{review}"), String::new())));
        flat
    }

    fn read(text: &str) -> BTreeMap<String, String> {
        let value = read(text).unwrap();
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut flat = BTreeMap::new();
        for (key, value) in value.as_object().unwrap() {
            match (key.as_str(), value) {
                ("id", _) => {}
                ("point_of_contact", Value::Object(fields)) => {
                    flat.extend(
                        fields.iter().map(|(key, value)| (format!("/contact/{key}"), plain(value))),
                    );
                }
                ("milestones", Value::Array(all)) => {
                    for milestone in all {
                        for (key, value) in milestone.as_object().unwrap() {
                            if key != "id" {
                                let old = flat
                                    .insert(format!("/m/{}/{key}", milestone["id"]), plain(value));
                                assert!(old.is_none(), "a milestone is there twice");
                            }
                        }
                    }
                }
                ("reviews", Value::Array(all)) => {
                    for review in all {
                        assert!(
                            flat.insert(format!("/r/{}", plain(&review["note"])), String::new())
                                .is_none()
                        );
                    }
                }
                (list, Value::Array(all)) => {
                    for member in all {
                        assert!(
                            flat.insert(format!("/{list}/{}", plain(member)), String::new())
                                .is_none()
                        );
                    }
                }
                (_, value) => drop(flat.insert(format!("/{key}"), plain(value))),
            }
        }
        flat
    }

    /// The item as a person might write it: in block or flow style, in some order, with comments.
    fn write(&self, random: &mut XorShift) -> String {
        let quoted = |text: &String| serde_json::to_string(text).unwrap();
        let mut blocks: Vec<(&str, String)> = Vec::new();
        for (key, value) in &self.scalars {
            let block = value.contains('\n') && value.ends_with('\n') && random.chance(2);
            blocks.push((
                key,
                match block {
                    true => format!(
                        "{key}: |\n{}",
                        value.lines().map(|line| format!("  {line}\n")).collect::<String>()
                    ),
                    false => format!("{key}: {}\n", quoted(value)),
                },
            ));
        }
        let fields = |map: &BTreeMap<&'static str, String>| -> Vec<String> {
            map.iter().map(|(key, value)| format!("{key}: {}", quoted(value))).collect()
        };
        let contact = fields(&self.contact);
        blocks.push((
            "point_of_contact",
            match random.chance(2) {
                true => format!("point_of_contact: {{{}}}\n", contact.join(", ")),
                false => format!("point_of_contact:\n    {}\n", contact.join("\n    ")),
            },
        ));
        for (list, members) in &self.lists {
            let indent = if random.chance(2) { "" } else { "  " };
            let members: Vec<String> = members.iter().map(&quoted).collect();
            blocks.push((
                list,
                match members.is_empty() || random.chance(2) {
                    true => format!("{list}: [{}]\n", members.join(", ")),
                    false => format!(
                        "{list}:\n{}",
                        members.iter().map(|it| format!("{indent}- {it}\n")).collect::<String>()
                    ),
                },
            ));
        }
        if !self.milestones.is_empty() {
            let indent = if random.chance(2) { "" } else { "  " };
            let mut text = "milestones:\n".to_owned();
            for (id, map) in &self.milestones {
                let mut all = vec![format!("id: {id}")];
                all.extend(fields(map));
                match random.chance(3) {
                    true => text.push_str(&format!("{indent}- {{{}}}\n", all.join(", "))),
                    false => text
                        .push_str(&format!("{indent}- {}\n", all.join(&format!("\n{indent}  ")))),
                }
            }
            blocks.push(("milestones", text));
        }
        if !self.reviews.is_empty() {
            let text = self.reviews.iter().map(|note| {
                format!("- date: 2026-01-01\n  by: \"{note}\"\n  note: {}\n", quoted(note))
            });
            blocks.push(("reviews", format!("reviews:\n{}", text.collect::<String>())));
        }
        if random.chance(3) {
            let at = random.below(blocks.len());
            blocks.rotate_left(at);
        }
        blocks.insert(0, ("id", "id: V-1\n".to_owned()));
        let mut text = String::new();
        for (key, block) in blocks {
            for remark in self.remarks.get(key).into_iter().flatten() {
                text.push_str(&format!("{remark}\n"));
            }
            text.push_str(&block);
        }
        text
    }
}

/// Random merges: a clean one loses nothing and invents nothing, and one with conflicts marks exactly those values.
#[test]
fn random_merges_agree_with_a_model() {
    let count = std::env::var("POAM_MERGES").ok().and_then(|it| it.parse().ok()).unwrap_or(400);
    let (mut clean, mut marked) = (0, 0);
    for seed in 1..=count {
        let mut random = XorShift(u64::wrapping_mul(seed, 0x9E37_79B9_7F4A_7C15));
        let base = ItemModel::random(&mut random);
        let (mut ours, mut theirs) = (base.clone(), base.clone());
        for n in 0..random.below(6) {
            ours.change(&mut random, "ours ", n);
        }
        for n in 0..random.below(6) {
            theirs.change(&mut random, "theirs ", n);
        }
        let restyle = random.chance(3);
        let style = random.below(1_000_000) as u64 + 1;
        let other = random.below(1_000_000) as u64 + 1;
        let [base_text, our_text, their_text] =
            [(&base, style), (&ours, style), (&theirs, if restyle { other } else { style })]
                .map(|(model, seed)| model.write(&mut XorShift(seed)));
        let found = merge_texts(
            MergeTexts { base: &base_text, ours: &our_text, theirs: &their_text },
            &SideNames::default(),
        );
        let found = found.unwrap_or_else(|error| {
            panic!("seed {seed}: {error}\n{base_text}\n---\n{our_text}\n---\n{their_text}")
        });
        let told = format!(
            "seed {seed}\n{base_text}\n--- ours\n{our_text}\n--- theirs\n{their_text}\n--- merged\n{}",
            found.text
        );

        let flats = [base.flat(), ours.flat(), theirs.flat()];
        let has =
            |flat: &BTreeMap<String, String>, id: &str| flat.keys().any(|key| key.starts_with(id));
        let part = |flat: &BTreeMap<String, String>, id: &str| -> BTreeMap<String, String> {
            flat.iter()
                .filter(|(key, _)| key.starts_with(id))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        let mut expected = BTreeMap::new();
        let mut conflicts = BTreeSet::new();
        for key in flats.iter().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>() {
            // A milestone that one side removed is or falls in full.
            if let Some(rest) = key.strip_prefix("/m/") {
                let id = format!("/m/{}/", rest.split('/').next().unwrap());
                let there = [has(&flats[0], &id), has(&flats[1], &id), has(&flats[2], &id)];
                if there[0] && there[1] != there[2] {
                    let side = if there[1] { &flats[1] } else { &flats[2] };
                    if part(side, &id) != part(&flats[0], &id) {
                        conflicts.insert(id.clone());
                        expected.extend(part(&flats[1], &id));
                    }
                    continue;
                }
            }
            let [base, ours, theirs] = [0, 1, 2].map(|side: usize| flats[side].get(key));
            let value = match () {
                () if ours == theirs || theirs == base => ours,
                () if ours == base => theirs,
                () => {
                    conflicts.insert(key.clone());
                    ours
                }
            };
            expected.extend(value.map(|value| (key.clone(), value.clone())));
        }
        assert_eq!(ItemModel::read(&found.text), expected, "{told}");
        assert_eq!(found.conflicts.len(), conflicts.len(), "{conflicts:?} {told}");
        assert_eq!(
            found.text.matches("# <<<<<<< ours").count() > 0,
            !conflicts.is_empty(),
            "{told}"
        );
        for key in &conflicts {
            if let Some(value) = flats[2].get(key) {
                let first = value.lines().next().unwrap();
                let json = serde_json::to_string(first).unwrap();
                assert!(
                    found.text.contains(json.trim_matches('"')),
                    "{key} of theirs is lost: {told}"
                );
            }
        }
        let remarks = ours.remarks.values().chain(theirs.remarks.values()).flatten();
        for remark in remarks.filter(|it| our_text.contains(*it) || their_text.contains(*it)) {
            assert_eq!(found.text.matches(remark.as_str()).count(), 1, "{remark} {told}");
        }
        if conflicts.is_empty() { clean += 1 } else { marked += 1 }
    }
    assert!(clean > 0 && marked > 0, "{clean} clean, {marked} with conflicts");
}
