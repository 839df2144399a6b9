//! Signatures on commits, as git judges them with the user's keys and settings.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Stdio;

use super::object::RawCommit;
use super::program::error_text;
use super::{CommitId, GitError, Repository};

/// The signature on a commit, as git judged it with the keys that the user trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureCheck {
    /// Verdict of git about the signature.
    pub verdict: Verdict,
    /// The reason for a verdict that is not good, in a few words; empty otherwise.
    pub reason: &'static str,
    /// Owner of the key, as the keyring names it; empty where git cannot know.
    pub signer: String,
    /// The fingerprint of the key; empty where git cannot know.
    pub key: String,
}

/// Validity of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// There is no signature.
    None,
    /// It holds, and the key is one that the user trusts.
    Good,
    /// It does not hold.
    Bad,
    /// Nobody can state: the key is unknown, not trusted, or past its time.
    Unknown,
}

impl SignatureCheck {
    /// Converts git's letter (`%G?`) into a verdict. Git has no letter for "there is a signature,
    /// and nothing to check it with" and states `N`, as if there were none; only signed commits are
    /// asked about.
    fn parse(letter: &str, signer: &str, key: &str) -> Self {
        let (verdict, reason) = match letter {
            "G" => (Verdict::Good, ""),
            "B" => (Verdict::Bad, "the signature does not match the commit"),
            "R" => (Verdict::Bad, "the key was revoked"),
            "U" => (Verdict::Unknown, "the key is not a trusted one"),
            "X" => (Verdict::Unknown, "the signature has expired"),
            "Y" => (Verdict::Unknown, "the key has expired"),
            "E" => (Verdict::Unknown, "the key is not known here"),
            _ => (Verdict::Unknown, "git has no keys or no program to check it with"),
        };
        Self { verdict, reason, signer: signer.to_owned(), key: key.to_owned() }
    }

    /// Returns the verdict on a signature of a form that git does not know.
    fn unknown_form() -> Self {
        let reason = "git cannot read the signature";
        Self { verdict: Verdict::Unknown, reason, signer: String::new(), key: String::new() }
    }

    fn no_signature() -> Self {
        Self { verdict: Verdict::None, reason: "", signer: String::new(), key: String::new() }
    }
}

impl Repository {
    /// Checks the signatures on commits with the git program and the user's own keys and settings
    /// (`gpg.program`, `gpg.ssh.allowedSignersFile`): one process of git for all of them, which
    /// itself starts the program that checks, once a signed commit.
    pub fn check_signatures(
        &self,
        commits: impl IntoIterator<Item = CommitId>,
    ) -> Result<BTreeMap<CommitId, SignatureCheck>, GitError> {
        let mut checks = BTreeMap::new();
        let mut signed = BTreeSet::new();
        let objects = self.open_objects()?;
        for commit in commits {
            if RawCommit::read(&objects, commit.oid())?.is_signed() {
                signed.insert(commit);
            } else {
                checks.insert(commit, SignatureCheck::no_signature());
            }
        }
        if signed.is_empty() {
            return Ok(checks);
        }
        let signed: Vec<CommitId> = signed.into_iter().collect();
        self.check_batch(&signed, &mut checks)?;
        Ok(checks)
    }

    /// Checks signed commits with one process of git. Git gives up at a signature that it cannot
    /// read, so a batch that fails is split until each such commit is alone.
    fn check_batch(
        &self,
        signed: &[CommitId],
        checks: &mut BTreeMap<CommitId, SignatureCheck>,
    ) -> Result<(), GitError> {
        let output = match (self.log_signatures(signed), signed) {
            (Ok(output), _) => output,
            (Err(GitError::Command { .. }), [commit]) => {
                checks.insert(*commit, SignatureCheck::unknown_form());
                return Ok(());
            }
            (Err(GitError::Command { .. }), _) => {
                let (first, second) = signed.split_at(signed.len() / 2);
                self.check_batch(first, checks)?;
                return self.check_batch(second, checks);
            }
            (Err(error), _) => return Err(error),
        };
        // Commits that git omits from its output get a result too.
        checks.extend(signed.iter().map(|commit| (*commit, SignatureCheck::parse("", "", ""))));
        let fields: Vec<String> = output
            .split(|&byte| byte == 0)
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .collect();
        for fields in fields.chunks_exact(4) {
            if let [commit, letter, signer, key] = fields
                && let Ok(commit) = commit.trim().parse()
                && signed.binary_search(&commit).is_ok()
            {
                checks.insert(commit, SignatureCheck::parse(letter, signer, key));
            }
        }
        Ok(())
    }

    fn log_signatures(&self, commits: &[CommitId]) -> Result<Vec<u8>, GitError> {
        let mut command = self.git_as_recorded(&[
            "log",
            "--no-walk=unsorted",
            "--stdin",
            "-z",
            "--no-color",
            "--no-show-signature",
            "--no-patch",
            "--encoding=UTF-8",
            "--format=tformat:%H%x00%G?%x00%GS%x00%GF",
        ]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(GitError::Program)?;
        let names: String = commits.iter().map(|commit| format!("{commit}\n")).collect();
        let mut input = child.stdin.take();
        let output = std::thread::scope(|scope| {
            // Beside the reading: neither side waits for the other with a full pipe.
            scope.spawn(move || input.as_mut().map(|pipe| pipe.write_all(names.as_bytes())));
            child.wait_with_output().map_err(GitError::Program)
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(GitError::Command { command: "log".to_owned(), stderr: error_text(&output) })
    }

    /// Returns the file of trusted ssh keys, where the user's configuration names one that lies in
    /// the work tree: anyone who may change the tree may then state whose keys are trusted.
    pub fn signers_in_tree(&self) -> Result<Option<String>, GitError> {
        let arguments = ["config", "--type=path", "--get", "gpg.ssh.allowedSignersFile"];
        let output = super::program::run_command(&mut self.git_command(&arguments)?)?;
        let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let top = self.workdir()?;
        let (Ok(file), Ok(top), Ok(own)) =
            (top.join(&path).canonicalize(), top.canonicalize(), self.git_dir().canonicalize())
        else {
            return Ok(None);
        };
        let inside = !path.is_empty() && file.starts_with(&top) && !file.starts_with(&own);
        Ok(inside.then(|| file.strip_prefix(&top).unwrap_or(&file).display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    fn has(program: &str) -> bool {
        let found = std::process::Command::new(program).arg("-?").output().is_ok();
        if !found {
            eprintln!("skipped: no {program} here");
        }
        found
    }

    /// Makes an ssh key beside the repository; its public part.
    fn key(repo: &Repo, name: &str) -> String {
        let path = repo.beside(name);
        let made = repo
            .command("ssh-keygen", &repo.path())
            .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(made.success());
        std::fs::read_to_string(path.with_extension("pub")).unwrap()
    }

    /// Commits the state of a file, signed with a key.
    fn sign(repo: &Repo, key: &str, text: &str) -> CommitId {
        repo.write("a", text);
        repo.git(&["add", "--all"]);
        let key = format!("user.signingkey={}", repo.beside(key).display());
        let signed = ["-c", "gpg.format=ssh", "-c", &key, "commit", "--quiet", "-S", "-m", text];
        repo.git(&signed);
        repo.git(&["rev-parse", "HEAD"]).trim().parse().unwrap()
    }

    fn verdicts(repo: &Repo, commits: &[CommitId]) -> Vec<(Verdict, String)> {
        let opened = Repository::open(&repo.path()).unwrap().with_env(repo.env());
        let checks = opened.check_signatures(commits.iter().copied()).unwrap();
        commits.iter().map(|it| (checks[it].verdict, checks[it].signer.clone())).collect()
    }

    #[test]
    fn good_bad_unknown_and_none() {
        if !has("ssh-keygen") {
            return;
        }
        let repo = Repo::new();
        let (ann, _) = (key(&repo, "ann"), key(&repo, "mallory"));
        let none = repo.commit("2026-01-01", "plain").parse().unwrap();
        let good = sign(&repo, "ann", "one");
        let other = sign(&repo, "mallory", "two");
        // The signature of `good` over another message.
        let text = repo.git(&["cat-file", "commit", &good.to_string()]).replace("\none\n", "\n1\n");
        std::fs::write(repo.beside("forged"), text).unwrap();
        let file = repo.beside("forged").display().to_string();
        let forged = repo.git(&["hash-object", "-t", "commit", "-w", &file]);
        let forged: CommitId = forged.trim().parse().unwrap();
        let all = [none, good, other, forged, good];
        let nobody = String::new;
        // Without trusted keys git states `N`, as of commits that are not signed.
        let unknown = (Verdict::Unknown, nobody());
        assert_eq!(
            verdicts(&repo, &all)[..3],
            [(Verdict::None, nobody()), unknown.clone(), unknown.clone()]
        );
        std::fs::write(repo.beside("signers"), format!("ann@example.com {ann}")).unwrap();
        let signers = repo.beside("signers").display().to_string();
        repo.git(&["config", "gpg.ssh.allowedSignersFile", &signers]);
        // It would print what the checking program states between the lines.
        repo.git(&["config", "log.showSignature", "true"]);
        let good = (Verdict::Good, "ann@example.com".to_owned());
        let found = verdicts(&repo, &all);
        assert_eq!((&found[0], &found[1], &found[4]), (&(Verdict::None, nobody()), &good, &good));
        assert_eq!((found[2].0, found[3].0), (Verdict::Unknown, Verdict::Bad));
        let opened = Repository::open(&repo.path()).unwrap().with_env(repo.env());
        assert_eq!(opened.signers_in_tree().unwrap(), None);
        repo.write("keys/signers", "").git(&[
            "config",
            "gpg.ssh.allowedSignersFile",
            "keys/signers",
        ]);
        assert_eq!(opened.signers_in_tree().unwrap().unwrap().replace('\\', "/"), "keys/signers");
    }

    #[test]
    fn a_signature_that_git_cannot_read_is_the_matter_of_its_commit() {
        let repo = Repo::new();
        let mut commits: Vec<CommitId> = Vec::new();
        for day in 0..5 {
            repo.write("a", day.to_string());
            commits.push(repo.commit("2026-01-01", "change").parse().unwrap());
            let raw = repo.git(&["cat-file", "commit", "HEAD"]);
            let signature = if day % 2 == 0 { "garbage" } else { "-----BEGIN PGP SIGNATURE-----" };
            let raw = raw.replacen("\n\n", &format!("\ngpgsig {signature}\n\n"), 1);
            std::fs::write(repo.beside("raw"), raw).unwrap();
            let file = repo.beside("raw").display().to_string();
            let odd = repo.git(&["hash-object", "-t", "commit", "-w", "--literally", &file]);
            commits.push(odd.trim().parse().unwrap());
        }
        let opened = Repository::open(&repo.path()).unwrap().with_env(repo.env());
        let checks = opened.check_signatures(commits.iter().copied()).unwrap();
        for (at, commit) in commits.iter().enumerate() {
            let expected = if at % 2 == 0 { Verdict::None } else { Verdict::Unknown };
            assert_eq!(checks[commit].verdict, expected, "{at}");
            let unreadable = checks[commit].reason == "git cannot read the signature";
            assert_eq!(unreadable, at % 4 == 1, "{at}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_user_s_gpg_program_is_asked() {
        use std::os::unix::fs::PermissionsExt;
        let repo = Repo::new();
        // Git only looks at what the program states on its status channel.
        let said = repo.beside("said");
        let script = format!(
            "#!/bin/sh\ncat > /dev/null\ncase \"$*\" in\n*--verify*) cat '{}';;\n*) printf \
             '\\n[GNUPG:] SIG_CREATED x\\n' >&2; printf -- \
             '-----BEGIN PGP SIGNATURE-----\\nx\\n-----END PGP SIGNATURE-----\\n';;\nesac\n",
            said.display()
        );
        let program = repo.beside("fake-gpg");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        repo.git(&["config", "gpg.program", &program.display().to_string()]);
        repo.write("a", "1").git(&["add", "--all"]);
        repo.git(&["commit", "--quiet", "-S", "-m", "signed"]);
        let head: CommitId = repo.git(&["rev-parse", "HEAD"]).trim().parse().unwrap();
        let ann = "0123456789ABCDEF Ann <ann@example.com>";
        for (status, verdict) in [
            (format!("GOODSIG {ann}\n[GNUPG:] TRUST_FULLY"), Verdict::Good),
            (format!("GOODSIG {ann}\n[GNUPG:] TRUST_UNDEFINED"), Verdict::Unknown),
            (format!("BADSIG {ann}"), Verdict::Bad),
            (format!("REVKEYSIG {ann}"), Verdict::Bad),
            (format!("EXPKEYSIG {ann}"), Verdict::Unknown),
            ("ERRSIG 0123456789ABCDEF 22 8 00 1767225600 9".to_owned(), Verdict::Unknown),
            (format!("GOODSIG {ann}\n[GNUPG:] BADSIG {ann}"), Verdict::Unknown),
        ] {
            std::fs::write(&said, format!("[GNUPG:] NEWSIG\n[GNUPG:] {status}\n")).unwrap();
            assert_eq!(verdicts(&repo, &[head])[0].0, verdict, "{status}");
        }
    }
}
