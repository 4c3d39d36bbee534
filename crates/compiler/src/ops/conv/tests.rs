use super::super::{
    Attr,
    testing::{Case, constant, private},
};

#[test]
fn conv() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let weights = constant(&[1, 1, 2, 2], &[1.0, 0.0, -1.0, 2.0]);
    case.gives(&[&x, &weights], &[1, 1, 1, 2], &[7.0, 9.0]);
    case.gives(&[&x, &weights, &constant(&[1], &[0.5])], &[1, 1, 1, 2], &[7.5, 9.5]);
    let padded = case.with("pads", Attr::Ints(vec![1, 0, 0, 1])).with("strides", Attr::Ints(vec![1, 2]));
    padded.gives(&[&x, &weights], &[1, 1, 2, 2], &[3.0, -3.0, 7.0, -3.0]);
    let dilated = case.with("dilations", Attr::Ints(vec![1, 2]));
    dilated.gives(&[&x, &weights], &[1, 1, 1, 1], &[9.0]);
}

#[test]
fn conv_of_signals_and_groups() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    case.gives(&[&x, &constant(&[1, 2, 2], &[1.0, 1.0, 0.0, -1.0])], &[1, 1, 2], &[-2.0, -1.0]);
    let depthwise = case.with("group", Attr::Int(2));
    depthwise.gives(&[&x, &constant(&[2, 1, 2], &[1.0, 1.0, 0.0, -1.0])], &[1, 2, 2], &[3.0, 5.0, -5.0, -6.0]);
}

/// Sums over all windows that the attributes name.
fn direct(
    x: &[f64],
    [channels, depth, height, width]: [usize; 4],
    weights: &[f64],
    [outputs, taps, rows, columns]: [usize; 4],
    [stride, pad, dilation]: [usize; 3],
) -> (Vec<usize>, Vec<f64>) {
    let count = |size: usize, taps: usize, padded: bool| {
        (size + 2 * pad * usize::from(padded) - (taps - 1) * dilation - 1) / stride + 1
    };
    let to = [count(depth, taps, true), count(height, rows, true), count(width, columns, true)];
    let mut y = vec![];
    for o in 0..outputs {
        for i in 0..to[0] * to[1] * to[2] {
            let at = [i / to[2] / to[1], i / to[2] % to[1], i % to[2]].map(|i| i * stride);
            let mut sum = 0.0;
            for (k, weight) in weights[o * channels * taps * rows * columns..].iter().enumerate() {
                let tap = [k / columns / rows % taps, k / columns % rows, k % columns].map(|tap| tap * dilation);
                let c = k / columns / rows / taps;
                let place: Vec<_> = at.iter().zip(tap).filter_map(|(at, tap)| (at + tap).checked_sub(pad)).collect();
                if c < channels && place.len() == 3 && place[0] < depth && place[1] < height && place[2] < width {
                    sum += weight * x[((c * depth + place[0]) * height + place[1]) * width + place[2]];
                }
            }
            y.push(sum);
        }
    }
    (to.to_vec(), y)
}

fn numbers(len: usize) -> Vec<f64> {
    (0..len).map(|i| (i * 7 % 11) as f64 - 5.0).collect()
}

#[test]
fn conv_of_volumes() {
    let ints = |value: usize, n: usize| Attr::Ints(vec![value as i64; n]);
    for [stride, pad, dilation] in [[1, 0, 1], [2, 1, 1], [1, 1, 2]] {
        let case = Case::new(&super::DEF).with("strides", ints(stride, 3)).with("pads", ints(pad, 6));
        let case = case.with("dilations", ints(dilation, 3));
        let (x, weights) = (numbers(2 * 4 * 3 * 5), numbers(3 * 2 * 2 * 2 * 2));
        let (to, y) = direct(&x, [2, 4, 3, 5], &weights, [3, 2, 2, 2], [stride, pad, dilation]);
        let (x, weights) = (private(&[1, 2, 4, 3, 5], &x), constant(&[3, 2, 2, 2, 2], &weights));
        case.gives(&[&x, &weights], &[1, 3, to[0], to[1], to[2]], &y);
    }
    let case = Case::new(&super::DEF).with("group", Attr::Int(2));
    let x = private(&[1, 2, 2, 1, 1], &[1.0, 2.0, 3.0, 4.0]);
    let bias = constant(&[2], &[0.5, 0.0]);
    case.gives(&[&x, &constant(&[2, 1, 2, 1, 1], &[1.0, 1.0, 1.0, -1.0]), &bias], &[1, 2, 1, 1, 1], &[3.5, -1.0]);
    case.shape_error(&[&x, &constant(&[2, 2, 2, 1, 1], &[0.0; 8])]);
}

#[test]
fn conv_of_long_strides() {
    for (kernel, dilation, pad) in [(50, 1, 0), (3, 17, 5), (1, 1, 0), (40, 2, 20)] {
        let case = Case::new(&super::DEF).with("strides", Attr::Ints(vec![40]));
        let case = case.with("dilations", Attr::Ints(vec![dilation as i64]));
        let case = case.with("pads", Attr::Ints(vec![pad as i64, 0]));
        let (x, weights) = (numbers(2 * 130), numbers(3 * 2 * kernel));
        let to = (130 + pad - (kernel - 1) * dilation - 1) / 40 + 1;
        let value = |i: usize| {
            let (o, at) = (i / to, i % to * 40);
            let tap = |k: usize| {
                let place = (at + k % kernel * dilation).checked_sub(pad).filter(|place| *place < 130);
                place.map_or(0.0, |place| weights[o * 2 * kernel + k] * x[k / kernel * 130 + place])
            };
            (0..2 * kernel).map(tap).sum::<f64>()
        };
        let y: Vec<f64> = (0..3 * to).map(value).collect();
        case.gives(&[&private(&[1, 2, 130], &x), &constant(&[3, 2, kernel], &weights)], &[1, 3, to], &y);
    }
    let planes = Case::new(&super::DEF).with("strides", Attr::Ints(vec![33, 2]));
    let (x, weights) = (numbers(40 * 5), numbers(2 * 2));
    let value = |i: usize| {
        let at = |r: usize, c: usize| x[(i / 2 * 33 + r) * 5 + i % 2 * 2 + c] * weights[r * 2 + c];
        at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)
    };
    let y: Vec<f64> = (0..4).map(value).collect();
    planes.gives(&[&private(&[1, 1, 40, 5], &x), &constant(&[1, 1, 2, 2], &weights)], &[1, 1, 2, 2], &y);
}

#[test]
fn conv_refuses() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 2, 3], &[0.0; 6]);
    case.shape_error(&[&x, &constant(&[1, 1, 2], &[0.0; 2])]);
    case.shape_error(&[&x, &constant(&[1, 2, 2, 1], &[0.0; 4])]);
    case.shape_error(&[&x, &constant(&[1, 2, 2], &[0.0; 4]), &constant(&[2], &[0.0; 2])]);
    case.shape_error(&[&private(&[2, 3], &[0.0; 6]), &constant(&[1, 2, 2], &[0.0; 4])]);
    case.shape_error(&[&private(&[2, 2, 3], &[0.0; 12]), &constant(&[1, 2, 2], &[0.0; 4])]);
    case.graph_error(&[&x, &constant(&[1, 2, 4], &[0.0; 8])]);
    case.unsupported(&[&x, &private(&[1, 2, 2], &[0.0; 4])]);
    for groups in [0, -1, 3] {
        case.with("group", Attr::Int(groups)).shape_error(&[&x, &constant(&[1, 2, 2], &[0.0; 4])]);
    }
    let kernel = case.with("kernel_shape", Attr::Ints(vec![3]));
    kernel.shape_error(&[&x, &constant(&[1, 2, 2], &[0.0; 4])]);
    case.with("mode", Attr::Int(1)).unsupported(&[]);
}
