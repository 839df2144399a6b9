//! Letting go of what was read.

use git2::Odb;

use super::{GitError, Repository};

impl Repository {
    /// From now on, memory counts for more than time wherever this repository is read, and wherever
    /// it is opened once more.
    pub fn save_memory(&self) -> Result<(), GitError> {
        self.packed.borrow_mut().save_memory();
        self.close()
    }

    /// Lets go of all that is held of what was read.
    pub fn let_go(&self) -> Result<(), GitError> {
        self.packed.borrow_mut().let_go();
        *self.reached.borrow_mut() = None;
        self.close()
    }

    /// The library maps a large repository into memory piece by piece, and keeps it there.
    fn close(&self) -> Result<(), GitError> {
        let objects = self.inner.commondir().join("objects");
        let Some(objects) = objects.to_str() else { return Ok(()) };
        let failed = || GitError::other("opening the objects");
        // Who opens a pack shares it with who has it, so the old ones go before new ones come.
        self.inner.set_odb(&Odb::new().map_err(failed())?).map_err(failed())?;
        let anew = Odb::new().map_err(failed())?;
        anew.add_disk_alternate(objects).map_err(failed())?;
        self.inner.set_odb(&anew).map_err(failed())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repo;
    use super::*;

    /// How many packs of a repository are mapped.
    #[cfg(target_os = "linux")]
    fn mapped(repo: &Repo) -> usize {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let packs = repo.path().join(".git/objects/pack");
        maps.lines().filter(|line| line.contains(packs.to_str().unwrap())).count()
    }

    #[test]
    fn it_reads_on_and_holds_nothing() {
        let (repo, other) = (Repo::new(), Repo::new());
        for day in 1..4 {
            repo.write("items/A", format!("{day}\n")).commit("2026-01-01", "change");
        }
        repo.git(&["repack", "-adq"]);
        repo.write("items/A", "loose").commit("2026-01-02", "loose");
        // What another repository lends is found again, too.
        let lends = repo.path().join(".git/objects");
        other.git(&["init", "--quiet"]);
        let alternates = other.path().join(".git/objects/info/alternates");
        std::fs::write(alternates, format!("{}\n", lends.display())).unwrap();
        let head = Repository::open(&repo.path()).unwrap().head().unwrap().unwrap();
        for opened in [&repo, &other].map(|it| Repository::open(&it.path()).unwrap()) {
            let read = || {
                let before = opened.resolve(&format!("{head}~1")).unwrap();
                let text = |commit| opened.read_file(commit, "items/A").unwrap().unwrap();
                (text(head), text(before))
            };
            let (newest, older) = read();
            assert_eq!((newest.as_slice(), older.as_slice()), (&b"loose"[..], &b"3\n"[..]));
            #[cfg(target_os = "linux")]
            assert_ne!(mapped(&repo), 0);
            opened.let_go().unwrap();
            #[cfg(target_os = "linux")]
            assert_eq!(mapped(&repo), 0);
            assert_eq!(read(), (newest, older));
            opened.let_go().unwrap();
        }
    }
}
