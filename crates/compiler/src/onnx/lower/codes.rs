//! Values that the graph itself quantizes.
//!
//! `clamp(round(v), 0, top) = relu(top − relu(round(top − v)))`: two layers whose step is 1, the first of which rounds
//! and the second of which is exact. What reads the codes scales and shifts them, which costs nothing.

use hushproof_core::graph::{FloatActivation, FloatLayer, Map, Shape};

use crate::ops::{Codes, Grid, OpError};

use super::{
    Lowering, Node, Value,
    expr::{Expr, is_depthwise, is_pointwise},
    gather,
};

/// How far a shift may be from a whole number of codes.
const CLOSE: f64 = 1e-6;

impl Lowering<'_> {
    /// The codes of the first input.
    pub(super) fn quantize(&mut self, node: &Node, codes: &Codes, to: Shape) -> Result<Value, OpError> {
        let value = self.input(node, 0)?;
        value.refuse_decision()?;
        let mut value = if value.is_permutation() { value } else { self.settle(node, value, to)?.into() };
        let [mut least, mut most] = codes.limits;
        // A rectifier in front is a narrower range of codes.
        let uniform = codes.scale.iter().all(|scale| *scale == codes.scale[0]);
        let product = |layer: &FloatLayer| self.reads_products(layer);
        let last = self.layers.last().filter(|layer| layer.same_scale.is_none() && !product(layer));
        let range = match last.map(|layer| &layer.activation) {
            Some(FloatActivation::Relu) => Some((codes.zero, most)),
            Some(FloatActivation::Clip { max }) if uniform => {
                Some((codes.zero, (max / codes.scale[0]).round_ties_even() + codes.zero))
            }
            _ => None,
        };
        if let Some((low, high)) = range
            && let Some(argument) = self.take_argument(&value.expr, |_| true)
        {
            value.expr = argument;
            (least, most) = (least.max(low), most.min(high));
        }
        let (top, shift) = (most - least, codes.zero - least);
        if top < 1.0 {
            return Err(OpError::Graph("has one code for all values".into()));
        }
        let terms: Vec<_> = codes.scale.iter().enumerate().map(|(i, scale)| (i, -scale.recip())).collect();
        let count = terms.len();
        let mut value = self.scaled(node, value, &terms, &vec![top - shift; count], to)?;
        value.expr = self.rounded(node, value.expr)?;
        let shape = value.expr.shape;
        let odd = (top - shift).rem_euclid(2.0) == 1.0;
        let beyond = self.push(node, value.expr, FloatActivation::Quantize { odd }, None)?;
        let mut within = Expr::tensor(beyond, shape);
        within.scale(&vec![-1.0; count]);
        within.shift(&vec![top; count]);
        let tensor = self.push(node, within, FloatActivation::Relu, Some(beyond))?;
        value.expr = Expr::tensor(tensor, shape);
        value.expr.shift(&vec![least; count]);
        Ok(value)
    }

    fn reads_products(&self, layer: &FloatLayer) -> bool {
        let product = |tensor: usize| tensor.checked_sub(1).is_some_and(|layer| !self.layers[layer].times().is_empty());
        layer.terms.iter().any(|term| term.map.factor().is_some() || product(term.source))
    }

    /// Whether a tensor holds codes of step 1.
    fn holds_codes(&self, tensor: usize) -> bool {
        let Some(layer) = tensor.checked_sub(1).map(|layer| &self.layers[layer]) else { return false };
        match layer.same_scale {
            Some(other) => self.holds_codes(other),
            None => matches!(layer.activation, FloatActivation::Quantize { .. }),
        }
    }

    /// Whether every value is one code, scaled and shifted: reading it once more costs nothing.
    pub(super) fn scales_codes(&self, expr: &Expr) -> bool {
        matches!(&expr.terms[..], [(tensor, Map::Conv(conv))]
            if is_depthwise(conv) && is_pointwise(conv) && self.holds_codes(*tensor))
    }

    /// The tensor of codes that an expression scales and shifts, with factor and shift of every value.
    pub(super) fn scaled_codes(&self, expr: &Expr) -> Option<(usize, Vec<f64>, Vec<f64>)> {
        let [(tensor, Map::Conv(conv))] = &expr.terms[..] else { return None };
        let whole = self.shape(*tensor) == expr.shape && conv.outputs == expr.shape.channels;
        let plane = expr.shape.plane();
        let factors = conv.weights.iter().flat_map(|weight| std::iter::repeat_n(*weight, plane)).collect();
        (whole && self.scales_codes(expr)).then(|| (*tensor, factors, expr.bias_values()))
    }

    /// Elements of scaled codes at given places of a tensor of shape `to`, as those of the codes; none where that takes
    /// a layer.
    pub(super) fn moved_codes(&self, expr: &Expr, pairs: &[(u32, u32)], to: Shape) -> Option<Expr> {
        let (tensor, factors, shifts) = self.scaled_codes(expr)?;
        let maps = gather::maps(pairs, expr.shape, to);
        let mut moved = Expr::new(to, maps.into_iter().map(|map| (tensor, map)).collect(), vec![0.0; to.channels]);
        let (mut scale, mut shift) = (vec![1.0; to.len()], vec![0.0; to.len()]);
        for (place, element) in pairs {
            scale[*place as usize] = factors[*element as usize];
            shift[*place as usize] = shifts[*element as usize];
        }
        let nonnegative = self.is_nonnegative(expr);
        if !moved.scale(&scale) {
            return None;
        }
        moved.shift(&shift);
        Some(Expr { nonnegative, origin: expr.origin.clone(), ..moved })
    }

    /// Tensor, factor above 0 and shift, where every value is one code times the factor plus the shift.
    fn of_codes(&self, expr: &Expr) -> Option<(usize, f64, f64)> {
        let [(tensor, Map::Conv(conv))] = &expr.terms[..] else { return None };
        let (factor, shift) = (*conv.weights.first()?, *expr.bias.first()?);
        let uniform = conv.weights.iter().all(|weight| *weight == factor) && expr.bias.iter().all(|b| *b == shift);
        let whole = self.shape(*tensor) == expr.shape && conv.outputs == expr.shape.channels;
        (self.scales_codes(expr) && uniform && whole && factor > 0.0).then_some((*tensor, factor, shift))
    }

    /// The Relu of scaled codes, exactly; none of other values.
    pub(super) fn rectified_codes(&mut self, node: &Node, expr: &Expr) -> Result<Option<Expr>, OpError> {
        let Some((tensor, factor, shift)) = self.of_codes(expr) else { return Ok(None) };
        let (whole, count) = ((shift / factor).round(), expr.shape.len());
        if (shift / factor - whole).abs() > CLOSE {
            return Ok(None);
        }
        let mut shifted = Expr::tensor(tensor, expr.shape);
        shifted.shift(&vec![whole; count]);
        let tensor = self.push(node, shifted, FloatActivation::Relu, Some(tensor))?;
        let mut rectified = Expr::tensor(tensor, expr.shape);
        rectified.scale(&vec![factor; count]);
        Ok(Some(Expr { nonnegative: true, ..rectified }))
    }

    /// The largest values of windows; of scaled codes those of the codes, scaled.
    pub(super) fn max_pool_of_any(&mut self, node: &Node, expr: Expr, grid: &Grid) -> Result<Expr, OpError> {
        let Some((tensor, factor, shift)) = self.of_codes(&expr) else { return self.max_pool(node, expr, grid) };
        let nonnegative = expr.nonnegative;
        let mut most = self.max_pool(node, Expr::tensor(tensor, expr.shape), grid)?;
        let count = most.shape.len();
        most.scale(&vec![factor; count]);
        most.shift(&vec![shift; count]);
        Ok(Expr { nonnegative, ..most })
    }
}
