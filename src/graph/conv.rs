//! Linear maps applied to values, floats and integers alike.

use std::ops::{AddAssign, Mul, Range};

use super::{Conv, Map, Product, Shape, Sparse};

/// A number that maps compute with; sums must fit it.
pub(crate) trait Number: Copy + AddAssign + Mul<Output = Self> {}

impl<T: Copy + AddAssign + Mul<Output = T>> Number for T {}

/// Adds `map(x)` to `y`, flat tensors of shapes `from` and `to` that the map fits; `tensors` are those that products read.
pub(crate) fn accumulate<T: Number>(map: &Map<T>, from: Shape, x: &[T], tensors: &[Vec<T>], to: Shape, y: &mut [T]) {
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

    /// The positions among `outputs` of an axis that read one of the `inputs` values, and not padding, through tap `tap`.
    pub(crate) fn reads(&self, axis: usize, tap: usize, inputs: usize, outputs: usize) -> Range<usize> {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The sum as the documentation of [`Conv`] states it.
    fn reference(conv: &Conv<i64>, from: Shape, x: &[i64], to: Shape, y: &mut [i64]) {
        for o in 0..conv.outputs {
            for (i, j) in (0..to.height).flat_map(|i| (0..to.width).map(move |j| (i, j))) {
                for c in 0..conv.group_inputs() {
                    let plane = conv.input_start + o / conv.group_outputs() * conv.group_inputs() + c;
                    for tap in 0..conv.taps() {
                        let [a, b] = [tap / conv.kernel[1], tap % conv.kernel[1]];
                        let row = (i * conv.stride[0] + a * conv.dilation[0]) as isize - conv.pad[0];
                        let column = (j * conv.stride[1] + b * conv.dilation[1]) as isize - conv.pad[1];
                        let inside =
                            (0..from.height as isize).contains(&row) && (0..from.width as isize).contains(&column);
                        if inside {
                            let index = (plane * from.height + row as usize) * from.width + column as usize;
                            y[((conv.output_start + o) * to.height + i) * to.width + j] +=
                                conv.kernel_weights(o, c)[tap] * x[index];
                        }
                    }
                }
            }
        }
    }

    prop_compose! {
        fn case()(
            (groups, ins, outs, input_start, output_start) in (1usize..3, 1usize..3, 1usize..3, 0usize..2, 0usize..2),
            (height, width, out_height, out_width) in (1usize..6, 1usize..6, 1usize..6, 1usize..6),
            kernel in [1usize..4, 1usize..4], stride in [1usize..4, 1usize..4], dilation in [1usize..3, 1usize..3],
            pad in [-2isize..4, -2isize..4], seed in 1i64..1000,
        ) -> (Conv<i64>, Shape, Shape, i64) {
            let (inputs, outputs) = (groups * ins, groups * outs);
            let len = outputs * ins * kernel[0] * kernel[1];
            let weights = (0..len as i64).map(|i| i * seed % 17 - 8).collect();
            let conv = Conv { input_start, inputs, output_start, outputs, groups, kernel, stride, dilation, pad, weights };
            let from = Shape { channels: input_start + inputs + 1, height, width };
            (conv, from, Shape { channels: output_start + outputs + 1, height: out_height, width: out_width }, seed)
        }
    }

    fn check(conv: Conv<i64>, from: Shape, to: Shape, seed: i64) {
        let x: Vec<i64> = (0..from.len() as i64).map(|i| i * seed % 23 - 11).collect();
        let mut expected: Vec<i64> = (0..to.len() as i64).collect();
        let mut got = expected.clone();
        reference(&conv, from, &x, to, &mut expected);
        accumulate(&Map::Conv(conv), from, &x, &[], to, &mut got);
        assert_eq!(got, expected);
    }

    proptest! {
        #[test]
        fn convolutions_equal_their_definition((conv, from, to, seed) in case()) {
            check(conv, from, to, seed);
        }

        #[test]
        fn pointwise_convolutions_equal_their_definition((conv, from, _, seed) in case()) {
            let weights = conv.weights[..conv.outputs * conv.group_inputs()].to_vec();
            let conv = Conv { kernel: [1, 1], stride: [1, 1], pad: [0, 0], weights, ..conv };
            let to = |shape: Shape| Shape { channels: conv.output_start + conv.outputs + 1, ..shape };
            check(conv.clone(), Shape::vector(from.channels), to(Shape::vector(1)), seed);
            check(conv.clone(), from, to(from), seed);
        }
    }

    #[test]
    fn sparse_maps_add_their_entries() {
        let map = Map::Sparse(Sparse { columns: vec![vec![(0, 2), (2, -1)], vec![], vec![(0, 5)]] });
        let mut y = [1, 1, 1];
        accumulate(&map, Shape::vector(3), &[10, 100, 1000], &[], Shape::vector(3), &mut y);
        assert_eq!(y, [5021, 1, -9]);
    }

    #[test]
    fn products_are_summed_over_channels() {
        let from = Shape { channels: 4, height: 1, width: 2 };
        let x = [1, 2, 3, 4, 5, 6, 7, 8];
        let product = |groups| Map::Product(Product { factor: 1, groups, weight: 2 });
        let to = |channels, height| Shape { channels, height, width: 2 };
        let mut y = vec![1; 4];
        accumulate(&product(2), from, &x, &[vec![], vec![1, 10, 100, 1000]], to(2, 1), &mut y);
        assert_eq!(y, [63, 85, 15_001, 17_201]);
        let mut y = vec![0; 4];
        accumulate(&product(1), from, &x, &[vec![], vec![1, -1, 0, 2, 0, 0, 1, 0]], to(1, 2), &mut y);
        assert_eq!(y, [16, 20, 10, 12]);
    }
}
