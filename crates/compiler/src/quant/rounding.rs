//! Rounding of weights and biases.

use hushproof_core::{
    error::{Error, Result},
    float,
    graph::{ACCUMULATOR_BITS, Conv, Digits, FloatActivation, FloatLayer, Map, Product, Shape, Sparse, Term},
};

use super::Channel;

/// How far the coefficient of a product may be from a whole number, as a share of it: rounded floating-point numbers.
const WHOLE: f64 = 1e-6;

/// How the codes of a tensor enter a map.
pub(super) struct Gains {
    /// Shape of the tensor.
    pub(super) from: Shape,
    /// What one code of a channel (of a product: one product of codes) adds per unit of weight.
    pub(super) factor: Vec<f64>,
    /// The typical code of each channel; the bias makes good there what rounded weights get wrong.
    pub(super) center: Vec<f64>,
    /// How far each channel's codes are rounded: half a code, or nothing.
    pub(super) rounded: Vec<f64>,
}

/// The weights of a layer in units of Y, and what rounding them costs.
pub(super) struct Rounding<'a> {
    layer: &'a FloatLayer,
    /// The real value of Y = 1, per channel.
    unit: &'a [f64],
    /// Whether matrices keep entries that round to 0.
    keep_zeros: bool,
    /// Per value: what the rounded weights add too much at the typical codes.
    error: Vec<f64>,
    /// Per value: what rounded codes may change, and how many add to that.
    noise: Vec<(f64, usize)>,
    /// Whether equal values must compare as equal for all that rounded codes change.
    ties: bool,
    /// Largest magnitude before rounding.
    largest: f64,
}

/// Most rounded codes whose changes are added up; those of more cancel mostly.
const FEW: usize = 16;

impl<'a> Rounding<'a> {
    pub(super) fn new(layer: &'a FloatLayer, unit: &'a [f64], keep_zeros: bool, ties: bool) -> Self {
        let (error, noise) = (vec![0.0; layer.shape.len()], vec![(0.0, 0); layer.shape.len()]);
        Self { layer, unit, keep_zeros, error, noise, ties, largest: 0.0 }
    }

    /// Takes in a coefficient of a value that is compared.
    fn change(&mut self, value: usize, coefficient: f64, rounded: f64) {
        if coefficient != 0.0 && rounded > 0.0 {
            let (sum, count) = &mut self.noise[value];
            *sum += coefficient.abs() * rounded;
            *count += 1;
        }
    }

    /// The rounded weights of a map.
    pub(super) fn map(&mut self, map: &Map<f64>, gains: &Gains) -> Result<Map<i64>> {
        match map {
            Map::Conv(conv) => self.conv(conv, gains).map(Map::Conv),
            Map::Sparse(sparse) => self.sparse(sparse, gains).map(Map::Sparse),
            Map::Product(product) => self.product(product, gains).map(Map::Product),
        }
    }

    fn conv(&mut self, conv: &Conv<f64>, gains: &Gains) -> Result<Conv<i64>> {
        let plane = self.layer.shape.plane();
        let mut weights = Vec::with_capacity(conv.weights.len());
        for (index, kernel) in conv.weights.chunks(conv.taps()).enumerate() {
            let (o, c) = (index / conv.group_inputs(), index % conv.group_inputs());
            let (input, output) = (channel(conv, o, c), conv.output_start + o);
            let gain = gains.factor[input] / self.unit[output];
            let mut error = 0.0;
            for w in kernel {
                let k = self.round(w * gain)?;
                error += k as f64 - w * gain;
                weights.push(k);
            }
            let values = output * plane..(output + 1) * plane;
            if self.ties {
                for w in kernel {
                    values.clone().for_each(|value| self.change(value, w * gain, gains.rounded[input]));
                }
            }
            self.error[values].iter_mut().for_each(|e| *e += error * gains.center[input]);
        }
        Ok(conv.with_weights(weights))
    }

    fn sparse(&mut self, sparse: &Sparse<f64>, gains: &Gains) -> Result<Sparse<i64>> {
        let plane = self.layer.shape.plane();
        let mut columns = Vec::with_capacity(sparse.columns.len());
        for (input, column) in sparse.columns.iter().enumerate() {
            let input = input / gains.from.plane();
            let mut rounded = Vec::with_capacity(column.len());
            for (output, w) in column {
                let gain = gains.factor[input] / self.unit[*output as usize / plane];
                let k = self.round(w * gain)?;
                self.error[*output as usize] += (k as f64 - w * gain) * gains.center[input];
                if self.ties {
                    self.change(*output as usize, w * gain, gains.rounded[input]);
                }
                if k != 0 || self.keep_zeros {
                    rounded.push((*output, k));
                }
            }
            columns.push(rounded);
        }
        Ok(Sparse { columns })
    }

    /// The one coefficient of a product, which the scales make a whole number.
    fn product(&mut self, product: &Product<f64>, gains: &Gains) -> Result<Product<i64>> {
        let group = gains.factor.len() / product.groups;
        let gain = |(channel, factor): (usize, &f64)| product.weight * factor / self.unit[channel / group];
        let coefficients: Vec<f64> = gains.factor.iter().enumerate().map(gain).collect();
        let whole = coefficients[0].round();
        if coefficients.iter().any(|k| (k - whole).abs() > WHOLE * whole.abs().max(1.0)) {
            let reason = "multiplies channels whose scales do not fit".to_owned();
            return Err(Error::Graph { node: self.layer.node.clone(), reason });
        }
        let weight = self.round(whole)?;
        Ok(Product { factor: product.factor, groups: product.groups, weight })
    }

    /// The biases, with what the rounded weights add too much taken off.
    pub(super) fn bias(&self) -> Result<Vec<i64>> {
        let (plane, len) = (self.layer.shape.plane(), self.layer.shape.len());
        let values = len / self.layer.bias.len();
        let copies = is_copy(self.layer);
        let bias = |(index, bias): (usize, &f64)| {
            let errors = &self.error[index * values..(index + 1) * values];
            // The error of a copy is a share of the value, small where that is.
            let error = if copies { 0.0 } else { errors.iter().sum::<f64>() / values as f64 };
            let unit = self.unit[index * values / plane];
            self.integer(match self.layer.activation {
                FloatActivation::Threshold { at } => {
                    // Whole coefficients have no error but that of floating-point numbers.
                    let error = if error.abs() < WHOLE { 0.0 } else { error };
                    let noise = self.noise[index * values..(index + 1) * values].iter();
                    let (noise, count) = noise.fold((0.0f64, 0), |most, next| (most.0.max(next.0), most.1.max(next.1)));
                    let strict = at > 0.0 && bias - at == *bias || at.next_down() + bias == 0.0;
                    let noise = if count > FEW { 0.0 } else { noise };
                    let least = (bias - at) / unit - error + if strict { -noise } else { noise };
                    // A threshold just above 0, which the difference does not show.
                    if at > 0.0 && bias - at == *bias { least.ceil() - 1.0 } else { least.floor() }
                }
                _ => (bias / unit - error).round(),
            })
        };
        self.layer.bias.iter().enumerate().map(bias).collect()
    }

    /// Refuses a layer whose weights all vanish against its sums, unless `seen`, its values before the activation by
    /// channel, vary too little for these sums anyway: more remainder bits are needed.
    pub(super) fn check_precision(&self, digits: &Digits, seen: &[Channel]) -> Result<()> {
        // A function drops what is below a position in its segment.
        let steps = match self.layer.activation {
            FloatActivation::Table(_) => float::exp2(f64::from(digits.low_bits() - digits.limb_bits)),
            _ => 1.0,
        };
        let constant = || seen.iter().zip(self.unit).all(|(channel, unit)| channel.max - channel.min <= *unit * steps);
        if self.largest == 0.0 || self.largest >= 0.5 || constant() {
            return Ok(());
        }
        let missing = -float::log2(self.largest.max(f64::MIN_POSITIVE));
        let max_bits = digits.remainder_bits();
        Err(self.range(max_bits + missing.ceil() as u32, max_bits))
    }

    fn round(&mut self, value: f64) -> Result<i64> {
        self.largest = self.largest.max(value.abs());
        self.integer(value.round())
    }

    fn integer(&self, value: f64) -> Result<i64> {
        if value.abs() < float::exp2(f64::from(ACCUMULATOR_BITS)) {
            return Ok(value as i64);
        }
        Err(self.range(float::log2(value.abs()).floor() as u32 + 1, ACCUMULATOR_BITS))
    }

    fn range(&self, got_bits: u32, max_bits: u32) -> Error {
        Error::Range { node: self.layer.node.clone(), op: self.layer.op.clone(), got_bits, max_bits }
    }
}

/// Whether a layer only copies values, each from one place, or adds values of several tensors.
fn is_copy(layer: &FloatLayer) -> bool {
    let copies = |term: &Term<f64>| match &term.map {
        Map::Conv(conv) => conv.group_inputs() == 1 && conv.taps() == 1 && conv.weights.iter().all(|w| *w == 1.0),
        Map::Sparse(sparse) => {
            let outputs = || sparse.columns.iter().flatten();
            let mut read = vec![false; layer.shape.len()];
            outputs().all(|(output, w)| *w == 1.0 && !std::mem::replace(&mut read[*output as usize], true))
        }
        Map::Product(_) => false,
    };
    layer.terms.iter().all(copies)
        && layer.activation == FloatActivation::Linear
        && layer.bias.iter().all(|bias| *bias == 0.0)
}

/// The tensor's channel that output `o` of a map reads as input `c` of its group.
pub(super) const fn channel<W>(conv: &Conv<W>, o: usize, c: usize) -> usize {
    conv.input_start + o / conv.group_outputs() * conv.group_inputs() + c
}
