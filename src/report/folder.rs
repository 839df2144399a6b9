//! Folder of a report: writes the pages beside the destination and renames them into place.
//!
//! Refuses a folder with other files ([`FolderError`]), so that nothing of others is overwritten.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::output_folder::{FolderError, OutputFolder, failed};

/// The file of a report that lists the others: a folder with it is one of ours.
pub const LIST: &str = "poam-report.txt";

/// The page that a report is opened by.
const FIRST_PAGE: &str = "index.html";

/// The folder of a report. A new one is made beside its place and takes the place of the old one
/// when it is complete, so that nobody sees half a report and nothing of an old one stays.
pub struct Folder {
    folder: OutputFolder,
    files: BTreeSet<String>,
}

impl Folder {
    /// Creates a report that will be at a place, where nothing is, an empty folder, or a report
    /// and nothing else.
    pub fn at(place: &Path) -> Result<Self, FolderError> {
        let (folder, _) = OutputFolder::create(place, ours)?;
        Ok(Self { folder, files: BTreeSet::new() })
    }

    /// Writes a file; its path has `/` and no `..`.
    pub fn write(&mut self, path: &str, text: &str) -> io::Result<()> {
        if !is_plain(path) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a path of a report"));
        }
        let file = self.folder.path().join(path);
        if let Some((folder, _)) = path.rsplit_once('/')
            && !self.files.iter().any(|file| file.starts_with(&format!("{folder}/")))
        {
            fs::create_dir_all(self.folder.path().join(folder))?;
        }
        fs::write(file, text)?;
        self.files.insert(path.to_owned());
        Ok(())
    }

    /// Puts the report in its place; the number of its files.
    pub fn finish(mut self) -> Result<usize, FolderError> {
        let list: String = self.files.iter().map(|file| format!("{file}\n")).collect();
        self.write(LIST, &list).map_err(failed("writing", self.folder.place()))?;
        let doing = "putting the report in place at";
        if !self.folder.exchange(doing, ours)? {
            self.move_files().map_err(failed(doing, self.folder.place()))?;
        }
        Ok(self.files.len())
    }

    /// Moves the files into the old report, one by one, where the file system cannot exchange two folders.
    /// Whenever it stops, a report with its first page is at the place, and the list names every file
    /// of it.
    fn move_files(&self) -> io::Result<()> {
        let (from, to) = (self.folder.path(), self.folder.place());
        let before = fs::read_to_string(to.join(LIST)).unwrap_or_default();
        // Somebody may have written the list manually.
        let before: BTreeSet<&str> = before.lines().filter(|path| is_plain(path)).collect();
        let mut all: BTreeSet<&str> = self.files.iter().map(String::as_str).collect();
        let new = all.clone();
        all.extend(&before);
        let list: String = all.iter().map(|file| format!("{file}\n")).collect();
        fs::write(from.join("list"), list)?;
        fs::rename(from.join("list"), to.join(LIST))?;
        // The list of the new files comes last, and the first page after all others.
        let is_last = |file: &str| file == LIST || file == FIRST_PAGE;
        let pages = new.iter().filter(|file| !is_last(file));
        for file in pages.chain(new.get(FIRST_PAGE)) {
            if let Some((folder, _)) = file.rsplit_once('/') {
                fs::create_dir_all(to.join(folder))?;
            }
            fs::rename(from.join(file), to.join(file))?;
        }
        for file in before.difference(&new).filter(|file| **file != LIST) {
            match fs::remove_file(to.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            if let Some((folder, _)) = file.rsplit_once('/') {
                // It stays unless that was its last file.
                let _ = fs::remove_dir(to.join(folder));
            }
        }
        fs::rename(from.join(LIST), to.join(LIST))
    }
}

/// Returns whether a path has `/` alone, and leads down.
fn is_plain(path: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(is_name) && !path.contains(['\\', '\n'])
}

/// Makes sure that a folder is empty, or a report and nothing else.
fn ours(folder: &Path) -> Result<(), FolderError> {
    let list = match fs::read_to_string(folder.join(LIST)) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed("reading", &folder.join(LIST))(error)),
    };
    let mut known: BTreeSet<&str> = list.lines().collect();
    known.insert(LIST);
    let mut folders = vec![String::new()];
    while let Some(below) = folders.pop() {
        let path = folder.join(&below);
        for entry in fs::read_dir(&path).map_err(failed("reading", &path))? {
            let entry = entry.map_err(failed("reading", &path))?;
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed("reading", &path))?;
            if kind.is_dir() {
                folders.push(format!("{name}/"));
            } else if !known.contains(name.as_str()) {
                return Err(FolderError::Foreign {
                    folder: folder.to_owned(),
                    kind: "a report",
                    found: name,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(place: &Path, files: &[(&str, &str)]) -> Result<usize, FolderError> {
        let mut folder = Folder::at(place)?;
        for (path, text) in files {
            folder.write(path, text).unwrap();
        }
        folder.finish()
    }

    fn all(folder: &Path) -> Vec<String> {
        let mut found: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        found.sort();
        found
    }

    #[test]
    fn a_report_takes_the_place_of_an_older_one() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("deep/er/report/");
        assert_eq!(report(&place, &[("index.html", "1"), ("item/a.html", "a")]).unwrap(), 3);
        assert_eq!(report(&place, &[("index.html", "2")]).unwrap(), 2);
        assert_eq!(all(&place), ["index.html", LIST]);
        assert_eq!(fs::read_to_string(place.join("index.html")).unwrap(), "2");
        assert_eq!(all(place.parent().unwrap()), ["report"], "nothing is left beside it");
        let empty = dir.path().join("empty");
        fs::create_dir(&empty).unwrap();
        assert!(report(&empty, &[]).is_ok());
    }

    #[test]
    fn what_is_not_ours_is_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("report");
        report(&place, &[("index.html", "1")]).unwrap();
        fs::create_dir(place.join("item")).unwrap();
        fs::write(place.join("item/notes.txt"), "mine").unwrap();
        let error = report(&place, &[("index.html", "2")]).unwrap_err().to_string();
        assert!(error.contains("item/notes.txt"), "{error}");
        assert_eq!(fs::read_to_string(place.join("index.html")).unwrap(), "1");
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(report(&file, &[]), Err(FolderError::NotAFolder(_))));
        assert_eq!(all(dir.path()), ["file", "report"]);
        let mut folder = Folder::at(&dir.path().join("new")).unwrap();
        for bad in ["../a", "a//b", "/a", "", "a\\b", "a\nb"] {
            assert!(folder.write(bad, "").is_err(), "{bad}");
        }
        drop(folder);
        assert_eq!(all(dir.path()), ["file", "report"], "given up, it leaves nothing");
    }

    #[test]
    fn files_are_moved_one_by_one_where_folders_cannot_be_exchanged() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("report");
        let old = [("index.html", "old"), ("item/A.html", "a"), ("gone/B.html", "b")];
        report(&place, &old).unwrap();
        fs::write(dir.path().join("mine"), "").unwrap();
        let listed = fs::read_to_string(place.join(LIST)).unwrap();
        fs::write(place.join(LIST), format!("{listed}../mine\n")).unwrap();
        let mut folder = Folder::at(&place).unwrap();
        for (path, text) in [("index.html", "new"), ("item/C.html", "c")] {
            folder.write(path, text).unwrap();
        }
        folder.write(LIST, "index.html\nitem/C.html\n").unwrap();
        folder.move_files().unwrap();
        drop(folder);
        assert_eq!(all(&place), ["index.html", "item", LIST]);
        assert_eq!(all(&place.join("item")), ["C.html"]);
        assert_eq!(fs::read_to_string(place.join("index.html")).unwrap(), "new");
        assert_eq!(all(dir.path()), ["mine", "report"]);
        ours(&place).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("real");
        fs::create_dir(&real).unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(matches!(report(&link, &[]), Err(FolderError::NotAFolder(_))));
    }
}
