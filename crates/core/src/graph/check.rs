//! The invariants of a [`Model`] that the circuit and the executor rely on, by interval arithmetic where values matter.

use super::{Activation, Conv, Layer, Map, Model, OutputEncoding, Product, Shape, Term, Visibility};
use crate::{
    error::{Error, Result},
    graph::{ACCUMULATOR_BITS, ZERO_POINT_BITS, elements, ensure},
    schema::Schema,
};

/// Most values of all tensors of a model.
pub const MAX_VALUES: usize = 1 << 26;
/// Most multiplications of one evaluation.
pub const MAX_PRODUCTS: u64 = 1 << 36;
/// Largest kernel side, stride, dilation and padding: products of two fit 31 bits.
const MAX_EXTENT: usize = 1 << 15;
/// Most tables, and bits of a table's codes.
const MAX_TABLES: usize = 64;
const TABLE_VALUE_BITS: u32 = 31;
/// Most lanes of activations and of weights.
const MAX_LANES: (usize, usize) = (64, 256);

impl Model {
    /// Checks everything that the circuit and the executor rely on: shapes, sources, geometry and number of weights,
    /// which activation stands where, tables and scales, and that no accumulator can leave its range, whatever the
    /// input codes.
    ///
    /// # Errors
    /// `Artifact` for an inconsistent model, `Range` (with the node) where integers could grow too large.
    pub fn check(&self) -> Result<()> {
        self.accumulator_bounds().map(drop)
    }

    /// [`Model::check`], and the largest possible |Y| of each layer.
    ///
    /// # Errors
    /// Those of [`Model::check`].
    pub fn accumulator_bounds(&self) -> Result<Vec<u64>> {
        self.bounds().map(|(_, bounds)| bounds)
    }

    /// The largest possible magnitudes of the codes of each tensor, and of the accumulators of each layer.
    ///
    /// # Errors
    /// Those of [`Model::check`].
    pub(crate) fn bounds(&self) -> Result<(Vec<u64>, Vec<u64>)> {
        ensure(self.digits.is_valid(), || format!("unusable limb sizes {:?}", self.digits))?;
        let lanes =
            (1..=MAX_LANES.0).contains(&self.lanes.activations) && (1..=MAX_LANES.1).contains(&self.lanes.weights);
        ensure(lanes, || format!("{:?}, expected 1 to {} and 1 to {}", self.lanes, MAX_LANES.0, MAX_LANES.1))?;
        self.check_shapes()?;
        self.check_tables()?;
        self.check_input()?;
        let mut products = 0;
        for (index, layer) in self.layers.iter().enumerate() {
            self.check_layer(index, layer, &mut products)?;
        }
        // Weights are told apart by maps that are checked.
        self.check_private()?;
        self.check_output()?;
        // A proof shows that no integer of a record is above the largest one.
        let input = self.input.largest().into_iter().max().unwrap_or_else(|| self.cut_bound(None));
        let (mut codes, mut bounds) = (vec![input], Vec::with_capacity(self.layers.len()));
        for layer in &self.layers {
            let bound = self.bound(layer, &layer.terms, &codes)?;
            bounds.push(bound);
            codes.push(match &layer.activation {
                Activation::Product { times } => {
                    let product = u128::from(bound) * u128::from(self.bound(layer, times, &codes)?);
                    within(layer, product)?
                }
                // By induction: accumulators that stay below a bound have codes below it, cut. Private biases have no bound.
                activation @ (Activation::Linear | Activation::Relu | Activation::PRelu)
                    if self.private_weights.is_none() =>
                {
                    let s = self.digits.remainder_bits();
                    self.cut_bound(Some(activation)).min((bound + (1 << (s - 1)) - 1) >> s)
                }
                activation => self.cut_bound(Some(activation)),
            });
        }
        Ok((codes, bounds))
    }

    /// The largest magnitude of the codes of an activation that cuts, or of the input.
    fn cut_bound(&self, activation: Option<&Activation>) -> u64 {
        match activation {
            Some(Activation::Table(index)) => self.tables[*index].magnitude(&self.digits),
            Some(Activation::Threshold | Activation::ArgMax) => 1,
            Some(Activation::Record) => self.output.schema.iter().flat_map(Schema::largest).max().unwrap_or(0),
            _ => (1 << self.digits.value_bits()) - 1,
        }
    }

    fn check_shapes(&self) -> Result<()> {
        let shapes = std::iter::once(&self.input.shape).chain(self.layers.iter().map(|layer| &layer.shape));
        let mut total = 0usize;
        for shape in shapes {
            let len = elements(&[shape.channels, shape.height, shape.width]).filter(|len| *len > 0);
            total = len.and_then(|len| total.checked_add(len)).unwrap_or(usize::MAX);
            ensure(total <= MAX_VALUES, || format!("{shape:?} is empty or more than {MAX_VALUES} values in all"))?;
        }
        Ok(())
    }

    fn check_tables(&self) -> Result<()> {
        ensure(self.tables.len() <= MAX_TABLES, || format!("{} tables, expected {MAX_TABLES}", self.tables.len()))?;
        for (index, table) in self.tables.iter().enumerate() {
            let (bases, slopes) = (table.base.len(), table.slope.len());
            let sizes = (2..=1 << self.digits.limb_bits).contains(&bases) && bases.is_multiple_of(2);
            // Without slopes the argument is the code's own limb.
            let sloped = slopes == bases || slopes == 0 && self.digits.value_limbs == 1;
            ensure(sizes && sloped, || format!("table {index} of {bases} segments and {slopes} slopes"))?;
            let entry = |list: &[i64], at: u32| list.get(at as usize).copied().unwrap_or(0);
            let missing = |at: &u32| {
                let inside = (1..bases).contains(&(*at as usize));
                inside && entry(&table.base, *at) == 0 && entry(&table.slope, *at) == 0
            };
            let absent = table.absent.is_sorted_by(|a, b| a < b) && table.absent.iter().all(missing);
            ensure(absent, || format!("table {index} has no valid list of the segments that it lacks"))?;
            let small = table.magnitude(&self.digits) >> TABLE_VALUE_BITS == 0;
            ensure(small, || format!("table {index} has a code beyond {TABLE_VALUE_BITS} bits"))?;
            let used = self.layers.iter().any(|layer| layer.activation == Activation::Table(index));
            ensure(used, || format!("no layer uses table {index}"))?;
        }
        Ok(())
    }

    fn check_input(&self) -> Result<()> {
        let input = &self.input;
        input.value_info.check_parts()?;
        let sizes =
            elements(&input.value_info.shape) == Some(input.shape.len()) && input.scale.len() == input.shape.channels;
        ensure(sizes, || {
            format!(
                "input of shape {:?} as {:?} with {} scales",
                input.value_info.shape,
                input.shape,
                input.scale.len()
            )
        })?;
        let top = ((1u64 << self.digits.value_bits()) - 1) as f64;
        let bad = input.scale.iter().position(|scale| !(*scale > 0.0 && (scale * top).is_finite()));
        ensure(bad.is_none(), || format!("input channel {} has no valid scale", bad.unwrap_or_default()))?;
        ensure(!input.visibility.is_public() || self.input_code().packs(self.lanes), || {
            format!("a public input of {} bits a code on {} lanes", self.input_code().bits, self.lanes.activations)
        })?;
        if !input.zero_point.is_empty() {
            let bounded = input.zero_point.iter().all(|zero| zero.unsigned_abs() <= 1 << ZERO_POINT_BITS);
            let fits = input.zero_point.len() == input.shape.channels && bounded;
            ensure(fits, || "zero points of the input that do not fit it".to_owned())?;
        }
        self.check_record()?;
        self.check_cuts(top)?;
        let missing = |(index, value): (usize, &Option<f64>)| match value {
            Some(value) if matches!(input.cuts.get(index), Some(Some(_))) => !value.is_nan(),
            Some(value) => value.is_finite(),
            None => true,
        };
        let sizes = input.missing.is_empty() || input.missing.len() == input.shape.len();
        let some = input.missing.is_empty() || input.missing.iter().any(Option::is_some);
        ensure(sizes && some && input.missing.iter().enumerate().all(missing), || {
            "what stands for missing values of the input is no number, or does not fit it".to_owned()
        })
    }

    /// The codes of a committed input are the integers of a record: never negative, in the range of their element, which
    /// is the same in a channel, with room for the check in the remainder's limbs.
    fn check_record(&self) -> Result<()> {
        let input = &self.input;
        let committed = input.visibility == Visibility::Committed;
        ensure(committed == input.records.is_some(), || {
            "a committed input without a schema, or another with".to_owned()
        })?;
        let Some(records) = &input.records else { return Ok(()) };
        let plain = input.cuts.is_empty() && input.missing.is_empty() && !input.zero_point.is_empty();
        let bits = self.digits.value_bits().min(self.digits.remainder_bits());
        let fits = records.len() == input.shape.len() && records.bits() <= bits;
        let largest = records.largest();
        let alike =
            largest.chunks(input.shape.plane()).all(|channel| channel.windows(2).all(|pair| pair[0] == pair[1]));
        ensure(plain && fits && alike, || {
            format!(
                "a record of {} values of {} bits that is no input of {:?}",
                records.len(),
                records.bits(),
                input.shape
            )
        })
    }

    /// Cuts increase; a value without them has a zero point, so that no code of the input is negative.
    fn check_cuts(&self, top: f64) -> Result<()> {
        let input = &self.input;
        if input.cuts.is_empty() {
            return Ok(());
        }
        let plane = input.shape.plane();
        let increasing = |cuts: &Vec<f64>| cuts.is_sorted_by(|a, b| a < b) && !cuts.iter().any(|cut| cut.is_nan());
        let fits = |(index, cuts): (usize, &Option<Vec<f64>>)| {
            let (scale, zero) = (input.scale[index / plane], input.zero_point.get(index / plane));
            match cuts {
                Some(cuts) => cuts.len() as f64 <= top && increasing(cuts) && scale == 1.0 && *zero.unwrap_or(&0) == 0,
                None => zero.is_some(),
            }
        };
        let mixed = input.zero_point.is_empty() || input.cuts.iter().any(Option::is_none);
        ensure(input.cuts.len() == input.shape.len() && mixed && input.cuts.iter().enumerate().all(fits), || {
            "cuts of the input that do not increase, are too many, or do not fit it".to_owned()
        })
    }

    fn check_layer(&self, index: usize, layer: &Layer, products: &mut u64) -> Result<()> {
        let node = &layer.node;
        let last = index + 1 == self.layers.len();
        let (bias, values) = (layer.bias.len(), layer.shape.len());
        ensure(!layer.terms.is_empty(), || format!("{node}: no terms"))?;
        ensure(bias == layer.shape.channels || bias == values, || format!("{node}: {bias} biases, {:?}", layer.shape))?;
        for term in layer.all_terms() {
            ensure(term.source <= index, || format!("{node}: reads tensor {} too early", term.source))?;
            let from = self.shape(term.source);
            if let Map::Product(product) = &term.map {
                let factor = product.factor;
                ensure(factor <= index, || format!("{node}: reads tensor {factor} too early"))?;
                let (factor, to) = (self.shape(factor), layer.shape);
                ensure(product.fits(from, factor, to), || {
                    format!("{node}: product of {from:?} and {factor:?} in {} groups to {to:?}", product.groups)
                })?;
            }
            *products = products.saturating_add(check_map(node, &term.map, from, layer.shape)?);
            let prelu = term.source > 0 && self.layers[term.source - 1].activation == Activation::PRelu;
            ensure(term.negative.is_some() == prelu, || format!("{node}: negative map of tensor {}", term.source))?;
            if let Some(negative) = &term.negative {
                *products = products.saturating_add(check_map(node, negative, from, layer.shape)?);
                ensure(same_form(&term.map, negative), || format!("{node}: negative map of another form"))?;
            }
        }
        ensure(*products <= MAX_PRODUCTS, || format!("{node}: more than {MAX_PRODUCTS} multiplications in all"))?;
        layer.activation.check(layer, self, last)
    }

    fn check_output(&self) -> Result<()> {
        let output = &self.output;
        let Some(last) = self.layers.last() else {
            return ensure(false, || "no layers".to_owned());
        };
        ensure(last.shape.is_vector(), || format!("{}: the last layer makes {:?}, no vector", last.node, last.shape))?;
        let values = last.shape.channels;
        let decision = self.output_encoding().decision().is_some();
        let one = matches!(self.output_encoding(), OutputEncoding::ArgMax | OutputEncoding::Bands);
        let len = if one { 1 } else { values };
        ensure(elements(&output.value_info.shape) == Some(len), || {
            format!("output of shape {:?} on {values} values", output.value_info.shape)
        })?;
        ensure(output.scale.len() == values, || format!("{} output scales on {values} values", output.scale.len()))?;
        let scales = output.scale.iter().all(|scale| scale.is_finite() && *scale > 0.0);
        ensure(scales, || "output scale is not a positive number".to_owned())?;
        let finish = output.finish.is_none_or(|finish| finish.fits(values) && !decision);
        ensure(finish, || "a function of a decision, or of values that are no outputs".to_owned())?;
        let thresholds = &output.thresholds;
        let bands = last.activation == Activation::Threshold && thresholds.len() == values;
        ensure(thresholds.len() < 2 || bands, || format!("{} thresholds on {values} values", thresholds.len()))?;
        let ascend = thresholds.iter().all(|at| at.is_finite()) && thresholds.is_sorted_by(|a, b| a < b);
        ensure(ascend, || "output thresholds that do not ascend".to_owned())?;
        self.check_committed_output(last)
    }

    /// The codes of a committed output are the integers of a record, which the last layer copies.
    fn check_committed_output(&self, last: &Layer) -> Result<()> {
        let output = &self.output;
        let committed = last.activation == Activation::Record;
        ensure(committed == output.schema.is_some(), || "a committed output without a schema".to_owned())?;
        let Some(schema) = &output.schema else { return Ok(()) };
        let bits = self.digits.value_bits().min(self.digits.remainder_bits());
        let plain = output.finish.is_none() && output.thresholds.is_empty();
        ensure(plain && schema.len() == last.shape.channels && schema.bits() <= bits, || {
            format!("an output of {:?} that is no record of {} values", last.shape, schema.len())
        })?;
        let copy = self.copied_record(schema, last);
        ensure(*last == copy, || format!("{}: no copy of a record", last.node))
    }

    /// The layer that makes a record of the codes of the tensor in front of it.
    fn copied_record(&self, schema: &Schema, last: &Layer) -> Layer {
        let source = self.layers.len() - 1;
        Layer { node: last.node.clone(), op: last.op.clone(), ..Layer::record(schema, source, &self.digits) }
    }

    /// The largest |Y| of a layer, `Σ |K| · max |code| + |bias|`, for these terms; `codes` has the largest magnitude of
    /// each tensor's codes. Private weights are taken to be the largest ones that a proof allows, but for those that
    /// are fixed.
    fn bound(&self, layer: &Layer, terms: &[Term<i64>], codes: &[u64]) -> Result<u64> {
        let plane = layer.shape.plane();
        let per_channel = layer.bias.len() / layer.shape.channels;
        let biases = layer.bias.chunks(per_channel).map(|b| b.iter().map(|b| u128::from(b.unsigned_abs())).max());
        let mut conv: Vec<u128> = biases.map(Option::unwrap_or_default).collect();
        let mut sparse = Vec::new();
        let bound = self.weight_bound().filter(|_| !layer.is_fixed());
        for term in terms {
            let top = u128::from(codes[term.source]);
            if let Map::Product(product) = &term.map {
                let summed = (self.shape(term.source).channels / product.groups) as u128;
                let weight = bound.unwrap_or(product.weight.unsigned_abs());
                let factor = u128::from(codes[product.factor]) * u128::from(weight);
                let sum = factor.saturating_mul(summed).saturating_mul(top);
                conv.iter_mut().for_each(|bound| *bound = bound.saturating_add(sum));
                continue;
            }
            let dense = matches!(term.map, Map::Conv(_));
            if !dense && sparse.is_empty() {
                sparse = vec![0u128; layer.shape.len()];
            }
            let sums = if dense { &mut conv } else { &mut sparse };
            for (output, k) in weights(term) {
                sums[output] =
                    sums[output].saturating_add(u128::from(bound.unwrap_or(k.unsigned_abs())).saturating_mul(top));
            }
        }
        for (sum, values) in conv.iter_mut().zip(sparse.chunks(plane)) {
            *sum = sum.saturating_add(values.iter().copied().max().unwrap_or(0));
        }
        let magnitude = conv.into_iter().max().unwrap_or(0);
        // ArgMax compares differences.
        if layer.activation == Activation::ArgMax {
            within(layer, magnitude.saturating_mul(2))?;
        }
        within(layer, magnitude)
    }
}

/// A magnitude that accumulators hold.
fn within(layer: &Layer, magnitude: u128) -> Result<u64> {
    match u64::try_from(magnitude) {
        Ok(bound) if magnitude < 1 << ACCUMULATOR_BITS => Ok(bound),
        _ => Err(Error::Range {
            node: layer.node.clone(),
            op: layer.op.clone(),
            got_bits: u128::BITS - magnitude.leading_zeros(),
            max_bits: ACCUMULATOR_BITS,
        }),
    }
}

/// All weights of a term whose maps are checked, with the channel (`Conv`, `Product`) or the value (`Sparse`) that they
/// reach.
pub(super) fn weights<'a>(term: &'a Term<i64>) -> impl Iterator<Item = (usize, i64)> + 'a {
    std::iter::once(&term.map).chain(&term.negative).flat_map(|map| -> Box<dyn Iterator<Item = (usize, i64)> + 'a> {
        match map {
            Map::Conv(conv) => {
                let kernels = conv.weights.chunks(conv.group_inputs() * conv.taps()).enumerate();
                let reach =
                    move |(o, kernel): (usize, &'a [i64])| kernel.iter().map(move |k| (conv.output_start + o, *k));
                Box::new(kernels.flat_map(reach))
            }
            Map::Sparse(sparse) => Box::new(sparse.columns.iter().flatten().map(|(output, k)| (*output as usize, *k))),
            Map::Product(product) => Box::new((0..product.groups).map(|output| (output, product.weight))),
        }
    })
}

/// Checks that a map leads from one shape to another; the number of its multiplications.
fn check_map(node: &str, map: &Map<i64>, from: Shape, to: Shape) -> Result<u64> {
    ensure(map.fits(from, to), || match map {
        Map::Sparse(sparse) => format!("{node}: {} columns, from {from:?} to {to:?}", sparse.columns.len()),
        Map::Product(product) => format!("{node}: product in {} groups, from {from:?} to {to:?}", product.groups),
        Map::Conv(conv) => {
            let Conv { input_start, inputs, output_start, outputs, groups, kernel, stride, dilation, pad, weights } =
                conv;
            format!(
                "{node}: channels {input_start}+{inputs} to {output_start}+{outputs} in {groups} groups, kernel \
                 {kernel:?}, stride {stride:?}, dilation {dilation:?}, pad {pad:?}, {} weights, from {from:?} to {to:?}",
                weights.len()
            )
        }
    })?;
    Ok(match map {
        Map::Conv(conv) => (conv.weights.len() as u64).saturating_mul(to.plane() as u64),
        Map::Sparse(sparse) => sparse.columns.iter().map(|column| column.len() as u64).sum(),
        Map::Product(product) => (from.channels / product.groups) as u64 * to.len() as u64,
    })
}

impl<W> Map<W> {
    /// Whether this is a map between tensors of these shapes, neither of them empty: channels, groups and columns
    /// exist, sizes are sane, and there are as many weights as the sizes say. Of a product, [`Product::fits`] tells the
    /// rest.
    pub fn fits(&self, from: Shape, to: Shape) -> bool {
        match self {
            Self::Conv(conv) => conv.fits(from, to),
            Self::Sparse(sparse) => {
                let increasing = |column: &Vec<(u32, W)>| column.windows(2).all(|pair| pair[0].0 < pair[1].0);
                let inside = |column: &Vec<(u32, W)>| column.last().is_none_or(|(o, _)| (*o as usize) < to.len());
                sparse.columns.len() == from.len() && sparse.columns.iter().all(|c| increasing(c) && inside(c))
            }
            Self::Product(product) => {
                let Product { groups, .. } = product;
                *groups > 0 && *groups == to.channels && from.channels.is_multiple_of(*groups)
            }
        }
    }
}

impl<W> Conv<W> {
    fn fits(&self, from: Shape, to: Shape) -> bool {
        let Self { input_start, inputs, output_start, outputs, groups, kernel, stride, dilation, pad, weights } = self;
        let range =
            |start: &usize, len: &usize, all: usize| *len > 0 && start.checked_add(*len).is_some_and(|end| end <= all);
        let extents = [kernel, stride, dilation].iter().all(|pair| pair.iter().all(|v| (1..=MAX_EXTENT).contains(v)));
        range(input_start, inputs, from.channels)
            && range(output_start, outputs, to.channels)
            && *groups > 0
            && inputs % groups == 0
            && outputs % groups == 0
            && extents
            && pad.iter().all(|pad| pad.unsigned_abs() <= MAX_EXTENT)
            && elements(&[*outputs, inputs / groups, kernel[0], kernel[1]]) == Some(weights.len())
    }
}

/// Whether two maps that fit the same shapes differ in weights only.
fn same_form(a: &Map<i64>, b: &Map<i64>) -> bool {
    let form = |c: &Conv<i64>| {
        (c.input_start, c.inputs, c.output_start, c.outputs, c.groups, c.kernel, c.stride, c.dilation, c.pad)
    };
    match (a, b) {
        (Map::Conv(a), Map::Conv(b)) => form(a) == form(b),
        (Map::Sparse(_), Map::Sparse(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
pub(in crate::graph) mod tests;
