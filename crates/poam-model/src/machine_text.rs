//! Texts that git, forges and bots write into commit messages, and what people wrote beside them.
//!
//! [`without_machine_text`] takes a message, or a part of one, line by line and leaves out what no person wrote: the
//! subject of a revert, of a merge or of an edit in a browser, trailers, marks for pipelines, updates of
//! dependencies. The rest of a line stays: `This reverts commit 1a2b3c4: the vendor withdrew the patch` still says
//! why. The texts are data, each with the program that writes it; the tests go through all of them.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// Beginnings of lines that a program writes. What stands behind one may be a person's; a pattern that ends with
/// `.*` takes the whole line. Small and capital letters are the same.
const BEGINNINGS: &[&str] = &[
    // git revert, cherry-pick; GitHub and GitLab revert; Gerrit
    r#"(revert|reapply|undo) ["“].*["”]( \([#!]\d+\))?"#,
    r"revert submission [\w-]+",
    r"reverts? (commit )?`?[0-9a-f]{7,64}`?",
    r"(this )?(reverts|undoes|reverted) (commit|merge request|pull request|changes? from) [`'\x22]?[\w/.-]*[#!]?[0-9a-f]+[`'\x22]?",
    r"reverts [\w.-]+/[\w.-]+[#!]\d+",
    r"reversing( changes made to [0-9a-f]{7,64})?$",
    r"changes made to [0-9a-f]{7,64}",
    r"\(?cherry[ -]picked from (commit )?[`'!#]?[0-9a-f]+`?\)?",
    r"reason for revert: *(<insert reasoning here>)?",
    r"original change's description:",
    // git merge, GitHub, GitLab, Bitbucket, Azure DevOps, Gitea, Gerrit
    r"merge (branch|branches|pull request|remote-tracking|tag|tags|commit|commits|changes|topic) .*",
    r#"merge ["“'].*["”']( into .*)?"#,
    r"merge (from|into) [\w./-]+$",
    r"merged in .* \(pull request #\d+\)",
    r"(merged|merge) (pr|mr) [#!]?\d+:?",
    r"pull request #\d+:",
    r"see merge request .*",
    r"(closes|fixes|resolves|implements) (merge request|pull request) .*",
    r"related work items?: .*",
    r"\* commit '[0-9a-f]{7,64}':$",
    // git merge --squash, rebase, commit --fixup, stash, subtree, format-patch
    r"squashed commits? of the following.*",
    r"(this is a|this is the) (combination of \d+ commits\.?|\d+(st|nd|rd|th) commit message:?|commit message #\d+:?)",
    r"the commit message #\d+ will be skipped:?",
    r"(fixup|squash|amend)! .*",
    r"(wip|index) on [^:]+: [0-9a-f]{7,64} .*",
    r"add '[^']+/' from commit '[0-9a-f]+'",
    r"squashed '[^']+/' (content|changes) from (commit )?[0-9a-f.]+",
    r"\[(rfc )?patch[^\]]*\]",
    r"commit [0-9a-f]{40,64}( \(.*\))?$",
    // git status and git merge, left in the message
    r"#? ?conflicts:$",
    r"# ?(changes to be committed|changes not staged for commit|untracked files|on branch|your branch) ?.*",
    r"changes to be committed:$",
    r"#?\s*(modified|new file|deleted|renamed|both modified): +\S.*",
    // edits in a browser: GitHub, GitLab, Bitbucket, Azure DevOps, Gitea
    r".*\b(edited|created|deleted|uploaded|added|renamed|modified)( \S+)? online with bitbucket",
    r"(edited|created|deleted|renamed) .* (via|using|with|in|from) (the )?(github|gitlab|bitbucket|gitea|azure|codecommit|web)( \w+)*( editor| ide| ui| interface)$",
    r"add files via upload",
    r#"upload(ed)? files? to ["'].*["']$"#,
    r"upload new file",
    r"delete \S+ directory",
    r"apply \d+ suggestions?(\(s\))? to \d+ files?(\(s\))?",
    r"apply suggestions? from (code review|@\S+|.*code review)",
    r"potential fix for (code scanning alert|pull request finding).*",
    r"initial (commit|import|revision|version|check-?in|template creation)$",
    r"set up ci with azure pipelines",
    r"update \S+ for azure pipelines",
    r"configure \S+ in `?\.gitlab-ci\.yml`?.*",
    // bots: Dependabot, Renovate, pre-commit.ci, actions that commit
    r"bumps? (the )?\S+( \(\S+\))?( group)? .*(from \S+ to \S+( in \S+)?|with \d+ updates?( .*)?)\.?$",
    r"bumps? \S+( and \S+)* (from \S+ to \S+|to v?\d\S*)( in \S+)?\.?$",
    r"updates `[^`]+` from \S+ to \S+$",
    r"updates the requirements on .* to permit the latest version\.?",
    r"updated?-dependencies:$",
    r"(update|pin|replace|roll back|migrate) (dependency|dependencies|rust crate|module|helm release|terraform|github actions?|npm|gradle|docker)\b.*",
    r"update .* (docker tag|docker digest|action|orb|plugin|digest|monorepo|packages) to \S+$",
    r"update (all )?(non-major|major|minor|patch) dependencies.*",
    r"lock file maintenance",
    r"(configure|add) renovate(\.json)?",
    r"\[(pre-commit\.ci|autofix\.ci|create-pull-request|bot|imgbot|automated?|auto)\].*",
    r"for more information, see https://pre-commit\.ci",
    r"apply automatic changes",
    r"automated (change|changes|commit|update|updates|edit|delete|add)( made by .*)?$",
    r"(daily )?auto-?commit.*",
    r"vault backup: .*",
    r"\W*generated (with|by) .*",
    // no message at all
    r"\*+ empty log message \*+",
    r"\(?no (description|message|comment)( set)?\)?\.?$",
    r"(empty )?commit message$",
    r"please enter the commit message for your changes.*",
    // trailers: git, Gerrit, Gitea, git-svn, git-subtree, Azure DevOps
    r"[a-z]+(-[a-z]+)*-by: .*",
    r"(change-id|reviewed-on|git-svn-id|git-subtree-(dir|split|mainline)|skip-checks|commit-queue|cr-commit-position|cq-[\w-]+|auto-submit|pr-url|original-(commit|change)|x-[\w-]+): .*",
    r"poam-[a-z-]+:.*",
];

/// Marks for pipelines and mail, anywhere in a text.
const MARKS: &str =
    r"(?i)\[(skip[ -](ci|actions|\w+)|(ci|actions|\w+)[ -]skip|no ci)\]|\*{3}no_ci\*{3}|<!--.*?-->";

/// The type and scope before the subject of a conventional commit: `fix(items)!: `.
const TYPE: &str = r"(?i)^(build|bug|bugfix|chore|ci|deps?|docs?|feat|feature|fix|hotfix|improvement|merge|misc|perf|refactor|release|revert|style|test|tests|wip)(\([^()]*\))?!?: +";

/// From this line on, a message is Renovate's description of its update.
const RENOVATE: &str = "this pr contains the following updates:";

/// Returns a text without what programs wrote, lines without anything left included. Empty where no person
/// wrote anything.
pub fn without_machine_text(text: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut block = MessageBlock::None;
    for line in text.lines() {
        let trimmed = line.trim();
        let lower = trimmed.to_lowercase();
        if lower == RENOVATE {
            break;
        }
        block = block.next(line, &lower);
        if block != MessageBlock::None {
            continue;
        }
        let line = without_marks(line);
        let mut rest = line.as_str();
        while let Some(behind) = find_rest(rest.trim()) {
            rest = behind;
        }
        if rest == line || rest.chars().any(char::is_alphanumeric) {
            kept.push(rest.to_owned());
        }
    }
    kept.join("\n").trim().to_owned()
}

/// Returns the subject of a conventional commit without its type and scope, and any other text as it is.
pub(crate) fn without_commit_type(subject: &str) -> &str {
    static CELL: OnceLock<Option<Regex>> = OnceLock::new();
    let found = compiled(&CELL, TYPE).and_then(|pattern| pattern.find(subject));
    found.map_or(subject, |found| subject.get(found.end()..).unwrap_or_default())
}

/// Several lines in a row that a program wrote, of which single ones could be anybody's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MessageBlock {
    None,
    /// The lines of `git log` below `commit HASH`, up to the message, which is indented.
    LogHeader,
    /// The list of updates that Dependabot ends its message with.
    Updates,
    /// The links that it has before the list.
    Links,
    /// The message of a reverted change, quoted.
    Quoted,
    /// Files in conflict.
    Conflicts,
}

impl MessageBlock {
    /// Returns the block that a line belongs to.
    fn next(self, line: &str, lower: &str) -> Self {
        let is_commit = lower.strip_prefix("commit ").is_some_and(|rest| {
            rest.split_whitespace()
                .next()
                .is_some_and(|hash| hash.len() >= 40 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
        });
        if is_commit {
            return Self::LogHeader;
        }
        if lower == "updated-dependencies:" {
            return Self::Updates;
        }
        if lower.starts_with("- [release notes](")
            || lower.starts_with("- [changelog](")
            || lower.starts_with("- [commits](")
        {
            return Self::Links;
        }
        if lower == "original change's description:" {
            return Self::Quoted;
        }
        if matches!(lower, "conflicts:" | "# conflicts:") {
            return Self::Conflicts;
        }
        let goes_on = match self {
            Self::LogHeader => {
                ["author:", "authordate:", "date:", "merge:", "commit:", "commitdate:"]
                    .iter()
                    .any(|name| lower.starts_with(name))
            }
            Self::Updates => {
                lower.starts_with("- dependency-name:")
                    || ["dependency-", "update-type:"].iter().any(|it| lower.starts_with(it))
                    || lower == "..."
            }
            Self::Quoted => lower.starts_with('>'),
            Self::Conflicts => line.starts_with(['\t', '#']) && !lower.is_empty(),
            Self::Links | Self::None => false,
        };
        if goes_on { self } else { Self::None }
    }
}

/// Returns a line without the marks for pipelines.
fn without_marks(line: &str) -> String {
    static CELL: OnceLock<Option<Regex>> = OnceLock::new();
    match compiled(&CELL, MARKS) {
        Some(pattern) => pattern.replace_all(line, "").into_owned(),
        None => line.to_owned(),
    }
}

/// Returns what stands in a line behind the text of a program; `None` where it does not begin with one.
fn find_rest(line: &str) -> Option<&str> {
    static CELL: OnceLock<Option<Regex>> = OnceLock::new();
    let bare = line.trim_start_matches(['*', '-', '+', '#', ' ']);
    for text in [line, bare, without_commit_type(bare)] {
        let pattern = CELL.get_or_init(|| {
            let all = format!("^(?:{})", BEGINNINGS.join("|"));
            RegexBuilder::new(&all).case_insensitive(true).size_limit(64 << 20).build().ok()
        });
        if let Some(found) = pattern.as_ref().and_then(|pattern| pattern.find(text)) {
            let behind = text.get(found.end()..).unwrap_or_default();
            return Some(behind.trim_start_matches(|c: char| {
                c.is_whitespace() || matches!(c, '-' | '–' | '—' | ':' | ',' | '.' | ';')
            }));
        }
    }
    None
}

fn compiled(cell: &'static OnceLock<Option<Regex>>, pattern: &str) -> Option<&'static Regex> {
    cell.get_or_init(|| Regex::new(pattern).ok()).as_ref()
}

#[cfg(test)]
mod tests;
