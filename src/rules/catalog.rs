use super::words::Words;

/// The ids of a framework, as data: one a line.
pub(super) struct Catalog {
    /// Its name, as messages say it.
    pub(super) name: &'static str,
    /// An id, to show how they look.
    pub(super) example: &'static str,
    ids: Words,
}

/// NIST SP 800-53 Revision 5, enhancements and withdrawn controls included: old findings name them.
pub(super) static CONTROLS: Catalog = Catalog {
    name: "NIST SP 800-53 Rev 5",
    example: "AC-2 or AC-2(1)",
    ids: Words::of(include_str!("../../templates/catalogs/nist-800-53-rev5.txt")),
};

/// CMMC, all three levels, as numbered in 2021 (AC.L1-3.1.1) and in 32 CFR part 170 (AC.L1-b.1.i).
static CMMC: Catalog = Catalog {
    name: "CMMC",
    example: "AC.L2-3.1.1",
    ids: Words::of(include_str!("../../templates/catalogs/cmmc-2.0.txt")),
};

/// NIST SP 800-171 Revision 2.
static CUI: Catalog = Catalog {
    name: "NIST SP 800-171 Rev 2",
    example: "3.1.1",
    ids: Words::of(include_str!("../../templates/catalogs/nist-800-171-rev2.txt")),
};

impl Catalog {
    /// The catalog of a framework under `mappings:`; other frameworks are not checked.
    pub(super) fn of(framework: &str) -> Option<&'static Self> {
        match framework {
            "cmmc" => Some(&CMMC),
            "nist-800-171" => Some(&CUI),
            _ => None,
        }
    }

    /// Whether the catalog has exactly this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.ids.has(id)
    }

    /// The id that was meant, where it is only written in another form: `ac-02 (1)`, `AC-2.1`.
    pub(super) fn canonical(&self, id: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogs_are_sorted_and_hold_no_id_twice() {
        for (catalog, count) in [(&CONTROLS, 1189), (&CMMC, 166), (&CUI, 110)] {
            let ids: Vec<_> = catalog.ids.text.lines().collect();
            assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
            assert_eq!(ids.len(), count, "{}", catalog.name);
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
    }
}
