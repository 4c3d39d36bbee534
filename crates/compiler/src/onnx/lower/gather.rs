//! The structure of a map that only moves values.

use hushproof_core::graph::{Conv, Map, Shape, Sparse};

/// Most separate ranges of channels that one map may be split into.
const MAX_RUNS: usize = 8;

/// The map that copies element `source` of a tensor of shape `from` to element `target` of one of shape `to`, for all
/// `(target, source)`, in increasing order of targets.
pub(super) fn maps(pairs: &[(u32, u32)], from: Shape, to: Shape) -> Vec<Map<f64>> {
    if let Some(convs) = structure(pairs, from, to) {
        return convs.into_iter().map(Map::Conv).collect();
    }
    let mut columns = vec![vec![]; from.len()];
    pairs.iter().for_each(|(target, source)| columns[*source as usize].push((*target, 1.0)));
    vec![Map::Sparse(Sparse { columns })]
}

/// The same as convolutions of one tap, if the map is one of channels, crops, borders and strides.
pub(super) fn structure(pairs: &[(u32, u32)], from: Shape, to: Shape) -> Option<Vec<Conv<f64>>> {
    let plane = |pair: &(u32, u32)| (pair.0 as usize / to.plane(), pair.1 as usize / from.plane());
    let mut planes = pairs.chunk_by(|a, b| plane(a).0 == plane(b).0);
    let shell = window(planes.next()?, from, to)?;
    // First output and input channel of each run of consecutive channels, and their number.
    let mut runs: Vec<[usize; 3]> = vec![];
    let reads = shell.reads(0, 0, from.height, to.height).len() * shell.reads(1, 0, from.width, to.width).len();
    for pairs in pairs.chunk_by(|a, b| plane(a).0 == plane(b).0) {
        let (output, input) = plane(&pairs[0]);
        let fits = |pair: &(u32, u32)| {
            let ([_, i, j], [c, y, x]) = (position(pair.0, to), position(pair.1, from));
            let row = i * shell.stride[0] == y.wrapping_add_signed(shell.pad[0]);
            c == input && row && j * shell.stride[1] == x.wrapping_add_signed(shell.pad[1])
        };
        if pairs.len() != reads || !pairs.iter().all(fits) {
            return None;
        }
        match runs.last_mut() {
            Some([o, c, len]) if (*o + *len, *c + *len) == (output, input) => *len += 1,
            _ => runs.push([output, input, 1]),
        }
    }
    let with = |conv: Conv<f64>| Conv { stride: shell.stride, pad: shell.pad, ..conv };
    if runs.len() <= MAX_RUNS {
        return Some(runs.into_iter().map(|[o, c, len]| with(Conv::select(c, o, len))).collect());
    }
    if from.channels.checked_mul(to.channels)? > pairs.len() {
        return None;
    }
    let mut weights = vec![0.0; from.channels * to.channels];
    for [o, c, len] in runs {
        (0..len).for_each(|i| weights[(o + i) * from.channels + c + i] = 1.0);
    }
    let (inputs, outputs) = (from.channels, to.channels);
    Some(vec![Conv { inputs, outputs, groups: 1, weights, ..with(Conv::select(0, 0, 1)) }])
}

/// Stride and padding that the moves within one channel have.
fn window(pairs: &[(u32, u32)], from: Shape, to: Shape) -> Option<Conv<f64>> {
    let mut conv = Conv::select(0, 0, 1);
    let (start, read) = pairs.first().map(|pair| (position(pair.0, to), position(pair.1, from)))?;
    for axis in 0..2 {
        let at = |pair: &(u32, u32)| (position(pair.0, to)[axis + 1], position(pair.1, from)[axis + 1]);
        let (start, read) = (start[axis + 1], read[axis + 1]);
        if let Some((i, x)) = pairs.iter().map(at).find(|(i, _)| *i != start) {
            let (distance, moved) = (i.checked_sub(start)?, x.checked_sub(read)?);
            if moved == 0 || moved % distance != 0 {
                return None;
            }
            conv.stride[axis] = moved / distance;
        }
        conv.pad[axis] = (start * conv.stride[axis]) as isize - read as isize;
    }
    Some(conv)
}

/// Channel, row and column of a flat element.
const fn position(element: u32, shape: Shape) -> [usize; 3] {
    let (channel, at) = (element as usize / shape.plane(), element as usize % shape.plane());
    [channel, at / shape.width, at % shape.width]
}
