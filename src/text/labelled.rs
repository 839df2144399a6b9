//! Agreement of a rule that judges texts with people: lists of texts that were labelled manually.

use std::fmt;

/// Score of a rule on a labelled list.
pub(crate) struct LabelScore {
    reported: usize,
    right: usize,
    wanted: usize,
    total: usize,
    wrong: Vec<String>,
}

/// The parts of the lists: those that a rule was tuned on, those that it was not, those that were collected
/// after the rule was written, and those collected after it was mended for these.
pub(crate) const PARTS: [&str; 4] = ["tune", "holdout", "public", "blind"];

impl LabelScore {
    /// Returns the score of a judgement on one part of a list; `label` is what it should report. A
    /// line is part, label, text and where the text was found, with tabs between.
    pub(crate) fn measure_score(
        list: &str,
        part: &str,
        label: &str,
        judge: impl Fn(&str) -> bool,
    ) -> Self {
        let mut score = Self { reported: 0, right: 0, wanted: 0, total: 0, wrong: Vec::new() };
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [of, labelled, text, source] = fields[..] else { panic!("{line:?}") };
            assert!(!source.is_empty() && PARTS.contains(&of), "{line:?}");
            if of != part {
                continue;
            }
            let (wanted, reported) = (labelled == label, judge(text));
            score.total += 1;
            score.wanted += usize::from(wanted);
            score.reported += usize::from(reported);
            score.right += usize::from(wanted && reported);
            // Texts held out are counted, and not shown to those who write the rule.
            let is_shown = part == "tune" || std::env::var_os("SHOW_HOLDOUT").is_some();
            if wanted != reported && is_shown {
                score.wrong.push(format!("{labelled}: {text}"));
            }
        }
        score
    }

    /// Computes the precision: the part of the reported texts that is right.
    pub(crate) fn compute_precision(&self) -> f64 {
        self.right as f64 / self.reported.max(1) as f64
    }

    /// Computes the recall: the part of the wanted texts that is reported.
    pub(crate) fn compute_recall(&self) -> f64 {
        self.right as f64 / self.wanted.max(1) as f64
    }
}

impl fmt::Display for LabelScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} texts, {} to be reported, {} reported, {} of them rightly: precision {:.3}, recall {:.3}; \
            wrong: {:?}",
            self.total,
            self.wanted,
            self.reported,
            self.right,
            self.compute_precision(),
            self.compute_recall(),
            self.wrong
        )
    }
}
