//! Products of private values: layers of products, and maps whose coefficients are another tensor's values.

use hushproof_core::graph::{Conv, FloatActivation, FloatLayer, Map, Product, Shape, Term};

use super::{
    Lowering, Node, Value,
    activation::Traits,
    expr::{Expr, is_pointwise},
    gather,
};
use crate::ops::{Addend, Contraction, Linear, OpError};

impl Lowering<'_> {
    /// The product of the first two inputs, value by value: `elements` of them, for each value of a result of planes
    /// `to`.
    pub(super) fn multiply(&mut self, node: &Node, elements: [Vec<u32>; 2], to: Shape) -> Result<Value, OpError> {
        let (a, b) = (self.input(node, 0)?, self.input(node, 1)?);
        a.refuse_decision()?;
        b.refuse_decision()?;
        let natural = |elements: &[u32]| (0..).zip(elements).all(|(i, element)| i == *element);
        let alike = a.order == b.order && a.expr.shape == b.expr.shape && a.is_permutation();
        if a.order.is_some() && alike && elements.iter().all(|elements| natural(elements)) {
            let (order, to) = (a.order, a.expr.shape);
            let expr = self.multiplied(node, [a.expr, b.expr], elements, to)?;
            return Ok(Value { order, ..expr.into() });
        }
        let [x, y] = elements;
        let elements = [a.elements(x.into_iter()), b.elements(y.into_iter())];
        Ok(self.multiplied(node, [a.expr, b.expr], elements, to)?.into())
    }

    fn multiplied(
        &mut self,
        node: &Node,
        [a, b]: [Expr; 2],
        [x, y]: [Vec<u32>; 2],
        to: Shape,
    ) -> Result<Expr, OpError> {
        let origin = Some((node.name().to_owned(), node.origin()));
        let square = a.plain().is_some() && a.plain() == b.plain() && x == y;
        let nonnegative = square || self.is_nonnegative(&a) && self.is_nonnegative(&b);
        let scales = |elements: &[u32]| {
            elements.chunks_exact(to.plane()).all(|plane| plane.iter().all(|element| *element == plane[0]))
        };
        let (source, factor) = match (scales(&x), scales(&y)) {
            (_, true) => ((a, x), (b, y)),
            (true, false) => ((b, y), (a, x)),
            (false, false) => {
                let (terms, times) = (self.selected(node, a, x, to)?, self.selected(node, b, y, to)?);
                let product = self.push_product(node, terms, times, to)?;
                let rounded =
                    self.push(node, Expr { origin, ..Expr::tensor(product, to) }, FloatActivation::Linear, None)?;
                return Ok(Expr { nonnegative, ..Expr::tensor(rounded, to) });
            }
        };
        let channels = factor.1.into_iter().step_by(to.plane()).collect();
        let source = self.operand(node, source.0, source.1, to)?;
        let factor = self.operand(node, factor.0, channels, Shape::vector(to.channels))?;
        let map = Map::Product(Product { factor, groups: to.channels, weight: 1.0 });
        Ok(Expr { origin, nonnegative, ..Expr::new(to, vec![(source, map)], vec![0.0; to.channels]) })
    }

    /// A product of matrices.
    pub(super) fn contract(&mut self, node: &Node, product: Contraction) -> Result<Value, OpError> {
        let Contraction { groups, inner, rows, columns, weight, elements, sum } = product;
        let (a, b) = (self.input(node, 0)?, self.input(node, 1)?);
        a.refuse_decision()?;
        b.refuse_decision()?;
        let [x, y] = elements;
        let (x, y) = (a.elements(x.into_iter()), b.elements(y.into_iter()));
        let line = |width: usize| Shape { channels: groups * inner, height: 1, width };
        let source = self.operand(node, a.expr, x, line(rows))?;
        let factor = self.operand(node, b.expr, y, line(columns))?;
        let to = Shape { channels: groups, height: columns, width: rows };
        let map = Map::Product(Product { factor, groups, weight });
        let origin = Some((node.name().to_owned(), node.origin()));
        let mut expr = Expr { origin, ..Expr::new(to, vec![(source, map)], vec![0.0; groups]) };
        // The tensor holds the transposed matrices.
        let transposed = |count: usize, width: usize| {
            (0..groups * rows * columns).map(move |at| {
                let (group, i, j) = (at / (rows * columns), at % (rows * columns) / width, at % width);
                group * rows * columns + j * count + i
            })
        };
        match sum {
            None => {}
            Some(Addend::Constant(values)) => {
                let shift: Vec<f64> = transposed(columns, rows).map(|at| values[at]).collect();
                expr.shift(&shift);
            }
            Some(Addend::Private(input, map)) => {
                let value = self.input(node, input)?;
                let (linear, shift) = map.into_parts();
                let Linear::Elements(terms) = linear else {
                    return Err(OpError::Graph("adds a matrix product".into()));
                };
                let terms: Vec<_> = transposed(columns, rows).map(|at| terms[at]).collect();
                let shift: Vec<f64> = transposed(columns, rows).map(|at| shift[at]).collect();
                let added = self.scaled(node, value, &terms, &shift, to)?;
                let added = self.settle(node, added, to)?;
                expr = self.sum(node, expr, added)?;
            }
        }
        let flat = rows == 1 || columns == 1;
        let order = (!flat).then(|| transposed(rows, columns).map(|at| at as u32).collect());
        Ok(Value { order, ..expr.into() })
    }

    /// The tensor of shape `shape` whose values are these elements of an expression.
    fn operand(&mut self, node: &Node, expr: Expr, elements: Vec<u32>, shape: Shape) -> Result<usize, OpError> {
        let whole = expr.shape == shape && (0..).zip(&elements).all(|(i, element)| i == *element);
        let expr = if whole { expr } else { self.moved(node, expr, (0..).zip(elements).collect(), shape)? };
        self.commit(node, expr)
    }

    /// The same as selections of values of tensors.
    fn selected(
        &mut self,
        node: &Node,
        expr: Expr,
        elements: Vec<u32>,
        to: Shape,
    ) -> Result<Vec<(usize, Map<f64>)>, OpError> {
        let planes = |shape: Shape| (shape.height, shape.width) == (to.height, to.width);
        let whole = expr.shape == to && (0..).zip(&elements).all(|(i, element)| i == *element);
        if whole && is_selection(&expr) && expr.terms.iter().all(|(source, _)| planes(self.shape(*source))) {
            return Ok(expr.terms);
        }
        if let Some(tensor) = expr.plain().filter(|tensor| self.shape(*tensor) == expr.shape && planes(expr.shape)) {
            let pairs: Vec<(u32, u32)> = (0..).zip(elements.iter().copied()).collect();
            if let Some(convs) =
                gather::structure(&pairs, expr.shape, to).filter(|convs| convs.iter().all(is_pointwise))
            {
                return Ok(convs.into_iter().map(|conv| (tensor, Map::Conv(conv))).collect());
            }
        }
        let tensor = self.operand(node, expr, elements, to)?;
        Ok(vec![(tensor, Map::Conv(Conv::select(0, 0, to.channels)))])
    }

    /// A layer of products, value by value; its tensor.
    fn push_product(
        &mut self,
        node: &Node,
        terms: Vec<(usize, Map<f64>)>,
        times: Vec<(usize, Map<f64>)>,
        shape: Shape,
    ) -> Result<usize, OpError> {
        let [terms, times] = [self.wholes(node, terms)?, self.wholes(node, times)?];
        let term = |(source, map)| Term { source, map, negative: None };
        let [terms, times] = [terms, times].map(|terms| terms.into_iter().map(term).collect::<Vec<_>>());
        self.store(terms.iter().chain(&times).map(|term| super::expr::size(&term.map)).sum())?;
        self.layers.push(FloatLayer {
            node: node.name().to_owned(),
            op: node.origin().into(),
            shape,
            terms,
            bias: vec![0.0; shape.channels],
            activation: FloatActivation::Product { times },
            same_scale: None,
        });
        Ok(self.layers.len())
    }

    /// The same selections, of copies where a tensor's codes have a part for each sign.
    fn wholes(&mut self, node: &Node, terms: Vec<(usize, Map<f64>)>) -> Result<Vec<(usize, Map<f64>)>, OpError> {
        let whole = |(source, map): (usize, Map<f64>)| {
            let layer = source.checked_sub(1).map(|layer| &self.layers[layer].activation);
            if !matches!(layer, Some(FloatActivation::PRelu { .. })) {
                return Ok((source, map));
            }
            let copy = Expr::tensor(source, self.shape(source));
            Ok((self.push(node, copy, FloatActivation::Linear, None)?, map))
        };
        terms.into_iter().map(whole).collect()
    }

    /// The sum of two expressions; of two products, one is rounded first.
    pub(super) fn sum(&mut self, node: &Node, a: Expr, b: Expr) -> Result<Expr, OpError> {
        let b = if a.multiplies() { self.rounded(node, b)? } else { b };
        a.plus(b)
    }

    /// The expression, as a tensor if it holds products.
    pub(super) fn rounded(&mut self, node: &Node, expr: Expr) -> Result<Expr, OpError> {
        if !expr.multiplies() {
            return Ok(expr);
        }
        let (shape, nonnegative) = (expr.shape, expr.nonnegative);
        let tensor = self.commit(node, expr)?;
        Ok(Expr { nonnegative, ..Expr::tensor(tensor, shape) })
    }

    /// Lets the layer that only rounds a product apply a function that nothing else needs to come before; its tensor.
    pub(super) fn apply_rounding(&mut self, expr: &Expr, function: &FloatActivation) -> Option<usize> {
        let tensor = expr.plain().filter(|tensor| *tensor == self.layers.len())?;
        let read = self.values.values().any(|value| value.expr.reads(tensor));
        let source = self.layers.last()?.terms.first()?.source.checked_sub(1)?;
        let rounds = matches!(self.layers[source].activation, FloatActivation::Product { .. });
        let last = self.layers.last_mut()?;
        if !Traits::of(function).rounds
            || read
            || !rounds
            || last.activation != FloatActivation::Linear
            || last.shape != expr.shape
        {
            return None;
        }
        last.activation = function.clone();
        Some(tensor)
    }
}

/// Whether every value is a value of a tensor, or 0.
fn is_selection(expr: &Expr) -> bool {
    let mut ones = vec![0; expr.shape.channels];
    let mut selects = |map: &Map<f64>| {
        let Map::Conv(conv) = map else { return false };
        let outputs = conv.weights.chunks_exact(conv.group_inputs()).zip(&mut ones[conv.output_start..]);
        is_pointwise(conv)
            && conv.weights.iter().all(|weight| [0.0, 1.0].contains(weight))
            && outputs.fold(true, |single, (weights, ones)| {
                *ones += weights.iter().filter(|weight| **weight == 1.0).count();
                single && *ones <= 1
            })
    };
    expr.bias.iter().all(|bias| *bias == 0.0) && expr.terms.iter().all(|(_, map)| selects(map))
}
