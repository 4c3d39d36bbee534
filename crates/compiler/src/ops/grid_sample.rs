//! [GridSample](https://onnx.ai/onnx/operators/onnx__GridSample.html): values of an image between its pixels, at the
//! constant coordinates of a grid. Opset 16+. Exact: a constant linear map. Unsupported: private grids, cubic
//! interpolation.

use super::{
    op::{Attrs, Id, OpError, OpResult, RewriteDef, Rewriter},
    support::{
        inputs::pair,
        spatial::MAX_ENTRIES,
        weighted::{Taps, Weighted},
    },
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "GridSample",
    opsets: 16..=27,
    inputs: 2..=2,
    summary: "nearest or linearly interpolated values at the coordinates of a constant grid",
    marks: &[],
    rewrite,
};

/// What lies beyond the border.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Padding {
    Zeros,
    Border,
    Reflection,
}

fn rewrite(mut attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    let nearest = match attrs.text("mode").as_deref() {
        None | Some("linear" | "bilinear") => false,
        Some("nearest") => true,
        Some(other) => {
            attrs.reject(format!("mode = {other}; nearest and linear are served"));
            false
        }
    };
    let padding = match attrs.text("padding_mode").as_deref() {
        None | Some("zeros") => Padding::Zeros,
        Some("border") => Padding::Border,
        Some("reflection") => Padding::Reflection,
        Some(other) => {
            attrs.reject(format!("padding_mode = {other}"));
            Padding::Zeros
        }
    };
    let corners = attrs.flag("align_corners", false);
    attrs.finish()?;
    let (x, grid) = pair(inputs)?;
    let (shape, places) = (to.shape(x), to.shape(grid));
    let grid =
        to.value(grid).ok_or_else(|| OpError::unsupported("a private grid; the places it reads depend on values"))?;
    let rank = shape.len().saturating_sub(2);
    let fits = rank > 0 && places.len() == rank + 2 && places[0] == shape[0] && places[rank + 1] == rank;
    if !fits {
        return Err(OpError::shape("an image, and a grid of as many coordinates as it has axes", &[&shape, &places]));
    }
    let (channels, space) = (shape[1], &shape[2..]);
    let (pixels, count): (usize, usize) = (space.iter().product(), places[1..=rank].iter().product());
    if (shape[0] * channels * count).saturating_mul(1 << rank.min(16)) > MAX_ENTRIES {
        return Err(OpError::Graph(format!("more than {MAX_ENTRIES} weights")));
    }
    let mut taps: Taps = vec![vec![]; shape[0] * channels * count];
    for (index, place) in grid.data().chunks_exact(rank).enumerate() {
        let (n, at) = (index / count, index % count);
        let mut around = vec![(0usize, 1.0)];
        // Coordinates stand from the last axis to the first.
        for (size, coordinate) in space.iter().zip(place.iter().rev()) {
            let near = along(*size, *coordinate, nearest, padding, corners);
            let pairs = around.iter().flat_map(|(o, a)| near.iter().map(move |(i, b)| (o * size + i, a * b)));
            around = pairs.collect();
        }
        for c in 0..channels {
            let plane = n * channels + c;
            taps[plane * count + at] =
                around.iter().map(|(i, weight)| ((plane * pixels + i) as u32, *weight)).collect();
        }
    }
    let shape = [&shape[..2], &places[1..=rank]].concat();
    to.put("GridSample", Box::new(Weighted { shape, taps }), x)
}

/// The values of an axis that a coordinate between −1 and 1 is made of.
fn along(size: usize, coordinate: f64, nearest: bool, padding: Padding, corners: bool) -> Vec<(usize, f64)> {
    let last = (size - 1) as f64;
    let at = if corners { (coordinate + 1.0) / 2.0 * last } else { ((coordinate + 1.0) * size as f64 - 1.0) / 2.0 };
    let at = if nearest { at.round_ties_even() } else { at };
    let at = match padding {
        Padding::Zeros => at,
        Padding::Border => at.clamp(0.0, last),
        Padding::Reflection => {
            let (low, high) = if corners { (0.0, last) } else { (-0.5, last + 0.5) };
            let (range, from) = (high - low, at - low);
            let back = if range == 0.0 { 0.0 } else { from.rem_euclid(2.0 * range) };
            (low + if back > range { 2.0 * range - back } else { back }).clamp(0.0, last)
        }
    };
    let (low, share) = (at.floor(), at - at.floor());
    let taps = [(low, 1.0 - share), (low + 1.0, share)];
    let inside = |(place, weight): &(f64, f64)| *weight != 0.0 && (0.0..=last).contains(place);
    taps.into_iter().filter(inside).map(|(place, weight)| (place as usize, weight)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, private},
    };

    #[test]
    fn grid_sample() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let grid = constant(&[1, 1, 2, 2], &[-1.0, -1.0, 1.0, 0.0]);
        case.with("align_corners", Attr::Int(1)).gives(&[&x, &grid], &[1, 1, 1, 2], &[1.0, 3.0]);
        // Half a pixel beyond the corner.
        case.gives(&[&x, &grid], &[1, 1, 1, 2], &[0.25, 1.5]);
        let reflected = case.with("padding_mode", Attr::Text("reflection".into()));
        reflected.gives(&[&x, &grid], &[1, 1, 1, 2], &[1.0, 3.0]);
        case.unsupported(&[&x, &private(&[1, 1, 2, 2], &[0.0; 4])]);
        case.with("mode", Attr::Text("cubic".into())).with("padding_mode", Attr::Text("?".into())).unsupported(&[]);
        case.shape_error(&[&x, &constant(&[1, 1, 2, 3], &[0.0; 6])]);
    }
}
