//! import(generate(tree)) = tree, for every field that a layout can carry, over generated items.
#![allow(clippy::unwrap_used)]

use chrono::{Days, NaiveDate};
use poam::exchange::{Assumed, Edition, Records, content, item};
use poam::history::ExportHistory;
use poam::model::{
    Deviation, DeviationState, DeviationType, Evidence, Exposure, Facing, Item, Kev, Kind,
    Milestone, MilestoneStatus, Person, RiskRating, VendorDependency,
};
use poam::settings::Settings;
use poam::store::{FoundContent, FoundFile, Store};
use poam::workbook::{Layout, Reading, SheetRole, build, read_bytes};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Words of people, with what spreadsheets and YAML find special.
fn text() -> impl Strategy<Value = String> {
    "[A-Z=+@'#\u{e9}-][a-zA-Z0-9 :;,.()/\"'%&<>\u{e9}\u{4e2d}-]{0,30}[a-z.]"
        .prop_filter("blanks in a row", |text| !text.contains("  "))
}

fn lines() -> impl Strategy<Value = String> {
    vec(text(), 1..4).prop_map(|lines| lines.join("\n"))
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (0u64..3000).prop_map(|days| {
        NaiveDate::from_ymd_opt(2018, 1, 1).unwrap().checked_add_days(Days::new(days)).unwrap()
    })
}

fn milestones() -> impl Strategy<Value = Vec<Milestone>> {
    let state = prop_oneof![
        Just((MilestoneStatus::Pending, None)),
        Just((MilestoneStatus::InProgress, None)),
        Just((MilestoneStatus::Cancelled, None)),
        option::of(day()).prop_map(|day| (MilestoneStatus::Completed, day)),
    ];
    vec((lines(), day(), state), 0..4).prop_map(|steps| {
        let mut milestones = Vec::new();
        for (id, (description, due, (status, completed))) in (1..).zip(steps) {
            let due = Some(due);
            let planned = Milestone::planned(id, description, due);
            milestones.push(Milestone { status, completed, ..planned });
        }
        milestones
    })
}

fn deviation() -> impl Strategy<Value = Deviation> {
    let kind = prop_oneof![
        Just(DeviationType::RiskAdjustment),
        Just(DeviationType::FalsePositive),
        Just(DeviationType::OperationalRequirement)
    ];
    let state = prop_oneof![Just(DeviationState::Pending), Just(DeviationState::Approved)];
    (kind, state, option::of(text()), option::of("DR-[0-9]{1,3}")).prop_map(
        |(kind, state, rationale, request)| Deviation {
            kind,
            state,
            adjusted_risk_rating: Some(RiskRating::Low)
                .filter(|_| kind == DeviationType::RiskAdjustment),
            rationale,
            request,
            requested: None,
            approver: None,
            decided: None,
            questions: Vec::new(),
        },
    )
}

fn items() -> impl Strategy<Value = Item> {
    let words = (lines(), option::of(lines()), option::of(text()), option::of("[0-9]{5,8}"));
    let lists = (
        vec("(AC|SI|RA)-[1-9](\\([1-9]\\))?", 0..4),
        vec("CVE-20[12][0-9]-[0-9]{4}", 0..3),
        vec("10\\.0\\.0\\.[0-9] \\((80|443)/tcp\\)", 0..4),
        vec("[A-Z][a-z]{2,8}", 0..3),
    );
    // Words that look like the line in which a plan says its scheduled date.
    let plan_text = (lines(), option::of(day())).prop_map(|(text, day)| match day {
        Some(day) => format!("{text}\n\nScheduled completion: {day}"),
        None => text,
    });
    let plan = (option::of(text()), option::of(plan_text), milestones(), day(), day());
    let states = (
        any::<bool>(),
        0..4,
        prop_oneof![
            Just(RiskRating::Low),
            Just(RiskRating::Moderate),
            Just(RiskRating::High),
            Just(RiskRating::Critical)
        ],
        option::of(deviation()),
        option::of(option::of(day())),
    );
    let rest = (
        option::of((
            option::of("[A-Z][a-z]{3,9} Corp"),
            option::of("[A-Z][a-z]{3,9} [0-9]"),
            option::of(day()),
            option::of(day()),
        )),
        option::of(lines()),
        vec("CHG-[0-9]{1,4}", 0..3),
        option::of((
            "[A-Z][a-z]{2,8} [A-Z][a-z]{2,8}",
            option::of("[a-z]{3,8}@example\\.com"),
            option::of("[A-Z][a-z]{2,8} owner"),
        )),
        option::of(any::<bool>()),
    );
    (words, lists, plan, states, rest).prop_map(|(words, lists, plan, states, rest)| {
        let (closed, kind, rating, deviation, kev) = states;
        let status = if closed { "closed" } else { "open" };
        let name = words.0.replace('\n', " ");
        let mut item =
            Item::new("V-1".parse().unwrap(), name, status.parse().unwrap(), plan.3, rating);
        item.kind = match kind {
            1 => Kind::Configuration,
            2 => Kind::Documentation,
            _ => Kind::Weakness,
        };
        (item.weakness_description, item.detector_source, item.source_identifier) =
            (words.1, words.2, words.3);
        (item.controls, item.cves, item.assets, item.services) = lists;
        (item.resources_required, item.remediation_plan, item.milestones) =
            (plan.0, plan.1, plan.2);
        item.scheduled_completion_date = Some(plan.4);
        item.completion_date = Some(plan.4).filter(|_| closed);
        item.kev = kev.map(|due| Kev { listed: true, added: None, due });
        item.vendor_dependency = rest.0.map(|(vendor, product, last_check_in, fix_released)| {
            Box::new(VendorDependency { vendor, product, last_check_in, fix_released })
        });
        item.comments = rest.1;
        let evidence =
            |reference| Evidence { kind: None, reference, location: None, collected: None };
        item.evidence = rest.2.into_iter().map(evidence).collect();
        item.point_of_contact = rest.3.map(|(name, email, role)| Person { name, email, role });
        if let (Some(internal), true) =
            (rest.4, deviation.as_ref().is_some_and(|it| it.rationale.is_some()))
        {
            let facing = if internal { Facing::Internal } else { Facing::External };
            item.exposure = Some(Exposure {
                facing: Some(facing),
                internet_reachable: None,
                likely_exploitable: None,
            });
        }
        item.deviations = deviation.into_iter().collect();
        item
    })
}

/// The workbook of the items that were read.
fn again(
    reading: &Reading,
    settings: &Settings,
    layout: &Layout,
    edition: &Edition,
    today: NaiveDate,
) -> Reading {
    let items = reading.rows.iter().map(|row| item(row, &Assumed::default(), today).unwrap().item);
    let store = store(items.collect::<Vec<_>>().iter());
    let records = Records { store: &store, settings, history: &ExportHistory::default() };
    let (content, _) = content(records, layout, edition).unwrap();
    read_bytes("w.xlsx", build(layout, &content).unwrap()).unwrap()
}

fn store<'a>(items: impl Iterator<Item = &'a Item>) -> Store {
    let found = items.map(|item| FoundFile {
        path: format!("items/{}.yaml", item.id),
        content: FoundContent::Bytes(poam::change::file_text(item, "x").unwrap().into_bytes()),
    });
    Store::read(found.collect())
}

/// Reduces an item to the fields of the sheet of documentation findings.
fn on_its_sheet(went: &Item) -> Item {
    let mut item = Item::new(
        went.id.clone(),
        went.weakness_name.clone(),
        went.status.clone(),
        went.original_detection_date,
        went.original_risk_rating,
    );
    item.kind = went.kind;
    item.weakness_description = went.weakness_description.clone();
    item.remediation_plan = went.remediation_plan.clone();
    item.scheduled_completion_date = went.scheduled_completion_date;
    item.milestones = went.milestones.clone();
    item.completion_date = went.completion_date;
    item
}

proptest! {
    // One workbook of each layout with many rows: a workbook takes longer than its rows.
    #![proptest_config(ProptestConfig { cases: 1, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_out_comes_back(mut went in vec(items(), 40)) {
        let settings = Settings::parse("poam.yaml", b"version: 1\n").unwrap();
        let today: NaiveDate = "2026-11-22".parse().unwrap();
        let edition = Edition { date: today, ..Edition::default() };
        for (number, item) in (1..).zip(&mut went) {
            item.id = format!("V-{number}").parse().unwrap();
        }
        for layout in Layout::all_layouts() {
            // 3.0 has no column for services.
            let has_services = layout.sheets.iter().any(|sheet| {
                sheet.columns.iter().any(|column| column.field == poam::workbook::Field::ServiceName)
            });
            let store = store(went.iter());
            let (content, _) =
                content(Records { store: &store, settings: &settings, history: &ExportHistory::default() }, layout, &edition).unwrap();
            let reading = read_bytes("w.xlsx", build(layout, &content).unwrap()).unwrap();
            prop_assert_eq!(reading.rows.len(), went.len());
            for row in &reading.rows {
                let came = item(row, &Assumed::default(), today).unwrap().item;
                let mut went = store.find(&came.id).unwrap().item.clone();
                if !has_services {
                    went.services.clear();
                }
                if row.role == SheetRole::Documentation {
                    went = on_its_sheet(&went);
                }
                let json = |item: &Item| serde_json::to_value(item).unwrap();
                prop_assert_eq!(json(&went), json(&came), "{}", layout.name);
            }
            // The words are the same when what came back goes out again.
            let again = again(&reading, &settings, layout, &edition, today);
            for (one, other) in reading.rows.iter().zip(&again.rows) {
                prop_assert_eq!(&one.cells, &other.cells, "{}", layout.name);
            }
        }
    }
}
