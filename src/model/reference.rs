//! Texts that are given as evidence: references that somebody can look up, or words that are none.

use super::folded::folded;

/// Words that answer "what shows it?" without naming anything: placeholders, answers, states, and
/// the kinds of documents without the one that is meant.
const EMPTY: &str = "
a above add added added all already an and any applicable apply approved are as at attached
attachment attachments available be been before below both by can check checked clear cleared
close closed closing comment comments complete completed completion confirmed copy customer
date determined discussed doc docs document documentation documented documents done email emailed
emails engineer enough evidence exists explained false file filed files finished fix fixed fixes
folder follow following for from further given go good have held here i implemented in info internal is issue it item
its known later letter link links list mail me meeting mitigated n na ne need needed nil no none
not notes nothing null of off ok okay on online or our owner owners patched pending per
person phone picture pictures pls poam please positive proof proofs provide provided reference
references ref refs remediated remediation report reports request requested required resolved
result results retest retested review reviewed same scan scanned scans screen screenshot
screenshots see self sent share shared shot shots signed soon spoke tba tbc tbd team teams test
tested testing the their them this ticket tickets to todo told true under unknown upload uploaded
upon url user validated validation various vendor verbal verbally verification verified waiting we
weakness will with word words work works written x xx xxx y yes yep yet you your
aucun aucune erledigt fertig hecho fait fatto feito gemacht keine keiner listo ninguna ninguno nada
nessuna nessuno oui ja si sim vedi ver siehe voir anbei adjunto allegato
";

/// Whether a text names something that can be looked up: a ticket, a document, a file, an address,
/// a scan of a day. A placeholder (`n/a`, `TBD`), an answer (`yes`, `done`) and a pointer to
/// nothing (`see attached`, `screenshot`) are none.
pub fn is_reference(text: &str) -> bool {
    let text = folded(text);
    if text.contains("://") {
        return true;
    }
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '\u{2019}'));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.iter().any(|word| {
        if words.len() > 1 && word.chars().all(|c| c.is_ascii_digit()) {
            return true; // `Scan 7`
        }
        // A single letter or digit is a mark, not a name: `x`, `1`, the letters of `n/a`.
        let marks = word.chars().count() == 1 && word.is_ascii();
        let repeated = word.chars().all(|c| word.starts_with(c)) && word.is_ascii();
        !marks && !repeated && !EMPTY.split_ascii_whitespace().any(|empty| empty == *word)
    })
}

#[cfg(test)]
mod tests {
    use super::is_reference;

    #[test]
    fn a_reference_names_what_can_be_looked_up() {
        for text in [
            "CHG-1234",
            "E4",
            "Scan 7",
            "JIRA ABC-1",
            "scan.pdf",
            "scan 7 of 2026-02-12",
            "https://tickets.example.com/x",
            "Nessus scan of web-01",
            "KB5034441",
            "12345",
            "SSP section 4.2",
            "CHG-1 : done",
            "Prüfbericht der Innenrevision",
            "\u{7b2c}\u{4e8c}\u{6b21}\u{626b}\u{63cf}",
        ] {
            assert!(is_reference(text), "{text:?}");
        }
        for text in [
            "",
            " \u{200b}",
            "n/a",
            "N/A.",
            "N.A.",
            "none",
            "TBD",
            "T\u{200b}BD",
            "x",
            "XXX",
            "xx",
            "done",
            "Done!",
            "yes",
            "ok",
            "-",
            "...",
            "see attached",
            "See attached document",
            "attached",
            "as discussed",
            "will follow",
            "to be provided",
            "on file",
            "available upon request",
            "fixed",
            "Fixed and verified",
            "closed",
            "ticket",
            "screenshot",
            "screen shot",
            "scan",
            "scan results",
            "evidence",
            "see email",
            "verbal confirmed",
            "0",
            "1",
            "111",
            "not required",
            "same as above",
            "erledigt",
            "ninguno",
        ] {
            assert!(!is_reference(text), "{text:?}");
        }
    }
}
