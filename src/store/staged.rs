//! The tracker as the next commit will have it.

use std::path::Path;

use super::found::{self, FoundContent, FoundFile};
use super::{Store, Tracker, TrackerError, file_error, refuse_settings};
use crate::document::Limits;
use crate::files::FileReadError;
use crate::repository::{FileKind, GitError, Repository};
use crate::settings::Settings;

impl Tracker {
    /// Returns the tracker and its items as an index has them, by default the one of the work tree;
    /// `None` where it has no settings.
    pub fn read_staged(
        &self,
        repository: &Repository,
        index: Option<&Path>,
    ) -> Result<Option<(Self, Store)>, TrackerError> {
        let files = repository.staged_files(index).map_err(TrackerError::Git)?;
        let path = self.settings_path();
        let settings = files.iter().find(|it| it.file.path == path);
        let Some(settings) = settings.filter(|it| it.file.kind == FileKind::Regular) else {
            return Ok(None);
        };
        let limit = Limits::ITEM.bytes as u64;
        let bytes = match repository.blob_up_to(settings.file.blob, limit) {
            Ok(bytes) => bytes,
            Err(GitError::TooLarge { size, limit, .. }) => {
                let error = FileReadError::TooLarge { size, limit };
                return Err(TrackerError::Settings(vec![refuse_settings(&path, &error)]));
            }
            Err(error) => return Err(TrackerError::Git(error)),
        };
        let settings = Settings::parse(&path, &bytes).map_err(TrackerError::Settings)?;
        let tracker = Self { root: self.root.clone(), prefix: self.prefix.clone(), settings };
        let folder = tracker.items_folder();
        let (mut regular, mut items) = (Vec::new(), Vec::new());
        for staged in files {
            let path = &staged.file.path;
            let is_item = staged.file.kind != FileKind::Regular || found::is_item_name(path);
            if !path.starts_with(&folder) || !is_item {
                continue;
            }
            if staged.in_conflict {
                let message = "the file is in conflict: a merge left several versions of it";
                let help = "resolve the conflict, then `git add` the file";
                let content = FoundContent::Refused(file_error(path, message, help));
                items.push(FoundFile { path: path.clone(), content });
            } else {
                regular.push(staged.file);
            }
        }
        let read =
            found::read_contents(repository, regular.into_iter()).map_err(TrackerError::Git)?;
        items.extend(read);
        let store = Store::read(items).resolve_statuses(&tracker.settings.workflow);
        Ok(Some((tracker, store)))
    }
}
