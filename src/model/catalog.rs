//! The ids of controls and requirements that are known: the catalogs of NIST and CMMC, as data.

use std::collections::HashSet;
use std::sync::OnceLock;

/// The ids of a framework, as data: one a line.
#[derive(Debug)]
pub struct Catalog {
    /// Its name, as messages say it.
    pub name: &'static str,
    /// An id, to show how they look.
    pub example: &'static str,
    /// Its key under `mappings:`; none for the controls, which have a field of their own.
    pub framework: Option<&'static str>,
    text: &'static str,
    ids: OnceLock<HashSet<&'static str>>,
}

/// NIST SP 800-53 Revision 5, enhancements and withdrawn controls included: old findings name them.
pub static CONTROLS: Catalog = Catalog {
    name: "NIST SP 800-53 Rev 5",
    example: "AC-2 or AC-2(1)",
    framework: None,
    text: include_str!("../../templates/catalogs/nist-800-53-rev5.txt"),
    ids: OnceLock::new(),
};

/// CMMC, all three levels, as numbered in 2021 (AC.L1-3.1.1) and in 32 CFR part 170 (AC.L1-b.1.i).
static CMMC: Catalog = Catalog {
    name: "CMMC",
    example: "AC.L2-3.1.1",
    framework: Some("cmmc"),
    text: include_str!("../../templates/catalogs/cmmc-2.0.txt"),
    ids: OnceLock::new(),
};

/// NIST SP 800-171 Revision 2.
static CUI: Catalog = Catalog {
    name: "NIST SP 800-171 Rev 2",
    example: "3.1.1",
    framework: Some("nist-800-171"),
    text: include_str!("../../templates/catalogs/nist-800-171-rev2.txt"),
    ids: OnceLock::new(),
};

impl Catalog {
    /// The catalog of a framework under `mappings:`; other frameworks are not checked.
    pub fn of(framework: &str) -> Option<&'static Self> {
        [&CMMC, &CUI].into_iter().find(|catalog| catalog.framework == Some(framework))
    }

    /// Whether the catalog has exactly this id.
    pub fn has(&self, id: &str) -> bool {
        self.ids.get_or_init(|| self.text.lines().collect()).contains(id)
    }

    /// The ids, in their order.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.text.lines()
    }

    /// The id that was meant, where it is only written in another form: `ac-02 (1)`, `AC-2.1`.
    pub fn canonical(&self, id: &str) -> Option<String> {
        let plain: String =
            id.chars().filter(|c| !c.is_whitespace()).collect::<String>().replace('_', "-");
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
        let forms = [Some(plain), Some(upper), Some(numbers), enhancement];
        forms.into_iter().flatten().find(|form| self.has(form))
    }
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
    /// The id that somebody wrote, in whatever usual form; `None` where no catalog has it.
    pub fn find(text: &str) -> Option<Self> {
        if is_rev3(text.trim()) {
            let framework = CUI.framework;
            return Some(Self { framework, id: text.trim().to_owned() });
        }
        [&CONTROLS, &CMMC, &CUI].into_iter().find_map(|catalog| {
            Some(Self { framework: catalog.framework, id: catalog.canonical(text)? })
        })
    }
}

/// Requirements of NIST SP 800-171 Rev 3 are numbered in another way: 03.01.01.
pub fn is_rev3(id: &str) -> bool {
    id.len() == 8
        && id
            .bytes()
            .enumerate()
            .all(|(at, b)| if at % 3 == 2 { b == b'.' } else { b.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogs_are_sorted_and_hold_no_id_twice() {
        for (catalog, count) in [(&CONTROLS, 1196), (&CMMC, 166), (&CUI, 110)] {
            let ids: Vec<_> = catalog.ids().collect();
            assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
            assert_eq!(ids.len(), count, "{}", catalog.name);
        }
        // Added to the catalog by its releases 5.1.1 and 5.2.0.
        for id in ["IA-13", "IA-13(1)", "IA-13(2)", "IA-13(3)", "SA-15(13)", "SA-24", "SI-2(7)"] {
            assert!(CONTROLS.has(id), "{id}");
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
            assert_eq!(CONTROLS.canonical(written).as_deref(), meant, "{written}");
        }
        assert_eq!(CMMC.canonical("ac.l2-3.1.1").as_deref(), Some("AC.L2-3.1.1"));
        assert!(CMMC.has("AC.L2-3.1.20") && CMMC.has("AC.L1-3.1.20") && CMMC.has("AC.L1-b.1.iii"));
        assert!(is_rev3("03.01.01") && !is_rev3("3.1.1") && !is_rev3("3.14.111"));
    }

    #[test]
    fn an_id_belongs_where_its_catalog_says() {
        for (text, framework, id) in [
            ("ac-2", None, "AC-2"),
            ("IA.L2-3.5.3", Some("cmmc"), "IA.L2-3.5.3"),
            ("ia.l2-3.5.3", Some("cmmc"), "IA.L2-3.5.3"),
            ("3.5.3", Some("nist-800-171"), "3.5.3"),
            ("03.05.03", Some("nist-800-171"), "03.05.03"),
        ] {
            let found = CatalogId::find(text).unwrap();
            assert_eq!((found.framework, found.id.as_str()), (framework, id), "{text}");
        }
        for text in ["AC-99", "CC7.1", "3.5.99", ""] {
            assert_eq!(CatalogId::find(text), None, "{text}");
        }
    }
}
