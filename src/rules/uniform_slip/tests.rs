//! Tests of [`super`].

use super::super::examples::run_example;
use super::*;

fn steps(days: &[&str]) -> String {
    let step = |(n, due): (usize, &&str)| {
        format!("  - {{id: {}, description: A, due: 2026-{due}}}\n", n + 1)
    };
    format!("milestones:\n{}", days.iter().enumerate().map(step).collect::<String>())
}

fn item(id: usize) -> String {
    format!(
        "id: V-{id}\nweakness_name: W{id}\nstatus: open\noriginal_detection_date: 2026-01-05\n\
            original_risk_rating: low\npoint_of_contact: {{name: Jane Doe}}\n"
    )
}

#[test]
fn a_whole_plan_that_moves_twice() {
    let plan = ["05-01", "05-10", "05-20"];
    let later = ["05-11", "05-20", "05-30"];
    for (versions, fires) in [
        (vec![steps(&plan), steps(&later), steps(&["05-16", "05-25", "06-04"])], true),
        (vec![steps(&plan), steps(&later)], false),
        (vec![steps(&plan), steps(&later), steps(&["05-16", "05-25", "06-05"])], false),
        (vec![steps(&plan), steps(&later), steps(&["05-16", "05-25", "05-30"])], false),
        (vec![steps(&plan[..2]), steps(&later[..2]), steps(&["05-16", "05-25"])], false),
        // A step that is completed or new does not hide that the rest moved together.
        (
            vec![
                steps(&["03-01", "05-01", "05-10", "05-20"])
                    .replace("due: 2026-03-01", "due: 2026-03-01, status: completed"),
                steps(&["03-01", "05-11", "05-20", "05-30"])
                    .replace("due: 2026-03-01", "due: 2026-03-01, status: completed"),
                steps(&["03-01", "05-16", "05-25", "06-04", "07-01"])
                    .replace("due: 2026-03-01", "due: 2026-03-01, status: completed"),
            ],
            true,
        ),
    ] {
        let mut block =
            format!("fail today=2026-04-20\n# commit: 2026-01-08\n{}{}", item(1), versions[0]);
        for (number, version) in versions[1..].iter().enumerate() {
            block.push_str(&format!("# commit: 2026-02-1{number}\n{version}"));
        }
        assert_eq!(!run_example(&RULE, &block).is_empty(), fires, "{block}");
    }
}

#[test]
fn most_items_of_an_owner_on_one_day() {
    let run = |items: usize, moved: usize, today: &str| {
        let mut block = format!("fail today={today}\n# commit: 2026-01-08\n");
        for id in 0..items {
            block.push_str(&format!(
                "# file: items/V-{id}.yaml\n{}{}",
                item(id),
                steps(&["05-01"])
            ));
        }
        block.push_str("# commit: 2026-02-01\n");
        for id in 0..moved {
            block.push_str(&format!("# file: items/V-{id}.yaml\n{}", steps(&["05-31"])));
        }
        run_example(&RULE, &block)
    };
    assert_eq!(run(9, 5, "2026-04-20").len(), 1);
    assert_eq!(run(10, 5, "2026-04-20").len(), 0, "half is not most");
    assert_eq!(run(4, 4, "2026-04-20").len(), 0, "few say nothing");
    assert_eq!(run(5, 5, "2026-05-03").len(), 0, "long ago");
    assert!(
        run(5, 5, "2026-05-02")[0]
            .ends_with("most open items of Jane Doe moved by 30 days on 2026-02-01")
    );
}

#[test]
fn a_register_that_moves_as_a_whole() {
    let of = |id: usize, owner: &str| item(id).replace("Jane Doe", owner);
    let run = |commits: &[(&str, &[(usize, &str)])]| {
        let mut block = "fail today=2026-04-20\n# commit: 2026-01-08\n".to_owned();
        for id in 0..6 {
            let owner = ["Ana Ruiz", "Ben Cole", "Cleo Hart"][id / 2];
            let step = steps(&["02-10"]);
            block.push_str(&format!("# file: items/V-{id}.yaml\n{}{step}", of(id, owner)));
        }
        for (head, changes) in commits {
            block.push_str(&format!("# commit: {head}\n"));
            for (id, due) in *changes {
                block.push_str(&format!("# file: items/V-{id}.yaml\n{}", steps(&[due])));
            }
        }
        run_example(&RULE, &block).len()
    };
    let all =
        |due: &'static str| -> Vec<(usize, &'static str)> { (0..6).map(|id| (id, due)).collect() };
    let (march, april) = (all("03-10"), all("04-10"));
    assert_eq!(run(&[("2026-02-05 Ana Ruiz — dates after the review", &march)]), 1);
    assert_eq!(run(&[("2026-02-05 Ana Ruiz — change freeze CHG-1234", &march)]), 0);
    let twice: &[(&str, &[(usize, &str)])] = &[
        ("2026-02-05 Ana Ruiz — change freeze CHG-1234", &march),
        ("2026-03-05 Ana Ruiz — change freeze CHG-1300", &april),
    ];
    assert_eq!(run(twice), 1);
    // One item a day.
    let days: Vec<String> = (0..6).map(|id| format!("2026-02-0{}", id + 1)).collect();
    let single: Vec<[(usize, &str); 1]> = (0..6).map(|id| [(id, "03-10")]).collect();
    let one_a_day: Vec<(&str, &[(usize, &str)])> =
        days.iter().zip(&single).map(|(day, change)| (day.as_str(), &change[..])).collect();
    assert_eq!(run(&one_a_day), 1);
    assert_eq!(run(&one_a_day[..3]), 0, "few moved");
}

/// Runs the rule on a register of `size` items of two owners, each with one milestone and a
/// scheduled date, whose commits change fields of items: `(head, [(item, fields)])`.
fn register(size: usize, commits: &[(String, Vec<(usize, String)>)]) -> Vec<String> {
    let mut block = "fail today=2026-04-20\n# commit: 2026-01-08\n".to_owned();
    for id in 0..size {
        let owner = ["Ana Ruiz", "Ben Cole"][id % 2];
        let first = item(id).replace("Jane Doe", owner) + &plan("02-10", "02-28");
        block.push_str(&format!("# file: items/V-{id}.yaml\n{first}"));
    }
    for (head, changes) in commits {
        block.push_str(&format!("# commit: {head}\n"));
        for (id, fields) in changes {
            block.push_str(&format!("# file: items/V-{id}.yaml\n{fields}"));
        }
    }
    run_example(&RULE, &block)
}

fn plan(due: &str, scheduled: &str) -> String {
    format!("{}scheduled_completion_date: 2026-{scheduled}\n", steps(&[due]))
}

fn all(size: usize, fields: &str) -> Vec<(usize, String)> {
    (0..size).map(|id| (id, fields.to_owned())).collect()
}

#[test]
fn kinds_of_registers_that_move_together() {
    let on = |day: &str| format!("2026-{day} Ana Ruiz — after the review");
    let both = |size, first: &str, second: &str| {
        vec![(on("02-05"), all(size, first)), (on("03-05"), all(size, second))]
    };
    let march = plan("03-10", "02-28");
    for (name, size, commits, reported) in [
        ("three items, once", 3, both(3, &march, &march)[..1].to_vec(), 0),
        ("three items, twice", 3, both(3, &march, &plan("04-10", "02-28")), 2),
        ("two items, twice", 2, both(2, &march, &plan("04-10", "02-28")), 0),
        ("the schedule alone", 6, both(6, &plan("02-10", "03-31"), "comments: a\n"), 1),
        ("both dates", 6, both(6, &plan("03-10", "03-31"), "comments: a\n"), 1),
        ("eight of ten", 10, vec![(on("02-05"), all(8, &march))], 1),
        ("five of ten", 10, vec![(on("02-05"), all(5, &march))], 0),
        ("and back", 6, both(6, &march, &plan("02-10", "02-28")), 0),
    ] {
        assert_eq!(register(size, &commits).len(), reported, "{name}");
    }
    // The dates of some items, the milestones of others; in two commits of one week.
    let mixed: Vec<(usize, String)> = (0..3).map(|id| (id, plan("03-10", "02-28"))).collect();
    let rest: Vec<(usize, String)> = (3..6).map(|id| (id, plan("02-10", "03-28"))).collect();
    let commits = [(on("02-05"), mixed), (on("02-09"), rest)];
    let said = register(6, &commits);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].ends_with("of all owners moved by 28 days between 2026-02-05 and 2026-02-09"));
}

#[test]
fn reasons_and_rights_to_move() {
    let march = plan("03-10", "02-28");
    let each = |head: &dyn Fn(usize) -> String, fields: &str| -> Vec<_> {
        (0..6).map(|id| (head(id), vec![(id, fields.to_owned())])).collect()
    };
    let reasons =
        ["vendor ships late", "new hardware", "two more hosts", "freeze", "leave", "tests fail"];
    let own = |id: usize| format!("2026-02-0{} Ana Ruiz — {}", id + 1, reasons[id]);
    let same = |id: usize| format!("2026-02-0{} Ana Ruiz — V-{id} needs more time", id + 1);
    let none = |id: usize| format!("2026-02-0{}", id + 1);
    let freeze = |id: usize| format!("2026-02-0{} Ana Ruiz — freeze CHG-77", id + 1);
    assert_eq!(register(6, &each(&own, &march)).len(), 0, "each has its reason");
    assert_eq!(register(6, &each(&same, &march)).len(), 1);
    assert_eq!(register(6, &each(&none, &march)).len(), 1);
    assert_eq!(register(6, &each(&freeze, &march)).len(), 0);
    let again = |id: usize| format!("2026-03-0{} Ana Ruiz — {}", id + 1, reasons[5 - id]);
    let mut twice = each(&own, &march);
    twice.extend(each(&again, &plan("04-10", "02-28")));
    assert_eq!(register(6, &twice).len(), 2, "the same length, again");
    let approved = "deviations: [{type: risk-adjustment, state: approved, \
            adjusted_risk_rating: low}]\n";
    let released = "vendor_dependency: {product: P, fix_released: 2026-02-04}\n";
    for right in [approved, released] {
        let at_once = vec![("2026-02-05".to_owned(), all(6, &format!("{right}{march}")))];
        assert_eq!(register(6, &at_once).len(), 0, "{right}");
        let after = vec![
            ("2026-02-05".to_owned(), all(6, right)),
            ("2026-02-06".to_owned(), all(6, &march)),
        ];
        assert_eq!(register(6, &after).len(), 0, "{right}");
    }
}

#[test]
fn milestones_that_come_back_and_items_with_another_id() {
    let gone = "milestones: []\n";
    let again = "milestones:\n  - {id: 2, description: A, due: 2026-03-10}\n";
    let commits =
        [("2026-02-05".to_owned(), all(6, gone)), ("2026-02-06".to_owned(), all(6, again))];
    assert_eq!(register(6, &commits).len(), 1);
    let renamed: Vec<(usize, String)> = (0..6)
        .map(|id| {
            let owner = ["Ana Ruiz", "Ben Cole"][id % 2];
            let text = item(id).replace("Jane Doe", owner) + &plan("03-10", "02-28");
            (id, text.replacen("id: V-", "id: W-", 1))
        })
        .collect();
    assert_eq!(register(6, &[("2026-02-05".to_owned(), renamed)]).len(), 1);
}

#[test]
fn a_plan_whose_milestones_move_one_by_one() {
    let versions = |days: [&str; 6]| {
        let mut due = ["05-01", "05-10", "05-20"];
        let mut block =
            format!("fail today=2026-04-20\n# commit: 2026-01-08\n{}{}", item(1), steps(&due));
        for (at, day) in days.iter().enumerate() {
            due[at % 3] =
                [["05-15", "05-24", "06-03"], ["05-29", "06-07", "06-17"]][at / 3][at % 3];
            block.push_str(&format!("# commit: 2026-{day}\n{}", steps(&due)));
        }
        run_example(&RULE, &block)
    };
    let week = ["02-02", "02-04", "02-06", "03-02", "03-04", "03-06"];
    assert_eq!(
        versions(week),
        ["warning `milestones`: all open milestones were moved together 2 times: by 14 days on \
2026-02-06, by 14 days on 2026-03-06"]
    );
    let months = ["01-10", "01-25", "02-10", "02-25", "03-10", "03-25"];
    assert_eq!(versions(months).len(), 0, "each in a fortnight of its own");
}
