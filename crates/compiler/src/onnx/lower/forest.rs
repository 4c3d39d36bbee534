//! Trees as comparisons, one for each decision on each way through a tree, and sums of leaves as linear maps of them.
//!
//! A node is reached or not; let `reach` be that bit, a sum of bits above it with factors ±1. Its comparison is
//! `g = [c · reach − 1 − rank ≥ 0]`, for a rank of 0 or more: 1 exactly where the node is reached and rank < c. One
//! child has `g`, the other one `reach − g`. So a node costs one bit, a leaf none. In a tree of one feature a node is
//! reached where the rank is in a range: the difference of two comparisons that nothing stands above.
//!
//! Of values of the graph's input that comparisons alone read, ranks are how many of the numbers that they are compared
//! with they reach (`Network::cuts`). A missing value has a rank too: one that all its branches agree with, or one of
//! its own below or above all others. Elsewhere bits take the place of ranks: `[x ≥ u]` as a rank among the one cut u.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use hushproof_core::graph::{Categories, FloatActivation, Map, Shape, Sparse};

use super::{Element, Graph, Lowering, Node, expr::Expr, value::Value};
use crate::ops::{
    Inputs, Lowered, OpError,
    trees::{Branch, Features, Form, Mode, Monotone, Node as TreeNode, Trees},
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
    fn value(&self, x: f64) -> f64 {
        self.steps.iter().fold(x, |x, step| step.apply(x))
    }

    fn falls(&self) -> bool {
        self.steps.iter().filter(|step| !step.rises()).count() % 2 == 1
    }

    /// The cut of "the feature is at least u", which is reached where that does not hold if the feature falls.
    fn cut(&self, features: &Features, u: f64) -> f64 {
        let falls = self.falls();
        first(|x| (features.round(self.value(x)) >= u) != falls)
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
fn edges(features: &Features, branch: &Branch) -> (f64, Option<f64>) {
    let at = branch.value + 0.0;
    match branch.mode {
        Mode::Less | Mode::GreaterOrEqual => (at, None),
        Mode::LessOrEqual | Mode::Greater => (features.next(at), None),
        Mode::Equal | Mode::NotEqual => (at, Some(features.next(at))),
    }
}

/// Whether a branch takes the true child where a comparison of its edges holds: its feature is below the only edge, or
/// from the first one on below the second.
const fn takes_below(mode: Mode) -> bool {
    matches!(mode, Mode::LessOrEqual | Mode::Less | Mode::Equal)
}

/// How trees read values of the graph's input that nothing else reads.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    /// Per value of the input, as [`Network::cuts`](hushproof_core::graph::Network::cuts).
    pub(super) cuts: Vec<Option<Vec<f64>>>,
    /// Per value of the input, as [`Network::missing`](hushproof_core::graph::Network::missing).
    pub(super) missing: Vec<Option<f64>>,
    /// The names that values of the input stand for.
    pub(super) categories: Vec<Categories>,
    /// Nodes between the input and the trees.
    pub(super) absorbed: HashSet<usize>,
    /// What the features are, by the output of the trees' node; none of those that are computed.
    features: HashMap<usize, Vec<Option<Traced>>>,
    /// Per value of the input the sorted numbers of its names.
    names: HashMap<usize, Vec<u32>>,
}

impl Ranks {
    /// The cut of a feature at a number; of names that of the first one behind it.
    fn cut(&self, features: &Features, of: &Traced, u: f64) -> f64 {
        match self.names.get(&of.element) {
            Some(names) => names.partition_point(|name| f64::from(*name) < u) as f64 - 0.5,
            None => of.cut(features, u),
        }
    }

    /// How many cuts a value reaches from this one on.
    fn place(&self, element: usize, cut: f64) -> u32 {
        let cuts = self.cuts.get(element).and_then(Option::as_ref);
        cuts.map_or(0, |cuts| cuts.partition_point(|other| *other <= cut) as u32)
    }

    /// How the network reads each value of the input: 1 for a number, 0 for a rank; none where all are alike.
    pub(super) fn mask(&self) -> Option<Vec<f64>> {
        let mixed = self.cuts.iter().any(Option::is_none);
        mixed.then(|| self.cuts.iter().map(|cuts| f64::from(u8::from(cuts.is_none()))).collect())
    }

    /// Cuts, ranks of missing values and names, from what trees ask about; of values with `numbers` none.
    fn settle(graph: &Graph, asked: &Asked<'_>, features: HashMap<usize, Vec<Option<Traced>>>) -> Self {
        let len = asked.numbers.len();
        let mut ranks = Self { features, cuts: vec![None; len], missing: vec![None; len], ..Self::default() };
        for element in 0..len {
            if asked.numbers[element] {
                ranks.missing[element] = asked.imputed(element);
                continue;
            }
            let branches = &asked.branches[element];
            if graph.elements[element] == Element::Name {
                let names = || branches.iter().filter_map(|(trees, ..)| trees.features.names.as_ref());
                let mut known: Vec<u32> = names().flat_map(|names| names.known.iter().copied()).collect();
                known.sort_unstable();
                known.dedup();
                let text = |name: &u32| graph.names.get(*name as usize).cloned().unwrap_or_default();
                let open = names().all(|names| names.open);
                ranks.categories.push(Categories { element, names: known.iter().map(text).collect(), open });
                ranks.names.insert(element, known);
            }
            let mut cuts = vec![];
            for (trees, branch, of) in branches {
                let (edge, other) = edges(&trees.features, branch);
                cuts.extend([Some(edge), other].into_iter().flatten().map(|u| ranks.cut(&trees.features, of, u)));
            }
            cuts.sort_unstable_by(f64::total_cmp);
            cuts.dedup();
            ranks.missing[element] = rank_missing(branches, &mut cuts);
            ranks.cuts[element] = Some(cuts);
        }
        if ranks.cuts.iter().all(Option::is_none) {
            ranks.cuts.clear();
        }
        if ranks.missing.iter().all(Option::is_none) {
            ranks.missing.clear();
        }
        ranks
    }
}

/// What trees ask about values of the input.
struct Asked<'a> {
    /// Whether something else reads a value.
    numbers: Vec<bool>,
    /// The branches that read it, with their trees.
    branches: Vec<Vec<(&'a Trees, &'a Branch, Traced)>>,
    /// What its other readers read.
    readers: Vec<Vec<Traced>>,
}

impl Asked<'_> {
    /// The number that stands for a missing value that is read as a number: what all its readers put in its place.
    fn imputed(&self, element: usize) -> Option<f64> {
        let imputed = |of: &Traced| match of.steps[..] {
            [Monotone::Imputed(value), ..] | [Monotone::Single, Monotone::Imputed(value), ..] => Some(value),
            _ => None,
        };
        let branches = self.branches[element].iter().map(|(.., of)| of);
        let mut all = self.readers[element].iter().chain(branches).map(imputed);
        let first = all.next()??;
        all.all(|other| other == Some(first)).then_some(first)
    }

    /// Something that is no comparison reads these.
    fn read(&mut self, features: &[Option<Traced>]) {
        for of in features.iter().flatten() {
            self.numbers[of.element] = true;
            self.readers[of.element].push(of.clone());
        }
    }
}

/// What stands for a missing value: a number with a rank that all branches send the same way, else an infinity with a
/// rank of its own, for which there is a cut then. None if a branch has no use for it.
fn rank_missing(branches: &[(&Trees, &Branch, Traced)], cuts: &mut Vec<f64>) -> Option<f64> {
    let usable = |(trees, _, of): &(&Trees, &Branch, Traced)| {
        trees.features.missing && of.steps.iter().all(|step| step.takes_missing())
    };
    if !branches.iter().all(usable) {
        return None;
    }
    // For each rank, how many branches it goes the way of a missing value with.
    let mut change = vec![0i64; cuts.len() + 2];
    let place = |cut: f64, cuts: &[f64]| cuts.partition_point(|other| *other < cut) + 1;
    let (mut low, mut high) = (0, 0);
    for (trees, branch, of) in branches {
        let (edge, other) = edges(&trees.features, branch);
        let at = |u: f64| place(of.cut(&trees.features, u), cuts);
        let yes = sends_missing(trees, branch, of);
        // Ranks in `from..to` are below the edge, or between the two edges.
        let (from, to) = match (other, of.falls()) {
            (None, false) => (0, at(edge)),
            (None, true) => (at(edge), cuts.len() + 1),
            (Some(other), false) => (at(edge), at(other)),
            (Some(other), true) => (at(other), at(edge)),
        };
        if yes == takes_below(branch.mode) {
            (change[from], change[to]) = (change[from] + 1, change[to] - 1);
        } else {
            change[0] += 1;
            (change[from], change[to]) = (change[from] - 1, change[to] + 1);
        }
        low += usize::from((from == 0) == (yes == takes_below(branch.mode)));
        high += usize::from((to == cuts.len() + 1) == (yes == takes_below(branch.mode)));
    }
    let mut agree = 0;
    for (rank, change) in change.iter().take(cuts.len() + 1).enumerate() {
        agree += change;
        if agree == branches.len() as i64 {
            return Some(match rank {
                rank if rank == cuts.len() => f64::INFINITY,
                0 => f64::NEG_INFINITY,
                rank => cuts[rank - 1],
            });
        }
    }
    if low > high {
        if cuts.first() != Some(&f64::MIN) {
            cuts.insert(0, f64::MIN);
        }
        return Some(f64::NEG_INFINITY);
    }
    if cuts.last() != Some(&f64::INFINITY) {
        cuts.push(f64::INFINITY);
    }
    Some(f64::INFINITY)
}

/// Whether a missing value takes the true branch.
fn sends_missing(trees: &Trees, branch: &Branch, of: &Traced) -> bool {
    branch.holds(trees.features.round(of.value(f64::NAN)))
}

/// Finds the trees that read values of a graph's input which nothing else reads, past moves of them and monotone
/// functions of them.
pub(super) fn find(graph: &Graph, input: usize) -> Ranks {
    let len = graph.values[input].fact.len();
    let single = |element: usize| graph.elements.get(element) == Some(&Element::Single);
    let own = |element| {
        let steps = if single(element) { vec![Monotone::Single] } else { vec![] };
        Some(Traced { element, steps })
    };
    let mut traced: HashMap<usize, Vec<Option<Traced>>> = HashMap::from([(input, (0..len).map(own).collect())]);
    let mut moves: Vec<usize> = vec![];
    let mut asked = Asked { numbers: vec![false; len], branches: vec![vec![]; len], readers: vec![vec![]; len] };
    let mut features: HashMap<usize, Vec<Option<Traced>>> = HashMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        if !node.inputs.iter().flatten().any(|id| traced.contains_key(id)) {
            continue;
        }
        let first = node.inputs.first().copied().flatten();
        let known = first.and_then(|id| traced.get(&id)).cloned();
        if let (Some(trees), Some(known), Some(output)) = (node.kernel.trees(), &known, node.outputs.first()) {
            for branch in trees.branches() {
                if let Some(Some(of)) = known.get(branch.feature as usize) {
                    asked.branches[of.element].push((trees, branch, of.clone()));
                }
            }
            features.insert(*output, known.clone());
            continue;
        }
        if let Some(moved) = moved(graph, node, &traced) {
            traced.extend(node.outputs.iter().copied().zip(moved));
            moves.push(index);
            continue;
        }
        for id in node.inputs.iter().flatten() {
            if let Some(features) = traced.get(id) {
                asked.read(features);
            }
        }
    }
    for id in &graph.outputs {
        if let Some(features) = traced.get(id) {
            asked.read(features);
        }
    }
    // Ranks and numbers side by side are features of a row.
    let ranked = |element: usize| !asked.numbers[element] && !asked.branches[element].is_empty();
    let rows = graph.input_planes(input).is_vector();
    if !(0..len).any(ranked) || !rows && asked.numbers.contains(&true) {
        asked.numbers.fill(true);
    }
    let numbers = asked.numbers.clone();
    for of in features.values_mut().flatten() {
        *of = of.take().filter(|of| !numbers[of.element]);
    }
    let mut ranks = Ranks::settle(graph, &asked, features);
    ranks.absorb(graph, &moves);
    ranks
}

impl Ranks {
    /// Notes the moves that trees alone read, by ranks.
    fn absorb(&mut self, graph: &Graph, moves: &[usize]) {
        let mut needed: HashSet<usize> = graph.outputs.iter().copied().collect();
        let moves: HashSet<usize> = moves.iter().copied().collect();
        for (index, node) in graph.nodes.iter().enumerate().rev() {
            if moves.contains(&index) && !node.outputs.iter().any(|id| needed.contains(id)) {
                self.absorbed.insert(index);
                continue;
            }
            let known = node.outputs.first().and_then(|output| self.features.get(output));
            let ranked = |trees: &Arc<Trees>| {
                let rank = |branch: &Branch| known?.get(branch.feature as usize)?.as_ref();
                trees.branches().all(|branch| rank(branch).is_some())
            };
            if !node.kernel.trees().is_some_and(ranked) {
                needed.extend(node.inputs.iter().flatten());
            }
        }
    }
}

/// What a node gives where it only moves traced values, or is a monotone function of each.
fn moved(graph: &Graph, node: &Node, traced: &HashMap<usize, Vec<Option<Traced>>>) -> Option<Vec<Vec<Option<Traced>>>> {
    let known = node.inputs.first().copied().flatten().and_then(|id| traced.get(&id));
    let operands: Vec<_> = node.inputs.iter().map(|id| id.map(|id| graph.operand(id))).collect();
    let lowered = node.kernel.lower(Inputs(&operands)).ok()?;
    let mut all = vec![];
    for lowered in lowered {
        all.push(match lowered {
            Lowered::Reshape if node.kernel.monotone(0).is_none() => known?.clone(),
            Lowered::Gather { sources, shift } if shift.is_empty() => {
                let value = |source: &Option<(u32, u32)>| {
                    let (input, element) = (*source)?;
                    traced.get(&node.inputs[input as usize]?)?.get(element as usize).cloned().flatten()
                };
                sources.iter().map(value).collect()
            }
            _ => {
                let step = |(element, of): (usize, &Option<Traced>)| {
                    let Some(mut of) = of.clone() else { return Some(None) };
                    of.steps.push(node.kernel.monotone(element)?);
                    Some(Some(of))
                };
                known?.iter().enumerate().map(step).collect::<Option<_>>()?
            }
        });
    }
    Some(all)
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

    const NEVER: Self = Self { constant: 0, terms: Vec::new() };

    fn bit(bit: u32) -> Self {
        Self { constant: 0, terms: vec![(bit, 1)] }
    }

    fn plus(&self, other: &Self, sign: i32) -> Self {
        let mut terms: BTreeMap<u32, i32> = self.terms.iter().copied().collect();
        other.terms.iter().for_each(|(bit, factor)| *terms.entry(*bit).or_default() += sign * factor);
        let terms = terms.into_iter().filter(|(_, factor)| *factor != 0).collect();
        Self { constant: self.constant + sign * other.constant, terms }
    }

    fn minus(&self, other: &Self) -> Self {
        self.plus(other, -1)
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

/// A tensor of bits "feature ≥ number", and the element of each feature and number.
type Compared = (usize, HashMap<(u32, u64), u32>);

/// Where the decisions of some trees find their ranks.
struct Sources<'a> {
    /// What the features are about the features.
    features: &'a Features,
    /// Those that are ranked.
    ranked: Vec<Option<Traced>>,
    /// The bits of the others.
    bits: Option<Compared>,
    /// Whether all branches compare one feature.
    alone: bool,
}

/// How a node is reached.
#[derive(Debug, Clone)]
struct Way {
    reach: Reach,
    /// Where all branches compare one feature: whether it is below the least and the largest number that lead here.
    between: Option<[Reach; 2]>,
}

impl Lowering<'_> {
    /// The outputs of trees.
    pub(super) fn forest(&mut self, node: &Node, form: &Form) -> Result<Value, OpError> {
        let trees = &form.trees;
        let output = node.outputs.first().copied().unwrap_or_default();
        let ranked = self.ranks.features.get(&output).cloned().unwrap_or_default();
        let is_ranked = |branch: &Branch| matches!(ranked.get(branch.feature as usize), Some(Some(_)));
        let bits = if trees.branches().all(is_ranked) {
            // Nothing is read but ranks.
            if let Some(id) = node.inputs.first().copied().flatten() {
                self.uses[id] = self.uses[id].saturating_sub(1);
            }
            None
        } else {
            Some(self.compared(node, trees, &|branch| !is_ranked(branch))?)
        };
        let mut features: Vec<u32> = trees.branches().map(|branch| branch.feature).collect();
        features.dedup();
        let sources = Sources { features: &trees.features, ranked, bits, alone: features.len() == 1 };
        let mut leaves: HashMap<u32, Vec<(u32, f64)>> = HashMap::new();
        for leaf in &form.leaves {
            leaves.entry(leaf.node).or_default().push((leaf.score, leaf.weight));
        }
        let (mut bias, mut weights) = (form.bias.clone(), BTreeMap::<(u32, u32), f64>::new());
        let mut new: Vec<(u32, Bit)> = Vec::new();
        let mut ways: HashMap<u32, Way> = HashMap::new();
        for (at, tree_node, parents) in trees.ordered() {
            let way = match ways.remove(&at) {
                Some(way) => way,
                None if parents > 0 => continue,
                None => {
                    let between = sources.alone.then_some([Reach::NEVER, Reach::ALWAYS]);
                    Way { reach: Reach::ALWAYS, between }
                }
            };
            let branch = match tree_node {
                TreeNode::Branch(branch) => branch,
                TreeNode::Leaf => {
                    for (output, weight) in leaves.get(&at).into_iter().flatten() {
                        bias[*output as usize] += weight * f64::from(way.reach.constant);
                        for (bit, factor) in &way.reach.terms {
                            *weights.entry((*bit, *output)).or_default() += weight * f64::from(*factor);
                        }
                    }
                    continue;
                }
            };
            for (child, way) in [branch.yes, branch.no].into_iter().zip(self.split(&sources, branch, way, &mut new)?) {
                if way.reach.is_never() {
                    continue;
                }
                match ways.get_mut(&child) {
                    Some(known) => *known = Way { reach: known.reach.plus(&way.reach, 1), between: None },
                    None => drop(ways.insert(child, way)),
                }
            }
        }
        self.compare_all(node, new)?;
        let mut columns = BTreeMap::new();
        for ((bit, output), weight) in weights.into_iter().filter(|(_, weight)| *weight != 0.0) {
            self.entry(&mut columns, bit, output, weight);
        }
        if columns.is_empty() {
            return Err(OpError::Graph("its trees decide nothing".to_owned()));
        }
        let terms = columns.into_iter().map(|(source, columns)| (source, Map::Sparse(Sparse { columns }))).collect();
        let origin = Some((node.name().to_owned(), node.origin()));
        Ok(Expr { origin, ..Expr::new(Shape::vector(bias.len()), terms, bias) }.into())
    }

    /// The ways to the children of a branch: where it holds, and where it does not.
    fn split(
        &mut self,
        sources: &Sources<'_>,
        branch: &Branch,
        way: Way,
        new: &mut Vec<(u32, Bit)>,
    ) -> Result<[Way; 2], OpError> {
        let (edge, other) = edges(sources.features, branch);
        let below = takes_below(branch.mode);
        let wrong = self.misleads_missing(sources, branch);
        if let (Some([least, most]), None, None) = (&way.between, other, &wrong) {
            let middle = self.below(sources, branch.feature, edge, &Reach::ALWAYS, new)?;
            let between =
                |from: &Reach, to: &Reach| Way { reach: to.minus(from), between: Some([from.clone(), to.clone()]) };
            let (low, high) = (between(least, &middle), between(&middle, most));
            return Ok(if below { [low, high] } else { [high, low] });
        }
        let reach = &way.reach;
        let first = self.below(sources, branch.feature, edge, reach, new)?;
        let mut yes = match other {
            Some(other) => self.below(sources, branch.feature, other, reach, new)?.minus(&first),
            None => first,
        };
        if !below {
            yes = reach.minus(&yes);
        }
        if let Some((element, sent)) = wrong {
            let missing = self.missing(element, reach, new)?;
            yes = yes.plus(&missing, if sent { 1 } else { -1 });
        }
        let no = reach.minus(&yes);
        Ok([yes, no].map(|reach| Way { reach, between: None }))
    }

    /// The value of the input that a branch would send the wrong way where it is missing, and whether the true branch
    /// is the right one.
    fn misleads_missing(&self, sources: &Sources<'_>, branch: &Branch) -> Option<(usize, bool)> {
        let of = sources.ranked.get(branch.feature as usize)?.as_ref()?;
        let missing = self.ranks.missing.get(of.element).copied().flatten()?;
        let right = branch.holds(sources.features.round(of.value(f64::NAN)));
        let below = |u: f64| (missing < self.ranks.cut(sources.features, of, u)) != of.falls();
        let (edge, other) = edges(sources.features, branch);
        let holds = match other {
            Some(other) => below(other) && !below(edge),
            None => below(edge),
        };
        (right != (holds == takes_below(branch.mode))).then_some((of.element, right))
    }

    /// Reached, and a value of the input missing, which has the lowest or the highest rank then.
    fn missing(&mut self, element: usize, reach: &Reach, new: &mut Vec<(u32, Bit)>) -> Result<Reach, OpError> {
        let cuts = self.ranks.cuts.get(element).and_then(Option::as_ref).map_or(0, |cuts| cuts.len() as u32);
        let lowest = self.ranks.missing.get(element) == Some(&Some(f64::NEG_INFINITY));
        let below = self.bit((0, element as u32), if lowest { 1 } else { cuts }, reach, new)?;
        Ok(if lowest { below } else { reach.minus(&below) })
    }

    /// Reached, and the feature below a number.
    fn below(
        &mut self,
        sources: &Sources<'_>,
        feature: u32,
        edge: f64,
        reach: &Reach,
        new: &mut Vec<(u32, Bit)>,
    ) -> Result<Reach, OpError> {
        let lost = || OpError::Graph("compares a feature that it does not have".to_owned());
        let (rank, c, falls) = match sources.ranked.get(feature as usize) {
            Some(Some(of)) => {
                let cut = self.ranks.cut(sources.features, of, edge);
                ((0, of.element as u32), self.ranks.place(of.element, cut), of.falls())
            }
            _ => {
                let (tensor, elements) = sources.bits.as_ref().ok_or_else(lost)?;
                ((*tensor, *elements.get(&(feature, edge.to_bits())).ok_or_else(lost)?), 1, false)
            }
        };
        let below = self.bit(rank, c, reach, new)?;
        Ok(if falls { reach.minus(&below) } else { below })
    }

    /// Reached, and a rank below another.
    fn bit(&mut self, rank: (usize, u32), c: u32, reach: &Reach, new: &mut Vec<(u32, Bit)>) -> Result<Reach, OpError> {
        let bit = Bit { rank, c, reach: reach.clone() };
        let (id, is_new) = self.bits.get(bit.clone())?;
        if is_new {
            new.push((id, bit));
        }
        Ok(Reach::bit(id))
    }

    /// Bits "feature ≥ number" of the branches whose features are computed, or that other nodes read too.
    fn compared(
        &mut self,
        node: &Node,
        trees: &Trees,
        is_wanted: &dyn Fn(&Branch) -> bool,
    ) -> Result<Compared, OpError> {
        let value = self.input(node, 0)?;
        value.refuse_decision()?;
        let whole = self.whole(&value.expr);
        let features = trees.branches().map(|branch| branch.feature);
        let whole: HashSet<u32> =
            features.filter(|of| value.elements([*of].into_iter()).iter().all(|i| whole[*i as usize])).collect();
        let is_whole = |feature: u32| whole.contains(&feature);
        let mut wanted: Vec<(u32, f64)> = vec![];
        for branch in trees.branches().filter(|branch| is_wanted(branch)) {
            let (edge, other) = edges(&trees.features, branch);
            if other.is_some() && !is_whole(branch.feature) {
                return Err(OpError::unsupported("whether a computed real number equals another"));
            }
            wanted.extend([Some(edge), other].into_iter().flatten().map(|edge| (branch.feature, edge)));
        }
        wanted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        wanted.dedup();
        let elements = value.elements(wanted.iter().map(|(feature, _)| *feature));
        let pairs = (0..).zip(elements).collect();
        let shape = Shape::vector(wanted.len());
        let mut expr = self.moved(node, value.expr, pairs, shape)?;
        // No feature is below −∞, none is beyond the largest number.
        let (least, most) = (f64::from(f32::MIN), f64::from(f32::MAX));
        // An integer that is at least u is at least the next integer.
        let from = |(feature, u): &(u32, f64)| if is_whole(*feature) { u.ceil() } else { *u };
        let shift: Vec<f64> = wanted.iter().map(|of| -from(of).clamp(least, most)).collect();
        expr.shift(&shift);
        let tensor = self.push(node, expr, FloatActivation::Threshold { at: 0.0 }, None)?;
        let places = wanted.into_iter().zip(0..).map(|((feature, u), at)| ((feature, u.to_bits()), at)).collect();
        Ok((tensor, places))
    }

    /// Which values of an expression are integers whatever the input: sums of whole weights times comparisons and
    /// integers of the input.
    fn whole(&self, expr: &Expr) -> Vec<bool> {
        let mut whole: Vec<bool> = expr.bias_values().iter().map(|bias| bias.fract() == 0.0).collect();
        let plane = expr.shape.plane();
        for (source, map) in &expr.terms {
            let layer = source.checked_sub(1).map(|layer| &self.layers[layer].activation);
            let is_input = layer.is_none();
            let bits = matches!(layer, Some(FloatActivation::Threshold { .. }));
            let integer = |element: usize| self.graph.whole.get(element).copied().unwrap_or(false);
            match map {
                Map::Sparse(sparse) => {
                    for (element, column) in sparse.columns.iter().enumerate() {
                        let known = bits || is_input && integer(element);
                        for (output, weight) in column {
                            whole[*output as usize] &= known && weight.fract() == 0.0;
                        }
                    }
                }
                Map::Conv(conv) => {
                    let from = self.shape(*source).plane();
                    let integers = |channel: usize| (channel * from..(channel + 1) * from).all(integer);
                    let known = |channel: usize| bits || is_input && integers(channel);
                    for (o, weights) in conv.weights.chunks(conv.group_inputs() * conv.taps()).enumerate() {
                        let first = conv.input_start + o / conv.group_outputs() * conv.group_inputs();
                        let is_whole = weights.chunks(conv.taps()).zip(first..).all(|(weights, channel)| {
                            let unread = weights.iter().all(|weight| *weight == 0.0);
                            unread || known(channel) && weights.iter().all(|weight| weight.fract() == 0.0)
                        });
                        let output = conv.output_start + o;
                        whole[output * plane..][..plane].iter_mut().for_each(|whole| *whole &= is_whole);
                    }
                }
                Map::Product(_) => whole.fill(false),
            }
        }
        whole
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
