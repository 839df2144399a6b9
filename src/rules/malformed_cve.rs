//! The rule `malformed-cve`: an entry of `cves` is not a CVE id.
//!
//! Checks one item at a time. The page `malformed_cve.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::plain_form;
use crate::store::Stored;

/// An entry of `cves` is no CVE id.
pub(super) const RULE: Rule = Rule {
    name: "malformed-cve",
    level: Level::Error,
    summary: "an entry of `cves` is not a CVE id",
    text: include_str!("malformed_cve.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, _: &Context<'_>) -> Vec<Diagnostic> {
    let cves = stored.item.cves.iter().enumerate();
    cves.filter(|(_, cve)| !is_cve(cve))
        .map(|(index, cve)| {
            let form = plain_form(cve).to_uppercase().replace([' ', '_'], "-");
            let help = match is_cve(&form) {
                true => format!("write it as `{form}`"),
                false => "write it as CVE, year and number, like CVE-2026-1234; \
                          ids of other lists go into `source_identifier:`"
                    .to_owned(),
            };
            let message = format!("`{cve}` is not a CVE id");
            RULE.at(stored, &format!("/cves/{index}"), "not a CVE id", message).help(help)
        })
        .collect()
}

fn is_cve(text: &str) -> bool {
    text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).is_some_and(|(year, number)| {
        year.len() == 4
            && all_digits(year)
            && year >= "1999"
            && (4..=19).contains(&number.len())
            && all_digits(number)
    })
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn the_form_of_the_cve_program() {
        for (text, expected) in [
            ("CVE-2026-1234", true),
            ("CVE-1999-0001", true),
            ("CVE-2021-1234567", true),
            ("CVE-2026-123", false),
            ("cve-2026-1234", false),
            ("CVE 2026-1234", false),
            ("CVE-26-1234", false),
            ("CVE-1998-1234", false),
            ("GHSA-jfh8-c2jp-5v3q", false),
            ("CVE-2026-12a4", false),
            ("CVE-2026", false),
        ] {
            assert_eq!(is_cve(text), expected, "{text}");
        }
        let item = &format!(
            "fail\n{OPEN}original_detection_date: 2026-02-05\noriginal_risk_rating: high\ncves: \
            [cve-2026-1234]"
        );
        assert_eq!(
            run_example(&RULE, item),
            ["error `cve-2026-1234`: `cve-2026-1234` is not a CVE id"]
        );
    }
}
