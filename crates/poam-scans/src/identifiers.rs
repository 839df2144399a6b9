//! Identifiers inside texts: CVE ids, STIG rules, lists without repetition.

/// Returns the CVE ids in a text, in upper case and in the order of the text.
pub(crate) fn find_cves(text: &str) -> Vec<String> {
    let upper = text.to_ascii_uppercase();
    let mut found = Vec::new();
    for (at, _) in upper.match_indices("CVE-") {
        let rest = &upper[at + 4..];
        let year = rest.bytes().take_while(u8::is_ascii_digit).count();
        if year != 4 || rest.as_bytes().get(4) != Some(&b'-') {
            continue;
        }
        let number = rest[5..].bytes().take_while(u8::is_ascii_digit).count();
        if (4..=19).contains(&number) {
            add(&mut found, &upper[at..at + 9 + number]);
        }
    }
    found
}

/// Returns the vulnerability number that DISA gives a rule: `V-230221` of `SV-230221r743913_rule` and of
/// `xccdf_mil.disa.stig_rule_SV-230221r743913_rule`. A revision of the rule retains the number, so that a
/// check is recognised over releases of a STIG. `None` for other rules.
pub(crate) fn stig_number(rule: &str) -> Option<String> {
    let start = rule.find("SV-").map(|at| at + 3).or_else(|| rule.strip_prefix("V-").map(|_| 2))?;
    let digits: String = rule[start..].chars().take_while(char::is_ascii_digit).collect();
    (digits.len() >= 4).then(|| format!("V-{digits}"))
}

/// Adds a text to a list unless it is blank or there already.
pub(crate) fn add(list: &mut Vec<String>, text: impl AsRef<str>) {
    let text = text.as_ref().trim();
    if !text.is_empty() && !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{find_cves, stig_number};

    #[test]
    fn cve_ids_are_found_whole() {
        assert_eq!(
            find_cves("cve-2021-3517, CVE-2021-35550;CVE-2021-3517"),
            ["CVE-2021-3517", "CVE-2021-35550"]
        );
        assert!(find_cves("CVE-21-1, CVE-2021-12, XCVE-").is_empty());
    }

    #[test]
    fn rules_of_a_stig_keep_their_number_over_revisions() {
        for rule in [
            "V-257777",
            "SV-257777r925318_rule",
            "SV-257777r991589_rule",
            "xccdf_mil.disa.stig_rule_SV-257777r925318_rule",
        ] {
            assert_eq!(stig_number(rule).as_deref(), Some("V-257777"), "{rule}");
        }
        assert_eq!(stig_number("xccdf_org.ssgproject.content_rule_no_empty_passwords"), None);
    }
}
