//! Normal form: layers of tensors of planes, joined by structured linear maps.
//!
//! During normalization a value is an affine expression over committed tensors, possibly in another order of values. A
//! layer is committed where an activation stands, where a value that is not linear in tensors of its own is read twice,
//! and where composing maps would cost more than the rounding of one more tensor.

mod activation;
mod codes;
mod compose;
mod expr;
mod forest;
mod gather;
mod pattern;
mod pool;
mod product;
#[cfg(test)]
mod tests;
mod value;

use std::collections::HashMap;

use hushproof_core::{
    Error, Result,
    graph::{
        Conv, Finish, FloatActivation, FloatLayer, Function, Map, Network, Shape, Term, ValueInfo, conv::accumulate,
    },
};

use self::{
    activation::Traits,
    expr::{Expr, compress},
    forest::{Bits, Ranks},
    pattern::Replacement,
    value::Value,
};
use super::graph::{Element, Graph, Node, once};
use crate::{
    ops::{Inputs, Lowered, OpError, planes},
    tensor::MAX_ELEMENTS,
};

/// The layers so far, and what the graph's values are in terms of them.
struct Lowering<'a> {
    graph: &'a Graph,
    input_shape: Shape,
    layers: Vec<FloatLayer>,
    values: HashMap<usize, Value>,
    /// How often each value is still read.
    uses: Vec<usize>,
    softmax: bool,
    /// How trees read the input, and the comparisons that they are made of.
    ranks: Ranks,
    bits: Bits,
    /// Numbers stored in `layers` and `values`.
    stored: usize,
}

impl Graph {
    /// The graph as layers of tensors of planes.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with every node that has no such form; [`Error::Graph`] if there are several inputs or
    /// outputs, too many weights, or a comparison, ArgMax or Softmax before the last step.
    pub fn network(&self) -> Result<Network> {
        let (input, output) = self.ends()?;
        let mut uses = self.uses();
        let replaced = pattern::find(self, &mut uses);
        let input_shape = self.input_planes(input);
        let ranks = forest::find(self, input);
        let is_read = |element: usize| !matches!(ranks.cuts.get(element), Some(Some(_)));
        if let Some(element) = (0..self.elements.len()).find(|i| self.elements[*i] == Element::Name && is_read(*i)) {
            let reason = format!("value {element} is a string, which something reads that is no comparison");
            return Err(Error::Graph { node: self.values[input].name.clone(), reason });
        }
        let mut given = Expr::tensor(0, input_shape);
        if let Some(mask) = ranks.mask() {
            // Ranks are no numbers.
            given.scale(&mask);
        }
        let mut builder = Lowering {
            graph: self,
            input_shape,
            layers: vec![],
            values: HashMap::from([(input, Value::from(given))]),
            uses,
            softmax: false,
            ranks,
            bits: Bits::default(),
            stored: 0,
        };
        let mut unsupported = vec![];
        for (index, node) in self.nodes.iter().enumerate() {
            if builder.ranks.absorbed.contains(&index) {
                continue;
            }
            let result = match replaced.get(&index) {
                Some(Replacement::Absorbed) => continue,
                Some(Replacement::Function(..)) if !unsupported.is_empty() => continue,
                Some(Replacement::Function(id, function, scale)) => builder
                    .read(node, *id)
                    .and_then(|x| builder.function(node, x, function.clone()))
                    .and_then(|mut y| {
                        y.expr.scale(&vec![*scale; y.expr.shape.len()]);
                        let output = *node.outputs.first().ok_or_else(|| OpError::Graph("has no output".into()))?;
                        builder.insert(output, y)
                    }),
                None => {
                    let operands: Vec<_> = node.inputs.iter().map(|id| id.map(|id| self.operand(id))).collect();
                    let lowered = node.kernel.lower(Inputs(&operands));
                    // After an error only what else is unsupported matters.
                    lowered
                        .and_then(|lowered| if unsupported.is_empty() { builder.node(node, lowered) } else { Ok(()) })
                }
            };
            match result.map_err(|e| node.error(e)) {
                Ok(()) => {}
                Err(Error::Unsupported(ops)) => unsupported.extend(ops),
                Err(_) if !unsupported.is_empty() => {}
                Err(error) => return Err(error),
            }
        }
        if !unsupported.is_empty() {
            return Err(Error::Unsupported(once(unsupported)));
        }
        builder.finish(output)
    }

    /// Planes of the input: those of the first tensor that it is only another name of.
    fn input_planes(&self, input: usize) -> Shape {
        let (mut id, uses) = (input, self.uses());
        for node in self.nodes.iter() {
            if uses[id] > 1 || node.inputs.first() != Some(&Some(id)) {
                continue;
            }
            match (&self.lowered(node)[..], &node.outputs[..]) {
                ([Lowered::Reshape], [output]) => id = *output,
                _ => break,
            }
        }
        planes(&self.values[id].fact.shape)
    }
}

impl Lowering<'_> {
    fn node(&mut self, node: &Node, lowered: Vec<Lowered>) -> Result<(), OpError> {
        let single = lowered.len() == 1;
        for (lowered, output) in lowered.into_iter().zip(&node.outputs) {
            let to = planes(&self.graph.values[*output].fact.shape);
            let value = match lowered {
                Lowered::Reshape => self.input(node, 0)?,
                Lowered::Affine(maps) => self.affine(node, maps, to)?,
                Lowered::ArgMax => {
                    let value = self.input(node, 0)?;
                    // The largest value keeps its place.
                    self.softmax &= value.finish.is_none();
                    self.decide(node, Value { finish: None, ..value }, FloatActivation::ArgMax)?
                }
                Lowered::Threshold { input, negate, at, strict } => {
                    let value = self.input(node, input)?;
                    self.threshold(node, value, negate, at, strict)?
                }
                Lowered::Map { map, bias } => {
                    let value = self.input(node, 0)?;
                    let from = self.planes_of(node, 0)?;
                    let expr = self.settle(node, value, from)?;
                    self.map(node, expr, map, bias, to)?.into()
                }
                Lowered::Gather { sources, shift } => self.gather(node, sources, &shift, to, single)?,
                Lowered::Function(function) => self.first_function(node, function)?,
                Lowered::Multiply { elements } => self.multiply(node, elements, to)?,
                Lowered::Contract(product) => self.contract(node, product)?,
                Lowered::MaxPool(grid) => {
                    let mut value = self.input(node, 0)?;
                    if self.is_rectified(*output) {
                        // The largest value of a Relu is the Relu of the largest value.
                        value = self.function(node, value, FloatActivation::Relu)?;
                    }
                    let from = self.planes_of(node, 0)?;
                    let expr = self.settle(node, value, from)?;
                    self.max_pool_of_any(node, expr, &grid)?.into()
                }
                Lowered::Quantize(codes) => self.quantize(node, &codes, to)?,
                Lowered::Softmax => {
                    let value = self.input(node, 0)?;
                    value.refuse_decision()?;
                    self.softmax = true;
                    Value { finish: Some(Finish::softmax(value.expr_len())), ..value }
                }
                Lowered::Forest(form) => self.forest(node, &form)?,
            };
            self.insert(*output, value)?;
        }
        Ok(())
    }

    /// Whether a Relu is all that reads a value.
    fn is_rectified(&self, id: usize) -> bool {
        let reader = || self.graph.nodes.iter().find(|node| node.inputs.contains(&Some(id)));
        let relu = |node: &Node| matches!(self.graph.lowered(node)[..], [Lowered::Function(FloatActivation::Relu)]);
        self.uses[id] == 1 && reader().is_some_and(relu)
    }

    fn first_function(&mut self, node: &Node, function: FloatActivation) -> Result<Value, OpError> {
        let value = self.input(node, 0)?;
        self.function(node, value, function)
    }

    /// An elementwise function of a value.
    fn function(&mut self, node: &Node, value: Value, function: FloatActivation) -> Result<Value, OpError> {
        value.refuse_decision()?;
        if function == FloatActivation::Relu && self.is_nonnegative(&value.expr) {
            return Ok(value);
        }
        if function == FloatActivation::Relu
            && let Some(expr) = self.rectified_codes(node, &value.expr)?
        {
            return Ok(Value { expr, ..value });
        }
        let traits = Traits::of(&function);
        let own = traits.per_channel || !value.is_permutation();
        let mut value = if own {
            let shape = value.shape(node, self.graph)?;
            Value::from(self.settle(node, value, shape)?)
        } else {
            value
        };
        if traits.given_scale {
            value.expr = self.rounded(node, value.expr)?;
        }
        let shape = value.expr.shape;
        let tensor = match self.apply_rounding(&value.expr, &function) {
            Some(tensor) => tensor,
            None => self.push(node, value.expr, function, None)?,
        };
        Ok(Value { expr: Expr::tensor(tensor, shape), ..value })
    }

    /// A linear map of an expression.
    fn map(&mut self, node: &Node, x: Expr, map: Map<f64>, bias: Vec<f64>, to: Shape) -> Result<Expr, OpError> {
        match map {
            Map::Conv(conv) => self.convolve(node, x, conv, bias, to),
            Map::Sparse(_) | Map::Product(_) => {
                let tensor = self.commit(node, x)?;
                let origin = Some((node.name().to_owned(), node.origin()));
                Ok(Expr { origin, ..Expr::new(to, vec![(tensor, map)], bias) })
            }
        }
    }

    /// A convolution of an expression, composed with its terms where that is cheap.
    fn convolve(&mut self, node: &Node, x: Expr, conv: Conv<f64>, bias: Vec<f64>, to: Shape) -> Result<Expr, OpError> {
        let mut expr = match self.composed(&x, &conv, to) {
            Some(expr) => expr,
            None => {
                let tensor = self.commit(node, x)?;
                Expr::new(to, vec![(tensor, Map::Conv(conv))], vec![0.0; to.channels])
            }
        };
        let bias = Expr::new(to, vec![], bias).bias_values();
        expr.shift(&bias);
        Ok(Expr { origin: Some((node.name().to_owned(), node.origin())), ..expr })
    }

    /// The convolution of an expression, if that costs no more than the convolution or is small.
    fn composed(&self, x: &Expr, conv: &Conv<f64>, to: Shape) -> Option<Expr> {
        let limit = if expr::is_depthwise(conv) {
            conv.weights.len().max(conv.outputs * 16)
        } else if x.shape.is_vector() {
            conv.weights.len().saturating_add(x.size())
        } else {
            conv.weights.len()
        };
        let mut all = Expr::new(to, vec![], vec![0.0; to.channels]);
        let mut used = 0;
        for (source, map) in &x.terms {
            let Map::Conv(inner) = map else { return None };
            if let Some(composed) = compose::compose(inner, conv, [self.shape(*source), x.shape, to])? {
                used += composed.weights.len();
                if used > limit {
                    return None;
                }
                all.terms.push((*source, Map::Conv(composed)));
            }
        }
        if all.terms.is_empty() {
            return None;
        }
        if x.bias.iter().any(|bias| *bias != 0.0) {
            let mut bias = vec![0.0; to.len()];
            accumulate(&Map::Conv(conv.clone()), x.shape, &x.bias_values(), &[], to, &mut bias);
            all.bias = compress(bias, to);
        }
        Some(all)
    }

    /// Shape of a tensor.
    fn shape(&self, tensor: usize) -> Shape {
        tensor.checked_sub(1).map_or(self.input_shape, |layer| self.layers[layer].shape)
    }

    /// Whether no value of an expression can be negative.
    fn is_nonnegative(&self, expr: &Expr) -> bool {
        let layer = expr.plain().and_then(|tensor| self.layers.get(tensor.checked_sub(1)?));
        expr.nonnegative || layer.is_some_and(|layer| Traits::of(&layer.activation).nonnegative)
    }

    /// The expression as a tensor; a new layer unless it is one.
    fn commit(&mut self, node: &Node, expr: Expr) -> Result<usize, OpError> {
        match expr.plain() {
            Some(tensor) if self.shape(tensor) == expr.shape => Ok(tensor),
            _ => {
                let same_scale = expr.same_scale;
                self.push(node, expr, FloatActivation::Linear, same_scale)
            }
        }
    }

    /// The layer of an expression and an activation; its tensor.
    fn push(
        &mut self,
        node: &Node,
        expr: Expr,
        activation: FloatActivation,
        same_scale: Option<usize>,
    ) -> Result<usize, OpError> {
        if !expr.is_finite() {
            return Err(OpError::Graph("the combined weights are too large for a number".into()));
        }
        self.store(expr.size())?;
        let same_scale = same_scale.or_else(|| self.moved_from(&expr, &activation));
        let (name, op) = expr.origin.unwrap_or_else(|| (node.name().to_owned(), node.origin()));
        let term = |(source, map)| Term { source, map, negative: None };
        self.layers.push(FloatLayer {
            node: name,
            op: op.into(),
            shape: expr.shape,
            terms: expr.terms.into_iter().map(term).collect(),
            bias: expr.bias,
            activation,
            same_scale,
        });
        Ok(self.layers.len())
    }

    /// The tensor whose values a Relu only shifts or reflects: in its scale nothing is rounded, so that sums with it are
    /// as exact as it is, as of a value and what it exceeds a bound by.
    fn moved_from(&self, expr: &Expr, activation: &FloatActivation) -> Option<usize> {
        let [(source, Map::Conv(conv))] = &expr.terms[..] else { return None };
        let changed = expr.bias.iter().any(|bias| *bias != 0.0) || conv.weights.iter().any(|weight| *weight < 0.0);
        let moves = changed && conv.mirrors(expr.shape.channels) && self.shape(*source) == expr.shape;
        let of_codes = match source.checked_sub(1) {
            None => self.ranks.cuts.is_empty(),
            Some(layer) => matches!(self.layers[layer].activation, FloatActivation::Linear | FloatActivation::Relu),
        };
        (*activation == FloatActivation::Relu && moves && of_codes).then_some(*source)
    }

    /// Counts numbers that are kept.
    fn store(&mut self, numbers: usize) -> Result<(), OpError> {
        self.stored = self.stored.saturating_add(numbers);
        if self.stored > MAX_ELEMENTS {
            return Err(OpError::Graph(format!("the network has more than {MAX_ELEMENTS} weights in normal form")));
        }
        Ok(())
    }

    fn finish(mut self, output: usize) -> Result<Network> {
        let error = |reason: &str| {
            let node = self.graph.values[output].name.clone();
            Error::Graph { node, reason: reason.into() }
        };
        let independent = "the output does not depend on the input";
        let value = self.values.remove(&output).ok_or_else(|| error(independent))?;
        let last = self.graph.nodes.last().ok_or_else(|| error(independent))?;
        let mut finish = value.finish;
        if self.softmax && finish.is_none() {
            return Err(error("a Softmax lies before the last step"));
        }
        if !value.decision {
            let len = value.expr_len();
            let plain = value.order.is_none().then(|| value.expr.plain()).flatten();
            let whole = |tensor: usize| !Traits::of(&self.layers[tensor - 1].activation).per_channel;
            let done = plain.is_some_and(|t| t > 0 && self.shape(t) == Shape::vector(len) && whole(t));
            let tensor = if let (true, Some(tensor)) = (done, plain) {
                tensor
            } else {
                let value = Value { finish: None, ..value };
                let expr = self.settle(last, value, Shape::vector(len)).map_err(|e| last.error(e))?;
                self.push(last, expr, FloatActivation::Linear, None).map_err(|e| last.error(e))?
            };
            self.keep(tensor);
            finish = finish.or_else(|| self.leave_sigmoid());
        }
        let (inputs, outputs) = (self.graph.inputs(), self.graph.outputs());
        match (<[_; 1]>::try_from(inputs), <[_; 1]>::try_from(outputs)) {
            (Ok([input]), Ok([output])) => Ok(Network {
                name: self.graph.name.clone(),
                input: ValueInfo { categories: self.ranks.categories, ..input },
                input_shape: self.input_shape,
                output,
                layers: self.layers,
                finish,
                parts: self.graph.output_parts.clone(),
                cuts: self.ranks.cuts,
                missing: self.ranks.missing,
                records: None,
                committed: None,
                whole: self.graph.whole.clone(),
            }),
            _ => Err(Error::Graph {
                node: self.graph.name.clone(),
                reason: "one input and one output are accepted".into(),
            }),
        }
    }

    /// Leaves the sigmoid of all outputs to whoever reads them.
    fn leave_sigmoid(&mut self) -> Option<Finish> {
        let last = self.layers.last_mut()?;
        if last.activation != FloatActivation::Table(Function::Sigmoid) {
            return None;
        }
        last.activation = FloatActivation::Linear;
        Some(Finish::sigmoid(last.shape.len()))
    }

    /// Drops the layers that `tensor` does not need, so that it comes last.
    fn keep(&mut self, tensor: usize) {
        let mut needed = vec![false; self.layers.len() + 1];
        needed[tensor] = true;
        for index in (0..tensor).rev().filter(|index| *index < self.layers.len()) {
            if needed[index + 1] {
                let layer = &self.layers[index];
                let read = |term: &Term<f64>| [Some(term.source), term.map.factor()];
                let sources = layer.all_terms().flat_map(read).flatten().chain(layer.same_scale);
                sources.for_each(|source| needed[source] = true);
            }
        }
        let mut names = vec![0; needed.len()];
        let mut next = 0;
        let mut index = 0;
        self.layers.retain_mut(|layer| {
            index += 1;
            if needed[index] {
                next += 1;
                names[index] = next;
                for term in layer.all_terms_mut() {
                    term.source = names[term.source];
                    if let Map::Product(product) = &mut term.map {
                        product.factor = names[product.factor];
                    }
                }
                layer.same_scale = layer.same_scale.map(|tensor| names[tensor]);
            }
            needed[index]
        });
    }
}
