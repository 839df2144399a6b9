//! Reasons of changes, and the texts that are where a reason should and give none.

use super::machine_text::{without_commit_type, without_machine_text};
use super::ticket::TICKET_PREFIXES;
use super::{ItemId, is_blank, normalize_look};

/// Words that state that something was changed, or name the changed thing, but not why it was changed.
/// A text of these alone gives no reason.
const EMPTY_WORDS: &[&str] = &[
    // what was done
    "add",
    "added",
    "adding",
    "adds",
    "adjust",
    "adjusted",
    "adjusting",
    "adjustment",
    "adjustments",
    "adjusts",
    "amend",
    "amended",
    "apply",
    "bugfix",
    "bump",
    "bumped",
    "bumps",
    "change",
    "changed",
    "changes",
    "changing",
    "chore",
    "clean",
    "cleaned",
    "cleaning",
    "cleanup",
    "close",
    "closed",
    "closes",
    "closing",
    "commit",
    "commits",
    "committed",
    "creation",
    "correct",
    "corrected",
    "correction",
    "corrections",
    "create",
    "created",
    "creates",
    "creating",
    "delay",
    "delayed",
    "delays",
    "delete",
    "deleted",
    "deletes",
    "deleting",
    "edit",
    "edited",
    "editing",
    "edits",
    "extend",
    "extended",
    "extends",
    "extension",
    "feat",
    "fix",
    "fixed",
    "fixes",
    "fixing",
    "fixup",
    "format",
    "formatted",
    "formatting",
    "hotfix",
    "improve",
    "improved",
    "improvement",
    "improvements",
    "lint",
    "merge",
    "merged",
    "modification",
    "modifications",
    "modified",
    "modifies",
    "modify",
    "move",
    "moved",
    "moves",
    "moving",
    "postpone",
    "postponed",
    "postpones",
    "push",
    "pushed",
    "pushes",
    "rebase",
    "refactor",
    "refresh",
    "refreshed",
    "remove",
    "removed",
    "removes",
    "removing",
    "rename",
    "renamed",
    "replace",
    "replaced",
    "reschedule",
    "rescheduled",
    "reschedules",
    "rescheduling",
    "revise",
    "revised",
    "revision",
    "save",
    "saved",
    "set",
    "sets",
    "shift",
    "shifted",
    "slip",
    "slipped",
    "slips",
    "squash",
    "squashed",
    "sync",
    "synced",
    "tidy",
    "tweak",
    "tweaked",
    "tweaks",
    "update",
    "updated",
    "updates",
    "updating",
    "upload",
    "uploaded",
    // to what
    "code",
    "changelog",
    "completion",
    "comment",
    "comments",
    "data",
    "date",
    "dates",
    "deadline",
    "deadlines",
    "description",
    "detail",
    "details",
    "directory",
    "docs",
    "documentation",
    "due",
    "entries",
    "entry",
    "feedback",
    "field",
    "fields",
    "file",
    "files",
    "folder",
    "info",
    "information",
    "item",
    "items",
    "milestone",
    "milestones",
    "plan",
    "poa&m",
    "poa&ms",
    "poam",
    "poams",
    "pr",
    "rating",
    "ratings",
    "record",
    "records",
    "review",
    "schedule",
    "scheduled",
    "status",
    "stuff",
    "readme",
    "suggestion",
    "suggestions",
    "template",
    "text",
    "thing",
    "things",
    "timeline",
    "typo",
    "typos",
    "value",
    "values",
    "version",
    "yaml",
    "yml",
    // how
    "again",
    "another",
    "auto",
    "automated",
    "automatic",
    "automatically",
    "few",
    "final",
    "finally",
    "first",
    "initial",
    "later",
    "latest",
    "little",
    "minor",
    "misc",
    "miscellaneous",
    "more",
    "new",
    "next",
    "quick",
    "regular",
    "routine",
    "several",
    "small",
    "some",
    "temp",
    "temporary",
    "tmp",
    "trivial",
    "various",
    "weekly",
    "monthly",
    "daily",
    "quarterly",
    // nothing
    "asap",
    "asdf",
    "blah",
    "done",
    "draft",
    "dummy",
    "foo",
    "n/a",
    "na",
    "needed",
    "no",
    "none",
    "nothing",
    "ok",
    "okay",
    "placeholder",
    "progress",
    "reason",
    "requested",
    "required",
    "same",
    "see",
    "tba",
    "tbc",
    "tbd",
    "test",
    "tests",
    "todo",
    "unknown",
    "wip",
    "work",
    "yes",
    // between them
    "a",
    "above",
    "address",
    "all",
    "an",
    "and",
    "as",
    "at",
    "back",
    "be",
    "below",
    "for",
    "from",
    "in",
    "into",
    "is",
    "it",
    "my",
    "of",
    "on",
    "or",
    "our",
    "out",
    "that",
    "the",
    "this",
    "to",
    "up",
    "via",
    "was",
    "with",
    // days
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "today",
    // the same in other languages
    "actualización",
    "actualizar",
    "aggiornamento",
    "aktualisiert",
    "aktualisierung",
    "atualização",
    "cambio",
    "cambios",
    "correctif",
    "jour",
    "mise",
    "actualiser",
    "ajouter",
    "aktualisieren",
    "añadir",
    "eliminar",
    "gelöscht",
    "geändert",
    "hinzufügen",
    "hinzugefügt",
    "löschen",
    "modifier",
    "supprimer",
    "à",
    "änderung",
    "änderungen",
    "更新",
    "修正",
    "変更",
];

/// Returns whether a text gives no reason for a change: no person wrote it, it is blank, states only that
/// something was changed (`update`, `wip`, `Update V-1.yaml`, `new due date`), or has only subjects that
/// this program writes itself (`V-1: milestone 1 started (#12)`), which repeat the change.
pub fn is_generic_reason(text: &str) -> bool {
    let text = without_machine_text(text);
    let own = |line: &&str| !is_own_subject(line.trim());
    let rest: Vec<&str> = text.lines().filter(own).map(without_commit_type).collect();
    let rest = rest.join("\n");
    is_blank(&rest) || split_words(&rest).iter().all(|word| is_empty_word(word))
}

/// Endings of names of files that a tracker may have: a name alone gives no reason.
const FILE_ENDINGS: [&str; 22] = [
    "ckl", "cklb", "csv", "doc", "docx", "html", "jpeg", "jpg", "json", "log", "md", "ndjson",
    "nessus", "pdf", "png", "toml", "txt", "xls", "xlsx", "xml", "yaml", "yml",
];

/// Placeholder words, which fill a required text and state nothing.
const PLACEHOLDERS: [&str; 17] = [
    "n/a",
    "na",
    "tbd",
    "tba",
    "tbc",
    "todo",
    "none",
    "nil",
    "null",
    "x",
    "xx",
    "xxx",
    "unknown",
    "no reason",
    "not applicable",
    "to be determined",
    "see above",
];

/// Returns whether a text that a decision requires, its rationale or reason, states nothing: it is blank, has no
/// letter, is a placeholder (`n/a`, `TBD`, `x`), or only what a program writes into a commit message.
pub fn is_placeholder(text: &str) -> bool {
    let text = normalize_look(&without_machine_text(text));
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    !bare.chars().any(char::is_alphabetic) || PLACEHOLDERS.contains(&bare)
}

/// Returns whether the subject of a commit is one that this program writes: it repeats the change.
/// The number that a platform adds when it squashes a pull request, `(#12)`, does not matter.
pub fn is_own_subject(subject: &str) -> bool {
    let subject = without_number(subject.trim());
    if subject.contains('\n') {
        return false;
    }
    if is_of_import(subject) {
        return true;
    }
    let Some((of, what)) = subject.split_once(": ") else { return false };
    let many = of.strip_suffix(" items").is_some_and(is_number);
    if !many && of.parse::<ItemId>().is_err() {
        return false;
    }
    (many && what == "changed") || repeats_a_change(what)
}

/// Returns whether a text is what a command writes behind the id of the item.
fn repeats_a_change(what: &str) -> bool {
    let words: Vec<&str> = what.split(' ').collect();
    match words.as_slice() {
        ["new", "milestone", number, "due", day] => {
            number.strip_suffix(',').is_some_and(is_number) && is_day(day)
        }
        ["milestone", number, "started" | "completed" | "reworded" | "cancelled" | "note"] => {
            is_number(number)
        }
        ["new", "milestone", number] => is_number(number),
        ["milestone", number, "completed,", _, "->", _] => is_number(number),
        ["milestone", number, "owner", name @ ..] => {
            is_number(number) && !name.is_empty() && name.iter().all(|word| is_of_name(word))
        }
        ["review", "requested" | "submitted" | "returned" | "completed"] => true,
        ["milestone", number, "due", from, "->", to] => {
            is_number(number) && (is_day(from) || *from == "none") && is_day(to)
        }
        ["milestone", number, "due", "no", "date", "->", to] => is_number(number) && is_day(to),
        [_, "->", _] | ["reviewed"] | ["vendor", "check-in"] | ["milestones", "planned"] => true,
        ["vendor", "released", "a", "fix", "on", day] => is_day(day),
        ["evaluation", "recorded"] => true,
        ["rated", rating] => is_n_rating(rating),
        ["rating", from, "->", to] => is_n_rating(from) && is_n_rating(to),
        [
            "risk-adjustment" | "false-positive" | "operational-requirement",
            "requested" | "approved" | "denied" | "returned" | "resubmitted" | "withdrawn",
        ] => true,
        ["owner", name @ ..] => !name.is_empty() && name.iter().all(|word| is_of_name(word)),
        ["evidence", ..] => what.trim_start_matches("evidence ").split(", ").all(is_reference),
        ["imported" | "updated", "from", source] => is_file_name(source),
        _ => false,
    }
}

/// Returns whether a word is an N-rating: `N3`.
fn is_n_rating(word: &str) -> bool {
    word.strip_prefix('N').is_some_and(is_number)
}

/// Returns whether a subject is one of an import of several items.
fn is_of_import(subject: &str) -> bool {
    let words: Vec<&str> = subject.split(' ').collect();
    match words.as_slice() {
        ["import" | "update", number, "item" | "items", "from", source @ ..] => {
            is_number(number) && !source.is_empty()
        }
        [source @ .., number, "item" | "items", "as", "of", day] => {
            source.last().is_some_and(|word| word.ends_with(':'))
                && is_number(number)
                && is_day(day)
        }
        ["import", source @ .., created, "created,", changed, "changed"] => {
            source.last().is_some_and(|word| word.ends_with(':'))
                && is_number(created)
                && is_number(changed)
        }
        _ => false,
    }
}

/// Returns a subject without the number of a pull or merge request at its end.
fn without_number(subject: &str) -> &str {
    let Some((before, number)) = subject.rsplit_once(" (") else { return subject };
    let number = number.strip_suffix(')').and_then(|it| it.strip_prefix(['#', '!']));
    if number.is_some_and(is_number) { before.trim_end() } else { subject }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_day(text: &str) -> bool {
    text.parse::<chrono::NaiveDate>().is_ok()
}

/// Returns whether a word can be part of a person's name: it is in capitals, or one of the small
/// words between names.
fn is_of_name(word: &str) -> bool {
    const BETWEEN: [&str; 12] =
        ["al", "bin", "da", "de", "del", "den", "der", "di", "dos", "la", "van", "von"];
    word.chars().next().is_some_and(char::is_uppercase) || BETWEEN.contains(&word)
}

/// Returns whether a text can be the reference of a piece of evidence: a number, a file, an address.
fn is_reference(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit() || matches!(c, '/' | ':' | '.' | '-'))
}

fn is_file_name(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(name, ending)| {
        !name.is_empty()
            && (2..=5).contains(&ending.len())
            && ending.chars().all(char::is_alphanumeric)
    })
}

/// Returns the words of a text in small letters, without the punctuation around them.
fn split_words(text: &str) -> Vec<String> {
    let text = normalize_look(without_number(text));
    let words =
        text.split(is_word_gap).map(|word| word.trim_matches(['.', '-', '–', '—', '#', '~']));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn is_word_gap(c: char) -> bool {
    c.is_whitespace() || ",;:!?()[]{}<>\"'`*_|=".contains(c)
}

/// Returns whether a word gives no reason: it is one of [`EMPTY_WORDS`], a number or a day, the name
/// of a file, or the id of an item. The id of a ticket is a reason: it is there.
fn is_empty_word(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    if letters == 0 || EMPTY_WORDS.contains(&word) {
        return true;
    }
    if letters == 1 && word.chars().count() == 1 && word.is_ascii() {
        return true;
    }
    let ending = word.rsplit_once('.').map(|(_, ending)| ending);
    if ending.is_some_and(|ending| FILE_ENDINGS.contains(&ending)) {
        return true;
    }
    if word.contains('/') {
        return word.split('/').all(|part| part.is_empty() || is_empty_word(part));
    }
    // V-1, POAM-2026-042: letters, then numbers.
    let Some((letters, numbers)) = word.split_once('-') else { return false };
    let is_id = !letters.is_empty()
        && letters.chars().all(|c| c.is_ascii_alphanumeric())
        && numbers.split('-').all(is_number);
    is_id && !TICKET_PREFIXES.contains(&letters)
}

#[cfg(test)]
mod tests;
