//! Window maxima as layers: max(a, b) = a + Relu(b − a).

use hushproof_core::graph::{Conv, FloatActivation, Shape};

use crate::ops::{Grid, OpError};

use super::{Lowering, Node, expr::Expr};

/// Most pairwise maxima one after the other along an axis.
const MAX_CHAIN: usize = 32;

/// Where windows lie along one axis.
#[derive(Clone, Copy)]
struct Windows {
    axis: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    pad: usize,
    outputs: usize,
}

impl Windows {
    /// What every window sees through one tap.
    fn tap(&self, tap: usize, channels: usize) -> Conv<f64> {
        let mut conv = Conv::select(0, 0, channels);
        conv.stride[self.axis] = self.stride;
        conv.pad[self.axis] = self.pad as isize - (tap * self.dilation) as isize;
        conv
    }
}

/// The values that windows see, with a border where they go beyond the input: each of its values is one that every
/// window with it has, the next tap inside. Pairs of place and element, and the shape.
fn border(grid: &Grid, from: Shape) -> (Vec<(u32, u32)>, Shape) {
    let along = |axis: usize, size: usize| -> Vec<usize> {
        let (step, pad, size) = (grid.dilation[axis], grid.pad[axis] as i64, size as i64);
        let length = (grid.to[axis] - 1) * grid.stride[axis] + (grid.kernel[axis] - 1) * step + 1;
        let inside = |place: i64| {
            let (at, step) = (place - pad, step as i64);
            let taps = |distance: i64| (distance + step - 1) / step * step;
            let next = if at < 0 {
                at + taps(-at)
            } else if at >= size {
                at - taps(at - size + 1)
            } else {
                at
            };
            // Only a place that no window has may still be outside.
            next.clamp(0, size - 1) as usize
        };
        (0..length as i64).map(inside).collect()
    };
    let (rows, columns) = (along(0, from.height), along(1, from.width));
    let row = |channel: usize, row: usize| {
        columns.iter().map(move |column| ((channel * from.height + row) * from.width + column) as u32)
    };
    let elements = (0..from.channels).flat_map(|channel| rows.iter().flat_map(move |at| row(channel, *at)));
    let to = Shape { height: rows.len(), width: columns.len(), ..from };
    ((0..).zip(elements).collect(), to)
}

impl Lowering<'_> {
    /// The largest values of windows over an expression.
    pub(super) fn max_pool(&mut self, node: &Node, expr: Expr, grid: &Grid) -> Result<Expr, OpError> {
        if [0, 1].iter().any(|axis| grid.windows(*axis).iter().any(|(seen, _)| seen.is_empty())) {
            return Err(OpError::Graph("a window lies in the padding".into()));
        }
        let beyond = |axis: usize| {
            let end = (grid.to[axis] - 1) * grid.stride[axis] + (grid.kernel[axis] - 1) * grid.dilation[axis] + 1;
            grid.pad[axis] > 0 || end > grid.from[axis]
        };
        let nonnegative = self.is_nonnegative(&expr);
        let mut shape = expr.shape;
        let mut x = self.commit(node, expr)?;
        // A border of zeros is never the largest of values that are not negative; others get one of the windows' own
        // values.
        let bordered = (beyond(0) || beyond(1)) && !nonnegative;
        if bordered {
            let (pairs, to) = border(grid, shape);
            let expr = self.moved(node, Expr::tensor(x, shape), pairs, to)?;
            x = self.commit(node, Expr { same_scale: Some(x), ..expr })?;
            shape = to;
        }
        let mut most = Expr::tensor(x, shape);
        for axis in [1, 0] {
            let windows = Windows {
                axis,
                kernel: grid.kernel[axis],
                stride: grid.stride[axis],
                dilation: grid.dilation[axis],
                pad: if bordered { 0 } else { grid.pad[axis] },
                outputs: grid.to[axis],
            };
            most = self.maxima(node, most, windows, beyond(axis) && !bordered, x)?;
        }
        let origin = Some((node.name().to_owned(), node.origin()));
        Ok(Expr { origin, same_scale: Some(x), nonnegative, ..most })
    }

    /// The maxima along one axis.
    fn maxima(&mut self, node: &Node, x: Expr, windows: Windows, padded: bool, steps: usize) -> Result<Expr, OpError> {
        let (mut x, mut w) = (x, windows);
        while w.kernel > 1 && w.dilation == 1 && !padded {
            // Halves of one window, or neighbours of windows that do not overlap.
            let (half, pairs) = if w.outputs == 1 {
                let half = w.kernel.div_ceil(2);
                (half, Windows { kernel: 2, stride: 1, dilation: w.kernel - half, outputs: half, ..w })
            } else if w.stride == w.kernel && w.kernel % 2 == 0 {
                w.stride /= 2;
                (w.kernel / 2, Windows { kernel: 2, stride: 2, outputs: w.outputs * w.kernel / 2, ..w })
            } else {
                break;
            };
            x = self.chain(node, &x, pairs, steps)?;
            w.kernel = half;
        }
        let size = if w.axis == 0 { x.shape.height } else { x.shape.width };
        if w.kernel == 1 && w.stride == 1 && w.pad == 0 && w.outputs == size {
            return Ok(x);
        }
        self.chain(node, &x, w, steps)
    }

    /// The maxima, one tap after the other.
    fn chain(&mut self, node: &Node, x: &Expr, w: Windows, steps: usize) -> Result<Expr, OpError> {
        if w.kernel > MAX_CHAIN {
            let reason = format!("windows of {} values; at most {MAX_CHAIN} are accepted", w.kernel);
            return Err(OpError::Unsupported(vec![reason]));
        }
        let mut to = x.shape;
        *(if w.axis == 0 { &mut to.height } else { &mut to.width }) = w.outputs;
        // All taps read the same tensors, so that their differences are exact.
        let direct = (0..w.kernel).all(|tap| self.composed(x, &w.tap(tap, to.channels), to).is_some());
        let plain = if direct { x.clone() } else { Expr::tensor(self.commit(node, x.clone())?, x.shape) };
        let tap = |builder: &mut Self, tap: usize| {
            let expr = builder.convolve(node, plain.clone(), w.tap(tap, to.channels), vec![0.0; to.channels], to)?;
            Ok::<_, OpError>(Expr { same_scale: Some(steps), origin: None, ..expr })
        };
        let mut most = tap(self, 0)?;
        for i in 1..w.kernel {
            let mut difference = most.clone();
            difference.scale(&vec![-1.0; to.len()]);
            let difference = tap(self, i)?.plus(difference)?;
            let rise = self.push(node, difference, FloatActivation::Relu, Some(steps))?;
            most = Expr { same_scale: Some(steps), ..most.plus(Expr::tensor(rise, to))? };
        }
        Ok(most)
    }
}
