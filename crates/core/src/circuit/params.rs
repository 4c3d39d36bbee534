//! What the shape of the constraint system depends on.

use super::{lookup::GROUP, placement::TensorRows, weights::WeightRow};
use crate::{
    codec::{Reader, Writer},
    error::{ArtifactKind, Error, Result},
    graph::{
        Activation, Decision, Digits, FloatActivation, Lanes, Model, Network, OutputEncoding, PublicCode, Table,
        Visibility,
    },
};

/// Most activation lanes; a row's useful lanes are bits of a word.
const MAX_LANES: usize = 64;
/// Most weight lanes.
const MAX_WEIGHT_LANES: usize = 256;
/// Most different distances of neighbouring lanes' exponents, and of rows of a run.
const MAX_STEPS: usize = 16;
/// Longest distance of rows of a run, and of neighbouring lanes in one.
const MAX_HOP: u32 = 1 << 16;

/// Most factors γ of all powers of it in gates: an expression has no common subexpressions.
const MAX_POWERS: usize = 1 << 16;

/// Set beside the kind of output in a file where weights are private.
const PRIVATE: u8 = 1 << 3;
/// Set there where layers compare in front of the last one.
const COMPARES: u8 = 1 << 4;
/// Set there where the input is public.
const PUBLIC_INPUT: u8 = 1 << 5;
/// Set beside it where its codes have a sign.
const SIGNED_INPUT: u8 = 1 << 6;
/// Set there where there are records that are committed to.
const COMMITTED: u8 = 1 << 7;

/// The codes of a public input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputCodes {
    /// Of either sign.
    Signed,
    /// Never negative.
    Unsigned,
}

impl InputCodes {
    /// Those of an input whose codes have a sign or not; `None` where they are private.
    pub(super) fn published(visibility: Visibility, signed: bool) -> Option<Self> {
        visibility.is_public().then_some(if signed { Self::Signed } else { Self::Unsigned })
    }
}

/// The function tables of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tables {
    /// How many, at least one.
    pub count: u32,
    /// Segments of each, an even number.
    pub segments: u32,
    /// Whether codes grow within segments, or are one per segment.
    pub sloped: bool,
}

impl Tables {
    /// Rows of all of them.
    pub(super) const fn rows(&self) -> usize {
        self.count as usize * self.segments as usize
    }

    /// Bits of an argument that a table tells apart: those of a segment, with slopes twice as many, as errors fall with
    /// the square of the number of segments, up to those of the position.
    pub(super) const fn bits(&self, digits: &Digits) -> u32 {
        let segment = self.segments.ilog2();
        if !self.sloped {
            segment
        } else if segment + 1 < digits.limb_bits {
            2 * segment + 1
        } else {
            segment + digits.limb_bits
        }
    }

    /// Whether circuits of these limbs have such tables.
    const fn fit(&self, digits: &Digits) -> bool {
        let segments = self.segments >= 2 && self.segments <= 1 << digits.limb_bits && self.segments.is_multiple_of(2);
        self.count >= 1 && self.count <= 64 && segments && (self.sloped || digits.value_limbs == 1)
    }
}

/// Everything that `configure` depends on; the weights are not among it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Limb sizes.
    pub digits: Digits,
    /// Activations and weights in a row.
    pub lanes: Lanes,
    /// Distances above 1 between the exponents of neighbouring lanes, increasing.
    pub steps: Vec<u32>,
    /// Distances other than `lanes` from one row to the next of a consumer's run, increasing.
    pub hops: Vec<u32>,
    /// Distances above 1 between neighbouring lanes' exponents in a consumer's run, increasing.
    pub spreads: Vec<u32>,
    /// Lanes that weights take in rows along η, and along γ; at most those of a row.
    pub weight_lanes: [usize; 2],
    /// Whether there are rows of pairs, whose products are read.
    pub pairs: bool,
    /// Whether some factors are runs of other tensors.
    pub products: bool,
    /// Whether some activation is a Clip, whose state is 0, 1 or 2.
    pub clip: bool,
    /// Whether some activation is a PRelu, whose negative parts are read apart.
    pub negative: bool,
    /// Whether some layer but the last is a Threshold, whose states are read.
    pub compares: bool,
    /// Function tables, if there are any.
    pub tables: Option<Tables>,
    /// Whether some layer has a bias per value.
    pub value_bias: bool,
    /// How the output is published.
    pub output: OutputEncoding,
    /// Limbs of a private weight; `None` where weights are public.
    pub private: Option<u32>,
    /// The codes of a public input; `None` where it is none.
    pub public_input: Option<InputCodes>,
    /// Whether there are records that are committed to.
    pub committed: bool,
}

impl Default for Params {
    /// Parameters of a small circuit; halo2 asks for a default and never uses it.
    fn default() -> Self {
        Self {
            digits: Digits { limb_bits: 4, value_limbs: 1, remainder_limbs: 1 },
            lanes: Lanes { activations: 1, weights: 2 },
            steps: Vec::new(),
            hops: Vec::new(),
            spreads: Vec::new(),
            weight_lanes: [2; 2],
            pairs: false,
            products: false,
            clip: false,
            negative: false,
            compares: false,
            tables: None,
            value_bias: false,
            output: OutputEncoding::signed(4),
            private: None,
            public_input: None,
            committed: false,
        }
    }
}

impl Params {
    /// The parameters of a checked model; the layout adds `steps`.
    ///
    /// # Errors
    /// `Artifact` for lanes or tables that no circuit has.
    pub fn new(model: &Model) -> Result<Self> {
        let activations = || model.layers.iter().map(|layer| &layer.activation);
        let size = |table: &Table| (table.base.len() as u32, !table.slope.is_empty());
        let sizes = model.tables.first().map(size);
        if model.tables.iter().any(|table| Some(size(table)) != sizes) {
            return Err(Error::artifact(ArtifactKind::Model, "tables of different sizes"));
        }
        let count = model.tables.len() as u32;
        let tables = sizes.map(|(segments, sloped)| Tables { count, segments, sloped });
        let clip = activations().any(|activation| *activation == Activation::Clip);
        if clip && tables.is_some() {
            return Err(Error::artifact(ArtifactKind::Model, "a Clip beside function tables must be a table itself"));
        }
        let params = Self {
            digits: model.digits,
            lanes: model.lanes,
            steps: Vec::new(),
            hops: Vec::new(),
            spreads: Vec::new(),
            weight_lanes: [model.lanes.weights; 2],
            pairs: model.layers.iter().any(|layer| !layer.times().is_empty()),
            products: model.layers.iter().flat_map(|l| &l.terms).any(|term| term.map.factor().is_some()),
            clip,
            negative: activations().any(|activation| *activation == Activation::PRelu),
            compares: model.compares(),
            tables,
            value_bias: model.layers.iter().any(|layer| layer.bias.len() != layer.shape.channels),
            output: model.output_encoding(),
            private: model.private_weights,
            public_input: InputCodes::published(model.input.visibility, model.input.is_signed()),
            committed: model.input.records.is_some() || model.output.schema.is_some(),
        };
        params.check()?;
        Ok(params)
    }

    /// The parameters that a float network will have with these function tables, public weights and a private input.
    pub(super) fn of_network(network: &Network, tables: Option<Tables>, digits: Digits, lanes: Lanes) -> Self {
        let activations = || network.layers.iter().map(|layer| &layer.activation);
        let clip = activations().any(|activation| matches!(activation, FloatActivation::Clip { .. }));
        Self {
            digits,
            lanes,
            steps: Vec::new(),
            hops: Vec::new(),
            spreads: Vec::new(),
            weight_lanes: [lanes.weights; 2],
            pairs: network.layers.iter().any(|layer| !layer.times().is_empty()),
            products: network.layers.iter().flat_map(|l| &l.terms).any(|term| term.map.factor().is_some()),
            clip: clip && tables.is_none(),
            negative: activations().any(|activation| matches!(activation, FloatActivation::PRelu { .. })),
            compares: network.compares(),
            tables,
            value_bias: network.layers.iter().any(|layer| layer.bias.len() != layer.shape.channels),
            output: match network.decision() {
                Some(Decision::ArgMax) => OutputEncoding::ArgMax,
                Some(Decision::Threshold) => OutputEncoding::Threshold,
                Some(Decision::Bands) => OutputEncoding::Bands,
                None if network.committed.is_some() => OutputEncoding::Committed,
                None => OutputEncoding::signed(digits.value_bits()),
            },
            private: None,
            public_input: None,
            committed: network.records.is_some() || network.committed.is_some(),
        }
    }

    /// Takes over how far weight rows reach.
    pub(super) fn reach(&mut self, weights: &[WeightRow]) {
        if self.private.is_none() {
            let longest =
                |gamma: bool| weights.iter().filter(|row| row.gamma == gamma).map(|row| row.lanes.len()).max();
            self.weight_lanes = [false, true].map(|gamma| longest(gamma).unwrap_or(0).max(1));
        }
    }

    /// Takes over the distances that a layout has.
    pub(super) fn spread(&mut self, tensors: &[TensorRows]) {
        self.steps = tensors.iter().map(|tensor| tensor.step as u32).filter(|step| *step > 1).collect();
        self.hops = tensors.iter().flat_map(TensorRows::hops).collect();
        let spreads = tensors.iter().map(|tensor| tensor.storage.spread as u32);
        self.spreads = spreads.filter(|spread| *spread > 1).collect();
        for list in [&mut self.steps, &mut self.hops, &mut self.spreads] {
            list.sort_unstable();
            list.dedup();
        }
    }

    /// Whether a circuit can be built with these parameters.
    ///
    /// # Errors
    /// `Artifact` where none can.
    pub(super) fn check(&self) -> Result<()> {
        let valid = self.digits.is_valid();
        let tables = self.tables.is_none_or(|tables| valid && tables.fit(&self.digits) && !self.clip);
        let list = |values: &[u32], range: std::ops::RangeInclusive<u32>| {
            values.len() <= MAX_STEPS && values.iter().all(|v| range.contains(v)) && values.is_sorted_by(|a, b| a < b)
        };
        let steps = list(&self.steps, 2..=32) && list(&self.hops, 1..=MAX_HOP) && list(&self.spreads, 2..=MAX_HOP);
        if valid
            && (1..=MAX_LANES).contains(&self.lanes.activations)
            && (2..=MAX_WEIGHT_LANES).contains(&self.lanes.weights)
            && tables
            && steps
            && self.weight_lanes.iter().all(|lanes| (1..=self.lanes.weights).contains(lanes))
            && self.powers() <= MAX_POWERS
            && self.check_private()
            && self.input_code().is_none_or(|code| code.packs(self.lanes))
        {
            return Ok(());
        }
        Err(Error::artifact(ArtifactKind::Model, "sizes of lanes, limbs or tables that no circuit has"))
    }

    /// Factors γ of all powers of it in gates: where neighbouring lanes are apart, and where rows of a run are.
    fn powers(&self) -> usize {
        let (lanes, runs) = (self.lanes.activations, if self.negative { 2 } else { 1 });
        let sum = |list: &[u32]| list.iter().map(|distance| *distance as usize).sum::<usize>();
        2 * lanes * sum(&self.steps) + runs * (sum(&self.hops) + lanes * sum(&self.spreads))
    }

    /// Whether the output is a decision.
    pub(super) const fn decision(&self) -> bool {
        self.output.decision().is_some()
    }

    /// Whether the output is the index of the largest value.
    pub(super) fn argmax(&self) -> bool {
        self.output == OutputEncoding::ArgMax
    }

    /// Largest code magnitude of an activation without table, 2^b − 1.
    pub(super) const fn top(&self) -> u64 {
        (1 << self.digits.value_bits()) - 1
    }

    /// What rounding adds to a magnitude, 2^(s−1) − 1.
    pub(super) const fn rounding(&self) -> u64 {
        (1 << (self.digits.remainder_bits() - 1)) - 1
    }

    /// How the codes of a public input stand in its row's value.
    pub fn input_code(&self) -> Option<PublicCode> {
        let bits = self.digits.value_bits();
        self.public_input.map(|codes| PublicCode::of_bits(bits, codes == InputCodes::Signed))
    }

    /// Rows of the lookup table: the range, then the function tables.
    pub(super) fn table_rows(&self) -> usize {
        (1 << self.digits.limb_bits) + self.tables.as_ref().map_or(0, Tables::rows)
    }

    /// Whether elements have a slope.
    pub(super) const fn sloped(&self) -> bool {
        matches!(self.tables, Some(Tables { sloped: true, .. }))
    }

    /// First-phase columns of a lane: the state, the limbs and, where functions have slopes, the slope.
    pub(super) const fn lane_columns(&self) -> usize {
        1 + self.limbs() + if self.sloped() { 1 } else { 0 }
    }

    /// Look-ups of a lane.
    pub(super) const fn limbs(&self) -> usize {
        self.digits.limbs() as usize
    }

    /// Fractions whose sum a helper column holds: two where the denominators are of degree 2.
    pub(super) const fn group(&self) -> usize {
        if self.tables.is_some() { GROUP - 1 } else { GROUP }
    }

    /// Columns under copy constraints: weights, multipliers, transfers and, for products, consumed runs.
    pub(crate) const fn permuted(&self) -> usize {
        if self.products { 4 } else { 3 }
    }

    /// Helper columns of the lookup argument.
    pub(super) fn helpers(&self) -> usize {
        (self.lookups() + 1).div_ceil(self.group())
    }

    /// Look-ups in a row.
    pub fn lookups(&self) -> usize {
        self.lanes.activations * self.limbs() + self.weight_lookups()
    }

    /// Writes the parameters into a file.
    pub(crate) fn write(&self, w: &mut Writer) {
        for value in [self.digits.limb_bits, self.digits.value_limbs, self.digits.remainder_limbs] {
            w.varint(value.into());
        }
        w.size(self.lanes.activations);
        w.size(self.lanes.weights);
        w.size(self.steps.len());
        self.steps.iter().for_each(|step| w.varint((*step).into()));
        w.size(self.hops.len());
        self.hops.iter().for_each(|hop| w.varint((*hop).into()));
        w.size(self.spreads.len());
        self.spreads.iter().for_each(|spread| w.varint((*spread).into()));
        self.weight_lanes.iter().for_each(|lanes| w.size(*lanes));
        let given = [self.pairs, self.products, self.clip, self.negative, self.tables.is_some(), self.value_bias];
        for flag in given {
            w.u8(flag.into());
        }
        if let Some(Tables { count, segments, sloped }) = self.tables {
            w.varint(count.into());
            w.varint(segments.into());
            w.u8(sloped.into());
        }
        let output = self.output.to_byte(self.digits.value_bits());
        let flags = [
            (self.private.is_some(), PRIVATE),
            (self.compares, COMPARES),
            (self.public_input.is_some(), PUBLIC_INPUT),
            (self.public_input == Some(InputCodes::Signed), SIGNED_INPUT),
            (self.committed, COMMITTED),
        ];
        w.u8(flags.iter().filter(|(set, _)| *set).fold(output, |byte, (_, flag)| byte | flag));
        self.private.iter().for_each(|limbs| w.varint((*limbs).into()));
    }

    /// Reads the parameters from a file and checks them.
    ///
    /// # Errors
    /// `Artifact` for sizes that no circuit has.
    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self> {
        let digits = Digits::read(r)?;
        let lanes = Lanes { activations: r.size()?, weights: r.size()? };
        let count = r.size()?;
        let steps = r.many(count, 1, Reader::varint_u32)?;
        let count = r.size()?;
        let hops = r.many(count, 1, Reader::varint_u32)?;
        let count = r.size()?;
        let spreads = r.many(count, 1, Reader::varint_u32)?;
        let weight_lanes = [r.size()?, r.size()?];
        let (pairs, products) = (r.bool()?, r.bool()?);
        let (clip, negative, tables, value_bias) = (r.bool()?, r.bool()?, r.bool()?, r.bool()?);
        let tables = if tables {
            Some(Tables { count: r.varint_u32()?, segments: r.varint_u32()?, sloped: r.bool()? })
        } else {
            None
        };
        let kind = r.u8()?;
        let private = if kind & PRIVATE == 0 { None } else { Some(r.varint_u32()?) };
        let compares = kind & COMPARES != 0;
        let public_input = match (kind & PUBLIC_INPUT != 0, kind & SIGNED_INPUT != 0) {
            (false, false) => None,
            (true, false) => Some(InputCodes::Unsigned),
            (true, true) => Some(InputCodes::Signed),
            (false, true) => return Err(r.error("signs of an input that is not public")),
        };
        let committed = kind & COMMITTED != 0;
        let kind = kind & !(PRIVATE | COMPARES | PUBLIC_INPUT | SIGNED_INPUT | COMMITTED);
        let output = OutputEncoding::from_byte(kind, digits.value_bits());
        let output = output.ok_or_else(|| r.error(format!("unknown kind of output {kind}")))?;
        if output == OutputEncoding::Committed && !committed {
            return Err(r.error("a committed output without a sponge"));
        }
        let params = Self {
            digits,
            lanes,
            steps,
            hops,
            spreads,
            weight_lanes,
            pairs,
            products,
            clip,
            negative,
            compares,
            tables,
            value_bias,
            output,
            private,
            public_input,
            committed,
        };
        params.check().map_err(|_| r.error("sizes of lanes, limbs or tables that no circuit has"))?;
        Ok(params)
    }
}

impl Params {
    /// Advice columns of the circuit.
    pub fn advice_columns(&self) -> usize {
        // multiplicity, produced, consumed, weight, multiplier, transfer and the running sum
        let optional = [self.negative, self.argmax()].iter().filter(|b| **b).count();
        let record = if self.committed { super::record::ADVICE } else { 0 };
        self.lanes.activations * self.lane_columns() + self.helpers() + 7 + optional + self.private_columns() + record
    }

    /// Fixed columns of the circuit.
    pub fn fixed_columns(&self) -> usize {
        let bias = match (self.private.is_some(), self.value_bias) {
            (false, true) => self.lanes.activations,
            (false, false) => 1,
            (true, by_value) => super::private::FIXED + usize::from(by_value),
        };
        let argmax = self.argmax();
        let public_input = self.public_input.is_some();
        let optional = [self.negative, self.clip, self.compares, self.decision(), argmax, public_input];
        let tables = self.tables.map_or(0, |tables| 4 + usize::from(tables.sloped));
        // usable, first, last, hidden, run, head, four links, signed, public, table, gamma, more, one
        16 + self.lanes.activations
            + bias
            + self.steps.len()
            + self.hops.len()
            + self.spreads.len()
            + usize::from(self.pairs)
            + optional.iter().filter(|b| **b).count()
            + tables
            + self.lanes.weights
            + if self.committed { super::record::FIXED } else { 0 }
    }

    /// Who sees the weights; private ones are a witness.
    pub const fn weights_visibility(&self) -> Visibility {
        Visibility::public_if(self.private.is_none())
    }
}
