use std::fmt::Write as _;

use chrono::{Days, NaiveDate};

/// A small generator of numbers (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }

    pub(crate) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// The people of synthetic trackers.
pub(crate) const PEOPLE: [(&str, &str); 8] = [
    ("Ada Moreno", "ada.moreno@example.com"),
    ("Ben Okoro", "ben.okoro@example.com"),
    ("Chen Wei", "chen.wei@example.com"),
    ("Dara Singh", "dara.singh@example.com"),
    ("Emil Novak", "emil.novak@example.com"),
    ("Farah Aziz", "farah.aziz@example.com"),
    ("Gita Rao", "gita.rao@example.com"),
    ("Hugo Silva", "hugo.silva@example.com"),
];

const COMPONENTS: [&str; 10] = [
    "the web server",
    "a library of the portal",
    "the message queue",
    "the backup agent",
    "the database driver",
    "the container runtime",
    "the load balancer",
    "the mail relay",
    "the metrics gateway",
    "the build server",
];
const WEAKNESSES: [&str; 10] = [
    "accepts an outdated protocol version",
    "misses security updates",
    "runs with more rights than it needs",
    "offers weak cipher suites",
    "writes passwords to its log",
    "lacks a limit on requests",
    "allows an escalation of privileges",
    "does not check certificates",
    "exposes its version",
    "keeps default credentials",
];
const SENTENCES: [&str; 10] = [
    "An attacker on the same network could read or change what is transferred.",
    "The weakness was confirmed with an authenticated scan of all listed hosts.",
    "No sign of its use was found in the logs of the last ninety days.",
    "The vendor has published a corrected version and a stopgap.",
    "The affected hosts are part of the production environment.",
    "Access to the management network is limited to administrators.",
    "A denial of service of the component would delay work but lose no data.",
    "Customers cannot reach the component directly.",
    "The configuration differs from the baseline since the last migration.",
    "The same finding was reported for the test environment and is closed there.",
];
const STEPS: [&str; 6] = [
    "Test the corrected version in the staging environment and record the result",
    "Roll the change out to the first half of the hosts in the maintenance window",
    "Roll the change out to the other hosts and attach a clean authenticated scan",
    "Agree the maintenance window with the service owners in the change ticket",
    "Change the baseline and have the change reviewed by a second engineer",
    "Remove the stopgap and verify that monitoring is back to normal",
];
const CONTROLS: [&str; 8] = ["SI-2", "RA-5", "CM-6", "AC-2", "AC-6", "SC-8", "AU-6", "IA-5"];
const RATINGS: [(&str, u64); 4] = [("low", 180), ("moderate", 90), ("moderate", 90), ("high", 30)];

/// Changing parts of an item's life; everything else follows from its number.
#[derive(Clone, Default)]
pub(crate) struct State {
    status: Status,
    /// Milestones completed, of three, and the days of completion.
    done: u8,
    done_on: [u16; 3],
    slipped: [u16; 3],
    /// Days of the last reviews.
    reviews: [u16; 2],
    closed_on: u16,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Open,
    InProgress,
    PendingValidation,
    Closed,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in-progress",
            Self::PendingValidation => "pending-validation",
            Self::Closed => "closed",
        }
    }
}

impl State {
    /// Lets something happen that the workflow allows; what it was.
    pub(crate) fn advance(&mut self, day: u16, random: &mut Random) -> String {
        let from = self.status;
        let to = match (from, random.below(10)) {
            (Status::Open, 0..=5) => Status::InProgress,
            (Status::InProgress, 0..=4) if self.done < 3 => {
                self.done_on[usize::from(self.done)] = day;
                self.done += 1;
                return format!("milestone {} completed", self.done);
            }
            (Status::InProgress, _) if self.done == 3 => Status::PendingValidation,
            (Status::InProgress, 5..=7) => {
                self.slipped[2] += 14;
                return "milestone 3 rescheduled".to_owned();
            }
            (Status::PendingValidation, 0..=7) => {
                self.closed_on = day;
                Status::Closed
            }
            (Status::Closed, 0..=1) => {
                self.done = 2;
                Status::InProgress
            }
            _ => {
                self.reviews = [self.reviews[1], day];
                return "reviewed".to_owned();
            }
        };
        self.status = to;
        format!("{} -> {}", from.word(), to.word())
    }

    /// The file of an item, about 1.7 kB.
    pub(crate) fn render(&self, out: &mut String, id: &str, number: usize, start: NaiveDate) {
        let random = &mut Random::new(number as u64 ^ 0x5eed);
        let date = |day: u64| start.checked_add_days(Days::new(day)).unwrap_or(start);
        let detected = random.next() % 30;
        let (rating, days) = RATINGS[random.below(RATINGS.len())];
        let (owner, email) = PEOPLE[random.below(PEOPLE.len())];
        let component = random.pick(&COMPONENTS);
        let weakness = random.pick(&WEAKNESSES);
        out.clear();
        out.push_str("# yaml-language-server: $schema=../../../schema/item.schema.json\n");
        let _ = writeln!(out, "id: {id}\nweakness_name: {} {weakness}", capital(component));
        out.push_str("weakness_description: |\n");
        for _ in 0..4 {
            let _ = writeln!(out, "  {}", random.pick(&SENTENCES));
        }
        let (one, two) = (random.below(4), 4 + random.below(4));
        let _ = writeln!(out, "controls: [{}, {}]", CONTROLS[one], CONTROLS[two]);
        let plugin = 10_000 + random.below(190_000);
        let _ = writeln!(out, "detector_source: Nessus\nsource_identifier: \"{plugin}\"");
        out.push_str("original_finding: Monthly vulnerability scan\nassets:\n");
        for _ in 0..=random.below(4) {
            let (b, c) = (random.below(256), random.below(256));
            let _ = writeln!(out, "  - 10.20.{b}.{c} (443/tcp)");
        }
        let _ = writeln!(out, "point_of_contact:\n  name: {owner}\n  email: {email}");
        out.push_str("resources_required: 16 staff hours\n");
        let _ =
            writeln!(out, "remediation_plan: {}. {}.", random.pick(&STEPS), random.pick(&STEPS));
        let _ = writeln!(out, "original_detection_date: {}", date(detected));
        let _ = writeln!(out, "scheduled_completion_date: {}", date(detected + days));
        let _ = writeln!(out, "original_risk_rating: {rating}\nmilestones:");
        for (index, slipped) in self.slipped.iter().enumerate() {
            let done = index < usize::from(self.done);
            let due = detected + days * (index as u64 + 1) / 3 + u64::from(*slipped);
            let _ =
                writeln!(out, "  - id: {}\n    description: {}", index + 1, random.pick(&STEPS));
            let status = if done { "completed" } else { "pending" };
            let _ = writeln!(out, "    due: {}\n    status: {status}", date(due));
            if done {
                let day = date(u64::from(self.done_on[index]).max(detected));
                let _ = writeln!(out, "    completed: {day}");
                let _ = writeln!(out, "    evidence: [CHG-{}]", number % 9000 + index + 1000);
            }
        }
        let _ = writeln!(out, "status: {}", self.status.word());
        if self.closed_on > 0 {
            let collected = date(u64::from(self.closed_on).max(detected));
            let _ =
                writeln!(out, "evidence:\n  - type: scan\n    reference: SCAN-{}", number % 900);
            let _ = writeln!(out, "    collected: {collected}");
        }
        let _ = writeln!(out, "exposure: {{facing: internal, internet_reachable: false}}");
        let _ = writeln!(out, "change_ticket: CHG-{}", number % 9000 + 1000);
        if self.status == Status::Closed {
            let _ =
                writeln!(out, "completion_date: {}", date(u64::from(self.closed_on).max(detected)));
        }
        let reviewed = self.reviews.iter().filter(|day| **day > 0);
        for (index, day) in reviewed.enumerate() {
            out.push_str(if index == 0 { "reviews:\n" } else { "" });
            let day = date(u64::from(*day).max(detected));
            let _ = writeln!(out, "  - {{date: {day}, by: {owner}, note: The plan still holds.}}");
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
