//! A chain as the body of a `.hush` file.
#![deny(clippy::indexing_slicing, clippy::as_conversions, clippy::arithmetic_side_effects)]

use super::{
    super::{read_port, write_port},
    Activation, Digits, Input, IntMatrix, Layer, Model, Output, SegmentTable,
};
use crate::{
    codec::{Reader, Writer},
    error::Result,
};

/// Fewest bytes a layer takes: two names, two sizes, an activation, one weight, one bias.
const MIN_LAYER_BYTES: usize = 7;

impl Model {
    /// Writes the body.
    pub(crate) fn write(&self, w: &mut Writer) {
        w.text(&self.name);
        self.digits.write(w);
        w.size(self.lanes);
        write_port(w, &self.input.port);
        w.u8(self.input.public.into());
        self.input.min.iter().chain(&self.input.step).for_each(|v| w.f64(*v));
        w.u8(self.segments.is_some().into());
        if let Some(table) = &self.segments {
            w.varint(table.output_bits.into());
            w.size(table.base.len());
            table.base.iter().chain(&table.slope).for_each(|v| w.varint(u64::from(*v)));
        }
        w.size(self.layers.len());
        for layer in &self.layers {
            write_layer(w, layer);
        }
        write_port(w, &self.output.port);
        self.output.zero.iter().chain(&self.output.step).for_each(|v| w.f64(*v));
        w.optional_f64(self.output.threshold);
    }

    /// Reads the body and checks the model.
    ///
    /// # Errors
    /// `Artifact` for bytes that are no model, cut off or inconsistent; everything of [`Model::check`].
    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self> {
        let name = r.text()?;
        let digits = Digits::read(r)?;
        let lanes = r.size()?;
        let port = read_port(r)?;
        let public = r.bool()?;
        let values = elements(r, &port.shape)?;
        let input = Input { port, min: r.many(values, 8, Reader::f64)?, step: r.many(values, 8, Reader::f64)?, public };
        let segments = if r.bool()? { Some(read_table(r)?) } else { None };
        let count = r.size()?;
        let layers = r.many(count, MIN_LAYER_BYTES, read_layer)?;
        let port = read_port(r)?;
        let values = layers.last().map_or(0, |l| l.bias.len());
        let output = Output {
            port,
            zero: r.many(values, 8, Reader::f64)?,
            step: r.many(values, 8, Reader::f64)?,
            threshold: r.optional_f64()?,
        };
        let model = Self { name, digits, lanes, input, layers, segments, output };
        model.check()?;
        Ok(model)
    }
}

fn write_layer(w: &mut Writer, layer: &Layer) {
    w.text(&layer.node);
    w.text(&layer.op);
    w.u8(match layer.activation {
        Activation::Requantize => 0,
        Activation::Relu => 1,
        Activation::Segments => 2,
        Activation::Threshold => 3,
        Activation::ArgMax => 4,
    });
    w.size(layer.weights.rows);
    w.size(layer.weights.cols);
    layer.weights.data.iter().chain(&layer.bias).for_each(|v| w.signed(*v));
}

fn read_layer(r: &mut Reader<'_>) -> Result<Layer> {
    let (node, op) = (r.text()?, r.text()?);
    let activation = match r.u8()? {
        0 => Activation::Requantize,
        1 => Activation::Relu,
        2 => Activation::Segments,
        3 => Activation::Threshold,
        4 => Activation::ArgMax,
        other => return Err(r.error(format!("unknown activation {other}"))),
    };
    let (rows, cols) = (r.size()?, r.size()?);
    let count = elements(r, &[rows, cols])?;
    let weights = IntMatrix { rows, cols, data: r.many(count, 1, Reader::signed)? };
    let bias = r.many(rows, 1, Reader::signed)?;
    Ok(Layer { node, op, weights, bias, activation })
}

fn read_table(r: &mut Reader<'_>) -> Result<SegmentTable> {
    let output_bits = r.varint_u32()?;
    let count = r.size()?;
    let base = r.many(count, 1, Reader::varint_u32)?;
    let slope = r.many(count, 1, Reader::varint_u32)?;
    Ok(SegmentTable { base, slope, output_bits })
}

/// Number of elements of a shape.
fn elements(r: &Reader<'_>, shape: &[usize]) -> Result<usize> {
    let product = shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size));
    product.ok_or_else(|| r.error("tensor too large"))
}
