//! Means of windows: what the average pools and ReduceMean share.

use hushproof_core::graph::{Map, Shape, Sparse, conv::accumulate};

use crate::{
    ops::{
        op::{Grid, OpError, OpResult, tensor},
        support::spatial::MAX_ENTRIES,
    },
    tensor::{Fact, Tensor},
};

/// The means of the windows of each channel; of whole windows if `include_pad`, else of what lies inside.
pub(in crate::ops) fn mean(grid: &Grid, channels: usize, include_pad: bool) -> OpResult<Map<f64>> {
    let (rows, columns) = (grid.windows(0), grid.windows(1));
    let count = |(seen, padded): &(Vec<usize>, usize)| if include_pad { *padded } else { seen.len() };
    let uniform = |axis: usize, windows: &[_]| windows.iter().all(|window| count(window) == grid.kernel[axis]);
    if uniform(0, &rows) && uniform(1, &columns) {
        let weights = vec![1.0 / grid.taps() as f64; channels.saturating_mul(grid.taps())];
        return Ok(Map::Conv(grid.conv(channels, channels, channels, weights)));
    }
    let [height, width] = grid.from;
    let seen = |windows: &[(Vec<usize>, usize)]| windows.iter().map(|(seen, _)| seen.len()).sum::<usize>();
    if channels.saturating_mul(seen(&rows)).saturating_mul(seen(&columns)) > MAX_ENTRIES {
        return Err(OpError::Graph(format!("more than {MAX_ENTRIES} values in windows of different sizes")));
    }
    let mut map = vec![vec![]; channels * height * width];
    let mut output = 0;
    for channel in 0..channels {
        for row in &rows {
            for column in &columns {
                let weight = 1.0 / (count(row) * count(column)).max(1) as f64;
                for i in &row.0 {
                    column.0.iter().for_each(|j| map[(channel * height + i) * width + j].push((output, weight)));
                }
                output += 1;
            }
        }
    }
    Ok(Map::Sparse(Sparse { columns: map }))
}

/// The map applied to a tensor.
pub(in crate::ops) fn apply(
    map: &Map<f64>,
    from: Shape,
    x: &Tensor,
    to: Shape,
    shape: Vec<usize>,
) -> OpResult<Vec<Tensor>> {
    let mut y = vec![0.0; to.len()];
    accumulate(map, from, x.data(), &[], to, &mut y);
    Ok(vec![tensor(Fact::float(shape), y)?])
}
