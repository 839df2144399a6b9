//! `poam init`: starts a tracker with settings, schemas for editors and pipelines.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use super::ci::{ActionSource, CiArgs, Image, PipelinePlace, Programs, Scanner};
use super::{CommandOutcome, Session};
use crate::repository::{Expect, FileChange, GitError, RelPath, Repository, write};
use crate::schema::Schema;
use crate::settings::{self, ProfileName, Settings};
use crate::store::prefix_of;
use crate::text::visible;

/// Start a tracker: settings, and schemas for editors
///
/// Works in an empty folder (it makes the repository) and in an existing repository. Nothing that
/// is there already is changed.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder, made where it is missing; the current one by default
    dir: Option<PathBuf>,
    /// The framework whose rules, deadlines and workbook apply: fedramp-rev5 (the default), cmmc-l2 or generic
    #[arg(long, value_name = "PROFILE")]
    profile: Option<ProfileName>,
    /// Write the pipelines of this service too: checks of every change, a watch on what time causes,
    /// releases of submissions; may be given several times
    #[arg(long, value_name = "SERVICE")]
    ci: Vec<CiArgs>,
    /// Also write a pipeline that scans with this tool and opens a pull request with new items; may be
    /// given several times
    #[arg(long, value_name = "SCANNER", requires = "ci")]
    scan: Vec<Scanner>,
    /// Where GitHub Actions finds poam; without it, the pipelines say where to fill it in
    #[arg(long, value_name = "OWNER/REPOSITORY@REF", requires = "ci")]
    action: Option<ActionSource>,
    /// The container image in which GitLab CI/CD runs poam; without it, the pipelines say where to fill it in
    #[arg(long, value_name = "REGISTRY/NAME@DIGEST", requires = "ci")]
    image: Option<Image>,
    /// Let git merge items by meaning in this clone: sets `merge.poam.driver` in git's configuration and
    /// adds lines to `.gitattributes`; each clone needs it once
    #[arg(long)]
    merge_driver: bool,
}

/// The command that git runs to merge an item.
const DRIVER: &str = "poam merge-driver %O %A %B %P --ours=%X --theirs=%Y";

/// Files of a new tracker.
const FILES: [(&str, &str); 2] = [
    (settings::FILE, include_str!("../../templates/poam.yaml")),
    (ATTRIBUTES, include_str!("../../templates/gitattributes")),
];

/// The line of the new settings that names the profile.
const DEFAULT_PROFILE: &str = "\nprofile: fedramp-rev5\n";

/// Keeps line ends in checkouts on every system as they are in commits.
const ATTRIBUTES: &str = ".gitattributes";

impl InitArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let dir = match &self.dir {
            Some(dir) => session.directory.join(dir),
            None => session.directory.clone(),
        };
        std::fs::create_dir_all(&dir)
            .with_context(|| format!("making the folder {}", dir.display()))?;
        let repository = match Repository::open(&dir) {
            Ok(repository) => repository,
            Err(GitError::NotFound { .. }) => {
                let repository = Repository::init(&dir)?;
                if !session.is_quiet() {
                    session.print("made a git repository\n")?;
                }
                repository
            }
            Err(error) => return Err(error.into()),
        };
        let top = repository.workdir()?.canonicalize();
        let top = top.with_context(|| format!("looking at {}", dir.display()))?;
        let dir = dir.canonicalize().with_context(|| format!("looking at {}", dir.display()))?;
        let prefix = prefix_of(&dir, Some(&top));
        let schemas = [
            ("schema/item.schema.json", Schema::Item.text()),
            ("schema/settings.schema.json", Schema::Settings.text()),
        ];
        let files = FILES.into_iter().chain(schemas);
        let with_profile = |name: &str, text: &str| match self.profile {
            Some(profile) if name == settings::FILE => {
                text.replacen(DEFAULT_PROFILE, &format!("\nprofile: {profile}\n"), 1)
            }
            _ => text.to_owned(),
        };
        let mut files: Vec<NewFile> = files
            .map(|(name, text)| NewFile {
                folder: &dir,
                name: name.to_owned(),
                text: with_profile(name, text),
            })
            .collect();
        if !self.ci.is_empty() {
            // Services look for pipelines at the top of the repository.
            let place = PipelinePlace::new(&prefix, &repository.main_branch()?)?;
            let taken = |name: &str| is_taken(&top, name, &prefix);
            let programs = Programs { action: self.action.clone(), image: self.image.clone() };
            let pipelines = self
                .ci
                .iter()
                .flat_map(|ci| ci.service_files(&programs, &place, &self.scan, taken));
            files.extend(pipelines.map(|(name, text)| NewFile { folder: &top, name, text }));
        }
        let (mut new, mut done) = (Vec::new(), Vec::new());
        for NewFile { folder, name, text } in files {
            let path = RelPath::relative_to(&top, &folder.join(&name))?;
            let is_there = folder.join(&name).symlink_metadata().is_ok();
            if !is_there && !new.iter().any(|file: &FileChange| file.path == path) {
                let new_text = Some(text.clone().into_bytes());
                new.push(FileChange { path, expect: Expect::Absent, new: new_text });
                done.push(("wrote", name, text));
            } else {
                done.push(("kept", name, text));
            }
        }
        if self.merge_driver {
            self.add_merge_attributes(&dir, &top, &mut new, &mut done)?;
        }
        // All of them or none, and through no link.
        let lock = session.lock(&repository)?;
        if !new.is_empty() {
            write(&repository, &new)?;
        }
        if self.merge_driver {
            repository.set_config("merge.poam.name", "POA&M items by meaning")?;
            repository.set_config("merge.poam.driver", DRIVER)?;
            done.push((
                "set",
                "merge.poam.driver in git's configuration of this clone".to_owned(),
                String::new(),
            ));
        }
        drop(lock);
        if !self.ci.is_empty() && !prefix.is_empty() {
            session.say(format_args!(
                "note: pipelines are written at the top of the repository, {}, where the services look \
                 for them; they work in {prefix}",
                visible(&top.display().to_string())
            ));
        }
        for (said, name, text) in done {
            if !session.is_quiet() {
                session.print(format_args!("{said} {name}\n"))?;
            }
            let is_pipeline = name.starts_with(".github/workflows/");
            if let (true, Some(action)) = (said == "kept" && is_pipeline, &self.action) {
                let there = std::fs::read_to_string(top.join(&name)).unwrap_or_default();
                if !there.contains(action.as_str()) {
                    session.say(format_args!(
                        "note: {name} is kept as it is, without `{}`: put it there yourself, or remove the file and run this again",
                        visible(action.as_str())
                    ));
                }
            }
            if said == "kept" && name == super::ci::GITLAB_MAIN {
                let include = text.trim_start_matches("include:\n  - ").trim_end();
                session.say(format_args!("note: add `include: [{{{include}}}]` to {name}"));
            }
            if let (true, Some(profile)) = (said == "kept" && name == settings::FILE, self.profile)
            {
                session.say(format_args!(
                    "note: {name} is kept as it is: write `profile: {profile}` in it to change the profile"
                ));
            }
            if said == "kept" && name == ATTRIBUTES && !keeps_line_ends(&dir) {
                session.say(format_args!(
                    "note: add `*.yaml text eol=lf` to {name}: else git changes the line ends of items \
                     in checkouts on Windows"
                ));
            }
        }
        if let Some(action) = self.action.as_ref().filter(|action| !action.is_commit()) {
            session.say(format_args!(
                "note: `{}` can move to other code: the full id of a commit (40 digits) cannot",
                visible(action.as_str())
            ));
        }
        session.say(format_args!(
            "next: fill in `system:` in {} and commit it, then `poam new --name \"…\" --risk high` or `poam import WORKBOOK`",
            settings::FILE
        ));
        Ok(CommandOutcome::Fine)
    }
}

impl InitArgs {
    /// Plans the lines of `.gitattributes` that name the driver, for the folder of items that the settings name.
    fn add_merge_attributes(
        &self,
        dir: &Path,
        top: &Path,
        new: &mut Vec<FileChange>,
        done: &mut Vec<(&str, String, String)>,
    ) -> Result<()> {
        let settings = std::fs::read(dir.join(settings::FILE)).ok();
        let settings = settings.and_then(|bytes| Settings::parse(settings::FILE, &bytes).ok());
        let items = settings.map_or_else(|| "items".to_owned(), |settings| settings.items.clone());
        let items = items.trim_matches('/').replace(' ', "?");
        let lines =
            [format!("/{items}/**/*.yaml merge=poam"), format!("/{} merge=poam", settings::FILE)];
        let path = RelPath::relative_to(top, &dir.join(ATTRIBUTES))?;
        let planned = new.iter_mut().find(|file| file.path == path);
        let old = match &planned {
            Some(file) => file.new.clone().unwrap_or_default(),
            None => std::fs::read(dir.join(ATTRIBUTES))
                .with_context(|| format!("reading {ATTRIBUTES}"))?,
        };
        let old_text = String::from_utf8_lossy(&old).into_owned();
        let missing: Vec<&String> =
            lines.iter().filter(|line| !old_text.lines().any(|it| it.trim() == **line)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut text = old.clone();
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        text.extend(
            b"# Merged by meaning where `poam init --merge-driver` was run, else line by line.\n",
        );
        for line in missing {
            text.extend(line.as_bytes());
            text.push(b'\n');
        }
        match planned {
            Some(file) => file.new = Some(text),
            None => {
                new.push(FileChange { path, expect: Expect::Content(old), new: Some(text) });
                done.retain(|(_, name, _)| name != ATTRIBUTES);
                done.push(("added lines to", ATTRIBUTES.to_owned(), String::new()));
            }
        }
        Ok(())
    }
}

/// A file to write where there is none.
struct NewFile<'a> {
    folder: &'a Path,
    name: String,
    text: String,
}

/// Returns whether a pipeline of this name is there and works in another folder: one of ours would
/// be written again unchanged.
fn is_taken(top: &Path, name: &str, prefix: &str) -> bool {
    let here = std::fs::read_to_string(top.join(name)).unwrap_or_default();
    let folder = prefix.trim_end_matches('/');
    top.join(name).exists() && !here.contains(&format!("\"{folder}\""))
}

/// Returns whether an attributes file fixes the line ends of items in checkouts.
fn keeps_line_ends(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join(ATTRIBUTES)).unwrap_or_default();
    text.lines().any(|line| line.contains("eol=lf") || line.contains("-text"))
}
