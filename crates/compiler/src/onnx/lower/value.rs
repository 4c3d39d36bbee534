//! Values of the graph during normalization: reading them, moving their parts, adding and scaling them.

use hushproof_core::{
    float,
    graph::{Conv, Finish, FloatActivation, FloatLayer, Function, Map, Shape, Sparse},
};

use super::{
    Graph, Lowering, Node,
    expr::{Expr, compress, size},
    gather,
};
use crate::{
    ops::{Affine, Linear, OpError, planes},
    tensor::MAX_ELEMENTS,
};

/// An expression, its values possibly in another order.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) expr: Expr,
    /// For each value the flat element of the expression; none if they are the elements in order.
    pub(super) order: Option<Vec<u32>>,
    /// Whether a comparison or ArgMax made it.
    pub(super) decision: bool,
    /// The function of the values that their reader applies.
    pub(super) finish: Option<Finish>,
}

impl From<Expr> for Value {
    fn from(expr: Expr) -> Self {
        Self { expr, order: None, decision: false, finish: None }
    }
}

impl Value {
    /// Numbers stored.
    fn size(&self) -> usize {
        self.expr.size().saturating_add(self.order.as_ref().map_or(0, Vec::len))
    }

    /// Number of values.
    pub(super) fn expr_len(&self) -> usize {
        self.order.as_ref().map_or(self.expr.shape.len(), Vec::len)
    }

    /// Whether every element of the expression is one of the values.
    pub(super) fn is_permutation(&self) -> bool {
        let Some(order) = &self.order else { return true };
        let mut seen = vec![false; self.expr.shape.len()];
        order.len() == seen.len() && order.iter().all(|element| !std::mem::replace(&mut seen[*element as usize], true))
    }

    /// Planes of the first input of a node, which this is.
    pub(super) fn shape(&self, node: &Node, graph: &Graph) -> Result<Shape, OpError> {
        let id = node.inputs.iter().flatten().find(|id| graph.values[**id].constant.is_none());
        let shape = id.map(|id| planes(&graph.values[*id].fact.shape)).filter(|shape| shape.len() == self.expr_len());
        shape.ok_or_else(|| OpError::Graph("reads no tensor of this size".into()))
    }

    /// Refuses what only the last step may make.
    pub(super) fn refuse_decision(&self) -> Result<(), OpError> {
        let (what, given) = match (self.decision, self.finish.is_some()) {
            (false, false) => return Ok(()),
            (true, _) => ("a comparison or ArgMax", "a change of shape or element type"),
            (_, true) => ("a Softmax", "a change of shape or ArgMax"),
        };
        Err(OpError::Graph(format!("follows {what}, which must be the last step; only {given} may follow")))
    }

    /// The element of the expression for each of `count` elements of the value.
    pub(super) fn elements(&self, indices: impl Iterator<Item = u32>) -> Vec<u32> {
        match &self.order {
            Some(order) => indices.map(|index| order[index as usize]).collect(),
            None => indices.collect(),
        }
    }
}

impl Lowering<'_> {
    /// Planes of input `index` of a node.
    pub(super) fn planes_of(&self, node: &Node, index: usize) -> Result<Shape, OpError> {
        let id = node.inputs.get(index).copied().flatten();
        let id = id.ok_or_else(|| OpError::Graph(format!("input {index} is missing")))?;
        Ok(planes(&self.graph.values[id].fact.shape))
    }

    /// Input `index` of a node.
    pub(super) fn input(&mut self, node: &Node, index: usize) -> Result<Value, OpError> {
        let id = node.inputs.get(index).copied().flatten();
        self.read(node, id.ok_or_else(|| OpError::Graph(format!("input {index} is missing")))?)
    }

    /// A value of the graph; made a tensor first if it is more than one, or than features scaled, and will be read
    /// again.
    pub(super) fn read(&mut self, node: &Node, id: usize) -> Result<Value, OpError> {
        let missing = || OpError::Graph("reads a value that depends on no input of the graph".into());
        self.uses[id] = self.uses[id].saturating_sub(1);
        let mut value = self.values.remove(&id).ok_or_else(missing)?;
        self.stored = self.stored.saturating_sub(value.size());
        if self.uses[id] > 0 {
            if value.expr.plain().is_none() && !value.expr.scales_input() && !self.scales_codes(&value.expr) {
                let (shape, nonnegative) = (value.expr.shape, value.expr.nonnegative);
                let tensor = self.commit(node, value.expr)?;
                value.expr = Expr { nonnegative, ..Expr::tensor(tensor, shape) };
            }
            self.insert(id, value.clone())?;
        }
        Ok(value)
    }

    /// Names a value of the graph.
    pub(super) fn insert(&mut self, id: usize, value: Value) -> Result<(), OpError> {
        self.store(value.size())?;
        self.values.insert(id, value);
        Ok(())
    }

    /// The value as an expression of its own shape.
    pub(super) fn settle(&mut self, node: &Node, value: Value, shape: Shape) -> Result<Expr, OpError> {
        value.refuse_decision()?;
        if value.order.is_none() && value.expr.shape == shape {
            return Ok(value.expr);
        }
        let count = value.expr_len() as u32;
        let elements = value.elements(0..count);
        self.moved(node, value.expr, (0..count).zip(elements).collect(), shape)
    }

    /// Elements of an expression at given places of a tensor of shape `to`, 0 elsewhere; pairs of place and element, in
    /// increasing order of places.
    pub(super) fn moved(
        &mut self,
        node: &Node,
        expr: Expr,
        pairs: Vec<(u32, u32)>,
        to: Shape,
    ) -> Result<Expr, OpError> {
        if let Some(expr) = self.moved_terms(&expr, &pairs, to) {
            return Ok(expr);
        }
        if let Some(expr) = self.moved_codes(&expr, &pairs, to) {
            return Ok(expr);
        }
        let (from, nonnegative) = (expr.shape, self.is_nonnegative(&expr));
        let tensor = self.commit(node, expr)?;
        let maps = gather::maps(&pairs, from, to);
        let terms = maps.into_iter().map(|map| (tensor, map)).collect();
        Ok(Expr { nonnegative, ..Expr::new(to, terms, vec![0.0; to.channels]) })
    }

    /// The same by moving the rows of the expression's terms.
    fn moved_terms(&self, expr: &Expr, pairs: &[(u32, u32)], to: Shape) -> Option<Expr> {
        let bias = expr.bias_values();
        let mut moved = vec![0.0; to.len()];
        pairs.iter().for_each(|(place, element)| moved[*place as usize] = bias[*element as usize]);
        let mut all = Expr::new(to, vec![], compress(moved, to));
        let structure = gather::structure(pairs, expr.shape, to);
        if let Some(terms) = self.moved_rows(expr, pairs, structure.is_some()) {
            let (origin, nonnegative) = (expr.origin.clone(), self.is_nonnegative(expr));
            return Some(Expr { origin, nonnegative, terms, ..all });
        }
        for conv in structure? {
            let part = self.composed(expr, &conv, to)?;
            all.terms.extend(part.terms);
        }
        let weights = |terms: &[(usize, Map<f64>)]| terms.iter().map(|(_, map)| size(map)).sum::<usize>();
        let cheap = weights(&all.terms) <= weights(&expr.terms).max(expr.shape.channels.max(to.channels));
        let (origin, nonnegative) = (expr.origin.clone(), self.is_nonnegative(expr));
        cheap.then_some(Expr { origin, nonnegative, ..all })
    }

    /// The terms with their rows moved, where all are matrices; where the move has no structure, also of dense layers.
    fn moved_rows(&self, expr: &Expr, pairs: &[(u32, u32)], structured: bool) -> Option<Vec<(usize, Map<f64>)>> {
        let mut places: Vec<Option<u32>> = vec![None; expr.shape.len()];
        if pairs.iter().any(|(place, element)| places[*element as usize].replace(*place).is_some()) {
            return None;
        }
        let dense = |source: usize, map: &Map<f64>| match map {
            Map::Sparse(sparse) => Some(sparse.columns.clone()),
            Map::Conv(conv) if !structured && expr.shape.is_vector() && self.shape(source).is_vector() => {
                let mut columns = vec![vec![]; self.shape(source).len()];
                for o in 0..conv.outputs {
                    for c in 0..conv.group_inputs() {
                        let input = conv.input_start + o / conv.group_outputs() * conv.group_inputs() + c;
                        let weight = conv.kernel_weights(o, c)[0];
                        if weight != 0.0 {
                            columns[input].push(((conv.output_start + o) as u32, weight));
                        }
                    }
                }
                (conv.taps() == 1).then_some(columns)
            }
            Map::Conv(_) | Map::Product(_) => None,
        };
        let moved = |(source, map): &(usize, Map<f64>)| {
            let mut columns = dense(*source, map)?;
            for column in &mut columns {
                column.retain_mut(|(row, _)| places[*row as usize].map(|place| *row = place).is_some());
                column.sort_unstable_by_key(|(row, _)| *row);
            }
            Some((*source, Map::Sparse(Sparse { columns })))
        };
        expr.terms.iter().map(moved).collect()
    }

    /// Single values of a node's inputs.
    pub(super) fn gather(
        &mut self,
        node: &Node,
        sources: Vec<Option<(u32, u32)>>,
        shift: &[f64],
        to: Shape,
        last: bool,
    ) -> Result<Value, OpError> {
        let first = sources.first().copied().flatten().map(|(input, _)| input);
        let whole = |source: &Option<(u32, u32)>| source.map(|(input, _)| input) == first;
        if let (Some(input), true, true) = (first, shift.is_empty(), sources.iter().all(whole)) {
            let value = self.part(node, input as usize, last)?;
            value.refuse_decision()?;
            let order = value.elements(sources.iter().flatten().map(|(_, element)| *element));
            let in_order = order.len() == value.expr.shape.len() && (0..).zip(&order).all(|(i, element)| i == *element);
            return Ok(Value { order: (!in_order).then_some(order), ..value });
        }
        let mut pairs: Vec<Vec<(u32, u32)>> = vec![vec![]; node.inputs.len()];
        for (place, source) in sources.into_iter().enumerate() {
            if let Some((input, element)) = source {
                pairs[input as usize].push((place as u32, element));
            }
        }
        let mut sum: Option<Expr> = None;
        let mut finish = None;
        for (input, pairs) in pairs.into_iter().enumerate().filter(|(_, pairs)| !pairs.is_empty()) {
            let mut value = self.part(node, input, last)?;
            if finish.is_none() && value.finish == Some(Finish::softmax(pairs.len())) {
                // All of a softmax, in order, beside other values.
                let start = pairs[0].0;
                if (0..).zip(&pairs).all(|(i, pair)| *pair == (start + i, i)) {
                    finish = Some(Finish { start: start as usize, ..Finish::softmax(pairs.len()) });
                    value.finish = None;
                }
            }
            value.refuse_decision()?;
            let elements = value.elements(pairs.iter().map(|(_, element)| *element));
            let pairs = pairs.into_iter().map(|(place, _)| place).zip(elements).collect();
            let expr = self.moved(node, value.expr, pairs, to)?;
            sum = Some(match sum {
                None => expr,
                Some(sum) => sum.plus(expr)?,
            });
        }
        let mut sum = sum.ok_or_else(|| OpError::Graph("shows no value that depends on the input".into()))?;
        sum.shift(shift);
        Ok(Value { finish, ..sum.into() })
    }

    /// An input that all outputs of the node read.
    fn part(&mut self, node: &Node, input: usize, last: bool) -> Result<Value, OpError> {
        if last {
            return self.input(node, input);
        }
        if let Some(uses) = node.inputs.get(input).copied().flatten().and_then(|id| self.uses.get_mut(id)) {
            *uses += 1;
        }
        self.input(node, input)
    }

    /// The sum of affine maps, each of the input with the given index.
    pub(super) fn affine(&mut self, node: &Node, maps: Vec<(usize, Affine)>, to: Shape) -> Result<Value, OpError> {
        let several = maps.len() > 1;
        let mut sum: Option<Value> = None;
        for (input, map) in maps {
            let value = self.input(node, input)?;
            value.refuse_decision()?;
            let from = self.planes_of(node, input)?;
            let (linear, shift) = map.into_parts();
            let term = match linear {
                Linear::Elements(terms) => self.scaled(node, value, &terms, &shift, to)?,
                Linear::Dense(weights) => {
                    let rows = weights.rows;
                    self.dense(node, value, from, weights.data, rows, &shift, to)?
                }
            };
            sum = Some(match sum {
                None => term,
                Some(sum) if sum.order == term.order && sum.expr.shape == term.expr.shape => {
                    Value { expr: self.sum(node, sum.expr, term.expr)?, ..term }
                }
                Some(sum) => {
                    let (sum, term) = (self.settle(node, sum, to)?, self.settle(node, term, to)?);
                    self.sum(node, sum, term)?.into()
                }
            });
        }
        let mut sum = sum.ok_or_else(|| OpError::Graph("depends on no input".into()))?;
        if several && sum.expr.origin.is_none() {
            sum.expr.origin = Some((node.name().to_owned(), node.origin()));
        }
        Ok(sum)
    }

    /// Value i is `scale` times element `source`, of `terms[i]`, plus `shift[i]`.
    pub(super) fn scaled(
        &mut self,
        node: &Node,
        value: Value,
        terms: &[(usize, f64)],
        shift: &[f64],
        to: Shape,
    ) -> Result<Value, OpError> {
        let in_order = terms.iter().enumerate().all(|(i, (source, _))| i == *source);
        let mut value = if in_order && terms.len() == value.expr_len() && value.is_permutation() {
            value
        } else {
            let elements = value.elements(terms.iter().map(|(source, _)| *source as u32));
            let pairs = (0..terms.len() as u32).zip(elements).collect();
            self.moved(node, value.expr, pairs, to)?.into()
        };
        let (mut scale, mut offset) = (vec![1.0; terms.len()], vec![0.0; terms.len()]);
        for (i, (_, factor)) in terms.iter().enumerate() {
            let element = value.order.as_ref().map_or(i, |order| order[i] as usize);
            scale[element] = *factor;
            offset[element] = shift[i];
        }
        if !value.expr.scale(&scale) {
            let (shape, origin) = (value.expr.shape, value.expr.origin.clone());
            let tensor = self.commit(node, value.expr)?;
            value.expr = Expr::tensor(tensor, shape);
            if !value.expr.scale(&scale) {
                let columns = scale.iter().enumerate().map(|(i, scale)| vec![(i as u32, *scale)]).collect();
                let terms = vec![(tensor, Map::Sparse(Sparse { columns }))];
                value.expr = Expr::new(shape, terms, vec![0.0; shape.channels]);
            }
            value.expr.origin = origin;
        }
        value.expr.shift(&offset);
        Ok(value)
    }

    /// A matrix of `rows` rows times the value.
    #[expect(clippy::too_many_arguments, reason = "the parts of an affine map")]
    fn dense(
        &mut self,
        node: &Node,
        value: Value,
        from: Shape,
        weights: Vec<f64>,
        rows: usize,
        shift: &[f64],
        to: Shape,
    ) -> Result<Value, OpError> {
        let origin = Some((node.name().to_owned(), node.origin()));
        let mut expr = if value.order.is_none() && value.expr.shape == from && from.is_vector() && to.is_vector() {
            let shell = Conv::select(0, 0, 1);
            let conv = Conv { inputs: from.channels, outputs: rows, groups: 1, weights, ..shell };
            self.convolve(node, value.expr, conv, vec![0.0; rows], to)?
        } else {
            let len = value.expr_len();
            let elements = value.elements(0..len as u32);
            let mut columns: Vec<Vec<(u32, f64)>> = vec![vec![]; value.expr.shape.len()];
            let codes = self.scaled_codes(&value.expr);
            let mut added = vec![0.0; rows];
            for (o, row) in weights.chunks_exact(len).enumerate() {
                for (weight, element) in row.iter().zip(&elements) {
                    let element = *element as usize;
                    let mut weight = *weight;
                    if let Some((_, factors, shifts)) = &codes {
                        added[o] += weight * shifts[element];
                        weight *= factors[element];
                    }
                    let column = &mut columns[element];
                    match column.last_mut() {
                        Some((row, sum)) if *row == o as u32 => *sum += weight,
                        _ => column.push((o as u32, weight)),
                    }
                }
            }
            let tensor = match codes {
                Some((tensor, ..)) => tensor,
                None => self.commit(node, value.expr)?,
            };
            let mut expr = Expr::new(to, vec![(tensor, Map::Sparse(Sparse { columns }))], vec![0.0; to.channels]);
            expr.shift(&added);
            expr
        };
        expr.shift(shift);
        if expr.size() > MAX_ELEMENTS {
            return Err(OpError::Graph(format!("more than {MAX_ELEMENTS} weights")));
        }
        Ok(Expr { origin, ..expr }.into())
    }

    /// 1 where the (negated) value is at least, or if `strict` above, `at`, else 0.
    pub(super) fn threshold(
        &mut self,
        node: &Node,
        mut value: Value,
        negate: bool,
        at: f64,
        strict: bool,
    ) -> Result<Value, OpError> {
        value.refuse_decision()?;
        let sign = if negate { -1.0 } else { 1.0 };
        let mut at = at;
        if let Some(sigmoid) = self.take_sigmoid(&value) {
            let p = sign * at;
            if p <= 0.0 || p >= 1.0 {
                return Err(OpError::Graph(format!("compares a sigmoid, which lies between 0 and 1, with {p}")));
            }
            value.expr = sigmoid;
            at = sign * float::ln(p / (1.0 - p));
        }
        if negate {
            value.expr.scale(&vec![-1.0; value.expr.shape.len()]);
        }
        // y > at is y ≥ the next number after at.
        let at = if strict { at.next_up() } else { at };
        self.decide(node, value, FloatActivation::Threshold { at })
    }

    /// The argument of a sigmoid that nothing else reads; its layer is dropped.
    fn take_sigmoid(&mut self, value: &Value) -> Option<Expr> {
        self.take_argument(&value.expr, |layer| layer.activation == FloatActivation::Table(Function::Sigmoid))
    }

    /// What a layer is the activation of, where the expression is its tensor, nothing else reads it, and it is
    /// `wanted`; the layer is dropped.
    pub(super) fn take_argument(&mut self, expr: &Expr, wanted: impl Fn(&FloatLayer) -> bool) -> Option<Expr> {
        let tensor = expr.plain()?;
        let reads = |value: &Value| value.expr.reads(tensor);
        if tensor != self.layers.len() || self.values.values().any(reads) {
            return None;
        }
        let layer = self.layers.pop_if(|layer| wanted(layer))?;
        let op = crate::ops::known(&layer.op)?;
        let terms = layer.terms.into_iter().map(|term| (term.source, term.map)).collect();
        Some(Expr { origin: Some((layer.node, op)), ..Expr::new(layer.shape, terms, layer.bias) })
    }

    /// The last layer.
    pub(super) fn decide(&mut self, node: &Node, value: Value, decision: FloatActivation) -> Result<Value, OpError> {
        let shape = Shape::vector(value.expr_len());
        let expr = self.settle(node, value, shape)?;
        let tensor = self.push(node, expr, decision, None)?;
        Ok(Value { decision: true, ..Expr::tensor(tensor, shape).into() })
    }
}
