//! Work trees of branches, beside the one that the user works in.

use std::path::{Path, PathBuf};

use super::program::{run, run_with_hooks};
use super::{GitError, Repository};

impl Repository {
    /// The top of a work tree that has a branch checked out: this one, another one, or a new one inside
    /// the git directory. A branch that does not exist begins at the head.
    ///
    /// # Errors
    ///
    /// Where the name cannot be that of a branch, or git refuses.
    pub fn work_tree_of(&self, branch: &str) -> Result<PathBuf, GitError> {
        run(&mut self.git_command(&["check-ref-format", "--branch", branch])?)?;
        let full = format!("refs/heads/{branch}");
        let list = run(&mut self.git_command(&["worktree", "list", "--porcelain", "-z"])?)?;
        if let Some(top) = checked_out(&String::from_utf8_lossy(&list), &full) {
            return Ok(top);
        }
        let name: String =
            branch.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        let folder = self.common_dir().join("poam").join("trees");
        let mut top = folder.join(&name);
        let mut times = 1;
        // Another branch may have a name that differs only in what a folder cannot have.
        while top.symlink_metadata().is_ok() {
            times += 1;
            top = folder.join(format!("{name}-{times}"));
        }
        let place = top.to_string_lossy().into_owned();
        let exists =
            run(&mut self.git_command(&["show-ref", "--verify", "--quiet", &full])?).is_ok();
        let arguments: Vec<&str> = if exists {
            vec!["worktree", "add", "--quiet", &place, branch]
        } else {
            vec!["worktree", "add", "--quiet", "-b", branch, &place]
        };
        run_with_hooks(&mut self.git_command(&arguments)?)?;
        Ok(top)
    }
}

/// The work tree that has a branch, in git's list of them.
fn checked_out(list: &str, branch: &str) -> Option<PathBuf> {
    let mut top = None;
    for line in list.split('\0') {
        match line.split_once(' ') {
            Some(("worktree", path)) => top = Some(Path::new(path).to_owned()),
            Some(("branch", name)) if name == branch => return top.filter(|top| top.is_dir()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_with_the_branch_is_found() {
        let here = env!("CARGO_MANIFEST_DIR");
        let list = format!(
            "worktree /nowhere\0HEAD 0\0branch refs/heads/main\0\0worktree {here}\0HEAD 0\0branch refs/heads/a b\0\0"
        );
        assert_eq!(checked_out(&list, "refs/heads/a b"), Some(PathBuf::from(here)));
        assert_eq!(checked_out(&list, "refs/heads/main"), None, "its folder is gone");
        assert_eq!(checked_out(&list, "refs/heads/a"), None);
    }
}
