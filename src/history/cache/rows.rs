//! Events as rows of numbers, beside a table of the texts that they repeat.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use super::super::recorded::Form;
use super::super::{Action, Actor, Event, Family, Hasher, Map, MilestoneMark, Recorded, Signature};
use crate::model::ItemId;
use crate::packed::{Pack, Packed};
use crate::repository::CommitId;

/// What rows name by number.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tables<'a> {
    #[serde(borrow)]
    texts: Vec<&'a str>,
    people: Vec<(u32, u32)>,
    commits: Vec<[u8; 20]>,
}

/// What tables hold, once for all rows that name it: a table of one long text and a million rows
/// that name it would otherwise fill any memory.
pub(super) struct Shared<'a> {
    tables: &'a Tables<'a>,
    texts: Vec<OnceLock<Arc<str>>>,
    ids: Vec<OnceLock<Option<ItemId>>>,
    people: Vec<Arc<Actor>>,
    commits: Vec<OnceLock<Arc<str>>>,
}

/// Places of as many things, made once somebody asks for them.
fn later<T, U>(things: &[T]) -> Vec<OnceLock<U>> {
    things.iter().map(|_| OnceLock::new()).collect()
}

impl<'a> Shared<'a> {
    /// `None` where somebody has a name that is not there.
    pub(super) fn of(tables: &'a Tables<'a>) -> Option<Self> {
        let text = |at: u32| tables.texts.get(at as usize).map(|text| (*text).to_owned());
        let person = |(name, email): &(u32, u32)| {
            Some(Arc::new(Actor { name: text(*name)?, email: text(*email)? }))
        };
        Some(Self {
            tables,
            texts: later(&tables.texts),
            ids: later(&tables.texts),
            people: tables.people.iter().map(person).collect::<Option<_>>()?,
            commits: later(&tables.commits),
        })
    }

    fn text(&self, at: u32) -> Option<Arc<str>> {
        let text = self.tables.texts.get(at as usize)?;
        Some(Arc::clone(self.texts.get(at as usize)?.get_or_init(|| Arc::from(*text))))
    }

    fn id(&self, at: u32) -> Option<ItemId> {
        let text = self.tables.texts.get(at as usize)?;
        self.ids.get(at as usize)?.get_or_init(|| text.parse().ok()).clone()
    }

    fn commit(&self, at: u32) -> Option<Arc<str>> {
        let bytes = self.tables.commits.get(at as usize)?;
        let commit = || CommitId::from_bytes(*bytes).to_string().into();
        Some(Arc::clone(self.commits.get(at as usize)?.get_or_init(commit)))
    }

    fn person(&self, at: u32) -> Option<Arc<Actor>> {
        self.people.get(at as usize).cloned()
    }
}

/// Some events.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Block<'a> {
    rows: Vec<Row>,
    /// The values before and after of each row, one after the other.
    #[serde(borrow)]
    values: Vec<Kept<'a>>,
    /// Items as a whole: where each text of a pack ends, and its bytes.
    #[serde(borrow)]
    packs: Vec<(Vec<u32>, &'a [u8])>,
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

/// A value of an event.
#[derive(Debug, Serialize, Deserialize)]
enum Kept<'a> {
    Null,
    Text(&'a str),
    Json(&'a str),
    /// A text of a pack, by the numbers of both.
    Packed(u32, u32),
}

/// Collects what rows name by number. Of a long history it holds no more than that.
#[derive(Default)]
pub(super) struct Writer {
    /// What the last row named: the next one mostly names the same.
    last: Last,
    texts: IndexSet<Arc<str>, Hasher>,
    /// Names and addresses, as numbers of texts.
    people: IndexMap<Arc<Actor>, (u32, u32), Hasher>,
    commits: IndexSet<[u8; 20], Hasher>,
}

#[derive(Default)]
struct Last {
    actor: Option<(Arc<Actor>, u32)>,
    landed_by: Option<(Arc<Actor>, u32)>,
    commit: Option<(Arc<str>, u32)>,
    path: Option<(Arc<str>, u32)>,
    item: Option<(Arc<str>, u32)>,
    reason: Option<(Arc<str>, u32)>,
}

/// The number of what the last row named too, or else of what is looked up.
fn again<T: ?Sized + PartialEq>(
    last: &mut Option<(Arc<T>, u32)>,
    it: &Arc<T>,
    look_up: impl FnOnce(&Arc<T>) -> Option<u32>,
) -> Option<u32> {
    match last {
        Some((last, at)) if Arc::ptr_eq(last, it) || last == it => Some(*at),
        _ => {
            let at = look_up(it)?;
            *last = Some((Arc::clone(it), at));
            Some(at)
        }
    }
}

impl Writer {
    pub(super) fn tables(&self) -> Tables<'_> {
        Tables {
            texts: self.texts.iter().map(|text| &**text).collect(),
            people: self.people.values().copied().collect(),
            commits: self.commits.iter().copied().collect(),
        }
    }

    /// The form of some events; `None` where it cannot express one.
    pub(super) fn block<'e>(&mut self, events: &'e [Event]) -> Option<Block<'e>> {
        let rows = Vec::with_capacity(events.len());
        let mut block = Block { rows, values: Vec::new(), packs: Vec::new() };
        let mut packs = Map::default();
        for event in events {
            block.rows.push(self.row(event)?);
            for value in [&event.old, &event.new] {
                block.values.push(match value.form() {
                    Form::Null => Kept::Null,
                    Form::Text(text) => Kept::Text(text),
                    Form::Json(json) => Kept::Json(json),
                    Form::Packed(packed) => {
                        let (pack, at) = packed.place();
                        let parts = || {
                            let (ends, bytes) = pack.parts();
                            Some((ends.to_vec(), bytes))
                        };
                        let key = Arc::as_ptr(pack);
                        Kept::Packed(number(&mut packs, &mut block.packs, key, parts)?, at)
                    }
                });
            }
        }
        Some(block)
    }

    fn row(&mut self, event: &Event) -> Option<Row> {
        let mark = |mark: MilestoneMark| (mark.number, mark.date.map(|it| it.num_days_from_ce()));
        let co_actors = event.co_actors.iter().map(|who| self.person(who));
        let co_actors = co_actors.collect::<Option<_>>()?;
        let mut last = std::mem::take(&mut self.last);
        let actor = again(&mut last.actor, &event.actor, |it| self.person(it))?;
        let landed_by = again(&mut last.landed_by, &event.landed_by, |it| self.person(it))?;
        let commit = again(&mut last.commit, &event.commit, |it| self.commit(it))?;
        let path = again(&mut last.path, &event.path, |it| self.text(it))?;
        let item = event.item.as_ref();
        let item = item.map(|id| again(&mut last.item, id.shared(), |it| self.text(it)));
        let item = some(item)?;
        let reason = event.reason.as_ref();
        let reason = some(reason.map(|it| again(&mut last.reason, it, |it| self.text(it))))?;
        self.last = last;
        Some(Row {
            time: seconds(event.time)?,
            landed: seconds(event.landed)?,
            co_actors,
            actor,
            landed_by,
            commit,
            path,
            item,
            action: event.action,
            field: self.text(&event.field)?,
            milestone: event.milestone.map(mark),
            reason,
            family: event.evidence_family,
            signature: event.signature,
            source: some(event.source.as_ref().map(|it| self.text(it)))?,
            source_id: some(event.source_id.as_ref().map(|it| self.text(it)))?,
            reconstructed: event.reconstructed,
        })
    }

    fn text(&mut self, text: &Arc<str>) -> Option<u32> {
        let at = self.texts.get_index_of(&**text);
        let at = at.unwrap_or_else(|| self.texts.insert_full(Arc::clone(text)).0);
        u32::try_from(at).ok()
    }

    fn person(&mut self, who: &Arc<Actor>) -> Option<u32> {
        let at = match self.people.get_index_of(who) {
            Some(at) => at,
            None => {
                let text = |text: &str| Arc::from(text);
                let pair = (self.text(&text(&who.name))?, self.text(&text(&who.email))?);
                self.people.insert_full(Arc::clone(who), pair).0
            }
        };
        u32::try_from(at).ok()
    }

    fn commit(&mut self, commit: &str) -> Option<u32> {
        let bytes = *commit.parse::<CommitId>().ok()?.as_bytes();
        u32::try_from(self.commits.insert_full(bytes).0).ok()
    }
}

/// The number of a thing in a table, which it is put into where it is new.
fn number<K: std::hash::Hash + Eq, V>(
    known: &mut Map<K, u32>,
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
fn some<T>(number: Option<Option<T>>) -> Option<Option<T>> {
    match number {
        None => Some(None),
        Some(number) => number.map(Some),
    }
}

/// Commits know seconds.
fn seconds(time: DateTime<Utc>) -> Option<i64> {
    (time.timestamp_subsec_nanos() == 0).then(|| time.timestamp())
}

impl Block<'_> {
    /// The events; `None` where something is named that is not there.
    pub(super) fn events(&self, shared: &Shared<'_>) -> Option<Vec<Event>> {
        let pack = |(ends, bytes): &(Vec<u32>, &[u8])| Pack::from_parts(ends, bytes).map(Arc::new);
        let packs: Vec<Arc<Pack>> = self.packs.iter().map(pack).collect::<Option<_>>()?;
        let mut values = self.values.iter();
        let mut value = || values.next()?.recorded(&packs);
        let mut events = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            events.push(row.event(shared, value()?, value()?)?);
        }
        values.next().is_none().then_some(events)
    }
}

impl Row {
    fn time(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.time, 0)
    }

    fn milestone(&self) -> Option<Option<MilestoneMark>> {
        let mark = |(number, day): (u32, Option<i32>)| {
            let date = some(day.map(NaiveDate::from_num_days_from_ce_opt))?;
            Some(MilestoneMark { number, date })
        };
        some(self.milestone.map(mark))
    }

    fn event(&self, shared: &Shared<'_>, old: Recorded, new: Recorded) -> Option<Event> {
        let text = |at: u32| shared.text(at);
        let person = |at: u32| shared.person(at);
        let maybe = |at: Option<u32>| some(at.map(text));
        Some(Event {
            time: self.time()?,
            landed: DateTime::from_timestamp(self.landed, 0)?,
            actor: person(self.actor)?,
            co_actors: self.co_actors.iter().map(|at| person(*at)).collect::<Option<_>>()?,
            landed_by: person(self.landed_by)?,
            commit: shared.commit(self.commit)?,
            path: text(self.path)?,
            item: some(self.item.map(|at| shared.id(at)))?,
            action: self.action,
            field: text(self.field)?,
            old,
            new,
            milestone: self.milestone()?,
            reason: maybe(self.reason)?,
            evidence_family: self.family,
            signature: self.signature,
            source: maybe(self.source)?,
            source_id: maybe(self.source_id)?,
            reconstructed: self.reconstructed,
        })
    }
}

impl Kept<'_> {
    fn recorded(&self, packs: &[Arc<Pack>]) -> Option<Recorded> {
        let form = match self {
            Self::Null => Form::Null,
            Self::Text(text) => Form::Text((*text).into()),
            Self::Json(json) => Form::Json((*json).into()),
            Self::Packed(pack, at) => Form::Packed(Packed::at(packs.get(*pack as usize)?, *at)?),
        };
        Some(form.into())
    }
}
