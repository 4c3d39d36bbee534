//! Reductions over some axes that stand for others: [ReduceMax](https://onnx.ai/onnx/operators/onnx__ReduceMax.html),
//! [ReduceMin](https://onnx.ai/onnx/operators/onnx__ReduceMin.html),
//! [ReduceL1](https://onnx.ai/onnx/operators/onnx__ReduceL1.html), [ReduceL2](https://onnx.ai/onnx/operators/onnx__ReduceL2.html),
//! [ReduceSumSquare](https://onnx.ai/onnx/operators/onnx__ReduceSumSquare.html),
//! [ReduceLogSum](https://onnx.ai/onnx/operators/onnx__ReduceLogSum.html),
//! [ReduceLogSumExp](https://onnx.ai/onnx/operators/onnx__ReduceLogSumExp.html),
//! [ReduceProd](https://onnx.ai/onnx/operators/onnx__ReduceProd.html) and
//! [CumSum](https://onnx.ai/onnx/operators/onnx__CumSum.html). The axes are an attribute up to opset 17, a constant input
//! from 18. Each table and product rounds once; sums and maxima are exact.

use super::{
    Attrs, Id, Inputs, OpResult, RewriteDef, Rewriter,
    activations::{only, pair},
    axis,
    softmax::{exponentials, largest},
};
use crate::{graph::planar::Unary, tensor::DType};

/// What is reduced.
struct Reduction {
    x: Id,
    axes: Vec<usize>,
    keepdims: bool,
}

impl Reduction {
    fn new(mut attrs: Attrs, inputs: &[Option<Id>], to: &Rewriter<'_>) -> OpResult<Self> {
        let x = only(inputs)?;
        let new = attrs.opset() >= 18;
        let mut names = if new { None } else { attrs.ints("axes") };
        let keepdims = attrs.flag("keepdims", true);
        let noop = new && attrs.flag("noop_with_empty_axes", false);
        attrs.finish()?;
        if let Some(axes) = Inputs(inputs).optional(1) {
            names = Some(to.list(axes, "the axes")?);
        }
        let rank = to.shape(x).len();
        let names = names.unwrap_or_default();
        let axes = if names.is_empty() && !noop {
            (0..rank).collect()
        } else {
            names.into_iter().map(|name| axis(name, rank)).collect::<OpResult<_>>()?
        };
        Ok(Self { x, axes, keepdims })
    }

    /// The sum of values in the place of x.
    fn sum(&self, values: Id, to: &mut Rewriter<'_>) -> OpResult<Id> {
        if self.axes.is_empty() { Ok(values) } else { to.reduce("ReduceSum", values, &self.axes, self.keepdims) }
    }

    /// x as a matrix whose rows are reduced.
    fn rows(&self, to: &mut Rewriter<'_>) -> OpResult<Id> {
        let shape = to.shape(self.x);
        let mut order: Vec<usize> = (0..shape.len()).filter(|axis| !self.axes.contains(axis)).collect();
        let rows = order.iter().map(|axis| shape[*axis]).product();
        order.extend((0..shape.len()).filter(|axis| self.axes.contains(axis)));
        let moved = if order.is_sorted() { self.x } else { to.transpose(self.x, &order)? };
        to.reshape(moved, &[rows, shape.iter().product::<usize>() / rows])
    }

    /// A column of results in its shape.
    fn shaped(&self, column: Id, to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
        let sizes = to.shape(self.x).into_iter().enumerate();
        let kept = sizes.filter(|(axis, _)| self.keepdims || !self.axes.contains(axis));
        let shape: Vec<_> = kept.map(|(axis, size)| if self.axes.contains(&axis) { 1 } else { size }).collect();
        Ok(vec![to.reshape(column, &shape)?])
    }
}

macro_rules! reduction {
    ($($(#[$doc:meta])* $name:ident = $onnx:literal, $summary:literal, |$x:ident, $to:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        pub(super) const $name: RewriteDef = RewriteDef {
            onnx: $onnx,
            opsets: 7..=21,
            inputs: 1..=2,
            summary: $summary,
            rewrite: |attrs, inputs, $to| {
                let $x = Reduction::new(attrs, inputs, $to)?;
                $body
            },
        };
    )*};
}

reduction! {
    /// max x.
    MAX = "ReduceMax", "largest value over constant axes", |x, to| {
        let dtype = to.fact(x.x).dtype;
        let rows = x.rows(to)?;
        let most = largest(to, rows)?;
        let most = to.relabel(most, dtype)?;
        x.shaped(most, to)
    };
    /// −max −x.
    MIN = "ReduceMin", "least value over constant axes", |x, to| {
        let dtype = to.fact(x.x).dtype;
        let rows = x.rows(to)?;
        let negated = to.affine(rows, -1.0, 0.0)?;
        let most = largest(to, negated)?;
        let least = to.affine(most, -1.0, 0.0)?;
        let least = to.relabel(least, dtype)?;
        x.shaped(least, to)
    };
    /// Σ |x|.
    L1 = "ReduceL1", "Σ |x| over constant axes", |x, to| {
        let values = to.table("Abs", Unary::Abs, x.x)?;
        Ok(vec![x.sum(values, to)?])
    };
    /// √Σ x².
    L2 = "ReduceL2", "√Σ x² over constant axes", |x, to| {
        let values = to.table("Pow", Unary::Pow { exponent: 2.0 }, x.x)?;
        let sum = x.sum(values, to)?;
        Ok(vec![to.table("Sqrt", Unary::Sqrt, sum)?])
    };
    /// Σ x².
    SUM_SQUARE = "ReduceSumSquare", "Σ x² over constant axes", |x, to| {
        let values = to.table("Pow", Unary::Pow { exponent: 2.0 }, x.x)?;
        Ok(vec![x.sum(values, to)?])
    };
    /// ln Σ x.
    LOG_SUM = "ReduceLogSum", "ln Σ x over constant axes", |x, to| {
        let sum = x.sum(x.x, to)?;
        Ok(vec![to.table("Log", Unary::Log, sum)?])
    };
    /// max + ln Σ e^(x − max).
    LOG_SUM_EXP = "ReduceLogSumExp", "ln Σ e^x over constant axes", |x, to| {
        let rows = x.rows(to)?;
        let (_, _, sum) = exponentials(to, rows)?;
        let log = to.table("Log", Unary::Log, sum)?;
        let most = largest(to, rows)?;
        let y = to.op("Add", &[log, most])?;
        x.shaped(y, to)
    };
    /// Π x, two halves at a time.
    PROD = "ReduceProd", "product over constant axes", |x, to| {
        let dtype = to.fact(x.x).dtype;
        let rows = x.rows(to)?;
        let mut rows = to.float(rows)?;
        while let [count, size] = to.shape(rows)[..] && size > 1 {
            let half = size / 2;
            let columns = |to: &mut Rewriter<'_>, from: usize, len: usize| {
                let at = |row: usize| (from..from + len).map(move |column| Some((row * size + column) as u32));
                to.select(rows, vec![count, len], (0..count).flat_map(at).collect(), 0.0)
            };
            let (a, b) = (columns(to, 0, half)?, columns(to, half, half)?);
            let product = to.op("Mul", &[a, b])?;
            rows = if size % 2 == 0 {
                product
            } else {
                let rest = columns(to, size - 1, 1)?;
                to.with("Concat", &[("axis", super::Attr::Int(1))], &[product, rest])?
            };
        }
        let y = to.relabel(rows, dtype)?;
        x.shaped(y, to)
    };
}

/// Sums of all values up to each along an axis: a product with a triangle of ones.
pub(super) const CUM_SUM: RewriteDef = RewriteDef {
    onnx: "CumSum",
    opsets: 11..=21,
    inputs: 2..=2,
    summary: "sums up to each value along a constant axis",
    rewrite: |mut attrs, inputs, to| {
        let (exclusive, reverse) = (attrs.flag("exclusive", false), attrs.flag("reverse", false));
        attrs.finish()?;
        let (x, name) = pair(inputs)?;
        let dtype = to.fact(x).dtype;
        let name = to.list(name, "the axis")?.first().copied().unwrap_or(0);
        let axis = axis(name, to.shape(x).len())?;
        let x = to.relabel(x, DType::Float)?;
        let (rows, back) = super::softmax::last(to, x, axis)?;
        let size = to.shape(rows)[1];
        let summed = |at: usize| {
            let (from, into) = if reverse { (at % size, at / size) } else { (at / size, at % size) };
            f64::from(from < into || from == into && !exclusive)
        };
        let triangle = to.floats(&[size, size], (0..size * size).map(summed).collect())?;
        let sums = to.op("MatMul", &[rows, triangle])?;
        let sums = back.undo(to, sums)?;
        Ok(vec![to.relabel(sums, dtype)?])
    },
};
