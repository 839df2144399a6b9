//! *Comments* and *Deviation Rationale*: text with remarks in it that have a form of their own.

use chrono::NaiveDate;

use crate::model::{DeviationType, Facing, Kind, VendorDependency};

/// Remarks in *Comments* for what has no column: each on a line of its own, behind the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Comments {
    /// The comments themselves.
    pub(super) text: Option<String>,
    /// The scanner rated critical; the workbook only knows high.
    pub(super) critical: bool,
    /// The vendor dependency that ended with the release of a fix: the columns only know one whose
    /// fix is not yet available.
    pub(super) released: Option<VendorDependency>,
    /// Kind of the item, where its sheet does not determine it.
    pub(super) kind: Option<Kind>,
}

/// Kinds of findings that are on a sheet of others.
const KINDS: [(Kind, &str); 2] = [
    (Kind::Configuration, "Configuration finding (CM-6)"),
    (Kind::Documentation, "Documentation finding (PL-2)"),
];
const CRITICAL: &str = "Scanner rating: Critical";
const RELEASED: &str = "Vendor fix released: ";
const PRODUCT: &str = "Vendor dependent product: ";
const VENDOR: &str = "Vendor that released it: ";
const CHECK_IN: &str = "Last vendor check-in: ";

impl Comments {
    pub(super) fn write(&self) -> String {
        let mut remarks: Vec<String> = Vec::new();
        if self.critical {
            remarks.push(CRITICAL.to_owned());
        }
        if let Some(vendor) = &self.released {
            remarks.extend(vendor.fix_released.map(|date| format!("{RELEASED}{date}")));
            let product = vendor.product.as_deref().unwrap_or_default();
            remarks.extend(product.lines().map(|line| format!("{PRODUCT}{line}")));
            let name = vendor.vendor.as_deref().unwrap_or_default();
            remarks.extend(name.lines().map(|line| format!("{VENDOR}{line}")));
            remarks.extend(vendor.last_check_in.map(|date| format!("{CHECK_IN}{date}")));
        }
        let kind = KINDS.iter().find(|(kind, _)| Some(*kind) == self.kind);
        remarks.extend(kind.map(|(_, words)| (*words).to_owned()));
        let mut parts: Vec<String> = self.text.iter().cloned().collect();
        if !remarks.is_empty() {
            parts.push(remarks.join("\n"));
        }
        parts.join("\n\n")
    }

    pub(super) fn read(text: &str) -> Self {
        let mut comments = Self::default();
        let mut rest = text;
        let date = |line: &str, start: &str| line.strip_prefix(start)?.parse::<NaiveDate>().ok();
        // From the end, as long as a line is a remark.
        while let Some(line) = rest.rsplit('\n').next() {
            if line == CRITICAL && !comments.critical {
                comments.critical = true;
            } else if let Some(date) = date(line, RELEASED) {
                comments.vendor().fix_released = Some(date);
            } else if let Some(date) = date(line, CHECK_IN) {
                comments.vendor().last_check_in = Some(date);
            } else if let Some(product) = line.strip_prefix(PRODUCT) {
                put_before(&mut comments.vendor().product, product);
            } else if let Some(vendor) = line.strip_prefix(VENDOR) {
                put_before(&mut comments.vendor().vendor, vendor);
            } else if let Some((kind, _)) = KINDS.iter().find(|(_, words)| *words == line) {
                comments.kind = Some(*kind);
            } else {
                break;
            }
            rest = rest.strip_suffix(line).unwrap_or(rest);
            rest = rest.strip_suffix('\n').unwrap_or(rest);
            if rest.is_empty() {
                break;
            }
        }
        if comments.released.as_ref().is_some_and(|vendor| vendor.fix_released.is_none()) {
            // Lines that look like ours and are somebody's own.
            return Self { text: Some(text.to_owned()), ..Self::default() };
        }
        if rest != text {
            rest = rest.strip_suffix('\n').unwrap_or(rest);
        }
        comments.text = Some(rest.to_owned()).filter(|text| !text.trim().is_empty());
        comments
    }
}

impl Comments {
    fn vendor(&mut self) -> &mut VendorDependency {
        self.released.get_or_insert(VendorDependency {
            vendor: None,
            product: None,
            last_check_in: None,
            fix_released: None,
        })
    }
}

/// Puts a line before the lines of a text.
fn put_before(text: &mut Option<String>, line: &str) {
    *text = Some(match text.take() {
        Some(rest) => format!("{line}\n{rest}"),
        None => line.to_owned(),
    });
}

/// Content of the rationale cell, by deviation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rationale {
    /// By type of deviation, in order; a text without a type is before all.
    pub(super) entries: Vec<(Option<DeviationType>, String)>,
    /// Which way the affected component faces.
    pub(super) facing: Option<Facing>,
}

const TYPES: [(DeviationType, &str); 3] = [
    (DeviationType::RiskAdjustment, "Risk Adjustment"),
    (DeviationType::FalsePositive, "False Positive"),
    (DeviationType::OperationalRequirement, "Operational Requirement"),
];

impl Rationale {
    pub(super) fn write(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (kind, text) in &self.entries {
            match kind {
                Some(kind) => parts.push(format!("{} : {text}", name(*kind))),
                None => parts.push(text.clone()),
            }
        }
        parts.extend(self.facing.map(|facing| {
            let facing = if facing == Facing::Internal { "internal" } else { "external" };
            format!("Facing: {facing}")
        }));
        parts.join("\n\n")
    }

    pub(super) fn read(text: &str) -> Self {
        let mut rationale = Self::default();
        let mut rest = text;
        for (word, facing) in [("internal", Facing::Internal), ("external", Facing::External)] {
            let line = format!("Facing: {word}");
            if let Some(before) = rest.strip_suffix(&line)
                && (before.is_empty() || before.ends_with("\n\n"))
            {
                rationale.facing = Some(facing);
                rest = before.strip_suffix("\n\n").unwrap_or(before);
                break;
            }
        }
        for paragraph in rest.split("\n\n").filter(|text| !text.trim().is_empty()) {
            match entry(paragraph) {
                Some((kind, text)) => rationale.entries.push((Some(kind), text.to_owned())),
                None => match rationale.entries.last_mut() {
                    Some((_, last)) => {
                        last.push_str("\n\n");
                        last.push_str(paragraph);
                    }
                    None => rationale.entries.push((None, paragraph.to_owned())),
                },
            }
        }
        rationale
    }
}

fn name(kind: DeviationType) -> &'static str {
    TYPES.iter().find(|(one, _)| *one == kind).map_or("", |(_, name)| name)
}

/// `Risk Adjustment : text`, with or without blanks around the colon.
fn entry(paragraph: &str) -> Option<(DeviationType, &str)> {
    TYPES.iter().find_map(|(kind, name)| {
        let rest = paragraph.trim_start().strip_prefix(name)?.trim_start();
        Some((*kind, rest.strip_prefix(':')?.trim_start()))
    })
}

/// The mark behind text that is sensitive; the cell is italic besides.
const SENSITIVE: &str = "\n(SENSITIVE)";

/// Returns text with the mark of sensitive content.
pub(super) fn sensitive(text: &str) -> String {
    format!("{text}{SENSITIVE}")
}

/// Returns the text without the mark, and whether it had one.
pub(super) fn read_sensitive(text: &str) -> (&str, bool) {
    text.strip_suffix(SENSITIVE).map_or((text, false), |text| (text, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_come_off_again() {
        for comments in [
            Comments::default(),
            Comments { text: Some("Only text\n\nof two".into()), ..Comments::default() },
            Comments { critical: true, ..Comments::default() },
            Comments {
                text: Some("Text".into()),
                critical: true,
                released: Some(VendorDependency {
                    vendor: Some("Example Corp".into()),
                    product: Some("Example Firewall\nand its agent".into()),
                    last_check_in: "2026-05-02".parse().ok(),
                    fix_released: "2026-05-01".parse().ok(),
                }),
                kind: Some(Kind::Configuration),
            },
            Comments { kind: Some(Kind::Documentation), ..Comments::default() },
        ] {
            assert_eq!(Comments::read(&comments.write()), comments, "{:?}", comments.write());
        }
        let own = "Last vendor check-in: 2026-05-02";
        assert_eq!(Comments::read(own).text.as_deref(), Some(own));
        let text = "Scanner rating: Critical\nsaid somebody";
        assert_eq!(Comments::read(text).text.as_deref(), Some(text));
    }

    #[test]
    fn rationales_are_told_apart() {
        let rationale = Rationale {
            entries: vec![
                (Some(DeviationType::RiskAdjustment), "behind a firewall\n\nand patched".into()),
                (Some(DeviationType::OperationalRequirement), "needed".into()),
            ],
            facing: Some(Facing::Internal),
        };
        assert_eq!(Rationale::read(&rationale.write()), rationale);
        let official = "Risk Adjustment : The example firewall scanned is just preliminary\n\nOperational Requirement: The port is needed";
        assert_eq!(Rationale::read(official).entries.len(), 2);
        assert_eq!(Rationale::read("just words").entries, [(None, "just words".to_owned())]);
    }
}
