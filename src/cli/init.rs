use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use super::ci::{Ci, Source};
use super::{Outcome, Session};
use crate::repository::{Expect, FileChange, GitError, RelPath, Repository, write};
use crate::schema::Schema;
use crate::settings;

/// Start a tracker: settings, and schemas for editors
///
/// Works in an empty folder (it makes the repository) and in an existing repository. Nothing that
/// is there already is changed.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder, made where it is missing; the current one by default
    dir: Option<PathBuf>,
    /// Write the pipelines of this service too: checks of every change, a watch on what time causes,
    /// releases of submissions; may be given several times
    #[arg(long, value_name = "SERVICE")]
    ci: Vec<Ci>,
    /// Where GitHub Actions finds poam; without it, the pipelines say where to fill it in
    #[arg(long, value_name = "OWNER/REPOSITORY@REF", requires = "ci")]
    action: Option<Source>,
}

/// What a new tracker begins with.
const FILES: [(&str, &str); 1] = [(settings::FILE, include_str!("../../templates/poam.yaml"))];

impl Init {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let dir =
            self.dir.map_or_else(|| session.directory.clone(), |dir| session.directory.join(dir));
        std::fs::create_dir_all(&dir)
            .with_context(|| format!("making the folder {}", dir.display()))?;
        match Repository::open(&dir) {
            Ok(_) => {}
            Err(GitError::NotFound { .. }) => {
                Repository::init(&dir)?;
                session.print("made a git repository\n")?;
            }
            Err(error) => return Err(error.into()),
        }
        let repository = Repository::open(&dir)?;
        let top = repository.workdir()?.canonicalize();
        let top = top.with_context(|| format!("looking at {}", dir.display()))?;
        let dir = dir.canonicalize().with_context(|| format!("looking at {}", dir.display()))?;
        let schemas = [
            ("schema/item.schema.json", Schema::Item.text()),
            ("schema/settings.schema.json", Schema::Settings.text()),
        ];
        let files = FILES.into_iter().chain(schemas).map(|(name, text)| (name, text.to_owned()));
        let pipelines = self.ci.iter().flat_map(|ci| ci.files(self.action.as_ref()));
        let (mut new, mut done) = (Vec::new(), Vec::new());
        for (name, text) in files.chain(pipelines) {
            let path = RelPath::between(&top, &dir.join(name))?;
            let is_there = dir.join(name).symlink_metadata().is_ok();
            if !is_there && !new.iter().any(|file: &FileChange| file.path == path) {
                let new_text = Some(text.into_bytes());
                new.push(FileChange { path, expect: Expect::Absent, new: new_text });
                done.push(("wrote", name));
            } else {
                done.push(("kept", name));
            }
        }
        // All of them or none, and through no link.
        let lock = session.lock(&repository)?;
        if !new.is_empty() {
            write(&repository, &new)?;
        }
        drop(lock);
        for (said, name) in done {
            session.print(format_args!("{said} {name}\n"))?;
            if said == "kept" && name == super::ci::GITLAB_MAIN {
                session.say(format_args!(
                    "note: add `include: [{{local: {}}}]` to {name}",
                    super::ci::GITLAB
                ));
            }
        }
        session.say(format_args!(
            "next: fill in `system:` in {} and commit it, then `poam new --name \"…\" --risk high` or `poam import WORKBOOK`",
            settings::FILE
        ));
        Ok(Outcome::Fine)
    }
}
