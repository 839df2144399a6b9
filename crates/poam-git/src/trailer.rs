//! The facts at the end of a commit message, by git's own rules.

/// Reasons why a commit message cannot be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A message needs a first line.
    #[error("the subject of the commit message is empty")]
    EmptySubject,
    /// Git takes no NUL in a message.
    #[error("the commit message holds a NUL character")]
    Nul,
    /// A key that git would not read back.
    #[error("`{0}` cannot be the key of a trailer: letters, digits and `-` only")]
    Key(String),
}

/// Returns the trailers of a message: the `Key: value` lines of its last paragraph, in order. A
/// folded value comes back on one line. A last paragraph with other lines in it counts only when it
/// holds a line that git itself writes (`Signed-off-by:`) and at least a quarter of it are
/// trailers; the first paragraph never counts.
pub fn parse_trailers(message: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in trailer_block(message) {
        if open && starts_with_space(line) {
            if let Some((_, value)) = found.last_mut() {
                value.push(' ');
                value.push_str(line.trim_start_matches(SPACE).trim_end_matches('\n'));
            }
            continue;
        }
        open = false;
        if !line.starts_with('#')
            && let Some(end) = find_separator(line)
        {
            let value = line[end + 1..].trim_start_matches(SPACE).trim_end_matches('\n');
            found.push((line[..end].trim_matches(SPACE).to_owned(), value.to_owned()));
            open = true;
        }
    }
    for (_, value) in &mut found {
        *value = value.trim_matches(SPACE).to_owned();
    }
    found
}

/// Puts a message together such that [`parse_trailers`] gives back exactly the trailers put in, whatever
/// the subject and the body state.
///
/// - The subject becomes one line; line ends become `\n`, spaces at line ends go.
/// - A value of several lines is folded, and so reads back with single spaces for its line breaks.
/// - The trailers are a paragraph of their own at the end. Without any, what looks like trailers
///   at the end of the body is indented by one space.
/// - Anywhere in the body, a line that reads like one of ours (`Poam-…:`) is indented too: people
///   and squash merges move paragraphs about. So are `---` and git's scissors line, at which git
///   tools would cut the message.
pub fn compose_message<K: AsRef<str>, V: AsRef<str>>(
    subject: &str,
    body: &str,
    trailers: &[(K, V)],
) -> Result<String, ComposeError> {
    let mut message = guard_line(&filled_lines(subject)?.join(" "), false);
    if message.is_empty() {
        return Err(ComposeError::EmptySubject);
    }
    message.push('\n');
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    let body: Vec<String> =
        body.split('\n').map(|line| guard_line(line.trim_end_matches(SPACE), true)).collect();
    let body = body.join("\n");
    let body = body.trim_start_matches('\n').trim_end_matches('\n');
    if body.contains('\0') {
        return Err(ComposeError::Nul);
    }
    if !body.is_empty() {
        message.push('\n');
        message.push_str(body);
        message.push('\n');
    }
    if trailers.is_empty() {
        return Ok(without_block(message));
    }
    message.push('\n');
    for (key, value) in trailers {
        let key = key.as_ref();
        let fine = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        // Git takes a last paragraph that begins with `Conflicts:` for its own note on a merge.
        if !fine || key == "Conflicts" {
            return Err(ComposeError::Key(key.to_owned()));
        }
        message.push_str(key);
        message.push(':');
        for line in filled_lines(value.as_ref())? {
            message.push(' ');
            message.push_str(&line);
            message.push('\n');
        }
        if message.ends_with(':') {
            message.push('\n');
        }
    }
    Ok(message)
}

/// Characters that git counts as space; Unicode has more.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

const GENERATED: [&str; 2] = ["Signed-off-by: ", "(cherry picked from commit "];

const SCISSORS: &str = "------------------------ >8 ------------------------";

/// Returns the lines that hold something, without the space around them.
fn filled_lines(text: &str) -> Result<Vec<String>, ComposeError> {
    if text.contains('\0') {
        return Err(ComposeError::Nul);
    }
    let lines = text.split(['\n', '\r']).map(|line| line.trim_matches(SPACE));
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// Indents a line that would mean something to git or to us.
fn guard_line(line: &str, body: bool) -> String {
    let key = find_separator(line).map(|end| line[..end].to_ascii_lowercase());
    // `POAM-12: …` is an item's name, not a key of ours.
    let ours = key.as_deref().and_then(|key| key.strip_prefix("poam-"));
    let ours = body && ours.is_some_and(|key| key.starts_with(|c: char| c.is_ascii_alphabetic()));
    let rest = line.strip_prefix("---");
    let divider = rest.is_some_and(|rest| rest.is_empty() || starts_with_space(rest));
    if ours || divider || line.contains(SCISSORS) { format!(" {line}") } else { line.to_owned() }
}

/// Indents the trailers of a message that should have none.
fn without_block(message: String) -> String {
    let block = trailer_block(&message);
    if block.is_empty() {
        return message;
    }
    let length: usize = block.iter().map(|line| line.len()).sum();
    let start = block.first().map_or(0, |line| line.as_ptr() as usize - message.as_ptr() as usize);
    let indented: String = block.iter().map(|line| format!(" {line}")).collect();
    format!("{}{indented}{}", &message[..start], &message[start + length..])
}

/// Returns the lines of the trailer paragraph, with their line ends; empty when there is none.
fn trailer_block(message: &str) -> Vec<&str> {
    let lines: Vec<&str> = message[..end_of_log(message)].split_inclusive('\n').collect();
    let title = lines
        .iter()
        .position(|line| !is_comment(line) && is_blank_line(line))
        .unwrap_or(lines.len());
    let (mut only_spaces, mut recognized) = (true, false);
    let (mut good, mut other, mut continued) = (0, 0, 0);
    for (at, line) in lines.iter().enumerate().skip(title).rev() {
        if is_comment(line) {
            other += continued;
            continued = 0;
        } else if is_blank_line(line) {
            if only_spaces {
                continue;
            }
            // Indented lines at the top of the paragraph continue nothing.
            other += continued;
            let enough = recognized && good * 3 >= other || good > 0 && other == 0;
            return if enough { lines[at + 1..].to_vec() } else { Vec::new() };
        } else {
            only_spaces = false;
            if GENERATED.iter().any(|prefix| line.starts_with(prefix)) {
                (good, continued, recognized) = (good + 1, 0, true);
            } else if find_separator(line).is_some() && !starts_with_space(line) {
                (good, continued) = (good + 1, 0);
            } else if starts_with_space(line) {
                continued += 1;
            } else {
                other += 1 + continued;
                continued = 0;
            }
        }
    }
    Vec::new()
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#')
}

fn is_blank_line(line: &str) -> bool {
    line.trim_matches(SPACE).is_empty()
}

/// Returns the position at which git stops reading a message: before the comments and blank lines
/// at its end, before the old note on conflicts, and at the scissors.
fn end_of_log(message: &str) -> usize {
    let scissors = format!("\n# {SCISSORS}\n");
    let cut = if message.starts_with(&scissors[1..]) {
        0
    } else {
        message.find(&scissors).map_or(message.len(), |at| at + 1)
    };
    // As in git, 0 is "none": a comment on the very first line is not yet the end.
    let (mut ignored, mut conflicts, mut at) = (0, false, 0);
    for line in message[..cut].split_inclusive('\n') {
        if line.starts_with(['#', '\n']) || line == "Conflicts:\n" {
            conflicts |= line.starts_with('C');
            ignored = if ignored == 0 { at } else { ignored };
        } else if !(conflicts && line.starts_with('\t')) && ignored > 0 {
            ignored = 0;
            conflicts = false;
        }
        at += line.len();
    }
    if ignored > 0 { ignored } else { cut }
}

fn starts_with_space(line: &str) -> bool {
    line.starts_with(SPACE)
}

/// Finds where the `:` after a key is.
fn find_separator(line: &str) -> Option<usize> {
    let mut spaced = false;
    for (at, c) in line.char_indices() {
        match c {
            ':' => return (at > 0).then_some(at),
            'A'..='Z' | 'a'..='z' | '0'..='9' | '-' if !spaced => {}
            ' ' | '\t' if at > 0 => spaced = true,
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::Stdio;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::Repo;

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    /// Parses the trailers of a message with git itself.
    fn by_git(repo: &Repo, message: &str) -> Vec<(String, String)> {
        let mut command = repo.command("git", &repo.path());
        command.args(["interpret-trailers", "--parse"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git runs");
        child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let split = |line: &str| {
            let (key, value) = line.split_once(':').unwrap();
            pair(key, value.trim_matches(SPACE))
        };
        text.split_terminator('\n').map(split).collect()
    }

    #[test]
    fn reads_as_git_reads() {
        let repo = Repo::new();
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("s", &[]),
            ("Key: in the subject", &[]),
            ("s\n\nKey: a\nOther-Key : b \n", &[("Key", "a"), ("Other-Key", "b")]),
            ("s\n\nKey: a\n  and more\n\tand more\n", &[("Key", "a and more and more")]),
            ("s\n\nKey: a\n\nText.\n", &[]),
            ("s\n\nText.\nKey: a\n", &[]),
            ("s\n\n indented\nKey: a\n", &[]),
            ("\n indented\nKey: a", &[]),
            ("s\n\nText.\nKey: a\nSigned-off-by: b\n", &[("Key", "a"), ("Signed-off-by", "b")]),
            ("s\n\nKey: a\n\n# comment\n", &[("Key", "a")]),
            ("s\n\nKey: a\n# comment\nKey: b\n", &[("Key", "a"), ("Key", "b")]),
            ("s\n\nKey: a\n\nConflicts:\n\tfile\n", &[("Key", "a")]),
            ("s\n\nKey:\n", &[("Key", "")]),
            ("s\n\nnot a key: a\n: b\n", &[]),
            ("s\n\n(cherry picked from commit 1)\n", &[]),
        ];
        for (message, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(key, value)| pair(key, value)).collect();
            assert_eq!(parse_trailers(message), expected, "{message:?}");
            assert_eq!(by_git(&repo, message), expected, "git: {message:?}");
        }
    }

    #[test]
    fn composes() {
        let message = compose_message(
            "POAM-1: open ->\n in-progress",
            "\r\nWork starts.\r\n\r\nPoam-Reason: forged\r\n---\r\n",
            &[("Poam-Reason", "two\nlines"), ("Poam-Empty", "")],
        );
        let expected = "POAM-1: open -> in-progress\n\nWork starts.\n\n Poam-Reason: forged\n ---\n\n\
                        Poam-Reason: two\n lines\nPoam-Empty:\n";
        assert_eq!(message.unwrap(), expected);
        let none: &[(&str, &str)] = &[];
        assert_eq!(
            compose_message("s", "Fixes: 1\nx: y", none).unwrap(),
            "s\n\n Fixes: 1\n x: y\n"
        );
        assert_eq!(compose_message("s", "# heading", none).unwrap(), "s\n\n# heading\n");
        assert_eq!(compose_message(" \n", "", none), Err(ComposeError::EmptySubject));
        assert_eq!(compose_message("s", "a\0", none), Err(ComposeError::Nul));
        for key in ["", "a b", "a:", "ä", "Conflicts"] {
            assert_eq!(compose_message("s", "", &[(key, "v")]), Err(ComposeError::Key(key.into())));
        }
    }

    /// Text made of the pieces that matter to git.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\n"),
            Just("\n\n"),
            Just("\r\n"),
            Just(" "),
            Just("\t"),
            Just("#"),
            Just(":"),
            Just("Poam-Reason: x"),
            Just("poam-evidence : y"),
            Just("Key: v"),
            Just("---"),
            Just("Signed-off-by: A <a@b>"),
            Just("(cherry picked from commit 1)"),
            Just("Conflicts:\n\t"),
            Just("# ------------------------ >8 ------------------------\n"),
            Just("words and words"),
            Just("ü\u{a0}\u{2028}"),
            Just("\u{b}\u{c}"),
            Just("diff --git a b"),
        ];
        prop::collection::vec(
            prop_oneof![4 => piece.prop_map(str::to_owned), 1 => "[^\0]{0,5}"],
            0..12,
        )
        .prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..<_>::default() })]

        #[test]
        fn nobody_forges_a_trailer(
            subject in hostile(),
            body in hostile(),
            values in prop::collection::vec(("[A-Za-z0-9-]{1,8}", hostile()), 0..4),
        ) {
            thread_local!(static REPO: Repo = Repo::new());
            let Ok(message) = compose_message(&subject, &body, &values) else {
                return Ok(());
            };
            let kept = |value: &String| filled_lines(value).unwrap().join(" ");
            let expected: Vec<_> =
                values.iter().map(|(key, value)| (key.clone(), kept(value))).collect();
            prop_assert_eq!(&parse_trailers(&message), &expected);
            prop_assert_eq!(&REPO.with(|repo| by_git(repo, &message)), &expected);
            prop_assert!(message.ends_with('\n') && !message.ends_with("\n\n"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..<_>::default() })]

        #[test]
        fn any_message_reads_as_git_reads(message in hostile()) {
            thread_local!(static REPO: Repo = Repo::new());
            // `interpret-trailers` is for mails too and stops at a divider; a commit has none.
            prop_assume!(!message.contains("---"));
            prop_assert_eq!(parse_trailers(&message), REPO.with(|repo| by_git(repo, &message)));
        }
    }
}
