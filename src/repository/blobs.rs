//! Contents that a git program of its own reads while this one does other work: the library reads
//! one object at a time, whatever the number of threads.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread;
use std::time::Duration;

use super::{BlobId, Repository};

/// Larger contents are left to who asks.
const LARGEST: usize = 64 << 20;

/// So much fits into a pipe.
const PIPE: usize = 64 << 10;

/// In about this time git fills half of a pipe.
const A_WHILE: Duration = Duration::from_micros(200);

/// Where contents are asked for; dropping it says that nothing more comes.
pub struct BlobQuestions {
    stdin: BufWriter<ChildStdin>,
}

/// Where contents come, in the order in which they were asked for.
pub struct BlobAnswers {
    child: Child,
    stdout: BufReader<Patient>,
    failed: bool,
}

/// What the program writes, taken over in large pieces. It writes a few kilobytes at a time, and who
/// waits for them is woken for each: two switches between programs, which cost more than what is
/// read.
struct Patient(ChildStdout);

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        thread::sleep(A_WHILE);
        self.0.read(buffer)
    }
}

impl Repository {
    /// A git program that reads contents; `None` where there can be none.
    pub fn read_beside(&self) -> Option<(BlobQuestions, BlobAnswers)> {
        let arguments = ["--no-replace-objects", "cat-file", "--batch", "--buffer"];
        let mut command = self.git(&arguments).ok()?;
        command.env("GIT_NO_LAZY_FETCH", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let (stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
        let answers = BlobAnswers {
            child,
            stdout: BufReader::with_capacity(PIPE, Patient(stdout)),
            failed: false,
        };
        Some((BlobQuestions { stdin: BufWriter::new(stdin) }, answers))
    }
}

impl BlobQuestions {
    /// Asks for contents. Waits while many answers have not been read; where the program is gone,
    /// there will be no answer.
    pub fn ask(&mut self, ids: impl IntoIterator<Item = BlobId>) {
        for id in ids {
            if writeln!(self.stdin, "{id}").is_err() {
                return;
            }
        }
        let _ = self.stdin.flush();
    }
}

impl BlobAnswers {
    /// The next answer, which must be the content of this blob; `None` where it is not, and from
    /// then on.
    pub fn next(&mut self, id: BlobId) -> Option<Vec<u8>> {
        if self.failed {
            return None;
        }
        let answer = self.answer(id);
        self.failed = answer.is_none();
        answer
    }

    fn answer(&mut self, id: BlobId) -> Option<Vec<u8>> {
        let mut head = String::new();
        (&mut self.stdout).take(256).read_line(&mut head).ok()?;
        let size =
            head.strip_suffix('\n')?.strip_prefix(&id.to_string())?.strip_prefix(" blob ")?;
        let size: usize = size.parse().ok().filter(|size| *size <= LARGEST)?;
        let mut content = vec![0; size];
        self.stdout.read_exact(&mut content).ok()?;
        let mut end = [0];
        self.stdout.read_exact(&mut end).ok()?;
        (end == *b"\n").then_some(content)
    }
}

impl Drop for BlobAnswers {
    fn drop(&mut self) {
        // It may still wait for somebody to read; nobody will.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repo;
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_questions() {
        let repo = Repo::new();
        let texts = ["one\n", "", "two\nlines", "\u{e4} \n\n"];
        for (at, text) in texts.iter().enumerate() {
            repo.write(&format!("items/{at}"), text);
        }
        repo.commit("2026-01-01", "start");
        let opened = Repository::open(&repo.path()).unwrap();
        let head = opened.head().unwrap().unwrap();
        let ids: Vec<BlobId> =
            opened.files(head, "items").unwrap().into_iter().map(|file| file.blob).collect();
        let (mut questions, mut answers) = opened.read_beside().unwrap();
        questions.ask(ids.iter().copied());
        questions.ask([ids[0]]);
        drop(questions);
        for (id, text) in ids.iter().zip(texts) {
            assert_eq!(answers.next(*id).unwrap(), text.as_bytes());
        }
        assert_eq!(answers.next(ids[0]).unwrap(), b"one\n");
        assert_eq!(answers.next(ids[0]), None, "nothing more was asked for");
        assert_eq!(answers.next(ids[0]), None);
    }

    #[test]
    fn what_is_no_answer_is_none() {
        let repo = Repo::new();
        repo.write("a", "a").commit("2026-01-01", "start");
        let opened = Repository::open(&repo.path()).unwrap();
        let head = opened.head().unwrap().unwrap();
        let blob = opened.files(head, "").unwrap()[0].blob;
        let missing = BlobId::from_bytes([7; 20]);
        let commit: BlobId = head.to_string().parse().unwrap();
        for wrong in [missing, commit] {
            let (mut questions, mut answers) = opened.read_beside().unwrap();
            questions.ask([blob, wrong, blob]);
            drop(questions);
            assert_eq!(answers.next(blob).unwrap(), b"a");
            assert_eq!(answers.next(wrong), None);
            assert_eq!(answers.next(blob), None, "nothing is believed after that");
        }
        // A program that is dropped in the middle does not stay.
        let (mut questions, answers) = opened.read_beside().unwrap();
        questions.ask([blob]);
        drop(answers);
        questions.ask([blob; 10_000]);
    }
}
