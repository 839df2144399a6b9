//! Reads types from the values that the fast scanner found, strictly.

use std::fmt;

use serde::Deserializer;
use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde_json::{Number, Value};

use super::flat::{MappingIter, ValueKind, ValueRef};
use super::tree;

/// The error of a strict read. It has no message: the check of the schema finds the place.
#[derive(Debug)]
pub struct TypeMismatch;

impl fmt::Display for TypeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the values are not of the type")
    }
}

impl std::error::Error for TypeMismatch {}

impl de::Error for TypeMismatch {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> IntoDeserializer<'de, TypeMismatch> for ValueRef<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The form of a day.
const DAY: &str = "YYYY-MM-DD";

/// Gives a type the same values as [`ValueRef::to_value`] would, or refuses. It is stricter than the type:
/// where it succeeds, the values have the shape that the schema of the type describes.
impl<'de> Deserializer<'de> for ValueRef<'de> {
    type Error = TypeMismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        match self.kind() {
            ValueKind::Null => visitor.visit_unit(),
            ValueKind::Bool(said) => visitor.visit_bool(said),
            ValueKind::Number(text) => match tree::plain_value(text) {
                Value::Number(number) => number_of(&number, visitor),
                _ => Err(TypeMismatch),
            },
            ValueKind::Text(text) => visitor.visit_borrowed_str(text),
            ValueKind::Sequence(steps) => visitor.visit_seq(SeqDeserializer::new(steps)),
            ValueKind::Mapping(entries) => {
                visitor.visit_map(FlatMappingAccess { entries, value: None })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        match self.kind() {
            ValueKind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        match self.kind() {
            ValueKind::Text(text) => visitor.visit_enum(StrDeserializer::new(text)),
            _ => Err(TypeMismatch),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        match self.kind() {
            ValueKind::Mapping(_) => self.deserialize_any(visitor),
            _ => Err(TypeMismatch),
        }
    }

    /// Refuses fields that a type does not know: what reads from here is known to have no other.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, TypeMismatch> {
        Err(TypeMismatch)
    }

    /// Reads a text that a type parses by itself. Among the types of items that is a day, which
    /// chrono takes in forms (`2026-1-5`) that the schema refuses: those are left to its check.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        match self.kind() {
            ValueKind::Text(text)
                if text.len() == DAY.len() && !text.starts_with(['+', '-', ' ']) =>
            {
                visitor.visit_borrowed_str(text)
            }
            _ => Err(TypeMismatch),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

fn number_of<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, TypeMismatch> {
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(number), _, _) => visitor.visit_u64(number),
        (_, Some(number), _) => visitor.visit_i64(number),
        (_, _, Some(number)) => visitor.visit_f64(number),
        _ => Err(TypeMismatch),
    }
}

struct FlatMappingAccess<'a> {
    entries: MappingIter<'a>,
    value: Option<ValueRef<'a>>,
}

impl<'de> MapAccess<'de> for FlatMappingAccess<'de> {
    type Error = TypeMismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, TypeMismatch> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, TypeMismatch> {
        seed.deserialize(self.value.take().ok_or(TypeMismatch)?)
    }
}
