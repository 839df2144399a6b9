//! Events as rows of numbers, beside tables of the texts and people that many of them share.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use crate::document::packed::{Pack, Packed};
use crate::history::value::StoredForm;
use crate::history::{
    Action, Actor, Event, EventDay, EventValue, Family, Hasher, Map, MilestoneMark, SignatureStatus,
};
use crate::model::ItemId;

/// The texts and people that rows name by number.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tables<'a> {
    #[serde(borrow)]
    texts: Vec<&'a str>,
    /// Names and mail addresses, as numbers of texts.
    people: Vec<(u32, u32)>,
}

/// Some events, as they are written together.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EventBlock<'a> {
    rows: Vec<EventRow>,
    /// The values before and after of each row, one after the other.
    #[serde(borrow)]
    values: Vec<EncodedValue<'a>>,
    /// Compressed items: where each text of a pack ends, and its bytes.
    #[serde(borrow)]
    packs: Vec<(Vec<u32>, &'a [u8])>,
}

/// An event without its values. Texts and people are numbers of [`Tables`].
#[derive(Debug, Serialize, Deserialize)]
struct EventRow {
    time: i64,
    day: EncodedDay,
    landed: i64,
    /// None where the source does not state who it was.
    actor: Option<u32>,
    co_actors: Vec<u32>,
    landed_by: u32,
    commit: u32,
    path: u32,
    item: Option<u32>,
    action: Action,
    field: u32,
    /// The number of the milestone, and its date as days from the beginning of the calendar.
    milestone: Option<(u32, Option<i32>)>,
    reason: Option<u32>,
    family: Family,
    signature: SignatureStatus,
    source: Option<u32>,
    source_id: Option<u32>,
    reconstructed: bool,
}

/// The day of an event; a stated one as days from the beginning of the calendar.
#[derive(Debug, Serialize, Deserialize)]
enum EncodedDay {
    OfTime,
    Stated(i32),
    Unknown,
}

impl EncodedDay {
    fn encode(day: EventDay) -> Self {
        match day {
            EventDay::OfTime => Self::OfTime,
            EventDay::Stated(day) => Self::Stated(day.num_days_from_ce()),
            EventDay::Unknown => Self::Unknown,
        }
    }

    /// `None` where there is no such day.
    fn decode(&self) -> Option<EventDay> {
        Some(match *self {
            Self::OfTime => EventDay::OfTime,
            Self::Stated(day) => EventDay::Stated(NaiveDate::from_num_days_from_ce_opt(day)?),
            Self::Unknown => EventDay::Unknown,
        })
    }
}

/// A value of an event.
#[derive(Debug, Serialize, Deserialize)]
enum EncodedValue<'a> {
    Null,
    Text(&'a str),
    Json(&'a str),
    /// A text of a pack, by the numbers of both.
    Packed(u32, u32),
}

/// Encodes events. Of a long history it holds no more than the tables.
#[derive(Default)]
pub(super) struct RowEncoder {
    texts: IndexSet<Arc<str>, Hasher>,
    people: IndexMap<Arc<Actor>, (u32, u32), Hasher>,
}

impl RowEncoder {
    /// Returns the tables of everything that was encoded.
    pub(super) fn interned_tables(&self) -> Tables<'_> {
        Tables {
            texts: self.texts.iter().map(|text| &**text).collect(),
            people: self.people.values().copied().collect(),
        }
    }

    /// Encodes some events; `None` where one cannot be expressed.
    pub(super) fn encode<'e>(&mut self, events: &'e [Event]) -> Option<EventBlock<'e>> {
        let rows = Vec::with_capacity(events.len());
        let mut block = EventBlock { rows, values: Vec::new(), packs: Vec::new() };
        let mut pack_numbers = Map::default();
        for event in events {
            block.rows.push(self.encode_row(event)?);
            for value in [&event.old, &event.new] {
                block.values.push(match value.stored_form() {
                    StoredForm::Null => EncodedValue::Null,
                    StoredForm::Text(text) => EncodedValue::Text(text),
                    StoredForm::Json(json) => EncodedValue::Json(json),
                    StoredForm::Packed(packed) => {
                        let (pack, at) = packed.place();
                        let next = u32::try_from(block.packs.len()).ok()?;
                        let number = *pack_numbers.entry(Arc::as_ptr(pack)).or_insert(next);
                        if number == next {
                            let (ends, bytes) = pack.parts();
                            block.packs.push((ends.to_vec(), bytes));
                        }
                        EncodedValue::Packed(number, at)
                    }
                });
            }
        }
        Some(block)
    }

    fn encode_row(&mut self, event: &Event) -> Option<EventRow> {
        let mut co_actors = Vec::with_capacity(event.co_actors.len());
        for who in &event.co_actors {
            co_actors.push(self.intern_person(who)?);
        }
        let item = event.item.as_ref().map(ItemId::shared);
        let milestone =
            event.milestone.map(|it| (it.number, it.date.map(|date| date.num_days_from_ce())));
        Some(EventRow {
            time: whole_seconds(event.time)?,
            landed: whole_seconds(event.landed)?,
            day: EncodedDay::encode(event.event_day),
            actor: match &event.actor {
                Some(actor) => Some(self.intern_person(actor)?),
                None => None,
            },
            co_actors,
            landed_by: self.intern_person(&event.landed_by)?,
            commit: self.intern_text(&event.commit)?,
            path: self.intern_text(&event.path)?,
            item: self.optional_text(item)?,
            action: event.action,
            field: self.intern_text(&event.field)?,
            milestone,
            reason: self.optional_text(event.reason.as_ref())?,
            family: event.evidence_family,
            signature: event.signature,
            source: self.optional_text(event.source.as_ref())?,
            source_id: self.optional_text(event.source_id.as_ref())?,
            reconstructed: event.reconstructed,
        })
    }

    /// Interns a text; its number.
    fn intern_text(&mut self, text: &Arc<str>) -> Option<u32> {
        let number = match self.texts.get_index_of(&**text) {
            Some(number) => number,
            None => self.texts.insert_full(Arc::clone(text)).0,
        };
        u32::try_from(number).ok()
    }

    /// Interns a text where there is one. The outer `None` is a text without a number.
    #[expect(clippy::option_option, reason = "absent, and not expressible, are two things")]
    fn optional_text(&mut self, text: Option<&Arc<str>>) -> Option<Option<u32>> {
        match text {
            None => Some(None),
            Some(text) => self.intern_text(text).map(Some),
        }
    }

    /// Interns a person; the number.
    fn intern_person(&mut self, who: &Arc<Actor>) -> Option<u32> {
        let number = match self.people.get_index_of(who) {
            Some(number) => number,
            None => {
                let name = self.intern_text(&Arc::from(who.name.as_str()))?;
                let email = self.intern_text(&Arc::from(who.email.as_str()))?;
                self.people.insert_full(Arc::clone(who), (name, email)).0
            }
        };
        u32::try_from(number).ok()
    }
}

/// Commits are dated to the second.
fn whole_seconds(time: DateTime<Utc>) -> Option<i64> {
    (time.timestamp_subsec_nanos() == 0).then(|| time.timestamp())
}

/// Decodes events. Each text and id is made once, for all rows that name it: a table of one long
/// text and a million rows that name it would otherwise fill any memory.
pub(super) struct RowDecoder<'a> {
    tables: &'a Tables<'a>,
    texts: Vec<OnceLock<Arc<str>>>,
    ids: Vec<OnceLock<Option<ItemId>>>,
    people: Vec<Arc<Actor>>,
}

impl<'a> RowDecoder<'a> {
    /// `None` where a person has a name that is not in the table.
    pub(super) fn new(tables: &'a Tables<'a>) -> Option<Self> {
        let mut people = Vec::with_capacity(tables.people.len());
        for (name, email) in &tables.people {
            let name = (*tables.texts.get(*name as usize)?).to_owned();
            let email = (*tables.texts.get(*email as usize)?).to_owned();
            people.push(Arc::new(Actor { name, email }));
        }
        let texts = tables.texts.iter().map(|_| OnceLock::new()).collect();
        let ids = tables.texts.iter().map(|_| OnceLock::new()).collect();
        Some(Self { tables, texts, ids, people })
    }

    /// Decodes a block; `None` where a row names something that is not there.
    pub(super) fn decode(&self, block: &EventBlock<'_>) -> Option<Vec<Event>> {
        let mut packs = Vec::with_capacity(block.packs.len());
        for (ends, bytes) in &block.packs {
            packs.push(Arc::new(Pack::from_parts(ends, bytes)?));
        }
        let mut values = block.values.iter();
        let mut events = Vec::with_capacity(block.rows.len());
        for row in &block.rows {
            let old = decode_value(values.next()?, &packs)?;
            let new = decode_value(values.next()?, &packs)?;
            events.push(self.decode_event(row, old, new)?);
        }
        values.next().is_none().then_some(events)
    }

    fn decode_event(&self, row: &EventRow, old: EventValue, new: EventValue) -> Option<Event> {
        let mut co_actors = Vec::with_capacity(row.co_actors.len());
        for who in &row.co_actors {
            co_actors.push(self.find_person(*who)?);
        }
        let item = match row.item {
            None => None,
            Some(number) => Some(self.find_id(number)?),
        };
        let milestone = match row.milestone {
            None => None,
            Some((number, None)) => Some(MilestoneMark { number, date: None }),
            Some((number, Some(day))) => {
                let date = Some(NaiveDate::from_num_days_from_ce_opt(day)?);
                Some(MilestoneMark { number, date })
            }
        };
        Some(Event {
            time: DateTime::from_timestamp(row.time, 0)?,
            landed: DateTime::from_timestamp(row.landed, 0)?,
            event_day: row.day.decode()?,
            actor: match row.actor {
                Some(number) => Some(self.find_person(number)?),
                None => None,
            },
            co_actors,
            landed_by: self.find_person(row.landed_by)?,
            commit: self.find_text(row.commit)?,
            path: self.find_text(row.path)?,
            item,
            action: row.action,
            field: self.find_text(row.field)?,
            old,
            new,
            milestone,
            reason: self.optional_text(row.reason)?,
            evidence_family: row.family,
            signature: row.signature,
            source: self.optional_text(row.source)?,
            source_id: self.optional_text(row.source_id)?,
            reconstructed: row.reconstructed,
        })
    }

    fn find_text(&self, number: u32) -> Option<Arc<str>> {
        let text = self.tables.texts.get(number as usize)?;
        Some(Arc::clone(self.texts.get(number as usize)?.get_or_init(|| Arc::from(*text))))
    }

    #[expect(clippy::option_option, reason = "absent, and not in the table, are two things")]
    fn optional_text(&self, number: Option<u32>) -> Option<Option<Arc<str>>> {
        match number {
            None => Some(None),
            Some(number) => self.find_text(number).map(Some),
        }
    }

    fn find_id(&self, number: u32) -> Option<ItemId> {
        let text = self.tables.texts.get(number as usize)?;
        self.ids.get(number as usize)?.get_or_init(|| text.parse().ok()).clone()
    }

    fn find_person(&self, number: u32) -> Option<Arc<Actor>> {
        self.people.get(number as usize).cloned()
    }
}

fn decode_value(value: &EncodedValue<'_>, packs: &[Arc<Pack>]) -> Option<EventValue> {
    let form = match value {
        EncodedValue::Null => StoredForm::Null,
        EncodedValue::Text(text) => StoredForm::Text((*text).into()),
        EncodedValue::Json(json) => StoredForm::Json((*json).into()),
        EncodedValue::Packed(pack, at) => {
            StoredForm::Packed(Packed::text_at(packs.get(*pack as usize)?, *at)?)
        }
    };
    Some(form.into())
}
