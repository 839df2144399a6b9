//! Events as rows of numbers, beside a table of the texts that they repeat.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::super::{Action, Actor, Event, Family, MilestoneMark, Signature};
use crate::repository::CommitId;

/// Values nest no deeper than files may.
const DEEPEST: usize = 64;

/// Room that is made for a list before it is read.
const MODEST: usize = 256;

/// Bytes of text that the rows of one segment may repeat: a table of one long text and a million
/// rows that name it would fill any memory.
const REPEATED: usize = 1 << 30;

/// What rows name by number.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tables<'a> {
    #[serde(borrow)]
    texts: Vec<&'a str>,
    people: Vec<(u32, u32)>,
    commits: Vec<[u8; 20]>,
    /// How much the rows have repeated so far.
    #[serde(skip)]
    repeated: AtomicUsize,
}

impl Tables<'_> {
    fn text(&self, at: u32) -> Option<String> {
        let text = *self.texts.get(at as usize)?;
        let before = self.repeated.fetch_add(text.len(), Ordering::Relaxed);
        (before <= REPEATED).then(|| text.to_owned())
    }

    fn person(&self, at: u32) -> Option<Actor> {
        let (name, email) = self.people.get(at as usize)?;
        Some(Actor { name: self.text(*name)?, email: self.text(*email)? })
    }
}

/// Some events.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Block<'a> {
    rows: Vec<Row>,
    /// The values before and after of each row, one after the other.
    #[serde(borrow)]
    values: Vec<Token<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    time: i64,
    landed: i64,
    actor: u32,
    co_actors: Vec<u32>,
    landed_by: u32,
    commit: u32,
    path: u32,
    item: Option<u32>,
    action: Action,
    field: u32,
    milestone: Option<(u32, Option<i32>)>,
    reason: Option<u32>,
    family: Family,
    signature: Signature,
    source: Option<u32>,
    source_id: Option<u32>,
    reconstructed: bool,
}

/// A piece of a value. A list or mapping says how many values follow that are in it, so that
/// reading one needs no recursion into what somebody made up.
#[derive(Debug, Serialize, Deserialize)]
enum Token<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Large(u64),
    Float(f64),
    Text(&'a str),
    List(u32),
    /// So many pairs of a [`Token::Text`] and a value.
    Map(u32),
}

/// Collects what rows name by number.
#[derive(Default)]
pub(super) struct Writer<'a> {
    texts: HashMap<&'a str, u32>,
    people: HashMap<&'a Actor, u32>,
    commits: HashMap<&'a str, u32>,
    tables: Tables<'a>,
}

impl<'a> Writer<'a> {
    pub(super) fn tables(self) -> Tables<'a> {
        self.tables
    }

    /// The form of some events; `None` where it cannot express one.
    pub(super) fn block(&mut self, events: &'a [Event]) -> Option<Block<'a>> {
        let mut block = Block { rows: Vec::with_capacity(events.len()), values: Vec::new() };
        for event in events {
            block.rows.push(self.row(event)?);
            write(&event.old, &mut block.values)?;
            write(&event.new, &mut block.values)?;
        }
        Some(block)
    }

    fn row(&mut self, event: &'a Event) -> Option<Row> {
        let mark = |mark: MilestoneMark| (mark.number, mark.date.map(|it| it.num_days_from_ce()));
        let co_actors = event.co_actors.iter().map(|who| self.person(who));
        Some(Row {
            time: seconds(event.time)?,
            landed: seconds(event.landed)?,
            co_actors: co_actors.collect::<Option<_>>()?,
            actor: self.person(&event.actor)?,
            landed_by: self.person(&event.landed_by)?,
            commit: self.commit(&event.commit)?,
            path: self.text(&event.path)?,
            item: some(event.item.as_ref().map(|id| self.text(id.as_str())))?,
            action: event.action,
            field: self.text(&event.field)?,
            milestone: event.milestone.map(mark),
            reason: some(event.reason.as_ref().map(|it| self.text(it)))?,
            family: event.evidence_family,
            signature: event.signature,
            source: some(event.source.as_ref().map(|it| self.text(it)))?,
            source_id: some(event.source_id.as_ref().map(|it| self.text(it)))?,
            reconstructed: event.reconstructed,
        })
    }

    fn text(&mut self, text: &'a str) -> Option<u32> {
        number(&mut self.texts, &mut self.tables.texts, text, || Some(text))
    }

    fn person(&mut self, who: &'a Actor) -> Option<u32> {
        if let Some(known) = self.people.get(who) {
            return Some(*known);
        }
        let pair = (self.text(&who.name)?, self.text(&who.email)?);
        number(&mut self.people, &mut self.tables.people, who, || Some(pair))
    }

    fn commit(&mut self, commit: &'a str) -> Option<u32> {
        let bytes = || Some(*commit.parse::<CommitId>().ok()?.as_bytes());
        number(&mut self.commits, &mut self.tables.commits, commit, bytes)
    }
}

/// The number of a thing in a table, which it is put into where it is new.
fn number<K: std::hash::Hash + Eq, V>(
    known: &mut HashMap<K, u32>,
    table: &mut Vec<V>,
    key: K,
    value: impl FnOnce() -> Option<V>,
) -> Option<u32> {
    if let Some(place) = known.get(&key) {
        return Some(*place);
    }
    let place = u32::try_from(table.len()).ok()?;
    table.push(value()?);
    known.insert(key, place);
    Some(place)
}

/// `None` where there is something that has no number.
fn some(number: Option<Option<u32>>) -> Option<Option<u32>> {
    match number {
        None => Some(None),
        Some(number) => number.map(Some),
    }
}

/// Commits know seconds.
fn seconds(time: DateTime<Utc>) -> Option<i64> {
    (time.timestamp_subsec_nanos() == 0).then(|| time.timestamp())
}

fn write<'a>(value: &'a Value, out: &mut Vec<Token<'a>>) -> Option<()> {
    out.push(match value {
        Value::Null => Token::Null,
        Value::Bool(it) => Token::Bool(*it),
        Value::Number(it) => match (it.as_i64(), it.as_u64()) {
            (Some(it), _) => Token::Int(it),
            (None, Some(it)) => Token::Large(it),
            (None, None) => Token::Float(it.as_f64()?),
        },
        Value::String(it) => Token::Text(it),
        Value::Array(list) => {
            out.push(Token::List(u32::try_from(list.len()).ok()?));
            return list.iter().try_for_each(|it| write(it, out));
        }
        Value::Object(map) => {
            out.push(Token::Map(u32::try_from(map.len()).ok()?));
            return map.iter().try_for_each(|(key, value)| {
                out.push(Token::Text(key));
                write(value, out)
            });
        }
    });
    Some(())
}

impl Block<'_> {
    /// The events; `None` where something is named that is not there.
    pub(super) fn events(&self, tables: &Tables<'_>) -> Option<Vec<Event>> {
        let mut values = self.values.iter();
        let mut events = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let (old, new) = (read(&mut values, 0)?, read(&mut values, 0)?);
            events.push(row.event(tables, old, new)?);
        }
        values.next().is_none().then_some(events)
    }
}

impl Row {
    fn event(&self, tables: &Tables<'_>, old: Value, new: Value) -> Option<Event> {
        let text = |at: u32| tables.text(at);
        let person = |at: u32| tables.person(at);
        let maybe = |at: Option<u32>| at.map_or(Some(None), |at| text(at).map(Some));
        let milestone = match self.milestone {
            Some((number, Some(day))) => {
                let date = Some(NaiveDate::from_num_days_from_ce_opt(day)?);
                Some(MilestoneMark { number, date })
            }
            Some((number, None)) => Some(MilestoneMark { number, date: None }),
            None => None,
        };
        let item = match self.item {
            Some(at) => Some(tables.texts.get(at as usize)?.parse().ok()?),
            None => None,
        };
        Some(Event {
            time: DateTime::from_timestamp(self.time, 0)?,
            landed: DateTime::from_timestamp(self.landed, 0)?,
            actor: person(self.actor)?,
            co_actors: self.co_actors.iter().map(|at| person(*at)).collect::<Option<_>>()?,
            landed_by: person(self.landed_by)?,
            commit: CommitId::from_bytes(*tables.commits.get(self.commit as usize)?).to_string(),
            path: text(self.path)?,
            item,
            action: self.action,
            field: text(self.field)?,
            old,
            new,
            milestone,
            reason: maybe(self.reason)?,
            evidence_family: self.family,
            signature: self.signature,
            source: maybe(self.source)?,
            source_id: maybe(self.source_id)?,
            reconstructed: self.reconstructed,
        })
    }
}

fn read<'a, 't: 'a>(
    tokens: &mut impl ExactSizeIterator<Item = &'a Token<'t>>,
    depth: usize,
) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    Some(match tokens.next()? {
        Token::Null => Value::Null,
        Token::Bool(it) => Value::Bool(*it),
        Token::Int(it) => Value::from(*it),
        Token::Large(it) => Value::from(*it),
        Token::Float(it) => Value::Number(Number::from_f64(*it)?),
        Token::Text(it) => Value::String((*it).to_owned()),
        Token::List(length) => {
            let length = *length as usize;
            let mut list = Vec::with_capacity(length.min(MODEST));
            for _ in 0..length {
                list.push(read(tokens, depth + 1)?);
            }
            Value::Array(list)
        }
        Token::Map(length) => {
            let length = *length as usize;
            let mut map = Map::with_capacity(length.min(MODEST));
            for _ in 0..length {
                let Token::Text(key) = tokens.next()? else { return None };
                map.insert((*key).to_owned(), read(tokens, depth + 1)?);
            }
            Value::Object(map)
        }
    })
}
