//! Tests of `--output` onto existing files, links, devices, pipes and folders.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;

use crate::support::Repo;

const ITEM: &str = "weakness_name: Weak cipher\noriginal_detection_date: 2026-10-05\n\
    original_risk_rating: high\npoint_of_contact: {name: Ana Ruiz}\nstatus: open\n\
    detector_source: Nessus\nservices: [web]\nremediation_plan: Update.\n";

const SETTINGS: &str =
    "version: 1\nsystem: {name: Example, certification_package: \"https://example.com/cpo\"}\n";

/// The commands that write the file that `--output` names.
const COMMANDS: [&[&str]; 7] = [
    &["workbook", "--template", "rev4"],
    &["export", "csv"],
    &["export", "csv", "--events"],
    &["export", "ndjson"],
    &["export", "oscal"],
    &["export", "ver", "--report", "activity"],
    &["export", "ver", "--report", "summary", "--since", "2026-01-01"],
];

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", SETTINGS);
    repo.write("items/V-1.yaml", format!("id: V-1\n{ITEM}"));
    repo.commit("2026-10-06", "start");
    repo
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn with_output<'a>(command: &[&'a str], output: &'a str) -> Vec<&'a str> {
    [command, &["-o", output]].concat()
}

#[test]
fn a_workbook_has_the_extension_of_what_it_holds() {
    let repo = tracker();
    for (output, hint) in [
        ("POAM.xlsm", "name it POAM.xlsx"),
        ("POAM.XLSM", "name it POAM.xlsx"),
        ("POAM.xls", "name it POAM.xlsx"),
        ("POAM.xlsb", "name it POAM.xlsx"),
        ("POAM.ods", "name it POAM.xlsx"),
        ("POAM.csv", "poam export csv"),
        ("POAM", "name it POAM.xlsx"),
        ("POAM.xlsx.tmp", "name it POAM.xlsx.xlsx"),
    ] {
        let (out, err) = repo.poam(2, &["workbook", "--template", "rev4", "-o", output]);
        assert!(out.is_empty() && err.contains(hint), "{output}: {err}");
        assert!(!repo.path().join(output).exists(), "{output}");
    }
    repo.poam(0, &["workbook", "-o", "POAM.XLSX"]);
}

#[test]
fn a_link_leads_to_its_target() {
    let repo = tracker();
    let folder = repo.beside("elsewhere");
    fs::create_dir(&folder).unwrap();
    for (number, command) in COMMANDS.iter().enumerate() {
        let (link, target) = (format!("link{number}.xlsx"), format!("target{number}.xlsx"));
        fs::write(folder.join(&target), "old").unwrap();
        symlink(folder.join(&target), repo.path().join(&link)).unwrap();
        repo.poam(0, &with_output(command, &link));
        let written = fs::read(folder.join(&target)).unwrap();
        assert!(written != b"old" && !written.is_empty(), "{command:?}");
        assert!(repo.path().join(&link).symlink_metadata().unwrap().is_symlink(), "{command:?}");
    }
}

#[test]
fn a_pipe_is_written_through() {
    let repo = tracker();
    for command in COMMANDS {
        let pipe = repo.path().join("pipe");
        let made = repo.command("mkfifo", &repo.path()).arg("pipe").status().unwrap();
        assert!(made.success());
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::read(pipe).unwrap())
        };
        let (out, err) = repo.poam(0, &with_output(command, "pipe"));
        let read = reader.join().unwrap();
        assert!(!read.is_empty(), "{command:?}");
        assert!(out.is_empty() && err.contains("pipe: "), "{command:?}: {out}{err}");
        assert!(pipe.symlink_metadata().unwrap().file_type().is_fifo(), "{command:?}");
        fs::remove_file(pipe).unwrap();
    }
}

#[test]
fn the_standard_output_under_another_name_gets_the_result_alone() {
    let repo = tracker();
    let built = repo.path().join("built.xlsx");
    for command in COMMANDS {
        repo.poam(0, &with_output(command, "built.xlsx"));
        for name in ["/dev/stdout", "/dev/fd/1"] {
            let output = repo.try_poam(&with_output(command, name));
            assert!(output.status.success(), "{command:?}");
            assert!(output.stdout == fs::read(&built).unwrap(), "{command:?} {name}");
        }
        let link = Path::new("/dev/stdout").symlink_metadata().unwrap();
        assert!(link.is_symlink(), "{command:?}");
    }
}

#[test]
fn a_device_is_not_replaced() {
    let repo = tracker();
    for command in COMMANDS {
        repo.poam(0, &with_output(command, "/dev/null"));
        let kind = Path::new("/dev/null").symlink_metadata().unwrap().file_type();
        assert!(kind.is_char_device(), "{command:?}");
        let (_, err) = repo.poam(2, &with_output(command, "/dev/full"));
        assert!(err.contains("/dev/full") && err.contains("No space left"), "{command:?}: {err}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named_and_no_temporary_file() {
    let repo = tracker();
    fs::create_dir(repo.path().join("folder.xlsx")).unwrap();
    for command in COMMANDS {
        for (output, reason) in [
            ("missing/out.xlsx", "No such file or directory"),
            ("folder.xlsx", "it is a folder"),
            ("poam.yaml/out.xlsx", "Not a directory"),
        ] {
            let (_, err) = repo.poam(2, &with_output(command, output));
            let said = err.contains(output) && err.contains(reason);
            assert!(said && !err.contains(".poam-"), "{command:?}: {err}");
        }
    }
    for output in ["poam.yaml", "poam.yaml/report"] {
        let (_, err) = repo.poam(2, &["report", "-o", output]);
        assert!(err.contains("poam.yaml") && !err.contains(".poam-"), "{err}");
    }
    assert!(!names(&repo.path()).iter().any(|name| name.starts_with(".poam-")));
}

#[test]
fn a_file_keeps_its_mode_and_a_new_one_has_the_usual() {
    let repo = tracker();
    repo.write("private.csv", "old");
    let mode =
        |name: &str| fs::metadata(repo.path().join(name)).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(repo.path().join("private.csv"), fs::Permissions::from_mode(0o600))
        .unwrap();
    repo.write("usual", "");
    repo.poam(0, &["export", "csv", "-o", "private.csv"]);
    repo.poam(0, &["export", "csv", "-o", "new.csv"]);
    assert_eq!((mode("private.csv"), mode("new.csv")), (0o600, mode("usual")));
}

#[test]
fn what_a_stopped_command_left_is_removed_by_the_next() {
    let repo = tracker();
    let long = format!("id: V-2\nweakness_description: {}\n{ITEM}", "long text ".repeat(800));
    repo.write("items/V-2.yaml", long);
    repo.commit("2026-10-07", "long");
    let left = || names(&repo.path()).iter().filter(|name| name.starts_with(".poam-")).count();
    let mut stopped = 0;
    let commands = COMMANDS.map(|command| with_output(command, "out.xlsx"));
    for command in commands.into_iter().chain([vec!["report", "-o", "report"]]) {
        repo.poam(0, &command);
        // The limit of two kilobytes a file stops the program in the middle of its work, as a kill does.
        let program = env!("CARGO_BIN_EXE_poam");
        let script = format!("ulimit -f 4; exec {program} {}", command.join(" "));
        repo.command("sh", &repo.path()).args(["-c", &script]).output().unwrap();
        stopped += left();
        repo.poam(0, &command);
        assert_eq!(left(), 0, "{command:?}");
    }
    assert!(stopped > 3, "{stopped}");
}

#[test]
fn a_folder_for_temporary_files_without_room_is_an_error() {
    let repo = tracker();
    let program = env!("CARGO_BIN_EXE_poam");
    let run = |script: &str| {
        let output = repo.command("sh", &repo.path()).args(["-c", script]).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{script}: {err}");
        assert!(!err.contains("panicked"), "{script}: {err}");
        err
    };
    let err = run(&format!("TMPDIR=/missing/folder {program} snapshot --dry-run"));
    assert!(err.contains("/missing/folder") && err.contains("TMPDIR"), "{err}");
    // A file of four kilobytes at most stands for a disk that is full.
    let small = "trap '' XFSZ; ulimit -f 8;";
    let err = run(&format!("{small} TMPDIR=$PWD {program} snapshot --dry-run"));
    assert!(err.contains("temporary files cannot be written") && err.contains("TMPDIR"), "{err}");
    let err = run(&format!("{small} TMPDIR=/missing {program} workbook -o out.xlsx"));
    assert!(err.contains("temporary files cannot be written"), "{err}");
    repo.poam(0, &["workbook", "-o", "out.xlsx"]);
    let err = run(&format!("{small} {program} workbook verify out.xlsx"));
    assert!(err.contains("temporary files cannot be written"), "{err}");
}

#[test]
fn a_workbook_needs_no_folder_but_that_of_its_file() {
    let repo = tracker();
    let program = env!("CARGO_BIN_EXE_poam");
    let script = format!("TMPDIR=/missing/folder {program} workbook -o out.xlsx");
    let output = repo.command("sh", &repo.path()).args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_report_takes_the_place_of_the_old_one_at_once() {
    let repo = tracker();
    repo.poam(0, &["report", "-o", "report"]);
    let first = fs::metadata(repo.path().join("report")).unwrap();
    repo.write("items/V-2.yaml", format!("id: V-2\n{ITEM}"));
    repo.commit("2026-10-07", "second");
    repo.poam(0, &["report", "-o", "report"]);
    use std::os::unix::fs::MetadataExt;
    let second = fs::metadata(repo.path().join("report")).unwrap();
    assert_ne!(first.ino(), second.ino(), "another folder stands there");
    assert!(repo.read("report/poam-report.txt").contains("V-2"));
    assert!(!names(&repo.path()).iter().any(|name| name.starts_with(".poam-")));
}
