//! A [`Model`] as the body of a `.hush` file.
//!
//! Sizes and integers are LEB128 varints (signed ones in zigzag form), reals little-endian doubles; the outputs of a
//! sparse column are written as gaps. A model has exactly one encoding; what it has beside a usual one, the reader is
//! told; the schemas of committed inputs, and of a committed output, as canonical JSON, stand last.
#![deny(clippy::indexing_slicing, clippy::as_conversions, clippy::arithmetic_side_effects)]

use super::{Activation, Conv, Input, Lanes, Layer, Map, Model, Output, Product, Shape, Sparse, Table, Term};
use crate::{
    codec::{Reader, Writer},
    error::Result,
    graph::{
        Digits, Finish, Visibility, ensure, read_categories, read_parts, read_thresholds, read_value_info,
        write_categories, write_parts, write_thresholds, write_value_info,
    },
    schema::{Records, Schema},
};

/// Fewest bytes of a table: the numbers of its bases and of its slopes.
const MIN_TABLE_BYTES: usize = 2;
/// Fewest bytes of a layer: two names, a shape, the numbers of terms and biases, an activation.
const MIN_LAYER_BYTES: usize = 8;
/// Fewest bytes of a term: its source, the kind of its map, the flag of its negative map.
const MIN_TERM_BYTES: usize = 3;
/// Fewest bytes of a schema: the length of its text, and some text.
const MIN_SCHEMA_BYTES: usize = 2;
/// Fewest bytes of an entry of a sparse map.
const MIN_ENTRY_BYTES: usize = 2;

/// What a reader of the body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags {
    /// Who sees the weights; the last item of a body are the limbs of private ones.
    weights: Visibility,
    /// Whether the input has cuts.
    cuts: bool,
    /// Who sees the input.
    input: Visibility,
    /// Whether the input has zero points.
    zero_points: bool,
    /// Whether the input joins several tensors.
    parts: bool,
    /// Whether values of the input may be missing.
    missing: bool,
    /// Whether values of the input or of the output have names, which stand last.
    names: bool,
    /// Whether tables lack segments.
    absent: bool,
}

impl Flags {
    /// What the reader of a model is told.
    pub(crate) fn of(model: &Model) -> Self {
        Self {
            weights: Visibility::public_if(model.private_weights.is_none()),
            cuts: !model.input.cuts.is_empty(),
            input: model.input.visibility,
            zero_points: !model.input.zero_point.is_empty(),
            parts: !model.input.value_info.parts.is_empty(),
            missing: !model.input.missing.is_empty(),
            names: !(model.input.value_info.categories.is_empty() && model.output.value_info.categories.is_empty()),
            absent: model.tables.iter().any(|table| !table.absent.is_empty()),
        }
    }

    /// One bit for whatever is unusual.
    pub(crate) fn to_byte(self) -> u8 {
        let Self { cuts, zero_points, parts, missing, names, absent, .. } = self;
        let private = !self.weights.is_public();
        let unusual = [private, cuts, self.input.is_public(), zero_points, parts, missing, names, absent];
        unusual.iter().rev().fold(0, |bits, set| bits << 1 | u8::from(*set))
    }

    /// See [`Flags::to_byte`].
    pub(crate) const fn from_byte(byte: u8) -> Self {
        Self {
            weights: Visibility::public_if(byte & 1 == 0),
            cuts: byte & 2 != 0,
            input: Visibility::public_if(byte & 4 != 0),
            zero_points: byte & 8 != 0,
            parts: byte & 16 != 0,
            missing: byte & 32 != 0,
            names: byte & 64 != 0,
            absent: byte & 128 != 0,
        }
    }
}

impl Model {
    /// Writes the body.
    pub(crate) fn write(&self, w: &mut Writer) {
        w.text(&self.name);
        self.digits.write(w);
        w.size(self.lanes.activations);
        w.size(self.lanes.weights);
        write_value_info(w, &self.input.value_info);
        if !self.input.value_info.parts.is_empty() {
            write_parts(w, &self.input.value_info.parts);
        }
        write_shape(w, self.input.shape);
        self.input.scale.iter().for_each(|scale| w.f64(*scale));
        self.input.zero_point.iter().for_each(|zero| w.signed(*zero));
        for cuts in &self.input.cuts {
            // Beside zero points a value may have none.
            if !self.input.zero_point.is_empty() {
                w.u8(cuts.is_some().into());
            }
            if let Some(cuts) = cuts {
                w.size(cuts.len());
                cuts.iter().for_each(|cut| w.f64(*cut));
            }
        }
        self.input.missing.iter().for_each(|value| w.optional_f64(*value));
        w.size(self.tables.len());
        for table in &self.tables {
            for list in [&table.base, &table.slope] {
                w.size(list.len());
                list.iter().for_each(|v| w.signed(*v));
            }
        }
        if Flags::of(self).absent {
            for table in &self.tables {
                w.size(table.absent.len());
                table.absent.iter().for_each(|segment| w.varint((*segment).into()));
            }
        }
        w.size(self.layers.len());
        self.layers.iter().for_each(|layer| write_layer(w, layer));
        write_value_info(w, &self.output.value_info);
        self.output.scale.iter().for_each(|scale| w.f64(*scale));
        write_thresholds(w, &self.output.thresholds);
        Finish::write(self.output.finish, self.output.scale.len(), w);
        self.private_weights.iter().for_each(|limbs| w.varint((*limbs).into()));
        if Flags::of(self).names {
            write_categories(w, &self.input.value_info.categories);
            write_categories(w, &self.output.value_info.categories);
        }
        let inputs = self.input.records.as_ref().map_or(&[][..], Records::schemas);
        if !inputs.is_empty() || self.output.schema.is_some() {
            w.size(inputs.len());
            inputs.iter().chain(&self.output.schema).for_each(|schema| write_schema(w, schema));
        }
    }

    /// Reads the body and checks the model.
    ///
    /// # Errors
    /// `Artifact` for bytes that are no model, cut off or inconsistent; everything of [`Model::check`].
    pub(crate) fn read(r: &mut Reader<'_>, flags: Flags) -> Result<Self> {
        let name = r.text()?;
        let digits = Digits::read(r)?;
        let lanes = Lanes { activations: r.size()?, weights: r.size()? };
        let mut value_info = read_value_info(r)?;
        if flags.parts {
            value_info.parts = read_parts(r)?;
            ensure(!value_info.parts.is_empty(), || "an input joined of nothing".to_owned())?;
        }
        let shape = read_shape(r)?;
        let scale = r.many(shape.channels, 8, Reader::f64)?;
        let values = shape.channels.saturating_mul(shape.height).saturating_mul(shape.width);
        let zero_point = if flags.zero_points { r.many(shape.channels, 1, Reader::signed)? } else { Vec::new() };
        let cuts = |r: &mut Reader<'_>| if flags.zero_points && !r.bool()? { Ok(None) } else { read_cuts(r).map(Some) };
        let cuts = if flags.cuts { r.many(values, 1, cuts)? } else { Vec::new() };
        let missing = if flags.missing { r.many(values, 1, Reader::optional_f64)? } else { Vec::new() };
        let input =
            Input { value_info, shape, scale, zero_point, cuts, missing, visibility: flags.input, records: None };
        let count = r.size()?;
        let mut tables = r.many(count, MIN_TABLE_BYTES, read_table)?;
        if flags.absent {
            for table in &mut tables {
                let count = r.size()?;
                table.absent = r.many(count, 1, read_segment)?;
            }
            let absent = tables.iter().any(|table| !table.absent.is_empty());
            ensure(absent, || "no absent segments where there should be some".to_owned())?;
        }
        let count = r.size()?;
        let layers = r.many(count, MIN_LAYER_BYTES, read_layer)?;
        let value_info = read_value_info(r)?;
        let values = layers.last().map_or(0, |layer| layer.shape.channels);
        let scale = r.many(values, 8, Reader::f64)?;
        let (thresholds, finish) = (read_thresholds(r)?, Finish::read(r, values)?);
        let output = Output { value_info, scale, thresholds, finish, schema: None };
        let private_weights = if flags.weights.is_public() { None } else { Some(r.varint_u32()?) };
        let mut model = Self { name, digits, lanes, input, layers, tables, output, private_weights };
        if flags.names {
            for info in [&mut model.input.value_info, &mut model.output.value_info] {
                info.categories = read_categories(r, info.len())?;
            }
            if !Flags::of(&model).names {
                return Err(r.error("no names where there should be some"));
            }
        }
        if r.remaining() > 0 {
            let count = r.size()?;
            model.input.records = Records::new(r.many(count, MIN_SCHEMA_BYTES, read_schema)?);
            ensure(count > 0 || r.remaining() > 0, || "schemas of nothing".to_owned())?;
            if r.remaining() > 0 {
                model.output.schema = Some(read_schema(r)?);
            }
            if model.input.records.is_some() {
                ensure(!model.input.visibility.is_public(), || "a public input with a commitment".to_owned())?;
                model.input.visibility = Visibility::Committed;
            }
        }
        model.check()?;
        Ok(model)
    }
}

fn write_schema(w: &mut Writer, schema: &Schema) {
    w.text(&schema.to_json().unwrap_or_default());
}

fn read_schema(r: &mut Reader<'_>) -> Result<Schema> {
    let text = r.text()?;
    let schema = Schema::from_json(&text)?;
    ensure(schema.to_json()? == text, || "a schema that is not canonical".to_owned())?;
    Ok(schema)
}

fn write_shape(w: &mut Writer, shape: Shape) {
    [shape.channels, shape.height, shape.width].iter().for_each(|size| w.size(*size));
}

fn read_shape(r: &mut Reader<'_>) -> Result<Shape> {
    Ok(Shape { channels: r.size()?, height: r.size()?, width: r.size()? })
}

fn read_cuts(r: &mut Reader<'_>) -> Result<Vec<f64>> {
    let count = r.size()?;
    r.many(count, 8, Reader::f64)
}

fn read_table(r: &mut Reader<'_>) -> Result<Table> {
    let bases = r.size()?;
    let base = r.many(bases, 1, Reader::signed)?;
    let slopes = r.size()?;
    Ok(Table { base, slope: r.many(slopes, 1, Reader::signed)?, absent: Vec::new() })
}

fn read_segment(r: &mut Reader<'_>) -> Result<u32> {
    let segment = r.size()?;
    u32::try_from(segment).map_err(|_| r.error("a segment beyond 2^32"))
}

fn write_layer(w: &mut Writer, layer: &Layer) {
    w.text(&layer.node);
    w.text(&layer.op);
    write_shape(w, layer.shape);
    write_terms(w, &layer.terms);
    w.size(layer.bias.len());
    layer.bias.iter().for_each(|b| w.signed(*b));
    layer.activation.write(w);
}

pub(super) fn write_terms(w: &mut Writer, terms: &[Term<i64>]) {
    w.size(terms.len());
    for term in terms {
        w.size(term.source);
        write_map(w, &term.map);
        w.u8(term.negative.is_some().into());
        if let Some(negative) = &term.negative {
            write_map(w, negative);
        }
    }
}

pub(super) fn read_terms(r: &mut Reader<'_>) -> Result<Vec<Term<i64>>> {
    let count = r.size()?;
    r.many(count, MIN_TERM_BYTES, |r| {
        let (source, map) = (r.size()?, read_map(r)?);
        Ok(Term { source, map, negative: if r.bool()? { Some(read_map(r)?) } else { None } })
    })
}

fn read_layer(r: &mut Reader<'_>) -> Result<Layer> {
    let (node, op, shape) = (r.text()?, r.text()?, read_shape(r)?);
    let terms = read_terms(r)?;
    let count = r.size()?;
    let bias = r.many(count, 1, Reader::signed)?;
    Ok(Layer { node, op, shape, terms, bias, activation: Activation::read(r)? })
}

fn write_map(w: &mut Writer, map: &Map<i64>) {
    match map {
        Map::Conv(conv) => {
            w.u8(0);
            let channels = [conv.input_start, conv.inputs, conv.output_start, conv.outputs, conv.groups];
            let sizes = [conv.kernel, conv.stride, conv.dilation];
            channels.iter().chain(sizes.iter().flatten()).for_each(|size| w.size(*size));
            conv.pad.iter().for_each(|pad| w.signed(i64::try_from(*pad).unwrap_or(i64::MAX)));
            w.size(conv.weights.len());
            conv.weights.iter().for_each(|k| w.signed(*k));
        }
        Map::Sparse(sparse) => {
            w.u8(1);
            w.size(sparse.columns.len());
            for column in &sparse.columns {
                w.size(column.len());
                let mut next = 0u32;
                for (output, k) in column {
                    w.varint(output.saturating_sub(next).into());
                    w.signed(*k);
                    next = output.saturating_add(1);
                }
            }
        }
        Map::Product(product) => {
            w.u8(2);
            w.size(product.factor);
            w.size(product.groups);
            w.signed(product.weight);
        }
    }
}

fn read_map(r: &mut Reader<'_>) -> Result<Map<i64>> {
    match r.u8()? {
        0 => {
            let (input_start, inputs) = (r.size()?, r.size()?);
            let (output_start, outputs, groups) = (r.size()?, r.size()?, r.size()?);
            let (kernel, stride, dilation) = (read_pair(r)?, read_pair(r)?, read_pair(r)?);
            let pad = [read_pad(r)?, read_pad(r)?];
            let count = r.size()?;
            let weights = r.many(count, 1, Reader::signed)?;
            Ok(Map::Conv(Conv {
                input_start,
                inputs,
                output_start,
                outputs,
                groups,
                kernel,
                stride,
                dilation,
                pad,
                weights,
            }))
        }
        1 => {
            let count = r.size()?;
            Ok(Map::Sparse(Sparse { columns: r.many(count, 1, read_column)? }))
        }
        2 => Ok(Map::Product(Product { factor: r.size()?, groups: r.size()?, weight: r.signed()? })),
        other => Err(r.error(format!("unknown map {other}"))),
    }
}

fn read_pair(r: &mut Reader<'_>) -> Result<[usize; 2]> {
    Ok([r.size()?, r.size()?])
}

fn read_pad(r: &mut Reader<'_>) -> Result<isize> {
    isize::try_from(r.signed()?).map_err(|_| r.error("padding too large"))
}

fn read_column(r: &mut Reader<'_>) -> Result<Vec<(u32, i64)>> {
    let count = r.size()?;
    let mut next = Some(0u32);
    r.many(count, MIN_ENTRY_BYTES, |r| {
        let gap = r.varint_u32()?;
        let output = next.and_then(|next| next.checked_add(gap)).ok_or_else(|| r.error("integer too large"))?;
        next = output.checked_add(1);
        Ok((output, r.signed()?))
    })
}

#[cfg(test)]
mod tests;
