//! Compositions and sums of convolutions that are convolutions again.

use hushproof_core::graph::{Conv, Shape};

use super::expr::{is_depthwise, is_pointwise};

/// Most reads that checking one axis of a composition may take.
const MAX_READS: usize = 1 << 20;

/// One axis of a convolution.
#[derive(Debug, Clone, Copy)]
struct Axis {
    kernel: usize,
    stride: usize,
    dilation: usize,
    pad: isize,
}

impl Axis {
    const fn of(conv: &Conv<f64>, axis: usize) -> Self {
        let (kernel, stride) = (conv.kernel[axis], conv.stride[axis]);
        Self { kernel, stride, dilation: conv.dilation[axis], pad: conv.pad[axis] }
    }

    /// `outer` after this one, with the tap that each pair (tap of this, tap of outer) becomes; none if a read beyond
    /// the intermediate tensor, which is 0, would see something of the source.
    fn then(self, outer: Self, sizes: [usize; 3]) -> Option<(Self, usize)> {
        let [source, middle, output] = sizes;
        if self.kernel.checked_mul(outer.kernel)?.checked_mul(output)? > MAX_READS {
            return None;
        }
        let inside = |at: isize, size: usize| usize::try_from(at).is_ok_and(|at| at < size);
        for i in 0..output {
            for tap in 0..outer.kernel {
                let at = (i * outer.stride + tap * outer.dilation) as isize - outer.pad;
                let mut reads = (0..self.kernel).map(|tap| at * self.stride as isize + (tap * self.dilation) as isize);
                if !inside(at, middle) && reads.any(|at| inside(at - self.pad, source)) {
                    return None;
                }
            }
        }
        let step = outer.dilation.checked_mul(self.stride)?;
        let unit = match (self.kernel, outer.kernel) {
            (1, 1) => 1,
            (1, _) => step,
            (_, 1) => self.dilation,
            _ => gcd(self.dilation, step),
        };
        let last = (self.kernel - 1).checked_mul(self.dilation)?.checked_add((outer.kernel - 1).checked_mul(step)?)?;
        let pad = outer.pad.checked_mul(self.stride as isize)?.checked_add(self.pad)?;
        let stride = self.stride.checked_mul(outer.stride)?;
        Some((Self { kernel: last / unit + 1, stride, dilation: unit, pad }, unit))
    }
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// `outer` after `inner`, from a tensor of shape `source` through one of shape `middle` to one of shape `to`, as at
/// most one convolution (none: outer reads nothing that inner writes); [`None`] if it is no convolution of similar
/// cost.
pub(super) fn compose(
    inner: &Conv<f64>,
    outer: &Conv<f64>,
    [source, middle, to]: [Shape; 3],
) -> Option<Option<Conv<f64>>> {
    // Channels of the intermediate tensor that inner writes and outer reads.
    let low = inner.output_start.max(outer.input_start);
    let high = (inner.output_start + inner.outputs).min(outer.input_start + outer.inputs);
    if low >= high {
        return Some(None);
    }
    let (row, column) = (
        Axis::of(inner, 0).then(Axis::of(outer, 0), [source.height, middle.height, to.height])?,
        Axis::of(inner, 1).then(Axis::of(outer, 1), [source.width, middle.width, to.width])?,
    );
    let (axes, units) = ([row.0, column.0], [row.1, column.1]);
    let shell = Conv {
        kernel: axes.map(|axis| axis.kernel),
        stride: axes.map(|axis| axis.stride),
        dilation: axes.map(|axis| axis.dilation),
        pad: axes.map(|axis| axis.pad),
        weights: vec![],
        ..outer.clone()
    };
    let written = low - inner.output_start..high - inner.output_start;
    let read = low - outer.input_start..high - outer.input_start;
    if is_depthwise(inner) && is_depthwise(outer) {
        let taps = shell.taps();
        let mut weights = vec![0.0; written.len() * taps];
        for ((w, r), kernel) in written.clone().zip(read.clone()).zip(weights.chunks_exact_mut(taps)) {
            for (a, x) in inner.kernel_weights(w, 0).iter().enumerate() {
                for (b, y) in outer.kernel_weights(r, 0).iter().enumerate() {
                    let at = |axis: usize, a: usize, b: usize| {
                        (a * inner.dilation[axis] + b * outer.dilation[axis] * inner.stride[axis]) / units[axis]
                    };
                    let i = at(0, a / inner.kernel[1], b / outer.kernel[1]);
                    let j = at(1, a % inner.kernel[1], b % outer.kernel[1]);
                    kernel[i * shell.kernel[1] + j] += x * y;
                }
            }
        }
        let channels = written.len();
        let (input_start, output_start) = (inner.input_start + written.start, outer.output_start + read.start);
        let range = Conv { input_start, inputs: channels, output_start, outputs: channels, groups: channels, ..shell };
        return Some(Some(Conv { weights, ..range }));
    }
    if is_depthwise(inner) && inner.kernel == [1, 1] {
        let (each, outputs) = (outer.group_inputs(), outer.group_outputs());
        let scaled = |o: usize, c: usize, channel: usize| {
            let scale = inner.weights[channel];
            outer.kernel_weights(o, c).iter().map(move |weight| weight * scale)
        };
        let input_start = inner.input_start + written.start;
        if outer.groups == 1 {
            let columns = || read.clone().zip(written.clone());
            let weights = (0..outer.outputs).flat_map(|o| columns().flat_map(move |(c, w)| scaled(o, c, w))).collect();
            return Some(Some(Conv { input_start, inputs: read.len(), weights, ..shell }));
        }
        if read.start % each != 0 || read.end % each != 0 {
            return None;
        }
        let rows = read.start / each * outputs..read.end / each * outputs;
        let first = |o: usize| written.start + (o - rows.start) / outputs * each;
        let weights = rows.clone().flat_map(|o| (0..each).flat_map(move |c| scaled(o, c, first(o) + c))).collect();
        let range = Conv { input_start, inputs: read.len(), output_start: outer.output_start + rows.start, ..shell };
        return Some(Some(Conv { outputs: rows.len(), groups: read.len() / each, weights, ..range }));
    }
    if is_depthwise(outer) && is_pointwise(outer) {
        let (each, inputs) = (inner.group_outputs(), inner.group_inputs());
        if inner.groups > 1 && (written.start % each != 0 || written.end % each != 0) {
            return None;
        }
        let scaled = |(w, r): (usize, usize)| {
            let row = &inner.weights[w * inputs * inner.taps()..][..inputs * inner.taps()];
            row.iter().map(move |weight| weight * outer.weights[r])
        };
        let weights = written.clone().zip(read.clone()).flat_map(scaled).collect();
        let groups = if inner.groups == 1 { 0..1 } else { written.start / each..written.end / each };
        return Some(Some(Conv {
            input_start: inner.input_start + groups.start * inputs,
            inputs: groups.len() * inputs,
            output_start: outer.output_start + read.start,
            outputs: written.len(),
            groups: groups.len(),
            weights,
            ..inner.clone()
        }));
    }
    if middle.is_vector() && to.is_vector() && source.is_vector() && inner.groups == 1 && outer.groups == 1 {
        return product(inner, outer, written.start, read);
    }
    None
}

/// The product of two dense layers if it has no more weights than both together.
fn product(
    inner: &Conv<f64>,
    outer: &Conv<f64>,
    first: usize,
    read: std::ops::Range<usize>,
) -> Option<Option<Conv<f64>>> {
    let all = inner.weights.len().checked_add(outer.weights.len())?;
    let pointwise = is_pointwise(inner) && is_pointwise(outer);
    if !pointwise || outer.outputs.checked_mul(inner.inputs)? > all {
        return None;
    }
    let mut weights = vec![0.0; outer.outputs * inner.inputs];
    for (o, row) in weights.chunks_exact_mut(inner.inputs).enumerate() {
        for (k, c) in read.clone().enumerate() {
            let weight = outer.weights[o * outer.inputs + c];
            let inner = &inner.weights[(first + k) * inner.inputs..];
            row.iter_mut().zip(inner).for_each(|(to, from)| *to += weight * from);
        }
    }
    let (input_start, inputs) = (inner.input_start, inner.inputs);
    Some(Some(Conv { input_start, inputs, weights, ..outer.clone() }))
}

/// The sum of two convolutions of one tensor if it has no more taps than both.
pub(super) fn merge(a: &Conv<f64>, b: &Conv<f64>) -> Option<Conv<f64>> {
    let channels = |conv: &Conv<f64>| {
        [conv.input_start, conv.inputs, conv.output_start, conv.outputs, conv.groups, conv.stride[0], conv.stride[1]]
    };
    if channels(a) != channels(b) {
        return None;
    }
    if [a.kernel, a.dilation] == [b.kernel, b.dilation] && a.pad == b.pad {
        let weights = a.weights.iter().zip(&b.weights).map(|(a, b)| a + b).collect();
        return Some(Conv { weights, ..a.clone() });
    }
    if !is_depthwise(a) {
        return None;
    }
    let mut sum = a.clone();
    for axis in 0..2 {
        let positions = |conv: &Conv<f64>| {
            let (dilation, pad) = (conv.dilation[axis] as isize, conv.pad[axis]);
            (0..conv.kernel[axis] as isize).map(move |tap| tap * dilation - pad)
        };
        let first = positions(a).chain(positions(b)).min()?;
        let last = positions(a).chain(positions(b)).max()?;
        let unit = positions(a).chain(positions(b)).fold(0, |unit, at| gcd(unit, (at - first) as usize)).max(1);
        sum.kernel[axis] = (last - first) as usize / unit + 1;
        sum.dilation[axis] = unit;
        sum.pad[axis] = -first;
    }
    if sum.kernel[0].checked_mul(sum.kernel[1])? > a.taps() + b.taps() {
        return None;
    }
    sum.weights = vec![0.0; sum.outputs * sum.taps()];
    for conv in [a, b] {
        for o in 0..conv.outputs {
            for (tap, weight) in conv.kernel_weights(o, 0).iter().enumerate() {
                let at = |axis: usize, tap: usize| {
                    let position = (tap * conv.dilation[axis]) as isize - conv.pad[axis] + sum.pad[axis];
                    position as usize / sum.dilation[axis]
                };
                let tap = at(0, tap / conv.kernel[1]) * sum.kernel[1] + at(1, tap % conv.kernel[1]);
                sum.weights[o * sum.kernel[0] * sum.kernel[1] + tap] += weight;
            }
        }
    }
    Some(sum)
}
