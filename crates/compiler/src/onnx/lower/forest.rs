//! Trees as comparisons, one for each decision on each way through a tree, and sums of leaves as linear maps of them.
//!
//! A node is reached or not; let `reach` be that bit, a sum of bits above it with factors ±1. Its comparison is
//! `g = [c · reach − 1 − rank ≥ 0]`, for a rank of 0 or more: 1 exactly where the node is reached and rank < c. One
//! child has `g`, the other one `reach − g`. So a node costs one bit, a leaf none.
//!
//! Where trees alone read the graph's input, ranks are how many of the numbers that a feature is compared with it
//! reaches (`Network::cuts`). Elsewhere bits take their place: `[x ≥ u]` as a rank among the one cut u.

use std::collections::{BTreeMap, HashMap, HashSet};

use hushproof_core::graph::{FloatActivation, Map, Shape, Sparse};

use super::{Graph, Lowering, Node, expr::Expr, value::Value};
use crate::ops::{
    Inputs, Lowered, OpError,
    trees::{Branch, Form, Mode, Monotone, Node as TreeNode, Trees},
};

/// Most terms of all bits' reaches.
const MAX_TERMS: usize = 1 << 22;

/// A feature as a monotone function of one value of the graph's input.
#[derive(Debug, Clone)]
struct Traced {
    element: usize,
    steps: Vec<Monotone>,
}

impl Traced {
    fn value(&self, x: f64) -> f32 {
        self.steps.iter().fold(x as f32, |x, step| step.apply(x))
    }

    /// The cut of "the feature is at least u", and whether it is reached where that does not hold.
    fn cut(&self, u: f32) -> (f64, bool) {
        let falls = self.steps.iter().filter(|step| !step.rises()).count() % 2 == 1;
        (first(|x| (self.value(x) >= u) != falls), falls)
    }
}

/// The least number from which on a condition holds that never ceases to; infinity if it holds for none.
fn first(holds: impl Fn(f64) -> bool) -> f64 {
    // Numbers in their order as integers.
    let key = |x: f64| {
        let bits = x.to_bits().cast_signed();
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    let number = |key: i64| f64::from_bits(if key < 0 { i64::MIN - key } else { key }.cast_unsigned());
    if holds(f64::MIN) {
        return f64::MIN;
    }
    if !holds(f64::MAX) {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (key(f64::MIN), key(f64::MAX));
    while low + 1 < high {
        let middle = low.midpoint(high);
        if holds(number(middle)) { high = middle } else { low = middle }
    }
    // 0 and −0 are one number.
    number(high) + 0.0
}

/// The numbers u of "x ≥ u" that a branch asks about, in order: one, or two that differ by the least step.
fn edges(branch: &Branch) -> (f32, Option<f32>) {
    let at = branch.value + 0.0;
    match branch.mode {
        Mode::Less | Mode::GreaterOrEqual => (at, None),
        Mode::LessOrEqual | Mode::Greater => (at.next_up(), None),
        Mode::Equal | Mode::NotEqual => (at, Some(at.next_up())),
    }
}

fn branches(trees: &Trees) -> impl Iterator<Item = &Branch> {
    trees.nodes.iter().filter_map(|node| match node {
        TreeNode::Branch(branch) => Some(branch),
        TreeNode::Leaf => None,
    })
}

/// How trees read the graph's input, where nothing else does.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    /// Per value of the input.
    pub(super) cuts: Vec<Vec<f64>>,
    /// Nodes between the input and the trees.
    pub(super) absorbed: HashSet<usize>,
    /// What the features are, by the output of the trees' node.
    features: HashMap<usize, Vec<Traced>>,
}

/// Finds the trees of a graph whose input is read by trees alone, past moves of its values and monotone functions of
/// them.
pub(super) fn find(graph: &Graph, input: usize) -> Option<Ranks> {
    let elements = 0..graph.values[input].fact.len();
    let own = elements.map(|element| Traced { element, steps: vec![] }).collect();
    let mut traced: HashMap<usize, Vec<Traced>> = HashMap::from([(input, own)]);
    let mut ranks = Ranks::default();
    let mut cuts = vec![vec![]; graph.values[input].fact.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        if !node.inputs.iter().flatten().any(|id| traced.contains_key(id)) {
            continue;
        }
        let features = traced.get(&node.inputs.first().copied().flatten()?).cloned();
        if let Some(trees) = node.kernel.trees() {
            let features = features?;
            for branch in branches(trees) {
                let feature = features.get(branch.feature as usize)?;
                let (edge, other) = edges(branch);
                cuts[feature.element].extend([Some(edge), other].into_iter().flatten().map(|u| feature.cut(u).0));
            }
            ranks.features.insert(*node.outputs.first()?, features);
            continue;
        }
        let operands: Vec<_> = node.inputs.iter().map(|id| id.map(|id| graph.operand(id))).collect();
        let lowered = node.kernel.lower(Inputs(&operands)).ok()?;
        for (lowered, output) in lowered.into_iter().zip(&node.outputs) {
            let moved = match lowered {
                Lowered::Reshape => features.clone()?,
                Lowered::Gather { sources, shift } if shift.is_empty() => {
                    let value = |source: &Option<(u32, u32)>| {
                        let (input, element) = (*source)?;
                        traced.get(&node.inputs[input as usize]?)?.get(element as usize).cloned()
                    };
                    sources.iter().map(value).collect::<Option<_>>()?
                }
                _ => {
                    let step = |(element, of): (usize, &Traced)| {
                        let mut of = of.clone();
                        of.steps.push(node.kernel.monotone(element)?);
                        Some(of)
                    };
                    features.as_ref()?.iter().enumerate().map(step).collect::<Option<_>>()?
                }
            };
            traced.insert(*output, moved);
        }
        ranks.absorbed.insert(index);
    }
    if ranks.features.is_empty() || graph.outputs.iter().any(|id| traced.contains_key(id)) {
        return None;
    }
    for cuts in &mut cuts {
        cuts.sort_unstable_by(f64::total_cmp);
        cuts.dedup();
    }
    Some(Ranks { cuts, ..ranks })
}

/// A sum of bits with factors, and a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Reach {
    constant: i32,
    /// Bits in their order, none with a factor of 0.
    terms: Vec<(u32, i32)>,
}

impl Reach {
    const ALWAYS: Self = Self { constant: 1, terms: Vec::new() };

    fn bit(bit: u32) -> Self {
        Self { constant: 0, terms: vec![(bit, 1)] }
    }

    fn minus(&self, other: &Self) -> Self {
        let mut terms: BTreeMap<u32, i32> = self.terms.iter().copied().collect();
        other.terms.iter().for_each(|(bit, factor)| *terms.entry(*bit).or_default() -= factor);
        let terms = terms.into_iter().filter(|(_, factor)| *factor != 0).collect();
        Self { constant: self.constant - other.constant, terms }
    }

    fn is_never(&self) -> bool {
        self.constant == 0 && self.terms.is_empty()
    }
}

/// A comparison: `c · reach − 1 − rank ≥ 0`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Bit {
    /// Tensor and flat element of the rank.
    rank: (usize, u32),
    c: u32,
    reach: Reach,
}

/// All comparisons so far, of which equal ones are shared.
#[derive(Debug, Default)]
pub(super) struct Bits {
    known: HashMap<Bit, u32>,
    /// Tensor and element of each.
    places: Vec<(usize, u32)>,
    /// How many comparisons stand above each, itself counted.
    levels: Vec<usize>,
    terms: usize,
}

impl Bits {
    /// The bit of a comparison, and whether it is new.
    fn get(&mut self, bit: Bit) -> Result<(u32, bool), OpError> {
        if let Some(known) = self.known.get(&bit) {
            return Ok((*known, false));
        }
        self.terms += bit.reach.terms.len() + 1;
        if self.terms > MAX_TERMS {
            return Err(OpError::Graph(format!("ways through its trees take more than {MAX_TERMS} weights")));
        }
        let above = bit.reach.terms.iter().map(|(bit, _)| self.levels[*bit as usize]).max().unwrap_or(0);
        let id = self.levels.len() as u32;
        self.levels.push(above + 1);
        self.places.push((0, 0));
        self.known.insert(bit, id);
        Ok((id, true))
    }
}

/// Where the decisions of some trees find their ranks.
enum Sources {
    Ranked(Vec<Traced>),
    /// Tensor of bits, and the element of each feature and number.
    Bits(usize, HashMap<(u32, u32), u32>),
}

impl Lowering<'_> {
    /// The outputs of trees.
    pub(super) fn forest(&mut self, node: &Node, form: &Form) -> Result<Value, OpError> {
        let output = node.outputs.first().copied().unwrap_or_default();
        let sources = match self.ranks.features.get(&output) {
            Some(features) => Sources::Ranked(features.clone()),
            None => self.compared(node, &form.trees)?,
        };
        let mut leaves: HashMap<u32, Vec<(u32, f64)>> = HashMap::new();
        for leaf in &form.leaves {
            leaves.entry(leaf.node).or_default().push((leaf.score, leaf.weight));
        }
        let (mut bias, mut weights) = (form.bias.clone(), BTreeMap::<(u32, u32), f64>::new());
        let mut new: Vec<(u32, Bit)> = Vec::new();
        let mut pending: Vec<(u32, Reach)> = form.trees.roots.iter().rev().map(|root| (*root, Reach::ALWAYS)).collect();
        while let Some((at, reach)) = pending.pop() {
            let branch = match &form.trees.nodes[at as usize] {
                TreeNode::Branch(branch) => branch,
                TreeNode::Leaf => {
                    for (output, weight) in leaves.get(&at).into_iter().flatten() {
                        bias[*output as usize] += weight * f64::from(reach.constant);
                        for (bit, factor) in &reach.terms {
                            *weights.entry((*bit, *output)).or_default() += weight * f64::from(*factor);
                        }
                    }
                    continue;
                }
            };
            let (edge, other) = edges(branch);
            let below = self.below(&sources, branch.feature, edge, &reach, &mut new)?;
            let yes = match other {
                Some(other) => self.below(&sources, branch.feature, other, &reach, &mut new)?.minus(&below),
                None => below,
            };
            let no = reach.minus(&yes);
            let (yes, no) = match branch.mode {
                Mode::LessOrEqual | Mode::Less | Mode::Equal => (yes, no),
                Mode::Greater | Mode::GreaterOrEqual | Mode::NotEqual => (no, yes),
            };
            pending.extend([(branch.no, no), (branch.yes, yes)].into_iter().filter(|(_, reach)| !reach.is_never()));
        }
        self.compare_all(node, new)?;
        let mut columns = BTreeMap::new();
        for ((bit, output), weight) in weights {
            self.entry(&mut columns, bit, output, weight);
        }
        if columns.is_empty() {
            return Err(OpError::Graph("its trees decide nothing".to_owned()));
        }
        let terms = columns.into_iter().map(|(source, columns)| (source, Map::Sparse(Sparse { columns }))).collect();
        let origin = Some((node.name().to_owned(), node.origin()));
        Ok(Expr { origin, ..Expr::new(Shape::vector(bias.len()), terms, bias) }.into())
    }

    /// Reached, and the feature below a number.
    fn below(
        &mut self,
        sources: &Sources,
        feature: u32,
        edge: f32,
        reach: &Reach,
        new: &mut Vec<(u32, Bit)>,
    ) -> Result<Reach, OpError> {
        let lost = || OpError::Graph("compares a feature that it does not have".to_owned());
        let (rank, c, falls) = match sources {
            Sources::Ranked(features) => {
                let feature = features.get(feature as usize).ok_or_else(lost)?;
                let (cut, falls) = feature.cut(edge);
                let cuts = &self.ranks.cuts[feature.element];
                ((0, feature.element as u32), cuts.partition_point(|other| *other <= cut) as u32, falls)
            }
            Sources::Bits(tensor, elements) => {
                let element = elements.get(&(feature, edge.to_bits())).ok_or_else(lost)?;
                ((*tensor, *element), 1, false)
            }
        };
        let bit = Bit { rank, c, reach: reach.clone() };
        let (id, is_new) = self.bits.get(bit.clone())?;
        if is_new {
            new.push((id, bit));
        }
        let below = Reach::bit(id);
        Ok(if falls { reach.minus(&below) } else { below })
    }

    /// Bits "feature ≥ number" of features that are computed, or that other nodes read too.
    fn compared(&mut self, node: &Node, trees: &Trees) -> Result<Sources, OpError> {
        let value = self.input(node, 0)?;
        value.refuse_decision()?;
        let mut wanted: Vec<(u32, f32)> = branches(trees)
            .flat_map(|branch| {
                let (edge, other) = edges(branch);
                [Some(edge), other].into_iter().flatten().map(|edge| (branch.feature, edge))
            })
            .collect();
        wanted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        wanted.dedup();
        let elements = value.elements(wanted.iter().map(|(feature, _)| *feature));
        let pairs = (0..).zip(elements).collect();
        let shape = Shape::vector(wanted.len());
        let mut expr = self.moved(node, value.expr, pairs, shape)?;
        // No feature is below −∞, none is beyond the largest number.
        let shift: Vec<f64> = wanted.iter().map(|(_, u)| -f64::from(u.clamp(f32::MIN, f32::MAX))).collect();
        expr.shift(&shift);
        let tensor = self.push(node, expr, FloatActivation::Threshold { at: 0.0 }, None)?;
        let places = wanted.into_iter().zip(0..).map(|((feature, u), at)| ((feature, u.to_bits()), at)).collect();
        Ok(Sources::Bits(tensor, places))
    }

    /// A layer for each level of new comparisons.
    fn compare_all(&mut self, node: &Node, new: Vec<(u32, Bit)>) -> Result<(), OpError> {
        let mut levels: BTreeMap<usize, Vec<(u32, Bit)>> = BTreeMap::new();
        for (id, bit) in new {
            levels.entry(self.bits.levels[id as usize]).or_default().push((id, bit));
        }
        for mut level in levels.into_values() {
            // What reads one rank stands together.
            level.sort_by_key(|(_, bit)| bit.rank);
            let mut columns = BTreeMap::new();
            let mut bias = Vec::with_capacity(level.len());
            let tensor = self.layers.len() + 1;
            for (output, (id, Bit { rank, c, reach })) in (0..).zip(&level) {
                self.column(&mut columns, rank.0, rank.1).push((output, -1.0));
                for (bit, factor) in &reach.terms {
                    self.entry(&mut columns, *bit, output, f64::from(*c) * f64::from(*factor));
                }
                bias.push(f64::from(*c) * f64::from(reach.constant) - 1.0);
                self.bits.places[*id as usize] = (tensor, output);
            }
            let sparse = |(source, columns)| (source, Map::Sparse(Sparse { columns }));
            let terms = columns.into_iter().map(sparse).collect();
            let expr = Expr::new(Shape::vector(level.len()), terms, bias);
            self.push(node, expr, FloatActivation::Threshold { at: 0.0 }, None)?;
        }
        Ok(())
    }

    /// The column of an element in the matrix of its tensor.
    fn column<'c>(
        &self,
        columns: &'c mut BTreeMap<usize, Vec<Vec<(u32, f64)>>>,
        tensor: usize,
        element: u32,
    ) -> &'c mut Vec<(u32, f64)> {
        let len = self.shape(tensor).len();
        &mut columns.entry(tensor).or_insert_with(|| vec![vec![]; len])[element as usize]
    }

    /// Adds the weight from a bit to an output, which comes after all outputs that the bit has.
    fn entry(&self, columns: &mut BTreeMap<usize, Vec<Vec<(u32, f64)>>>, bit: u32, output: u32, weight: f64) {
        let (tensor, element) = self.bits.places[bit as usize];
        self.column(columns, tensor, element).push((output, weight));
    }
}
