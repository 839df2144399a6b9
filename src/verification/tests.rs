//! Tests of the verification: small histories and the observations on them.

use super::*;
use crate::history::{Actor, TextCommit};
use crate::repository::{ForcedUpdate, Identity, Verdict};
use crate::store::{ChangedContent, TrackerChange, changed_stores};

const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\nmilestones:\n  - {id: 1, description: Migrate, due: 2026-01-20}\n";

fn id(place: usize) -> CommitId {
    format!("{place:040}").parse().unwrap()
}

fn commit(place: usize, author: &str, committer: &str) -> CommitRecord {
    let who = |time: &str| Identity {
        name: "Ann".to_owned(),
        email: "Ann@Example.com".to_owned(),
        time: format!("{time}:00+00:00").parse().unwrap(),
    };
    let (author, committer) = (who(author), who(committer));
    CommitRecord {
        commit: id(place),
        author,
        committer,
        message: String::new(),
        on_line: true,
        faults: Vec::new(),
    }
}

fn day(place: usize) -> String {
    format!("2026-01-{place:02}T12:00")
}

/// An item's file as it was committed, a day apart, and what else there is to know.
struct Sample {
    history: History,
    commits: Vec<CommitRecord>,
    seals: BTreeMap<CommitId, SignatureCheck>,
    store: Store,
}

fn world(versions: &[Option<String>]) -> Sample {
    let version = |(place, text): (usize, &Option<String>)| TextCommit {
        time: format!("{}:00Z", day(place + 1)).parse().unwrap(),
        actor: Actor { name: "Ann".into(), email: "ann@example.com".into() },
        reason: None,
        files: vec![("items/V-1.yaml".to_owned(), text.clone())],
    };
    let commits = (1..=versions.len()).map(|place| commit(place, &day(place), &day(place)));
    let commits: Vec<CommitRecord> = commits.collect();
    let last = versions.last().cloned().flatten();
    let file = TrackerChange {
        path: "items/V-1.yaml".to_owned(),
        old: None,
        new: last.map(|text| ChangedContent::Bytes(text.into_bytes())),
    };
    Sample {
        history: History::from_versions(
            &versions.iter().enumerate().map(version).collect::<Vec<_>>(),
        ),
        seals: commits.iter().map(|one| (one.commit, seal(Verdict::None, "", ""))).collect(),
        commits,
        store: changed_stores(&[file], "poam.yaml").1,
    }
}

fn seal(verdict: Verdict, reason: &'static str, signer: &str) -> SignatureCheck {
    SignatureCheck { verdict, reason, signer: signer.to_owned(), key: String::new() }
}

impl Sample {
    fn evidence(&self) -> VerificationInput<'_> {
        VerificationInput {
            head: id(self.commits.len()),
            anchor: None,
            snapshots: Vec::new(),
            history: &self.history,
            commits: &self.commits,
            seals: &self.seals,
            unrecorded: &[],
            moves: &[],
            store: &self.store,
            watched: None,
            watched_fits: true,
            replacements: 0,
            uncommitted: Vec::new(),
            signers_in_tree: None,
            require_signed: false,
            today: "2026-02-01".parse().unwrap(),
        }
    }
}

/// One line for each finding: level, kind, the digits at the end of its commit.
fn told(verification: &Verification) -> Vec<String> {
    let line = |it: &AuditObservation| {
        let commit = it.commit.as_deref().map_or("-", |name| name.trim_start_matches('0'));
        format!("{} {} {commit}", it.level, it.finding)
    };
    verification.findings.iter().map(line).collect()
}

const UNSIGNED: &str = "note unsigned 1";

#[test]
fn what_was_rewritten_is_an_error_and_what_was_put_back_a_warning() {
    let landed = || Some(ITEM.to_owned());
    let with = |from: &str, to: &str| Some(ITEM.replace(from, to));
    for (change, expected) in [
        (with("Migrate", "Look at it"), "milestone-rewritten"),
        (
            with("  - {id: 1, description: Migrate, due: 2026-01-20}\n", "  []\n"),
            "milestone-rewritten",
        ),
        (with(", due: 2026-01-20", ""), "milestone-rewritten"),
        (
            with("2026-01-20}\n", "2026-01-20}\n  - {id: 1, description: Migrate}\n"),
            "milestone-rewritten",
        ),
        (with("date: 2026-01-01", "date: 2026-01-05"), "permanent-value-changed"),
        (with("scheduled_completion_date: 2026-01-31\n", ""), "permanent-value-changed"),
        (None, "item-deleted"),
        (Some("id: [".to_owned()), "unreadable"),
    ] {
        let found = world(&[landed(), change.clone()]);
        let found = told(&Verification::verify_evidence(&found.evidence()));
        assert_eq!(found, [format!("error {expected} 2"), UNSIGNED.to_owned()]);
        let found = world(&[landed(), change, landed()]);
        let found = told(&Verification::verify_evidence(&found.evidence()));
        assert_eq!(found[0], format!("warning {expected} 2"), "{found:?}");
        assert!(!found.iter().any(|one| one.starts_with("error")), "{found:?}");
    }
    for (change, expected) in [
        (with("rating: high", "rating: low"), Some("permanent-value-changed")),
        (with("2026-01-31", "2026-02-20"), Some("schedule-changed")),
        (
            Some(
                ITEM.replace("2026-01-31", "2026-02-20")
                    + "deviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: moderate}]\n",
            ),
            None,
        ),
        (with("due: 2026-01-20", "due: 2026-02-20"), None),
        (with("open", "in-progress"), None),
    ] {
        let found = world(&[landed(), change]);
        let found = told(&Verification::verify_evidence(&found.evidence()));
        let expected = expected.map(|it| format!("warning {it} 2"));
        assert_eq!(found, expected.into_iter().chain([UNSIGNED.to_owned()]).collect::<Vec<_>>());
    }
}

#[test]
fn only_what_happened_since_the_anchor_counts() {
    let rewritten = || Some(ITEM.replace("Migrate", "Look at it"));
    let world = world(&[Some(ITEM.to_owned()), rewritten(), Some(ITEM.replace("Migrate", "x"))]);
    let mut evidence = world.evidence();
    evidence.commits = &world.commits[2..];
    let anchor = |place| Anchor {
        name: "poam/2026-01".to_owned(),
        commit: id(2),
        place,
        differences: Vec::new(),
        has_manifest: true,
        committed: None,
    };
    evidence.anchor = Some(anchor(AnchorPosition::OnLine));
    let found = Verification::verify_evidence(&evidence);
    assert_eq!(told(&found), ["error milestone-rewritten 3", "note unsigned 3"]);
    assert_eq!((found.events.total, found.commits.line), (1, 1));
    assert!(found.anchor.as_ref().unwrap().held);
    assert!(
        found.render_text(false).contains("since poam/2026-01 (0000000000)"),
        "{}",
        found.render_text(false)
    );
    for place in
        [AnchorPosition::Beside, AnchorPosition::Lost(Some(id(1))), AnchorPosition::Lost(None)]
    {
        let mut lost = anchor(place);
        lost.differences = vec!["V-1 is missing".to_owned()];
        evidence.anchor = Some(lost);
        let found = Verification::verify_evidence(&evidence);
        assert_eq!(told(&found)[..2], ["error history-rewritten 2", "error manifest-mismatch 2"]);
        assert!(!found.anchor.unwrap().held);
    }
}

#[test]
fn clocks_that_cannot_be_right() {
    let mut world = world(&[Some(ITEM.to_owned())]);
    world.commits = vec![
        commit(1, "2026-01-01T12:00", "2026-01-05T12:00"),
        commit(2, "2026-01-01T12:00", "2026-01-05T11:55"),
        commit(3, "2026-01-03T12:00", "2026-01-03T12:00"),
        commit(4, "2026-01-09T12:00", "2026-01-08T12:00"),
        commit(5, "2026-02-02T12:00", "2026-02-02T23:00"),
        commit(6, "2026-02-03T01:00", "2026-02-03T01:00"),
        commit(7, "1970-01-01T00:00", "2026-02-03T01:00"),
    ];
    world.seals.clear();
    let found = told(&Verification::verify_evidence(&world.evidence()));
    assert_eq!(
        found,
        [
            "warning clock-went-back 3",
            "warning written-after-commit 4",
            "warning date-in-future 6",
            "warning date-in-future 7",
            "warning no-date 7",
        ]
    );
}

#[test]
fn the_first_commit_after_an_anchor_is_compared_with_it() {
    let mut world = world(&[Some(ITEM.to_owned())]);
    world.commits = vec![commit(2, "2026-01-03T12:00", "2026-01-03T12:00")];
    world.seals.clear();
    for (committed, place, expected) in [
        ("2026-01-05T12:00:00Z", AnchorPosition::OnLine, &["warning clock-went-back 2"][..]),
        // Clocks may differ by ten minutes.
        ("2026-01-03T12:10:00Z", AnchorPosition::OnLine, &[]),
        ("2026-01-03T12:11:00Z", AnchorPosition::OnLine, &["warning clock-went-back 2"]),
        ("2026-01-05T12:00:00Z", AnchorPosition::Beside, &["error history-rewritten 1"]),
    ] {
        let anchor = Anchor { committed: committed.parse().ok(), ..anchor(1, place) };
        let found = Verification::verify_evidence(&VerificationInput {
            anchor: Some(anchor),
            ..world.evidence()
        });
        assert_eq!(told(&found), expected, "{committed} {place:?}");
    }
}

#[test]
fn a_snapshot_that_the_head_does_not_continue_is_reported() {
    let world = world(&[Some(ITEM.to_owned())]);
    for (place, expected) in [
        (AnchorPosition::OnLine, &[UNSIGNED][..]),
        (AnchorPosition::Lost(Some(id(1))), &["warning snapshot-not-in-history 7", UNSIGNED]),
        (AnchorPosition::Lost(None), &["warning snapshot-not-in-history 7", UNSIGNED]),
        (AnchorPosition::Beside, &["warning snapshot-not-in-history 7", UNSIGNED]),
    ] {
        let input = VerificationInput { snapshots: vec![anchor(7, place)], ..world.evidence() };
        assert_eq!(told(&Verification::verify_evidence(&input)), expected, "{place:?}");
        // Of the anchor itself one observation is enough.
        let both = VerificationInput { anchor: Some(anchor(7, place)), ..input };
        let told = told(&Verification::verify_evidence(&both));
        assert!(!told.iter().any(|line| line.contains("snapshot-not-in-history")), "{told:?}");
    }
}

fn anchor(commit: usize, place: AnchorPosition) -> Anchor {
    Anchor {
        name: "poam/2026-01".to_owned(),
        commit: id(commit),
        place,
        differences: Vec::new(),
        has_manifest: true,
        committed: None,
    }
}

#[test]
fn a_commit_with_an_odd_header_is_reported_and_its_date_is_not_compared() {
    let mut world = world(&[Some(ITEM.to_owned())]);
    let mut odd = commit(2, "1970-01-01T00:00", "1970-01-01T00:00");
    odd.faults = vec!["the date of its committer is out of range".to_owned()];
    let (before, after) = ("2026-01-05T12:00", "2026-01-06T12:00");
    world.commits = vec![commit(1, before, before), odd, commit(3, after, after)];
    world.seals.clear();
    assert_eq!(
        told(&Verification::verify_evidence(&world.evidence())),
        ["warning malformed-commit 2"]
    );
}

#[test]
fn signatures_are_counted_and_bad_ones_are_errors() {
    let text = |status: &str| Some(ITEM.replace("open", status));
    let mut world = world(&[text("a"), text("b"), text("c"), text("d"), text("e")]);
    world.seals = [
        (1, seal(Verdict::Good, "", "Ann <ann@example.com>")),
        (2, seal(Verdict::Good, "", "sam@example.com")),
        (3, seal(Verdict::Bad, "the key was revoked", "")),
        (4, seal(Verdict::Unknown, "the key is not known here", "")),
        (5, seal(Verdict::None, "", "")),
    ]
    .map(|(place, seal)| (id(place), seal))
    .into();
    let mut evidence = world.evidence();
    let found = Verification::verify_evidence(&evidence);
    let expected = [
        "error bad-signature 3",
        "warning signed-by-another 2",
        "warning signature-unknown 4",
        "note unsigned 5",
    ];
    assert_eq!(told(&found), expected);
    let count = found.signatures;
    assert_eq!((count.good, count.bad, count.unknown, count.none), (2, 1, 1, 1));
    assert!(found.limits.iter().any(|limit| limit.starts_with("3 commits prove no identity")));
    evidence.require_signed = true;
    evidence.signers_in_tree = Some("keys".to_owned());
    let found = told(&Verification::verify_evidence(&evidence));
    assert_eq!(
        found,
        [
            "error bad-signature 3",
            "error unsigned 4",
            "error unsigned 5",
            "warning keys-in-tree -",
            "warning signed-by-another 2",
        ]
    );
}

#[test]
fn what_this_clone_has_seen() {
    let world = world(&[Some(ITEM.to_owned())]);
    let mut evidence = world.evidence();
    let time = "2026-01-20T12:00:00Z".parse().unwrap();
    evidence.watched = Some(RemoteBranchLog {
        name: "origin/\u{1b}main".to_owned(),
        tip: id(9),
        since: Some(time),
        forced: vec![ForcedUpdate { from: id(7), to: id(8), seen: time }],
    });
    evidence.watched_fits = false;
    evidence.replacements = 1;
    evidence.uncommitted = vec!["items/V-1.yaml".to_owned()];
    let found = Verification::verify_evidence(&evidence);
    assert_eq!(
        told(&found),
        [
            "warning forced-push 8",
            "warning diverged 9",
            "warning replaced-history -",
            "warning uncommitted -",
            UNSIGNED,
        ]
    );
    let text = found.render_text(false);
    assert!(text.contains("has watched origin/\\u{1b}main since 2026-01-20"), "{text}");
    assert!(text.ends_with("\n4 warnings, 1 note\n"), "{text}");
    assert!(found.render_text(true).contains("\u{1b}[1m"));
}
