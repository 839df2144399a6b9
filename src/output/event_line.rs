//! An event as JSON in one line, as serde writes it, with an eighth of its CPU.
//!
//! Most events say much of what the one before said: who, when, which commit, why, evidence for
//! what. All that is copied from the line before; the texts of the others are escaped where they
//! must be, and what is kept as JSON is written as it is.

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use crate::history::{Actor, Entry, Event, MilestoneMark, Recorded};

type Written = serde_json::Result<()>;

/// Adds events to a text, each as JSON in a line of its own.
pub(super) fn lines(events: &[&Event], out: &mut Vec<u8>) -> Written {
    let mut last = Last::default();
    events.iter().try_for_each(|event| line(event, &mut last, out))
}

/// Where the lines before say what the next one may say too.
#[derive(Default)]
struct Last<'a> {
    /// From the first byte to the commit.
    head: Option<Said<'a>>,
    reason: Option<Said<'a>>,
    /// From the family to the last byte.
    tail: Option<Said<'a>>,
}

type Said<'a> = (&'a Event, Range<usize>);

fn line<'a>(event: &'a Event, last: &mut Last<'a>, out: &mut Vec<u8>) -> Written {
    again(event, &mut last.head, same_head, out, head)?;
    out.extend_from_slice(b",\"path\":");
    text(&event.path, out)?;
    out.extend_from_slice(b",\"item\":");
    maybe(event.item.as_ref().map(|id| id.as_str()), out)?;
    out.extend_from_slice(b",\"action\":");
    text(event.action.as_str(), out)?;
    out.extend_from_slice(b",\"field\":");
    text(&event.field, out)?;
    out.extend_from_slice(b",\"old\":");
    value(&event.old, out)?;
    out.extend_from_slice(b",\"new\":");
    value(&event.new, out)?;
    if let Some(mark) = &event.milestone {
        out.extend_from_slice(b",\"milestone\":");
        milestone(mark, out)?;
    }
    again(event, &mut last.reason, same_reason, out, reason)?;
    again(event, &mut last.tail, same_tail, out, tail)
}

/// Writes a part of an event, or copies that of the last one that says the same there.
fn again<'a>(
    event: &'a Event,
    last: &mut Option<Said<'a>>,
    same: fn(&Event, &Event) -> bool,
    out: &mut Vec<u8>,
    write: fn(&Event, &mut Vec<u8>) -> Written,
) -> Written {
    match last {
        Some((said, place)) if same(said, event) => out.extend_from_within(place.clone()),
        _ => {
            let start = out.len();
            write(event, out)?;
            *last = Some((event, start..out.len()));
        }
    }
    Ok(())
}

fn same_head(one: &Event, other: &Event) -> bool {
    let same_person = |(one, other): (&Arc<Actor>, &Arc<Actor>)| Arc::ptr_eq(one, other);
    Arc::ptr_eq(&one.commit, &other.commit)
        && one.time == other.time
        && one.landed == other.landed
        && Arc::ptr_eq(&one.actor, &other.actor)
        && Arc::ptr_eq(&one.landed_by, &other.landed_by)
        && one.co_actors.len() == other.co_actors.len()
        && one.co_actors.iter().zip(&other.co_actors).all(same_person)
}

fn head(event: &Event, out: &mut Vec<u8>) -> Written {
    out.extend_from_slice(b"{\"time\":");
    let start = out.len();
    moment(&event.time, out)?;
    let time = start..out.len();
    out.extend_from_slice(b",\"landed\":");
    if event.landed == event.time {
        out.extend_from_within(time);
    } else {
        moment(&event.landed, out)?;
    }
    out.extend_from_slice(b",\"actor\":");
    let start = out.len();
    person(&event.actor, out)?;
    let actor = start..out.len();
    if !event.co_actors.is_empty() {
        out.extend_from_slice(b",\"co_actors\":");
        list(&event.co_actors, out, |who, out| person(who, out))?;
    }
    out.extend_from_slice(b",\"landed_by\":");
    if Arc::ptr_eq(&event.landed_by, &event.actor) {
        out.extend_from_within(actor);
    } else {
        person(&event.landed_by, out)?;
    }
    out.extend_from_slice(b",\"commit\":");
    text(&event.commit, out)
}

fn same_reason(one: &Event, other: &Event) -> bool {
    one.reason == other.reason
}

fn reason(event: &Event, out: &mut Vec<u8>) -> Written {
    out.extend_from_slice(b",\"reason\":");
    maybe(event.reason.as_deref(), out)
}

fn same_tail(one: &Event, other: &Event) -> bool {
    one.evidence_family == other.evidence_family
        && one.signature == other.signature
        && one.source == other.source
        && one.source_id == other.source_id
        && one.reconstructed == other.reconstructed
}

fn tail(event: &Event, out: &mut Vec<u8>) -> Written {
    out.extend_from_slice(b",\"evidence_family\":");
    text(event.evidence_family.as_str(), out)?;
    out.extend_from_slice(b",\"signature\":");
    text(event.signature.as_str(), out)?;
    out.extend_from_slice(b",\"source\":");
    maybe(event.source.as_deref(), out)?;
    out.extend_from_slice(b",\"source_id\":");
    maybe(event.source_id.as_deref(), out)?;
    let reconstructed: &[u8] = if event.reconstructed { b"true" } else { b"false" };
    out.extend_from_slice(b",\"reconstructed\":");
    out.extend_from_slice(reconstructed);
    out.extend_from_slice(b",\"practices\":");
    list(&Entry::of(event).practices, out, |practice, out| text(practice, out))?;
    out.extend_from_slice(b"}\n");
    Ok(())
}

fn list<T>(them: &[T], out: &mut Vec<u8>, one: fn(&T, &mut Vec<u8>) -> Written) -> Written {
    for (at, it) in them.iter().enumerate() {
        out.push(if at == 0 { b'[' } else { b',' });
        one(it, out)?;
    }
    out.extend_from_slice(if them.is_empty() { b"[]" } else { b"]" });
    Ok(())
}

fn person(who: &Actor, out: &mut Vec<u8>) -> Written {
    out.extend_from_slice(b"{\"name\":");
    text(&who.name, out)?;
    out.extend_from_slice(b",\"email\":");
    text(&who.email, out)?;
    out.push(b'}');
    Ok(())
}

fn milestone(mark: &MilestoneMark, out: &mut Vec<u8>) -> Written {
    out.extend_from_slice(b"{\"number\":");
    serde_json::to_writer(&mut *out, &mark.number)?;
    out.extend_from_slice(b",\"date\":");
    match &mark.date {
        Some(date) => day(date, out)?,
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
    Ok(())
}

fn moment(time: &DateTime<Utc>, out: &mut Vec<u8>) -> Written {
    match Event::stamp(time.naive_utc()) {
        Some(stamp) => quoted(&stamp, out),
        None => serde_json::to_writer(out, time)?,
    }
    Ok(())
}

fn day(date: &NaiveDate, out: &mut Vec<u8>) -> Written {
    match Event::stamp((*date).into()).as_ref().and_then(|stamp| stamp.first_chunk::<10>()) {
        Some(day) => quoted(day, out),
        None => serde_json::to_writer(out, date)?,
    }
    Ok(())
}

fn value(value: &Recorded, out: &mut Vec<u8>) -> Written {
    match value.as_str() {
        Some(it) => text(it, out)?,
        None => value.with_json(|json| out.extend_from_slice(json)),
    }
    Ok(())
}

fn maybe(it: Option<&str>, out: &mut Vec<u8>) -> Written {
    match it {
        Some(it) => text(it, out)?,
        None => out.extend_from_slice(b"null"),
    }
    Ok(())
}

fn text(it: &str, out: &mut Vec<u8>) -> Written {
    if is_plain(it.as_bytes()) {
        quoted(it.as_bytes(), out);
        return Ok(());
    }
    serde_json::to_writer(out, it)
}

fn quoted(it: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(it);
    out.push(b'"');
}

/// Whether JSON has a text as it is. Eight bytes are looked at together, the last ones again.
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The highest bit of a byte is set where it is below; a borrow only comes after one that is.
    let below = |eight: u64, limit: u64| eight.wrapping_sub(ONES * limit) & !eight & HIGH;
    let plain = |eight: &[u8; 8]| {
        let eight = u64::from_le_bytes(*eight);
        let is = |byte: u8| below(eight ^ (ONES * u64::from(byte)), 1);
        below(eight, 0x20) | is(b'"') | is(b'\\') == 0
    };
    match text.last_chunk() {
        Some(last) => text.as_chunks().0.iter().all(plain) && plain(last),
        None => text.iter().all(|byte| !matches!(byte, 0..0x20 | b'"' | b'\\')),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::{Value, json};

    use super::*;
    use crate::history::{Action, Family, Signature};

    /// What is escaped, what is not, and their neighbours.
    const TEXTS: [&str; 16] = [
        "",
        "a",
        "open",
        "exactly8",
        "nine char",
        "two \"words\"",
        "C:\\temp\\",
        "one\nline\r\nmore\ttab",
        "\u{0}\u{1f} \u{7f}",
        "/slash/<b>&'",
        "Ünïcödé \u{2028} 漢字 🦀",
        "a long text that needs nothing, with a blank at the end ",
        "a long text, with a quote at the end\"",
        "\\",
        "seven\u{1f}!",
        "\u{a0}\u{e2}\u{dc} \u{180}",
    ];

    fn any_text() -> impl Strategy<Value = Arc<str>> {
        prop_oneof![select(&TEXTS[..]).prop_map(str::to_owned), ".*", "\\PC*", "[a-z\"\\\\\n]*"]
            .prop_map(Arc::from)
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any_text().prop_map(|text| Value::from(&*text)),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((any_text(), inner), 0..4).prop_map(|entries| {
                    entries.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
                }),
            ]
        })
    }

    /// As itself, or packed where it is a mapping.
    fn any_recorded() -> impl Strategy<Value = Recorded> {
        (any_value(), any::<bool>()).prop_map(|(value, packed)| {
            if packed { Recorded::whole(&value) } else { Recorded::from(&value) }
        })
    }

    fn any_moment() -> impl Strategy<Value = DateTime<Utc>> {
        let odd = ["2026-01-01T00:00:00.250Z", "+12026-10-20T10:20:30Z", "-0001-10-20T10:20:30Z"];
        let leap = ["2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"];
        prop_oneof![
            (-70_000_000_000_i64..300_000_000_000)
                .prop_map(|second| { DateTime::from_timestamp(second, 0).unwrap_or_default() }),
            select([odd, leap].concat()).prop_map(|text| text.parse().unwrap()),
        ]
    }

    fn any_people() -> impl Strategy<Value = Vec<Arc<Actor>>> {
        let person = (any_text(), any_text()).prop_map(|(name, email)| {
            Arc::new(Actor { name: name.to_string(), email: email.to_string() })
        });
        prop::collection::vec(person, 3)
    }

    /// Events of a few commits, by a few people: each says some of what the one before says.
    fn any_events() -> impl Strategy<Value = Vec<Event>> {
        let texts = prop::collection::vec(any_text(), 3);
        let moments = prop::collection::vec(any_moment(), 2);
        let parts = || {
            let who = (0..3_usize, 0..3_usize, prop::collection::vec(0..3_usize, 0..3));
            let mark = prop::option::of((any::<u32>(), prop::option::of(any_moment())));
            (
                (who, prop::collection::vec(0..2_usize, 2), prop::collection::vec(0..3_usize, 6)),
                (select(&Action::ALL[..]), any_recorded(), any_recorded(), mark),
                (select(&Family::ALL[..]), select(&SIGNATURES[..]), any::<bool>()),
            )
        };
        (any_people(), texts, moments).prop_flat_map(move |(people, texts, moments)| {
            let event = parts().prop_map(move |(shared, own, tail)| {
                let ((actor, landed_by, others), times, at) = shared;
                let (action, old, new, mark) = own;
                let text = |place: usize| Arc::clone(&texts[at[place]]);
                let maybe = |place: usize| (at[place] > 0).then(|| text(place));
                Event {
                    time: moments[times[0]],
                    landed: moments[times[1]],
                    actor: Arc::clone(&people[actor]),
                    co_actors: others.iter().map(|at| Arc::clone(&people[*at])).collect(),
                    landed_by: Arc::clone(&people[landed_by]),
                    commit: text(0),
                    path: text(1),
                    item: text(2).parse().ok(),
                    action,
                    field: text(2),
                    old,
                    new,
                    milestone: mark.map(|(number, date)| MilestoneMark {
                        number,
                        date: date.map(|time| time.date_naive()),
                    }),
                    reason: maybe(3),
                    evidence_family: tail.0,
                    signature: tail.1,
                    source: maybe(4),
                    source_id: maybe(5),
                    reconstructed: tail.2,
                }
            });
            // Also several that are the same in all that is copied.
            prop::collection::vec((event, 1..3_usize), 0..4).prop_map(|events| {
                events.into_iter().flat_map(|(event, times)| vec![event; times]).collect()
            })
        })
    }

    const SIGNATURES: [Signature; 4] =
        [Signature::None, Signature::Good, Signature::Bad, Signature::Unknown];

    fn agree(events: &[Event]) -> Result<(), TestCaseError> {
        let mut written = b"before\n".to_vec();
        lines(&events.iter().collect::<Vec<_>>(), &mut written).unwrap();
        let mut expected = "before\n".to_owned();
        for event in events {
            expected.push_str(&serde_json::to_string(&Entry::of(event)).unwrap());
            expected.push('\n');
        }
        prop_assert_eq!(String::from_utf8(written).unwrap(), expected);
        Ok(())
    }

    proptest! {
        #[test]
        fn lines_are_what_serde_writes(events in any_events()) {
            agree(&events)?;
        }

        #[test]
        fn a_text_is_plain_where_serde_only_quotes_it(text in any_text()) {
            let quoted = format!("\"{text}\"");
            let same = serde_json::to_string(&text).unwrap() == quoted;
            prop_assert_eq!(is_plain(text.as_bytes()), same);
        }
    }

    #[test]
    fn each_thing_that_differs_is_written_anew() {
        let person = json!({"name": "Ann", "email": "ann@example.com"});
        let event = json!({
            "time": "2026-01-01T12:00:00Z", "landed": "2026-01-01T12:00:00Z",
            "actor": person, "landed_by": person, "commit": "1", "path": "items/V-1.yaml",
            "item": "V-1", "action": "field-changed", "field": "/a", "old": null, "new": "b",
            "reason": null, "evidence_family": "CM", "signature": "none", "source": null,
            "source_id": null, "reconstructed": false
        });
        let event: Event = serde_json::from_value(event).unwrap();
        let change = |change: fn(&mut Event)| {
            let mut other = event.clone();
            change(&mut other);
            other
        };
        let others = [
            change(|it| it.time = DateTime::UNIX_EPOCH),
            change(|it| it.landed = DateTime::UNIX_EPOCH),
            change(|it| it.actor = Arc::new(Actor { name: "Ben".into(), email: "b".into() })),
            change(|it| it.landed_by = Arc::new(Actor { name: "Ben".into(), email: "b".into() })),
            change(|it| it.co_actors.push(Arc::clone(&it.actor))),
            change(|it| it.co_actors.push(Arc::clone(&it.landed_by))),
            change(|it| it.commit = "2".into()),
            change(|it| it.reason = Some("why".into())),
            change(|it| it.evidence_family = Family::Audit),
            change(|it| it.signature = Signature::Bad),
            change(|it| it.source = Some("a.xlsx".into())),
            change(|it| it.source_id = Some("1".into())),
            change(|it| it.reconstructed = true),
        ];
        for other in others {
            agree(&[event.clone(), other.clone(), other, event.clone()]).unwrap();
        }
    }

    #[test]
    fn every_byte_that_is_escaped_is_found_wherever_it_stands() {
        for byte in 0..0x80_u8 {
            for length in 1..20 {
                for at in 0..length {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    let text = String::from_utf8(text).unwrap();
                    let plain = serde_json::to_string(&text).unwrap() == format!("\"{text}\"");
                    assert_eq!(is_plain(text.as_bytes()), plain, "{text:?}");
                }
            }
        }
    }
}
