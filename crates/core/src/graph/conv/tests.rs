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
                    let inside = (0..from.height as isize).contains(&row) && (0..from.width as isize).contains(&column);
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
