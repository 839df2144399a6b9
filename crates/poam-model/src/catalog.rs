//! The ids of controls and requirements that are known: catalogs of frameworks, as data.
//!
//! A catalog is a file under `templates/catalogs`, made by the script there: an id a line, its title,
//! and for a withdrawn id the ids that took its place. Its head names source, licence and day.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::CONTROLS_FRAMEWORK;
use crate::plain_form;

/// The ids of a framework, as data: one a line.
#[derive(Debug)]
pub struct Catalog {
    /// Its name, as messages state it.
    pub name: &'static str,
    /// An id, to show how they look.
    pub example: &'static str,
    /// Its key under `mappings:`; none for the controls, which have a field of their own.
    pub framework: Option<&'static str>,
    text: &'static str,
    entries: OnceLock<HashMap<&'static str, CatalogEntry>>,
}

/// An id of a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogEntry {
    /// Its title; empty where the catalog has ids alone.
    pub title: &'static str,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// The ids that took the place of a withdrawn one, between blanks; empty where none did.
    pub successors: &'static str,
}

/// NIST SP 800-53 Revision 5, enhancements and withdrawn controls included: old findings name them.
pub static CONTROLS: Catalog = Catalog::of_text(
    "NIST SP 800-53 Rev 5",
    "AC-2 or AC-2(1)",
    None,
    include_str!("../../../templates/catalogs/nist-800-53-rev5.txt"),
);

/// The catalogs of other frameworks. NIST SP 800-171 has two, which number in different ways.
static OTHERS: [Catalog; 7] = [
    Catalog::of_text(
        "CMMC",
        "AC.L2-3.1.1",
        Some("cmmc"),
        include_str!("../../../templates/catalogs/cmmc-2.0.txt"),
    ),
    Catalog::of_text(
        "NIST SP 800-171 Rev 2",
        "3.1.1",
        Some("nist-800-171"),
        include_str!("../../../templates/catalogs/nist-800-171-rev2.txt"),
    ),
    Catalog::of_text(
        "NIST SP 800-171 Rev 3",
        "03.01.01",
        Some("nist-800-171"),
        include_str!("../../../templates/catalogs/nist-800-171-rev3.txt"),
    ),
    Catalog::of_text(
        "NIST SP 800-172",
        "3.1.2e",
        Some("nist-800-172"),
        include_str!("../../../templates/catalogs/nist-800-172.txt"),
    ),
    Catalog::of_text(
        "SOC 2 (Trust Services Criteria)",
        "CC7.1",
        Some("soc2"),
        include_str!("../../../templates/catalogs/soc2.txt"),
    ),
    Catalog::of_text(
        "NIST CSF 2.0",
        "PR.AA-01",
        Some("nist-csf"),
        include_str!("../../../templates/catalogs/nist-csf-2.0.txt"),
    ),
    Catalog::of_text(
        "FedRAMP Key Security Indicators",
        "KSI-SVC-VRI",
        Some("fedramp-ksi"),
        include_str!("../../../templates/catalogs/fedramp-ksi.txt"),
    ),
];

impl Catalog {
    const fn of_text(
        name: &'static str,
        example: &'static str,
        framework: Option<&'static str>,
        text: &'static str,
    ) -> Self {
        Self { name, example, framework, text, entries: OnceLock::new() }
    }

    /// Returns all catalogs, that of the controls first.
    pub fn all_catalogs() -> impl Iterator<Item = &'static Self> {
        std::iter::once(&CONTROLS).chain(&OTHERS)
    }

    /// Returns the catalogs of a framework, by whatever usual name; none for a framework that is not checked.
    pub fn find_by_framework(framework: &str) -> Vec<&'static Self> {
        let Some(key) = framework_key(framework) else { return Vec::new() };
        Self::all_catalogs().filter(|catalog| catalog.key() == key).collect()
    }

    /// Returns the key of its framework: as under `mappings:`, and nist-800-53 for the controls.
    pub fn key(&self) -> &'static str {
        self.framework.unwrap_or(CONTROLS_FRAMEWORK)
    }

    /// Returns whether the catalog has exactly this id, withdrawn or not.
    pub fn has_id(&self, id: &str) -> bool {
        self.find_entry(id).is_some()
    }

    /// Returns the entry of an id.
    pub fn find_entry(&self, id: &str) -> Option<CatalogEntry> {
        self.entries.get_or_init(|| self.lines().collect()).get(id).copied()
    }

    /// Returns the ids in force that an id of the catalog means, in whatever usual form it is written: itself,
    /// or those that took its place where it was withdrawn. Empty where the catalog does not have it, and where
    /// nothing took its place.
    pub fn in_force(&self, id: &str) -> Vec<&'static str> {
        let mut open = vec![id.to_owned()];
        let mut seen: Vec<&'static str> = Vec::new();
        let mut found = Vec::new();
        while let Some(next) = open.pop() {
            let entries = self.entries.get_or_init(|| self.lines().collect());
            let name = self.canonical_id(&next);
            let Some((name, entry)) = name.and_then(|name| entries.get_key_value(name.as_str()))
            else {
                continue;
            };
            if seen.contains(name) {
                continue;
            }
            seen.push(*name);
            if entry.withdrawn {
                open.extend(entry.successors.split(' ').map(str::to_owned));
            } else {
                found.push(*name);
            }
        }
        found.sort_unstable();
        found
    }

    /// Returns the ids, in their order.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.lines().map(|(id, _)| id)
    }

    /// Returns the lines of its head: name and release, source, licence, day.
    pub fn head(&self) -> impl Iterator<Item = &'static str> {
        self.text.lines().filter_map(|line| line.strip_prefix("# "))
    }

    fn lines(&self) -> impl Iterator<Item = (&'static str, CatalogEntry)> + use<> {
        let lines = self.text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| {
            let mut columns = line.split('\t');
            let id = columns.next().unwrap_or_default();
            let title = columns.next().unwrap_or_default();
            let withdrawn = columns.next() == Some("withdrawn");
            let successors = columns.next().unwrap_or_default();
            (id, CatalogEntry { title, withdrawn, successors })
        })
    }

    /// Returns the id that was meant, where it is only written in another form: `ac-02 (1)`,
    /// `AC-2.1`, `PR.AA-1`.
    pub fn canonical_id(&self, id: &str) -> Option<String> {
        let plain: String = plain_form(id)
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
            .replace('_', "-");
        let upper = plain.to_uppercase();
        // CM-6(01) and AC-02: numbers without leading zeros.
        let mut numbers = String::new();
        let mut in_number = false;
        let mut characters = upper.chars().peekable();
        while let Some(c) = characters.next() {
            let digit = c.is_ascii_digit();
            let more = characters.peek().is_some_and(char::is_ascii_digit);
            if !(c == '0' && !in_number && more) {
                numbers.push(c);
                in_number = digit;
            }
        }
        let enhancement =
            numbers.split_once('.').map(|(control, number)| format!("{control}({number})"));
        let padded = numbers
            .rsplit_once('-')
            .filter(|(_, number)| number.len() == 1)
            .map(|(category, number)| format!("{category}-0{number}"));
        let forms = [Some(plain), Some(upper), Some(numbers), enhancement, padded];
        forms.into_iter().flatten().find(|form| self.has_id(form))
    }
}

/// Usual names of frameworks, in small letters and digits alone, with the keys of the frameworks. Words
/// that only state the revision are cut off before.
const FRAMEWORK_NAMES: [(&str, &str); 30] = [
    ("nist80053", CONTROLS_FRAMEWORK),
    ("nistsp80053", CONTROLS_FRAMEWORK),
    ("sp80053", CONTROLS_FRAMEWORK),
    ("80053", CONTROLS_FRAMEWORK),
    ("controls", CONTROLS_FRAMEWORK),
    ("nist80053a", CONTROLS_FRAMEWORK),
    ("cmmc", "cmmc"),
    ("cmmc2", "cmmc"),
    ("cmmc20", "cmmc"),
    ("nist800171", "nist-800-171"),
    ("nistsp800171", "nist-800-171"),
    ("sp800171", "nist-800-171"),
    ("800171", "nist-800-171"),
    ("nist800172", "nist-800-172"),
    ("nistsp800172", "nist-800-172"),
    ("sp800172", "nist-800-172"),
    ("800172", "nist-800-172"),
    ("soc2", "soc2"),
    ("soc2typeii", "soc2"),
    ("soc2type2", "soc2"),
    ("soc2trustservicescriteria", "soc2"),
    ("trustservicescriteria", "soc2"),
    ("tsc", "soc2"),
    ("nistcsf", "nist-csf"),
    ("nistcsf2", "nist-csf"),
    ("nistcsf20", "nist-csf"),
    ("csf", "nist-csf"),
    ("csf2", "nist-csf"),
    ("csf20", "nist-csf"),
    ("fedrampkeysecurityindicators", "fedramp-ksi"),
];

/// Other usual names, which are not made of the name of a standard.
const FRAMEWORK_SHORT_NAMES: [(&str, &str); 5] = [
    ("ksi", "fedramp-ksi"),
    ("ksis", "fedramp-ksi"),
    ("fedrampksi", "fedramp-ksi"),
    ("keysecurityindicators", "fedramp-ksi"),
    ("nistcybersecurityframework", "nist-csf"),
];

/// The key of a framework that somebody named in a usual way: nist-800-53 of `NIST SP 800-53 Rev. 5`,
/// `800-53` or `nist_800_53_r5`; none where no catalog has it.
pub fn framework_key(text: &str) -> Option<&'static str> {
    let plain: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let mut names = vec![plain.as_str()];
    for revision in ["revision", "rev", "release", "level", "version", "r", "v", "l"] {
        let number = plain.trim_end_matches(|c: char| c.is_ascii_digit());
        let bare = number.strip_suffix(revision).filter(|_| number.len() < plain.len());
        names.extend(bare.filter(|bare| !bare.is_empty()));
    }
    let known = || FRAMEWORK_NAMES.iter().chain(&FRAMEWORK_SHORT_NAMES);
    names
        .into_iter()
        .find_map(|name| known().find(|(other, _)| *other == name).map(|(_, key)| *key))
}

/// An id of a control or of a requirement, as its catalog writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogId {
    /// Where it belongs under `mappings:`; none for a control, which belongs under `controls:`.
    pub framework: Option<&'static str>,
    /// The id.
    pub id: String,
}

impl CatalogId {
    /// Returns the id that somebody wrote, in whatever usual form; `None` where no catalog has it.
    /// Withdrawn ids are found, too: see [`CatalogId::withdrawn`].
    pub fn find(text: &str) -> Option<Self> {
        // As it is written first: 03.01.13 is an id of Rev 3, and in another form one of Rev 2.
        let exact = Catalog::all_catalogs().find(|catalog| catalog.has_id(text.trim()));
        if let Some(catalog) = exact {
            return Some(Self { framework: catalog.framework, id: text.trim().to_owned() });
        }
        Catalog::all_catalogs().find_map(|catalog| {
            Some(Self { framework: catalog.framework, id: catalog.canonical_id(text)? })
        })
    }

    /// Describes a withdrawn id by its title and what took its place; `None` where it is in force.
    pub fn withdrawn(&self) -> Option<String> {
        let catalogs =
            Catalog::all_catalogs().filter(|catalog| catalog.framework == self.framework);
        let mut entries =
            catalogs.filter_map(|catalog| Some((catalog, catalog.find_entry(&self.id)?)));
        let (catalog, entry) = entries.next()?;
        entry.withdrawn.then(|| format!("withdrawn from {}: {}", catalog.name, entry.way_out()))
    }
}

impl CatalogEntry {
    /// Names the ids to write instead of a withdrawn one.
    pub fn way_out(&self) -> String {
        match self.successors.split_once(' ') {
            None if self.successors.is_empty() => "nothing took its place".to_owned(),
            None if self.successors.contains(|c: char| c.is_ascii_digit() || c == '.') => {
                format!("write `{}`", self.successors)
            }
            // A family of controls or a function of the CSF, which is no id of the catalog.
            None => format!("write one of the family {}", self.successors),
            Some(_) => {
                let ids: Vec<String> =
                    self.successors.split(' ').map(|id| format!("`{id}`")).collect();
                format!("write {}", ids.join(" or "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogs_are_sorted_and_hold_no_id_twice() {
        // Ids in all, and those in force: NIST's releases, 32 CFR 170.14, the AICPA's numbering.
        let counts = [
            (1196, 1014),
            (166, 166),
            (110, 110),
            (130, 97),
            (35, 35),
            (61, 61),
            (219, 128),
            (46, 46),
        ];
        assert_eq!(Catalog::all_catalogs().count(), counts.len());
        for (catalog, (all, in_force)) in Catalog::all_catalogs().zip(counts) {
            let ids: Vec<_> = catalog.ids().collect();
            assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
            let active = ids.iter().filter(|id| !catalog.find_entry(id).unwrap().withdrawn).count();
            assert_eq!((ids.len(), active), (all, in_force), "{}", catalog.name);
            assert!(catalog.head().any(|line| line.starts_with("source: ")), "{}", catalog.name);
            assert!(catalog.head().any(|line| line.starts_with("read: ")), "{}", catalog.name);
        }
        // Added to the catalog by its releases 5.1.1 and 5.2.0.
        for id in ["IA-13", "IA-13(1)", "IA-13(2)", "IA-13(3)", "SA-15(13)", "SA-24", "SI-2(7)"] {
            assert!(!CONTROLS.find_entry(id).unwrap().withdrawn, "{id}");
        }
    }

    #[test]
    fn a_withdrawn_id_names_ids_in_force() {
        for catalog in Catalog::all_catalogs() {
            for id in catalog.ids() {
                let entry = catalog.find_entry(id).unwrap();
                assert!(entry.withdrawn || entry.successors.is_empty(), "{id}");
                for successor in entry.successors.split(' ').filter(|it| !it.is_empty()) {
                    let in_force = catalog.find_entry(successor).is_some_and(|it| !it.withdrawn);
                    assert!(in_force || ["SR", "GV"].contains(&successor), "{id}: {successor}");
                }
            }
        }
        // As NIST SP 800-53 Rev 5 and SP 800-171 Rev 3 print them.
        for (id, expected) in [
            ("AC-13", Some("withdrawn from NIST SP 800-53 Rev 5: write `AC-2` or `AU-6`")),
            ("AC-3(1)", Some("withdrawn from NIST SP 800-53 Rev 5: write `AC-6`")),
            ("SA-12", Some("withdrawn from NIST SP 800-53 Rev 5: write one of the family SR")),
            ("SC-19", Some("withdrawn from NIST SP 800-53 Rev 5: nothing took its place")),
            ("03.01.13", Some("withdrawn from NIST SP 800-171 Rev 3: write `03.13.08`")),
            // As NIST's OSCAL catalog 1.2.0 of CSF 2.0 links them: `incorporated_into`, `moved_to`.
            ("DE.AE-01", Some("withdrawn from NIST CSF 2.0: write `ID.AM-03`")),
            ("DE.AE-05", Some("withdrawn from NIST CSF 2.0: write `DE.AE-08`")),
            ("DE.DP-02", Some("withdrawn from NIST CSF 2.0: write `DE.AE`")),
            ("ID.AM-06", Some("withdrawn from NIST CSF 2.0: write `GV.RR-02` or `GV.SC-02`")),
            ("ID.GV", Some("withdrawn from NIST CSF 2.0: write one of the family GV")),
            ("PR.AC", Some("withdrawn from NIST CSF 2.0: write `PR.AA`")),
            ("RS.RP", Some("withdrawn from NIST CSF 2.0: write `RS.MA`")),
            ("RC.IM-01", Some("withdrawn from NIST CSF 2.0: write `ID.IM-03` or `ID.IM-04`")),
            ("AC-2", None),
            ("03.01.01", None),
            ("3.1.13", None),
        ] {
            assert_eq!(CatalogId::find(id).unwrap().withdrawn().as_deref(), expected, "{id}");
        }
    }

    #[test]
    fn every_withdrawn_outcome_of_the_csf_has_a_successor() {
        let csf = Catalog::find_by_framework("nist-csf")[0];
        let withdrawn = csf.ids().filter(|id| csf.find_entry(id).unwrap().withdrawn);
        let lonely: Vec<_> =
            withdrawn.filter(|id| csf.find_entry(id).unwrap().successors.is_empty()).collect();
        assert_eq!(lonely, [""; 0]);
    }

    #[test]
    fn frameworks_are_known_by_their_usual_names() {
        for (names, key) in [
            (
                &[
                    "nist-800-53",
                    "NIST SP 800-53",
                    "800-53",
                    "NIST SP 800-53 Rev. 5",
                    "nist_800_53_r5",
                    "sp800-53",
                ][..],
                "nist-800-53",
            ),
            (&["cmmc", "CMMC 2.0", "cmmc-2", "CMMC Level 2", "cmmc-l2"], "cmmc"),
            (&["nist-800-171", "800-171", "NIST SP 800-171 Rev 3", "800-171r2"], "nist-800-171"),
            (&["nist-800-172", "SP 800-172", "800-172"], "nist-800-172"),
            (&["soc2", "SOC 2", "SOC-2", "TSC", "SOC 2 (Trust Services Criteria)"], "soc2"),
            (
                &["nist-csf", "csf", "CSF 2.0", "NIST CSF 2.0", "NIST Cybersecurity Framework"],
                "nist-csf",
            ),
            (&["fedramp-ksi", "KSI", "FedRAMP Key Security Indicators"], "fedramp-ksi"),
        ] {
            for name in names {
                assert_eq!(framework_key(name), Some(key), "{name}");
            }
        }
        for name in ["", "iso-27001", "53", "rev5", "hipaa", "nist"] {
            assert_eq!(framework_key(name), None, "{name}");
        }
        for catalog in Catalog::all_catalogs() {
            assert_eq!(framework_key(catalog.key()), Some(catalog.key()));
            assert_eq!(framework_key(catalog.name), Some(catalog.key()), "{}", catalog.name);
        }
    }

    #[test]
    fn other_forms_of_an_id_lead_to_the_one_of_the_catalog() {
        for (written, meant) in [
            ("AC-2 (1)", Some("AC-2(1)")),
            ("ac-2", Some("AC-2")),
            ("AC-02(01)", Some("AC-2(1)")),
            ("AC-2.1", Some("AC-2(1)")),
            ("AC_10", Some("AC-10")),
            ("AC-99", None),
            ("", None),
            ("\u{fc}-2", None),
        ] {
            assert_eq!(CONTROLS.canonical_id(written).as_deref(), meant, "{written}");
        }
        let cmmc = Catalog::find_by_framework("cmmc")[0];
        assert_eq!(cmmc.canonical_id("ac.l2-3.1.1").as_deref(), Some("AC.L2-3.1.1"));
        assert!(
            cmmc.has_id("AC.L2-3.1.20")
                && cmmc.has_id("AC.L1-3.1.20")
                && cmmc.has_id("AC.L1-b.1.iii")
        );
    }

    #[test]
    fn an_id_belongs_where_its_catalog_says() {
        for (text, framework, id) in [
            ("ac-2", None, "AC-2"),
            ("IA.L2-3.5.3", Some("cmmc"), "IA.L2-3.5.3"),
            ("ia.l2-3.5.3", Some("cmmc"), "IA.L2-3.5.3"),
            ("3.5.3", Some("nist-800-171"), "3.5.3"),
            ("03.05.03", Some("nist-800-171"), "03.05.03"),
            ("3.14.1e", Some("nist-800-172"), "3.14.1e"),
            ("cc7.1", Some("soc2"), "CC7.1"),
            ("pr.aa-1", Some("nist-csf"), "PR.AA-01"),
            ("ksi-svc-vri", Some("fedramp-ksi"), "KSI-SVC-VRI"),
        ] {
            let found = CatalogId::find(text).unwrap();
            assert_eq!((found.framework, found.id.as_str()), (framework, id), "{text}");
        }
        for text in ["AC-99", "CC10.1", "3.5.99", "03.99.01", "PR.XX-01", ""] {
            assert_eq!(CatalogId::find(text), None, "{text}");
        }
    }

    /// Each id of the published list of NIST SP 800-53 that the workplace has, where it is available.
    #[test]
    fn every_control_of_another_list_is_known() {
        let shared = std::env::var_os("POAM_SHARED_DATA")
            .map_or_else(|| "../../../shared/data".into(), std::path::PathBuf::from);
        let Ok(text) = std::fs::read_to_string(shared.join("catalogs/nist-800-53-rev5.csv")) else {
            println!("skipped: no list of controls beside the project");
            return;
        };
        for line in text.lines().skip(1) {
            let id = line.split(',').next().unwrap();
            assert!(CONTROLS.has_id(id), "{id}");
        }
    }
}
