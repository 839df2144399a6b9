//! Tests of [`super`]. The texts are the defaults of the programs named.

use super::*;
use crate::is_generic_reason;

/// Texts that a program writes by itself, with the program.
const WRITTEN: &[(&str, &str)] = &[
    (
        "git revert",
        "Revert \"V-1: open -> closed\"\n\nThis reverts commit df07056850f5788da2f16375b79b1a1180a07395.",
    ),
    ("git revert", "This reverts commit df07056."),
    (
        "git revert of a revert",
        "Reapply \"Close V-1\"\n\nThis reverts commit df07056850f5788da2f16375b79b1a1180a07395.",
    ),
    (
        "git revert -m",
        "This reverts commit df07056850f5788da2f16375b79b1a1180a07395, reversing\nchanges made to 719d23c032a5d92998505fb642a7afd361f3e3ea.",
    ),
    ("undo", "This undoes commit df07056850f5788da2f16375b79b1a1180a07395."),
    ("GitHub", "Revert \"Close V-1 (#12)\" (#13)\n\nReverts acme/poam#12"),
    ("GitLab", "Revert \"Merge branch 'a' into 'main'\"\n\nThis reverts merge request !12"),
    ("git cherry-pick -x", "(cherry picked from commit df07056850f5788da2f16375b79b1a1180a07395)"),
    (
        "Gerrit",
        "Revert \"Close V-1\"\n\nThis reverts commit df07056850f5788da2f16375b79b1a1180a07395.\n\nReason for revert: <INSERT REASONING HERE>\n\nOriginal change's description:\n> Close V-1\n>\n> The vendor's patch is on all hosts.\n\nChange-Id: I8473b95934b5732ac55d26311a706c9c2bde9940",
    ),
    ("Gerrit", "Merge \"Close V-1\""),
    ("Gerrit", "Merge changes I123456,I345678 into main"),
    (
        "Gerrit",
        "Change-Id: I8473b95934b5732ac55d26311a706c9c2bde9940\nReviewed-on: https://review.example.org/c/12\nReviewed-by: Sam Roe <sam@example.org>\nTested-by: CI <ci@example.org>",
    ),
    (
        "git merge --squash",
        "Squashed commit of the following:\n\ncommit df07056850f5788da2f16375b79b1a1180a07395\nAuthor: Sam Roe <sam@example.org>\nDate:   Mon Mar 2 18:01:55 2026 +0100\n\n    update\n\ncommit 719d23c032a5d92998505fb642a7afd361f3e3ea\nMerge: 1a2b3c4 5d6e7f8\nAuthor: Sam Roe <sam@example.org>\nDate:   Mon Mar 2 17:01:55 2026 +0100\n\n    wip\n",
    ),
    (
        "git rebase",
        "# This is a combination of 2 commits.\n# This is the 1st commit message:\n\nupdate\n\n# This is the commit message #2:\n\nwip",
    ),
    ("git commit --fixup", "fixup! The vendor ships the fix in May"),
    ("git commit --squash", "squash! The vendor ships the fix in May"),
    ("git stash", "WIP on main: 1a2b3c4 The vendor ships the fix in May"),
    (
        "git subtree",
        "Squashed 'items/' changes from 1a2b3c4..5d6e7f8\n\ngit-subtree-dir: items\ngit-subtree-split: df07056850f5788da2f16375b79b1a1180a07395",
    ),
    ("git merge with conflicts", "Merge branch 'main' into fix\n\n# Conflicts:\n#\titems/V-1.yaml"),
    (
        "git status",
        "update\n\nChanges to be committed:\n\tmodified:   items/V-1.yaml\n\tnew file:   items/V-2.yaml",
    ),
    ("GitHub", "Merge pull request #1 from acme/close-v-1"),
    ("GitHub", "Update V-1.yaml"),
    ("GitHub", "Create V-1.yaml"),
    ("GitHub", "Delete items/2026 directory"),
    ("GitHub", "Add files via upload"),
    ("GitHub", "Initial commit"),
    ("GitHub", "Apply suggestions from code review\n\nCo-authored-by: Sam Roe <sam@example.org>"),
    ("GitHub", "Apply suggestion from @samroe"),
    (
        "GitHub",
        "Potential fix for code scanning alert no. 3: Workflow does not contain permissions\n\nCo-authored-by: Copilot Autofix powered by AI <62310815+github-advanced-security[bot]@users.noreply.github.com>",
    ),
    ("GitLab", "Apply 1 suggestion(s) to 1 file(s)"),
    ("GitLab", "Add new file"),
    ("GitLab", "Upload New File"),
    ("GitLab", "Update 2 files\n\n- /items/V-1.yaml\n- /items/V-2.yaml"),
    ("GitLab", "Edit V-1.yaml"),
    (
        "GitLab",
        "Merge branch 'fix' into 'main'\n\nUpdate V-1.yaml\n\nSee merge request acme/poam!12",
    ),
    ("GitLab", "Initial template creation"),
    (
        "GitLab",
        "Configure SAST in `.gitlab-ci.yml`, creating this file if it does not already exist",
    ),
    ("Bitbucket", "V-1.yaml edited online with Bitbucket"),
    ("Bitbucket", "items/V 1.yaml created online with Bitbucket"),
    ("Bitbucket", "Edited items/V-1.yaml online with Bitbucket"),
    (
        "Bitbucket",
        "Merged in close-v-1 (pull request #12)\n\nUpdate V-1.yaml\n\nApproved-by: Sam Roe",
    ),
    (
        "Bitbucket Data Center",
        "Merge pull request #4 in SEC/poam from close to main\n\n* commit 'df07056850f5788da2f16375b79b1a1180a07395':\n  Update V-1.yaml",
    ),
    ("Azure DevOps", "Updated V-1.yaml"),
    ("Azure DevOps", "Added evidence.pdf"),
    ("Azure DevOps", "Renamed V-1.yaml to V-2.yaml"),
    ("Azure DevOps", "Merged PR 12: Updated V-1.yaml\n\nRelated work items: #34, #56"),
    ("Azure DevOps", "Set up CI with Azure Pipelines\n\n[skip ci]"),
    ("Gitea", "Upload files to 'evidence'"),
    (
        "Gitea",
        "Merge pull request 'Update V-1.yaml' (#12) from sam/fix into main\n\nReviewed-on: https://git.example.org/acme/poam/pulls/12",
    ),
    (
        "Gitea",
        "Update items/V-1.yaml\n\nCo-authored-by: Sam <sam@example.org>\nCo-committed-by: Sam <sam@example.org>",
    ),
    ("pipelines", "[skip ci]"),
    ("pipelines", "docs: update items [ci skip]"),
    ("pipelines", "***NO_CI***"),
    ("git commit -s", "Signed-off-by: Sam Roe <sam@example.org>"),
    ("co-author", "Co-authored-by: Sam Roe <sam@example.org>"),
    (
        "Dependabot",
        "Bump xml-rs from 0.8.4 to 0.8.14\n\nBumps [xml-rs](https://github.com/kornelski/xml-rs) from 0.8.4 to 0.8.14.\n- [Changelog](https://github.com/kornelski/xml-rs/blob/main/Changelog.md)\n- [Commits](https://github.com/kornelski/xml-rs/compare/0.8.4...0.8.14)\n\n---\nupdated-dependencies:\n- dependency-name: xml-rs\n  dependency-type: indirect\n...\n\nSigned-off-by: dependabot[bot] <support@github.com>\nCo-authored-by: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
    ),
    ("Dependabot", "chore(deps): bump the pip group across 1 directory with 12 updates"),
    ("Renovate", "Update dependency vite to v6.3.4"),
    ("Renovate", "chore(deps): update actions/checkout action to v4"),
    (
        "Renovate",
        "build(deps): lock file maintenance (#57)\n\nThis PR contains the following updates:\n\n| Update | Change |\n|---|---|\n| lockFileMaintenance | All locks refreshed |\n\nThis Pull Request updates lock files to use the latest dependency\nversions.",
    ),
    (
        "pre-commit.ci",
        "[pre-commit.ci] auto fixes from pre-commit.com hooks\n\nfor more information, see https://pre-commit.ci",
    ),
    ("git-auto-commit", "Apply automatic changes"),
    ("gitlabform", "Automated delete made by gitlabform"),
    ("Obsidian", "vault backup: 2026-03-02 12:00:00"),
    ("CVS", "*** empty log message ***"),
    ("jj", "(no description set)"),
    ("people", "docs: update items"),
    ("people", "style(items)!: format"),
    ("people", "wip"),
];

/// Texts in which a person says why, and what remains of them.
const SAID: &[(&str, &str)] = &[
    (
        "fix: rotate keys after vendor confirmed patch 4.2",
        "fix: rotate keys after vendor confirmed patch 4.2",
    ),
    ("This reverts commit df07056: the vendor withdrew the patch", "the vendor withdrew the patch"),
    (
        "Revert \"V-1: open -> closed\"\n\nThis reverts commit df07056850f5788da2f16375b79b1a1180a07395.\n\nThe scan of March still finds it.",
        "The scan of March still finds it.",
    ),
    (
        "Revert \"Close V-1\"\n\nReason for revert: scan 7 still finds it\n\nOriginal change's description:\n> Close V-1",
        "scan 7 still finds it",
    ),
    ("V-1.yaml edited online with Bitbucket - vendor is late", "vendor is late"),
    ("Merged PR 12: Hardware arrived\n\nRelated work items: #34", "Hardware arrived"),
    ("Merged in fix (pull request #3)\n\nHardware arrived\n\nApproved-by: Sam", "Hardware arrived"),
    ("Change freeze until 10-28 [skip ci]", "Change freeze until 10-28"),
    (
        "Squashed commit of the following:\n\ncommit df07056850f5788da2f16375b79b1a1180a07395\nAuthor: Sam <s@x.org>\nDate:   Mon Mar 2 18:01:55 2026 +0100\n\n    Hardware arrived\n",
        "Hardware arrived",
    ),
    (
        "Scan 7 no longer finds it\n\nSigned-off-by: Sam Roe <sam@example.org>",
        "Scan 7 no longer finds it",
    ),
    ("Date: the vendor names none", "Date: the vendor names none"),
    (
        "Bump OpenSSL from 3.0 to 3.1 on all hosts, as the vendor asked",
        "Bump OpenSSL from 3.0 to 3.1 on all hosts, as the vendor asked",
    ),
    ("Merge of the two sites is late", "Merge of the two sites is late"),
    (
        "Update firewall to version 9 needs an outage in May",
        "Update firewall to version 9 needs an outage in May",
    ),
];

#[test]
fn texts_of_programs_give_no_reason() {
    let missed: Vec<_> = WRITTEN
        .iter()
        .filter(|(_, text)| !is_generic_reason(text))
        .map(|(program, text)| (program, text, without_machine_text(text)))
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_people_wrote_beside_them_stays() {
    for (text, expected) in SAID {
        assert!(!is_generic_reason(text), "{text:?}");
        assert_eq!(without_machine_text(text), *expected, "{text:?}");
    }
}

#[test]
fn the_patterns_compile() {
    assert_eq!(
        find_rest("This reverts commit df07056850f5788da2f16375b79b1a1180a07395."),
        Some("")
    );
    assert!(Regex::new(MARKS).is_ok() && Regex::new(TYPE).is_ok());
}
