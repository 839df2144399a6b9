//! End-to-end tests: the program on repositories of their own, one module for what it tests.
#![allow(clippy::unwrap_used)]

mod action;
mod branch_gate;
mod change_commands;
mod check;
mod commits;
mod commits_like_git;
mod completions_and_man;
mod diagnostic_formats;
mod diff;
mod diff_and_validate;
mod emass;
mod export;
mod format;
mod fuzz;
mod guarded_commands;
mod handbook;
mod history_cache;
mod history_commands;
mod history_rules;
mod history_shapes;
mod hostile_input;
mod import;
mod import_cells;
mod import_layouts;
mod import_months;
mod import_past;
mod import_people_and_days;
mod import_round_trip;
mod import_series;
mod import_update;
mod interrupted;
mod item_lookup;
mod killed_commands;
mod locks;
mod log;
mod lsp;
mod merge_driver;
mod milestones;
mod names;
mod odd_commits;
mod official_layouts;
mod one_truth;
mod output_files;
mod pipelines;
mod portfolio;
mod random_histories;
mod reading_limits;
mod readme;
mod release_verification;
mod report;
mod review;
mod rules;
mod scan;
mod scan_absence;
mod scan_decisions;
mod scan_files;
mod scan_to_workbook;
mod serve;
mod set_edit_undo;
mod several_items;
mod snapshot;
mod structure;
mod summary;
mod support;
mod team_setups;
mod terminal_manners;
mod todo;
mod transition;
mod typed_words;
mod validate;
mod vdr;
mod ver;
mod verify;
mod workbook;
mod workbook_content;
mod workbook_roundtrip;
mod workbook_sources;
mod workbook_structure;
mod workbook_verify;
mod yaml_dialects;

/// Every file and folder beside this one is a module of this binary: none is forgotten.
#[test]
fn every_test_file_is_registered() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let registered: Vec<String> = include_str!("main.rs")
        .lines()
        .filter_map(|line| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned()))
        .collect();
    let mut modules: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "main")
        .collect();
    modules.sort();
    assert_eq!(registered, modules);
}
