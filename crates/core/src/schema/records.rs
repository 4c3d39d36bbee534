//! The records that a network's input is, one after the other.

use serde::{Deserialize, Serialize};

use super::Schema;
use crate::error::{Error, Result};

/// The schemas of the records that a network's input is: mostly one; of an input that joins several tensors one for all
/// of them, or one for each. Elements are counted through all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Records(Vec<Schema>);

impl Records {
    /// Records of these schemas; `None` for no schema.
    pub fn new(schemas: Vec<Schema>) -> Option<Self> {
        (!schemas.is_empty()).then_some(Self(schemas))
    }

    /// The schemas, in order.
    pub fn schemas(&self) -> &[Schema] {
        &self.0
    }

    /// The schemas with the first element of each.
    pub fn placed(&self) -> impl Iterator<Item = (usize, &Schema)> {
        let next = |first: &mut usize, schema| {
            let at = *first;
            *first += Schema::len(schema);
            Some((at, schema))
        };
        self.0.iter().scan(0, next)
    }

    /// Elements of all records.
    pub fn len(&self) -> usize {
        self.0.iter().map(Schema::len).sum()
    }

    /// Never: a schema has elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// See [`Schema::largest`].
    pub fn largest(&self) -> Vec<u64> {
        self.0.iter().flat_map(Schema::largest).collect()
    }

    /// Bits that hold the integer of any element.
    pub fn bits(&self) -> u32 {
        self.0.iter().map(Schema::bits).max().unwrap_or(1)
    }

    /// The record of an element, and its number there; of one beyond all of them that of the last record.
    fn of(&self, at: usize) -> Option<(&Schema, usize)> {
        let placed = self.placed().take_while(|(first, _)| *first <= at).last();
        placed.map(|(first, schema)| (schema, at - first))
    }

    /// See [`Schema::scaling`].
    pub fn scaling(&self, at: usize) -> (f64, i64) {
        self.of(at).map_or((1.0, 0), |(schema, at)| schema.scaling(at))
    }

    /// See [`Schema::value`].
    pub fn value(&self, at: usize, integer: u64) -> f64 {
        self.of(at).map_or(f64::NAN, |(schema, at)| schema.value(at, integer))
    }

    /// See [`Schema::nearest`].
    pub fn nearest(&self, at: usize, value: f64) -> Option<u64> {
        self.of(at).and_then(|(schema, at)| schema.nearest(at, value))
    }

    /// See [`Schema::largest_of`].
    pub fn largest_of(&self, at: usize) -> u64 {
        self.of(at).map_or(0, |(schema, at)| schema.largest_of(at))
    }

    /// See [`Schema::magnitude`].
    pub fn magnitude(&self, at: usize) -> f64 {
        self.of(at).map_or(0.0, |(schema, at)| schema.magnitude(at))
    }

    /// See [`Schema::is_whole`].
    pub fn is_whole(&self, at: usize) -> bool {
        self.of(at).is_some_and(|(schema, at)| schema.is_whole(at))
    }

    /// See [`Schema::title`].
    pub fn title(&self, at: usize) -> String {
        self.of(at).map_or_else(String::new, |(schema, at)| schema.title(at))
    }

    /// See [`Schema::integers`].
    ///
    /// # Errors
    /// As there.
    pub fn integers(&self, values: &[f64]) -> Result<Vec<u64>> {
        self.by_record(values, Schema::integers)
    }

    /// See [`Schema::meant`].
    ///
    /// # Errors
    /// As there.
    pub fn meant(&self, values: &[f64]) -> Result<Vec<f64>> {
        self.by_record(values, Schema::meant)
    }

    fn by_record<T>(&self, values: &[f64], of: impl Fn(&Schema, &[f64]) -> Result<Vec<T>>) -> Result<Vec<T>> {
        if values.len() != self.len() {
            let (field, reason) = (self.title(0), format!("{} values, expected {}", values.len(), self.len()));
            return Err(Error::Record { field, reason });
        }
        let parts = self.placed().map(|(first, schema)| {
            let values = values.get(first..first + schema.len()).unwrap_or_default();
            of(schema, values)
        });
        parts.collect::<Result<Vec<_>>>().map(|parts| parts.into_iter().flatten().collect())
    }
}
