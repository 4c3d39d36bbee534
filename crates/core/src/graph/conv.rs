//! Linear maps applied to values, floats and integers alike.

use std::ops::{AddAssign, Mul, Range};

use super::{Conv, Map, Product, Shape, Sparse};

/// A number that maps compute with; sums must fit it.
pub trait Number: Copy + AddAssign + Mul<Output = Self> {}

impl<T: Copy + AddAssign + Mul<Output = T>> Number for T {}

/// Adds `map(x)` to `y`, flat tensors of shapes `from` and `to` that the map fits; `tensors` are those that products
/// read.
pub fn accumulate<T: Number>(map: &Map<T>, from: Shape, x: &[T], tensors: &[Vec<T>], to: Shape, y: &mut [T]) {
    match map {
        Map::Conv(map) => conv(map, from, x, to, y),
        Map::Sparse(map) => sparse(map, x, y),
        Map::Product(map) => product(map, from, x, &tensors[map.factor], to, y),
    }
}

fn product<T: Number>(map: &Product<T>, from: Shape, x: &[T], factor: &[T], to: Shape, y: &mut [T]) {
    let (lines, group) = (factor.len() / from.channels, from.channels / map.groups);
    let planes = x.chunks_exact(from.plane()).zip(factor.chunks_exact(lines));
    for (c, (x, factor)) in planes.enumerate() {
        let y = &mut y[c / group * to.plane()..][..to.plane()];
        for (factor, y) in factor.iter().zip(y.chunks_exact_mut(from.plane())) {
            y.iter_mut().zip(x).for_each(|(y, x)| *y += map.weight * *factor * *x);
        }
    }
}

fn sparse<T: Number>(map: &Sparse<T>, x: &[T], y: &mut [T]) {
    for (x, column) in x.iter().zip(&map.columns) {
        for (row, weight) in column {
            y[*row as usize] += *weight * *x;
        }
    }
}

fn conv<T: Number>(map: &Conv<T>, from: Shape, x: &[T], to: Shape, y: &mut [T]) {
    // Planes of the same size and no neighbours: a plane is one long row.
    let pointwise = map.kernel == [1, 1] && map.stride == [1, 1] && map.pad == [0, 0];
    let flat = pointwise && (from.height, from.width) == (to.height, to.width);
    let row = |shape: Shape| if flat { Shape { height: 1, width: shape.plane(), ..shape } } else { shape };
    let (from, to) = (row(from), row(to));
    for (o, y) in y.chunks_exact_mut(to.plane()).skip(map.output_start).take(map.outputs).enumerate() {
        let first = map.input_start + o / map.group_outputs() * map.group_inputs();
        let x = &x[first * from.plane()..];
        if flat && from.plane() == 1 {
            let weights = &map.weights[o * map.group_inputs()..];
            weights.iter().zip(&x[..map.group_inputs()]).for_each(|(weight, x)| y[0] += *weight * *x);
            continue;
        }
        for (c, x) in x.chunks_exact(from.plane()).take(map.group_inputs()).enumerate() {
            plane(map, map.kernel_weights(o, c), from, x, to, y);
        }
    }
}

/// Adds the convolution of one plane with one kernel.
fn plane<T: Number>(map: &Conv<T>, weights: &[T], from: Shape, x: &[T], to: Shape, y: &mut [T]) {
    for (tap, &weight) in weights.iter().enumerate() {
        let [a, b] = [tap / map.kernel[1], tap % map.kernel[1]];
        let (rows, columns) = (map.reads(0, a, from.height, to.height), map.reads(1, b, from.width, to.width));
        if columns.is_empty() {
            continue;
        }
        for i in rows {
            let x = &x[map.read(0, a, i) * from.width..][..from.width];
            let x = &x[map.read(1, b, columns.start)..];
            let y = &mut y[i * to.width..][columns.clone()];
            match map.stride[1] {
                1 => y.iter_mut().zip(x).for_each(|(y, x)| *y += weight * *x),
                stride => y.iter_mut().zip(x.iter().step_by(stride)).for_each(|(y, x)| *y += weight * *x),
            }
        }
    }
}

impl<W> Conv<W> {
    /// What is read at output position `i` of an axis (0: vertical) through tap `tap`, if [`Self::reads`] holds `i`.
    pub(crate) const fn read(&self, axis: usize, tap: usize, i: usize) -> usize {
        (i * self.stride[axis] + tap * self.dilation[axis]).wrapping_add_signed(-self.pad[axis])
    }

    /// The positions among `outputs` of an axis that read one of the `inputs` values, and not padding, through tap
    /// `tap`.
    pub fn reads(&self, axis: usize, tap: usize, inputs: usize, outputs: usize) -> Range<usize> {
        let tap = tap * self.dilation[axis];
        // i · stride + tap - pad lies in 0..inputs.
        let before = (tap as isize).saturating_sub(self.pad[axis]);
        let stride = self.stride[axis] as isize;
        let ceil = |value: isize| (value.max(0) as usize).div_ceil(stride as usize);
        let end = ceil((inputs as isize).saturating_sub(before)).min(outputs);
        ceil(before.saturating_neg()).min(end)..end
    }
}

#[cfg(test)]
mod tests;
