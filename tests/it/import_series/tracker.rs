//! A tracker without git: the texts of its items, and the record of imports on disk.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use poam::import::{
    CommittedImports, ImportOptions, ImportRecord, Plan, PlanError, Submission, plan_series,
};
use poam::model::Item;
use poam::store::{FoundContent, FoundFile, Store, Tracker};

use super::expected::Expected;
use super::register::Register;

pub(super) struct TextTracker {
    folder: tempfile::TempDir,
    tracker: Tracker,
    texts: BTreeMap<String, String>,
    /// The items of the texts as they are; empty after a change.
    store: OnceCell<Store>,
}

impl TextTracker {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("poam.yaml"), "version: 1\nprofile: fedramp-rev5\n")
            .unwrap();
        let tracker = Tracker::find(folder.path(), None).unwrap();
        Self { folder, tracker, texts: BTreeMap::new(), store: OnceCell::new() }
    }

    fn store(&self) -> &Store {
        let file = |(path, text): (&String, &String)| FoundFile {
            path: path.clone(),
            content: FoundContent::Bytes(text.clone().into_bytes()),
        };
        self.store.get_or_init(|| Store::read(self.texts.iter().map(file).collect()))
    }

    fn record(&self) -> ImportRecord {
        ImportRecord::load(&self.tracker, &CommittedImports::default()).unwrap()
    }

    pub(super) fn plan(
        &self,
        submissions: &[Submission],
        options: &ImportOptions,
    ) -> Result<Vec<Plan>, PlanError> {
        plan_series(&self.tracker, self.store(), submissions, &self.record(), options)
    }

    pub(super) fn apply(&mut self, plan: &Plan) {
        self.store.take();
        for one in &plan.created {
            assert_eq!(self.texts.insert(one.path.clone(), one.text.clone()), None);
        }
        for one in plan.changed().chain(&plan.closed) {
            let path = one.before.path().to_owned();
            let before = self.texts.insert(path, one.after.text().to_string());
            assert_eq!(before.as_deref(), Some(&**one.before.text()));
        }
        for file in &plan.record {
            let path = self.folder.path().join(&file.path);
            match &file.after {
                Some(bytes) => {
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, bytes).unwrap();
                }
                None => std::fs::remove_file(path).unwrap(),
            }
        }
    }

    /// The marks of weaknesses of which a plan lists a conflict.
    pub(super) fn conflicts(&self, plan: &Plan) -> BTreeSet<usize> {
        let store = self.store();
        let mark_of = |one: &poam::import::Conflict| {
            assert_eq!(one.pointer, "/comments", "{one:?}");
            mark(&store.find(&one.id).unwrap().item)
        };
        plan.conflicts.iter().map(mark_of).collect()
    }

    /// Compares the items with the model, and settles what the model left open.
    pub(super) fn check(&self, register: &mut Register, expected: &Expected, context: &str) {
        let store = self.store();
        assert_eq!(store.unreadable(), 0, "{context}: {:?}", store.diagnostics());
        let mut items: BTreeMap<usize, Vec<&Item>> = BTreeMap::new();
        for stored in store.items() {
            items.entry(mark(&stored.item)).or_default().push(&stored.item);
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, one) in register.weaknesses.iter().enumerate() {
            if one.known.is_some() {
                groups.entry(one.mark).or_default().push(place);
            }
        }
        let here: BTreeMap<usize, usize> =
            items.iter().map(|(mark, items)| (*mark, items.len())).collect();
        let known: BTreeMap<usize, usize> =
            groups.iter().map(|(mark, known)| (*mark, known.len())).collect();
        assert_eq!(here, known, "{context}: items of each weakness, here and in the model");
        for (mark, places) in groups {
            let mut here: Vec<&Item> = items[&mark].clone();
            here.sort_by_key(|item| (item.completion_date, &item.id));
            let closed = here.iter().filter(|item| item.status == *"closed").count();
            let (mut surely, mut perhaps) = (0, 0);
            for place in &places {
                let known = register.weaknesses[*place].known.as_ref().unwrap();
                surely += usize::from(known.closed.is_some());
                perhaps += usize::from(expected.unsure.contains(place));
            }
            assert!(
                (surely..=surely + perhaps).contains(&closed),
                "{context}: {closed} of weakness {mark} closed, not {surely} (and perhaps {perhaps}): {here:?}"
            );
            let mut more = closed - surely;
            let day = register.day();
            for place in places.iter().filter(|place| expected.unsure.contains(*place)) {
                if more > 0 {
                    register.weaknesses[*place].known.as_mut().unwrap().closed = Some(day);
                    more -= 1;
                }
            }
            let ([item], [place]) = (here.as_slice(), places.as_slice()) else { continue };
            let known = register.weaknesses[*place].known.as_ref().unwrap();
            let said =
                (item.completion_date, item.original_detection_date, item.comments.as_deref());
            assert_eq!(
                said,
                (known.closed, known.earliest, Some(known.comments.as_str())),
                "{context}: closing, detection and comments of {}",
                item.id
            );
        }
    }

    /// Somebody edits an item of which there is only one.
    pub(super) fn edit(&mut self, register: &mut Register) {
        let mark = register.dice.roll(register.next_mark);
        let mut known = register.weaknesses.iter_mut().filter(|one| one.mark == mark);
        let (Some(one), None) = (known.next(), known.next()) else { return };
        let Some(known) = one.known.as_mut() else { return };
        self.store.take();
        let words = format!("words of ours on {mark}");
        let found = format!("weakness_description: mark {mark}\n");
        let text = self.texts.values_mut().find(|text| text.contains(&found)).unwrap();
        let before = format!("comments: {}\n", known.comments);
        assert!(text.contains(&before), "{before}{text}");
        *text = text.replace(&before, &format!("comments: {words}\n"));
        known.comments = words;
    }
}

/// The mark of the weakness that an item is.
fn mark(item: &Item) -> usize {
    let text = item.weakness_description.as_deref().unwrap();
    text.strip_prefix("mark ").unwrap().parse().unwrap()
}
