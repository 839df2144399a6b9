//! The rules that the program promises.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use poam::rules;

/// Every rule that the design names, in its order.
const PROMISED: &str = "
schema duplicate-id id-file-mismatch unknown-control malformed-cve unknown-dependency dependency-cycle
future-date date-order
missing-owner placeholder-owner unknown-owner
missing-milestone vague-milestone milestone-after-schedule overdue-milestone completed-without-date
milestone-order
overdue stale stale-in-progress schedule-beyond-deadline kev-overdue escalation-due
closed-without-evidence closed-with-open-milestones closed-without-date undecided-acceptance
acceptance-review-overdue deferral-expired adjustment-not-approved operational-requirement-on-high
false-positive-still-open vendor-check-in-overdue vendor-without-product missing-change-ticket
sliding-dates uniform-slip reopened-often
illegal-transition detection-date-changed schedule-changed milestone-rewritten
rescheduled-without-reason item-deleted id-reused closed-item-edited evidence-removed self-approval
";

/// That each fires on its bad examples and on no good one is tested beside the pages.
#[test]
fn every_promised_rule_is_there_listed_and_explained() {
    let repo = Repo::bare_folder();
    let (list, _) = repo.poam(0, &["rules"]);
    let listed: Vec<&str> = list.lines().flat_map(|line| line.split_whitespace().next()).collect();
    for rule in rules::ALL {
        assert!(listed.contains(&rule.name), "`poam rules` does not list {}", rule.name);
    }
    for name in PROMISED.split_whitespace() {
        let rule = rules::find(name).unwrap_or_else(|| panic!("there is no rule {name}"));
        let (page, _) = repo.poam(0, &["rules", name]);
        assert!(page.contains(rule.name) && page.contains("## Why is this bad?"), "{page}");
        for kind in ["yaml fail", "yaml pass"] {
            assert!(rule.text.contains(&format!("```{kind}")), "{name} has no `{kind}`");
        }
    }
}
