//! Commands on the pages. A block `console` is run, line by line, in a copy of the demo tracker on the day
//! that [`TODAY`] names; what it shows as output must be printed. Files that a page speaks of are laid first.
//!
//! - A line begins with `$ `; in a block without any such line, every line is a command. `\` goes on.
//! - `# exit code N` after a command says how it ends; without it, the command succeeds.
//! - `…` in a line of output stands for anything, a line of it alone for any lines.
//! - A block `console,no_run` has commands of other programs, or commands that need another machine.

use std::path::Path;
use std::process::Command;

use super::{Block, blocks, pages, read, top};
use crate::support::Repo;

/// The day on which all commands run.
const TODAY: &str = "2026-11-30";

/// A command of a block, and what is shown below it.
#[derive(Debug, Default)]
struct ShownCommand {
    command: String,
    exit_code: i32,
    shown: Vec<String>,
}

fn shown_commands(block: &Block) -> Vec<ShownCommand> {
    let is_marked = block.lines.iter().any(|line| line.starts_with("$ "));
    let mut commands: Vec<ShownCommand> = Vec::new();
    let mut goes_on = false;
    for line in &block.lines {
        if goes_on {
            let command = commands.last_mut().unwrap();
            command.command.push('\n');
            command.command.push_str(line);
        } else if let Some(command) = line.strip_prefix("$ ") {
            commands.push(ShownCommand { command: command.to_owned(), ..ShownCommand::default() });
        } else if is_marked {
            commands.last_mut().unwrap().shown.push(line.clone());
            continue;
        } else if !line.is_empty() {
            commands.push(ShownCommand { command: line.clone(), ..ShownCommand::default() });
        }
        goes_on = line.ends_with('\\');
        if let Some((_, code)) = line.split_once("# exit code ") {
            let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
            commands.last_mut().unwrap().exit_code = digits.parse().unwrap();
        }
    }
    commands
}

/// Returns whether the lines shown are among those printed, in their order.
fn is_printed(shown: &[String], printed: &str) -> bool {
    let mut printed = printed.lines().map(str::trim_end);
    shown.iter().map(|line| line.trim_end()).filter(|line| !matches!(*line, "…" | "")).all(|line| {
        printed.any(|candidate| match line.split_once('…') {
            Some((start, end)) => candidate.starts_with(start) && candidate.ends_with(end),
            None => candidate == line,
        })
    })
}

/// The demo tracker, made once and copied for each page.
struct DemoTracker {
    repo: Repo,
}

impl DemoTracker {
    fn new() -> Self {
        let repo = Repo::bare_folder();
        repo.poam(0, &["--today", TODAY, "--quiet", "demo", "poam-demo"]);
        let bin = repo.beside("bin");
        std::fs::create_dir(&bin).unwrap();
        let program =
            format!("#!/bin/sh\nexec {} --today {TODAY} \"$@\"\n", env!("CARGO_BIN_EXE_poam"));
        std::fs::write(bin.join("poam"), program).unwrap();
        let demo = Self { repo };
        demo.shell("chmod +x ../bin/poam");
        demo
    }

    fn bash(&self, script: &str, folder: &Path) -> Command {
        let mut bash = self.repo.command("bash", folder);
        let path =
            format!("{}:{}", self.repo.beside("bin").display(), std::env::var("PATH").unwrap());
        bash.args(["-c", script]).env("PATH", path);
        // Commits of commands are made at the day on which the commands run.
        bash.env("GIT_AUTHOR_DATE", format!("{TODAY}T12:00:00Z"));
        bash.env("GIT_COMMITTER_DATE", format!("{TODAY}T12:00:00Z"));
        bash
    }

    fn shell(&self, script: &str) {
        let output = self.bash(script, &self.repo.path()).output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs the blocks of a page; what went wrong.
    fn run(&self, page: &str) -> Vec<String> {
        self.shell("rm -rf page && mkdir page && cp -r poam-demo page/poam-demo");
        let folder = self.repo.path().join("page/poam-demo");
        lay_files(page, &folder);
        let mut wrong = Vec::new();
        for block in blocks(&read(page)).iter().filter(|block| block.info == "console") {
            for step in shown_commands(block) {
                // Both streams in the order in which a terminal shows them.
                let script = format!("exec 2>&1\n{}", step.command);
                let output = self.bash(&script, &folder).output().unwrap();
                let printed = String::from_utf8_lossy(&output.stdout);
                // The demo has faults, so that there is something to see.
                let is_check =
                    step.command.starts_with("poam validate") && !step.command.contains("--base");
                let ended = output.status.code();
                let fits = ended == Some(step.exit_code) || is_check && ended == Some(1);
                if !fits || !is_printed(&step.shown, &printed) {
                    wrong.push(format!(
                        "{page}:{}: {} ({})\n{printed}",
                        block.line, step.command, output.status
                    ));
                }
            }
        }
        wrong
    }
}

/// Lays the files that a page speaks of into the tracker.
fn lay_files(page: &str, folder: &Path) {
    let files = top()
        .join("tests/it/handbook/files")
        .join(page.trim_start_matches("docs/").replace('/', "-"));
    if !files.exists() {
        return;
    }
    for entry in walkdir::WalkDir::new(&files) {
        let entry = entry.unwrap();
        let target = folder.join(entry.path().strip_prefix(&files).unwrap());
        match entry.file_type().is_dir() {
            true => std::fs::create_dir_all(target).unwrap(),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

#[cfg(unix)]
#[test]
fn every_command_runs_and_prints_what_is_shown() {
    let demo = DemoTracker::new();
    let mut all = pages("docs");
    all.retain(|page| !page.starts_with("docs/reference/"));
    let wrong: Vec<String> = all.iter().flat_map(|page| demo.run(page)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_run_names_commands_that_exist() {
    let repo = Repo::bare_folder();
    let help = repo.poam(0, &["--help"]).0;
    for page in pages("docs").iter().chain([&"README.md".to_owned()]) {
        for block in blocks(&read(page)) {
            assert!(
                block.info != "sh" && block.info != "bash" && block.info != "shell",
                "{page}: use `console`"
            );
            if block.info != "console,no_run" {
                continue;
            }
            for step in shown_commands(&block) {
                let Some(rest) = step.command.strip_prefix("poam ") else { continue };
                let name = rest.split_whitespace().find(|word| !word.starts_with('-')).unwrap();
                assert!(help.contains(&format!("\n  {name} ")), "{page}: {}", step.command);
            }
        }
    }
}

#[test]
fn steps_have_their_exit_code_and_output() {
    let text = "```console\n$ poam validate   # exit code 1: late\nerror: a … b\n$ poam a \\\n    b\n```\n";
    let block = blocks(text).remove(0);
    let steps = shown_commands(&block);
    assert_eq!((steps[0].exit_code, steps[0].shown.len()), (1, 1));
    assert_eq!(steps[1].command, "poam a \\\n    b");
    assert!(is_printed(&steps[0].shown, "x\nerror: a 1 b\ny\n"));
    assert!(!is_printed(&steps[0].shown, "error: a\n"));
}
