use serde_json::{Value, json};

use super::Row;
use super::names::address;
use super::view::line;

/// The columns of the data, as `items.js` knows them.
const COLUMNS: [&str; 14] = [
    "id", "name", "risk", "status", "owner", "detected", "due", "late", "slips", "closed", "page",
    "controls", "cves", "services",
];

/// The data of the table: a script, because a page that was opened from the file system may load
/// nothing else.
pub(super) fn script(rows: &[Row<'_>]) -> String {
    let mut out = format!("window.POAM = {{\"columns\":{},\"items\":[\n", escaped(&json!(COLUMNS)));
    for (at, row) in rows.iter().enumerate() {
        let (item, standing) = (&row.stored.item, &row.standing);
        let value = json!([
            line(item.id.as_str()),
            line(&item.weakness_name),
            standing.risk,
            line(item.status.as_str()),
            item.point_of_contact.as_ref().map_or_else(String::new, |one| line(one.name.trim())),
            standing.permanent.detected,
            standing.effective_due,
            standing.days_overdue,
            standing.times_rescheduled.unwrap_or_default(),
            standing.closed,
            address(row.page),
            line(&item.controls.join(" ")),
            line(&item.cves.join(" ")),
            line(&item.services.join(" ")),
        ]);
        out.push_str(&escaped(&value));
        out.push_str(if at + 1 < rows.len() { ",\n" } else { "\n" });
    }
    out.push_str("]};\n");
    out
}

/// JSON that is safe wherever a script may stand: no tag begins in it, no line ends in it.
fn escaped(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_ends_the_script_or_its_line() {
        let text = escaped(&json!(["</script><!--", "a\u{2028}b&", "\"\\\n"]));
        assert_eq!(text, r#"["\u003c/script\u003e\u003c!--","a\u2028b\u0026","\"\\\n"]"#);
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back[0], "</script><!--");
    }
}
