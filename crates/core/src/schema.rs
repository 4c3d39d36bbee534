//! What a record holds, and the integers that stand for it whatever model reads it.
//!
//! A commitment must not depend on how a model quantizes its input, or an issuer would have to sign anew for every
//! model. A schema fixes, element by element of a network's input, the integers from 0 to a largest one that a value may
//! stand for: `round(value · 10^decimals) − min · 10^decimals`.
#![deny(clippy::indexing_slicing)]

mod record;
mod records;

pub use records::Records;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    codec::DIGEST_BYTES,
    error::{ArtifactKind, Error, Result},
    json::{self, check_text},
};

/// The version of schemas that this build reads and writes.
pub const SCHEMA_VERSION: u32 = 1;

/// Longest text of a schema, in bytes.
const MAX_FILE_BYTES: usize = 4 << 20;

/// Elements of a record, at most.
const MAX_ELEMENTS: usize = 1 << 20;

/// Largest integer of an element.
const MAX_INTEGER: u64 = u32::MAX as u64;

/// Decimals of a number, at most.
const MAX_DECIMALS: u32 = 12;

/// Largest multiple of a decimal, as far as doubles tell integers apart.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Bits of a field element that hold integers: 31 bytes, which are always below the modulus.
const PACKED_BITS: u32 = 248;

/// Channels of an image, at most: a pixel fits a field element.
const MAX_CHANNELS: usize = 31;

/// Fewest bits of a packed integer, so that a field element holds at most as many as a circuit packs while it permutes.
const MIN_PACKED_BITS: u32 = 8;

/// How integers are packed into field elements: the first in the lowest bits, a pixel's together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// Bits of an integer.
    pub bits: u32,
    /// Integers in an element.
    pub integers: usize,
    /// Integers of a pixel, which one element holds; 1 where there are no pixels.
    pub pixel: usize,
}

/// The elements of a record, one for each element of a network's input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "File", try_from = "File")]
pub struct Schema {
    /// What a person calls it.
    pub name: String,
    /// What it holds.
    pub shape: Shape,
}

/// What a record is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Named values.
    Fields(Vec<Field>),
    /// A picture of bytes: channel by channel, row by row.
    Image(Image),
    /// Numbers of one kind, as an embedding has them.
    Vector(Vector),
}

/// A named value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it may be.
    pub kind: Kind,
    /// What its numbers count.
    pub unit: Option<String>,
    /// Whether it may be missing, which is an integer of its own: the one after the largest.
    pub missing: bool,
}

/// What a value may be.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A whole number.
    Integer(Scaled),
    /// A number with so many decimals.
    Decimal(Scaled),
    /// One of these names, which stands for its index.
    Category(Vec<String>),
    /// No or yes: 0 or 1.
    Boolean,
}

/// Multiples of a power of ten, from a least to a largest one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaled {
    /// Decimals.
    pub decimals: u32,
    /// The least value.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// A picture of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Values of a pixel.
    pub channels: usize,
}

/// Numbers of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// How many.
    pub length: usize,
    /// Decimals of each.
    pub decimals: u32,
    /// The least value.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// The JSON of a schema.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<FieldFile>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<Image>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vector: Option<Vector>,
}

/// The JSON of a field.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldFile {
    name: String,
    kind: KindName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decimals: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    missing: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindName {
    Integer,
    Decimal,
    Category,
    Boolean,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    /// `Artifact` names the field; `Version` for another version.
    pub fn from_json(text: &str) -> Result<Self> {
        if text.len() > MAX_FILE_BYTES {
            return Err(bad(format!("{} bytes, at most {MAX_FILE_BYTES} are read", text.len())));
        }
        let Version { version } = json::object(text.as_bytes()).map_err(bad)?;
        if version != SCHEMA_VERSION {
            return Err(Error::Version { kind: ArtifactKind::Schema, expected: SCHEMA_VERSION, got: version });
        }
        json::object::<File>(text.as_bytes()).map_err(bad)?.try_into()
    }

    /// Its canonical JSON (RFC 8785).
    ///
    /// # Errors
    /// `Artifact`; never for a schema that was read.
    pub fn to_json(&self) -> Result<String> {
        json::canonical(self).map_err(bad)
    }

    /// SHA-256 of its canonical JSON.
    ///
    /// # Errors
    /// As [`Schema::to_json`].
    pub fn digest(&self) -> Result<[u8; DIGEST_BYTES]> {
        Ok(Sha256::digest(self.to_json()?).into())
    }

    /// Elements of a record.
    pub fn len(&self) -> usize {
        match &self.shape {
            Shape::Fields(fields) => fields.len(),
            Shape::Image(Image { height, width, channels }) => height * width * channels,
            Shape::Vector(vector) => vector.length,
        }
    }

    /// Never: a schema has elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The largest integer of each element, that of a missing value among them.
    pub fn largest(&self) -> Vec<u64> {
        match &self.shape {
            Shape::Fields(fields) => fields.iter().map(Field::largest).collect(),
            Shape::Image(_) => vec![u8::MAX.into(); self.len()],
            Shape::Vector(vector) => vec![vector.scaled().largest(); vector.length],
        }
    }

    /// Bits that hold the integer of any element.
    pub fn bits(&self) -> u32 {
        let largest = match &self.shape {
            Shape::Fields(fields) => fields.iter().map(Field::largest).max().unwrap_or(0),
            Shape::Image(_) => u8::MAX.into(),
            Shape::Vector(vector) => vector.scaled().largest(),
        };
        (u64::BITS - largest.leading_zeros()).max(1)
    }

    /// How the integers are packed into field elements.
    pub fn packing(&self) -> Packing {
        let bits = self.bits().max(MIN_PACKED_BITS);
        let most = (PACKED_BITS / bits) as usize;
        let pixel = match &self.shape {
            Shape::Image(image) => image.channels,
            Shape::Fields(_) | Shape::Vector(_) => 1,
        };
        Packing { bits, integers: most - most % pixel, pixel }
    }

    /// The elements in the order in which their integers are packed: those of an image pixel by pixel.
    pub fn packed_order(&self) -> impl Iterator<Item = usize> {
        let channels = self.packing().pixel;
        let plane = self.len() / channels;
        (0..plane).flat_map(move |cell| (0..channels).map(move |channel| channel * plane + cell))
    }

    /// The integers of values, one for each element; NaN is a missing one.
    ///
    /// # Errors
    /// `Record` names the field, never its value.
    pub fn integers(&self, values: &[f64]) -> Result<Vec<u64>> {
        if values.len() != self.len() {
            return Err(record(&self.name, format!("{} values, expected {}", values.len(), self.len())));
        }
        match &self.shape {
            Shape::Fields(fields) => fields
                .iter()
                .zip(values)
                .map(|(field, value)| field.integer(*value).map_err(|reason| record(&field.name, reason)))
                .collect(),
            Shape::Image(_) => self.numbers(values, &Scaled::BYTE, true),
            Shape::Vector(vector) => self.numbers(values, &vector.scaled(), false),
        }
    }

    /// The numbers of an element, and whether it may be missing.
    fn numbers_of(&self, at: usize) -> (Scaled, bool) {
        match &self.shape {
            Shape::Fields(fields) => {
                fields.get(at).map_or((Scaled::BYTE, false), |field| (field.kind.scaled(), field.missing))
            }
            Shape::Image(_) => (Scaled::BYTE, false),
            Shape::Vector(vector) => (vector.scaled(), false),
        }
    }

    /// How the integer of an element is read as its value: `scale · (integer − zero point)`.
    pub fn scaling(&self, at: usize) -> (f64, i64) {
        let (scaled, _) = self.numbers_of(at);
        (scaled.unit().recip(), -scaled.units(scaled.min) as i64)
    }

    /// What an integer of an element is read as.
    pub fn value(&self, at: usize, integer: u64) -> f64 {
        self.numbers_of(at).0.value(integer)
    }

    /// The integer of the value that is the nearest to one; `None` for NaN where none may be missing.
    pub fn nearest(&self, at: usize, value: f64) -> Option<u64> {
        let (scaled, missing) = self.numbers_of(at);
        if value.is_nan() {
            return missing.then(|| scaled.largest() + 1);
        }
        Some((scaled.units(value) - scaled.units(scaled.min)).clamp(0.0, scaled.largest() as f64) as u64)
    }

    /// The record that integers stand for, one for each element: what [`Schema::values`] and [`Schema::integers`] read them
    /// from.
    pub fn record(&self, integers: &[u64]) -> Value {
        let number = |at: usize, integer: u64| json!(self.value(at, integer));
        let Shape::Fields(fields) = &self.shape else {
            return integers.iter().enumerate().map(|(at, integer)| number(at, *integer)).collect();
        };
        let value = |(at, (field, integer)): (usize, (&Field, &u64))| match &field.kind {
            _ if field.missing && *integer == field.largest() => Value::Null,
            Kind::Category(names) => {
                usize::try_from(*integer).ok().and_then(|at| names.get(at)).map_or(Value::Null, |name| json!(name))
            }
            Kind::Boolean => json!(*integer > 0),
            Kind::Integer(_) | Kind::Decimal(_) => number(at, *integer),
        };
        let values = fields.iter().zip(integers).enumerate();
        Value::Object(values.map(|(at, of)| (of.0.name.clone(), value((at, of)))).collect())
    }

    /// The largest integer of an element.
    pub fn largest_of(&self, at: usize) -> u64 {
        let (scaled, missing) = self.numbers_of(at);
        scaled.largest() + u64::from(missing)
    }

    /// The largest magnitude of what an integer of an element is read as.
    pub fn magnitude(&self, at: usize) -> f64 {
        self.value(at, 0).abs().max(self.value(at, self.largest_of(at)).abs())
    }

    /// Whether an element is a whole number, a name or a truth value.
    pub fn is_whole(&self, at: usize) -> bool {
        match &self.shape {
            Shape::Fields(fields) => !fields.get(at).is_some_and(|field| matches!(field.kind, Kind::Decimal(_))),
            Shape::Image(_) => true,
            Shape::Vector(_) => false,
        }
    }

    /// Says that an integer is not one of an element.
    pub(crate) fn misfit(&self, at: usize) -> Error {
        record(&self.title(at), "an integer that the schema does not have")
    }

    /// Says that an output is no value of an element.
    pub(crate) fn beyond(&self, at: usize) -> Error {
        let (least, most) = (self.value(at, 0), self.value(at, self.largest_of(at)));
        record(&self.title(at), format!("the model's output is beyond {least} to {most}, the range of its schema"))
    }

    /// What an element is called: its field's name, or the schema's with its number.
    pub fn title(&self, at: usize) -> String {
        let field = match &self.shape {
            Shape::Fields(fields) => fields.get(at),
            Shape::Image(_) | Shape::Vector(_) => None,
        };
        field.map_or_else(|| format!("{}[{at}]", self.name), |field| field.name.clone())
    }

    fn numbers(&self, values: &[f64], scaled: &Scaled, whole: bool) -> Result<Vec<u64>> {
        let integer = |(at, value): (usize, &f64)| {
            scaled.integer(*value, whole).map_err(|reason| record(&format!("{}[{at}]", self.name), reason))
        };
        values.iter().enumerate().map(integer).collect()
    }
}

impl Field {
    /// The largest integer that stands for a value, or for a missing one.
    fn largest(&self) -> u64 {
        self.kind.largest() + u64::from(self.missing)
    }

    fn integer(&self, value: f64) -> Result<u64, String> {
        if value.is_nan() {
            return if self.missing { Ok(self.largest()) } else { Err("must not be missing".to_owned()) };
        }
        match &self.kind {
            Kind::Integer(scaled) => scaled.integer(value, true),
            Kind::Decimal(scaled) => scaled.integer(value, false),
            Kind::Category(_) | Kind::Boolean => self.kind.scaled().integer(value, true),
        }
    }
}

impl Kind {
    /// The largest integer that stands for a value.
    fn largest(&self) -> u64 {
        match self {
            Self::Integer(scaled) | Self::Decimal(scaled) => scaled.largest(),
            Self::Category(values) => values.len().saturating_sub(1) as u64,
            Self::Boolean => 1,
        }
    }
}

impl Vector {
    const fn scaled(&self) -> Scaled {
        Scaled { decimals: self.decimals, min: self.min, max: self.max }
    }
}

impl Kind {
    /// Its numbers; of a name its index.
    fn scaled(&self) -> Scaled {
        match self {
            Self::Integer(scaled) | Self::Decimal(scaled) => *scaled,
            Self::Category(_) | Self::Boolean => Scaled { decimals: 0, min: 0.0, max: self.largest() as f64 },
        }
    }
}

impl Scaled {
    /// Those of a byte.
    const BYTE: Self = Self { decimals: 0, min: 0.0, max: u8::MAX as f64 };

    /// 10^decimals, which a double holds exactly.
    fn unit(&self) -> f64 {
        (0..self.decimals).fold(1.0, |power, _| power * 10.0)
    }

    /// The value in units of its last decimal, rounded, halves away from 0.
    fn units(&self, value: f64) -> f64 {
        (value * self.unit()).round()
    }

    fn largest(&self) -> u64 {
        (self.units(self.max) - self.units(self.min)) as u64
    }

    fn integer(&self, value: f64, whole: bool) -> Result<u64, String> {
        if whole && value.fract() != 0.0 {
            return Err("expected a whole number".to_owned());
        }
        let units = self.units(value);
        if units < self.units(self.min) || units > self.units(self.max) || value.is_nan() {
            return Err(format!("expected {} to {}", self.min, self.max));
        }
        Ok((units - self.units(self.min)) as u64)
    }

    /// The value that an integer stands for.
    fn value(&self, integer: u64) -> f64 {
        (self.units(self.min) + integer as f64) / self.unit()
    }

    fn check(&self) -> Result<(), String> {
        if self.decimals > MAX_DECIMALS {
            return Err(format!("decimals: at most {MAX_DECIMALS}"));
        }
        for (name, bound) in [("min", self.min), ("max", self.max)] {
            let units = self.units(bound);
            if !(-MAX_EXACT..=MAX_EXACT).contains(&units) {
                return Err(format!("{name}: too large for {} decimals", self.decimals));
            }
            if units / self.unit() != bound {
                return Err(format!("{name}: has more than {} decimals", self.decimals));
            }
        }
        if self.min >= self.max {
            return Err("expected min below max".to_owned());
        }
        let range = self.units(self.max) - self.units(self.min);
        // One more stands for a missing value.
        if range >= MAX_INTEGER as f64 {
            return Err(format!("its range holds {range} steps, expected fewer than {MAX_INTEGER}"));
        }
        Ok(())
    }
}

impl TryFrom<File> for Schema {
    type Error = Error;

    fn try_from(file: File) -> Result<Self> {
        check_text(&file.name).map_err(|reason| bad(format!("name: {reason}")))?;
        let shape = match (file.fields, file.image, file.vector) {
            (Some(fields), None, None) => Shape::Fields(read_fields(fields)?),
            (None, Some(image), None) => Shape::Image(image),
            (None, None, Some(vector)) => {
                vector.scaled().check().map_err(|reason| bad(format!("vector: {reason}")))?;
                Shape::Vector(vector)
            }
            _ => return Err(bad("expected one of fields, image and vector")),
        };
        let len = match &shape {
            Shape::Fields(fields) => Some(fields.len()),
            Shape::Image(image) => {
                image.height.checked_mul(image.width).and_then(|area| area.checked_mul(image.channels))
            }
            Shape::Vector(vector) => Some(vector.length),
        };
        if let Shape::Image(Image { channels, .. }) = shape
            && channels > MAX_CHANNELS
            && len.is_some_and(|len| len <= MAX_ELEMENTS)
        {
            return Err(bad(format!("image: at most {MAX_CHANNELS} channels")));
        }
        match len {
            Some(1..=MAX_ELEMENTS) => Ok(Self { name: file.name, shape }),
            _ => Err(bad(format!("expected 1 to {MAX_ELEMENTS} elements"))),
        }
    }
}

impl From<Schema> for File {
    fn from(schema: Schema) -> Self {
        let mut file = Self { version: SCHEMA_VERSION, name: schema.name, fields: None, image: None, vector: None };
        match schema.shape {
            Shape::Fields(fields) => file.fields = Some(fields.into_iter().map(FieldFile::from).collect()),
            Shape::Image(image) => file.image = Some(image),
            Shape::Vector(vector) => file.vector = Some(vector),
        }
        file
    }
}

fn read_fields(files: Vec<FieldFile>) -> Result<Vec<Field>> {
    let mut names = HashSet::new();
    let read = |(at, file): (usize, FieldFile)| {
        check_text(&file.name).map_err(|reason| bad(format!("fields[{at}].name: {reason}")))?;
        let name = file.name.clone();
        if !names.insert(name.clone()) {
            return Err(bad(format!("field `{name}`: stands twice")));
        }
        Field::try_from(file).map_err(|reason| bad(format!("field `{name}`: {reason}")))
    };
    files.into_iter().enumerate().map(read).collect()
}

impl TryFrom<FieldFile> for Field {
    type Error = String;

    fn try_from(file: FieldFile) -> Result<Self, String> {
        let FieldFile { name, kind, unit, decimals, min, max, values, missing } = file;
        if let Some(unit) = &unit {
            check_text(unit).map_err(|reason| format!("unit: {reason}"))?;
        }
        let numbers = |decimals: Option<u32>| {
            let needed = |name: &str| format!("{name}: needed");
            let (min, max) = (min.ok_or_else(|| needed("min"))?, max.ok_or_else(|| needed("max"))?);
            let scaled = Scaled { decimals: decimals.ok_or_else(|| needed("decimals"))?, min, max };
            scaled.check().map(|()| scaled)
        };
        // What a kind does not heed must not stand there.
        let unused: &[(&str, bool)] = match kind {
            KindName::Integer => &[("decimals", decimals.is_some()), ("values", values.is_some())],
            KindName::Decimal => &[("values", values.is_some())],
            KindName::Category | KindName::Boolean => &[
                ("decimals", decimals.is_some()),
                ("min", min.is_some()),
                ("max", max.is_some()),
                ("unit", unit.is_some()),
            ],
        };
        if let Some((unused, _)) = unused.iter().find(|(_, is_there)| *is_there) {
            return Err(format!("{unused}: has no meaning for this kind"));
        }
        let kind = match (kind, values) {
            (KindName::Integer, _) => Kind::Integer(numbers(Some(0))?),
            (KindName::Decimal, _) => Kind::Decimal(numbers(decimals)?),
            (KindName::Category, Some(values)) => {
                check_values(&values)?;
                Kind::Category(values)
            }
            (KindName::Category, None) => return Err("values: needed".to_owned()),
            (KindName::Boolean, None) => Kind::Boolean,
            (KindName::Boolean, Some(_)) => return Err("values: has no meaning for this kind".to_owned()),
        };
        Ok(Self { name, kind, unit, missing })
    }
}

impl From<Field> for FieldFile {
    fn from(field: Field) -> Self {
        let Field { name, kind, unit, missing } = field;
        let mut file =
            Self { name, kind: KindName::Boolean, unit, decimals: None, min: None, max: None, values: None, missing };
        match kind {
            Kind::Integer(Scaled { min, max, .. }) => {
                (file.kind, file.min, file.max) = (KindName::Integer, Some(min), Some(max));
            }
            Kind::Decimal(Scaled { decimals, min, max }) => {
                (file.kind, file.decimals) = (KindName::Decimal, Some(decimals));
                (file.min, file.max) = (Some(min), Some(max));
            }
            Kind::Category(values) => (file.kind, file.values) = (KindName::Category, Some(values)),
            Kind::Boolean => {}
        }
        file
    }
}

/// Names of a category: some, each of them shown, none twice.
fn check_values(values: &[String]) -> Result<(), String> {
    if values.is_empty() || values.len() as u64 > MAX_INTEGER {
        return Err("values: expected at least one".to_owned());
    }
    let mut names = HashSet::new();
    for (at, value) in values.iter().enumerate() {
        check_text(value).map_err(|reason| format!("values[{at}]: {reason}"))?;
        if !names.insert(value) {
            return Err(format!("values[{at}]: stands twice"));
        }
    }
    Ok(())
}

fn bad(reason: impl Into<String>) -> Error {
    Error::artifact(ArtifactKind::Schema, reason)
}

/// What is wrong with a field of a record.
fn record(field: &str, reason: impl Into<String>) -> Error {
    Error::Record { field: field.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests;
