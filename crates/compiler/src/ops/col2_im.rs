//! [Col2Im](https://onnx.ai/onnx/operators/onnx__Col2Im.html): blocks put back into an image of constant size, summed
//! where they overlap. Opset 18+. Exact: a constant linear map.

use super::op::{Attrs, Inputs};
use super::{
    op::{Id, OpError, OpResult, RewriteDef, Rewriter},
    support::{
        spatial::MAX_ENTRIES,
        weighted::{Taps, Weighted},
    },
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Col2Im",
    opsets: 18..=27,
    inputs: 3..=3,
    summary: "blocks summed into an image of constant size",
    marks: &[],
    rewrite,
};

fn rewrite(mut attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    let (dilations, pads, strides) = (attrs.ints("dilations"), attrs.ints("pads"), attrs.ints("strides"));
    attrs.finish()?;
    let inputs = Inputs(inputs);
    let x = inputs.get(0)?;
    let misfit = || OpError::Graph("its sizes do not fit one another".into());
    let sizes = |list: Vec<i64>| {
        list.into_iter()
            .map(|size| usize::try_from(size).ok().filter(|size| *size < MAX_ENTRIES))
            .collect::<Option<Vec<_>>>()
    };
    let image = sizes(to.list(inputs.get(1)?, "the image's shape")?).ok_or_else(misfit)?;
    let block = sizes(to.list(inputs.get(2)?, "the block's shape")?).ok_or_else(misfit)?;
    let rank = image.len();
    let list = |given: Option<Vec<i64>>, len: usize, default: i64| sizes(given.unwrap_or_else(|| vec![default; len]));
    let dilations = list(dilations, rank, 1).ok_or_else(misfit)?;
    let pads = list(pads, 2 * rank, 0).ok_or_else(misfit)?;
    let strides = list(strides, rank, 1).ok_or_else(misfit)?;
    let shape = to.shape(x);
    let [n, rows, count] = shape[..] else { return Err(OpError::shape("batch × block values × blocks", &[&shape])) };
    let fits = block.len() == rank && dilations.len() == rank && strides.len() == rank && pads.len() == 2 * rank;
    let positive = image.iter().chain(&block).chain(&dilations).chain(&strides).all(|size| *size > 0);
    if !fits || !positive || to.len(x) > MAX_ENTRIES {
        return Err(misfit());
    }
    let product = |sizes: &[usize]| sizes.iter().try_fold(1usize, |all, size| all.checked_mul(*size));
    let (taps_per_block, pixels) = (product(&block).ok_or_else(misfit)?, product(&image).ok_or_else(misfit)?);
    let mut places = vec![];
    for axis in 0..rank {
        let padded = image[axis] + pads[axis] + pads[rank + axis];
        let span = (block[axis] - 1) * dilations[axis] + 1;
        places.push(padded.checked_sub(span).ok_or_else(misfit)? / strides[axis] + 1);
    }
    let channels = rows / taps_per_block;
    if !rows.is_multiple_of(taps_per_block)
        || product(&places) != Some(count)
        || pixels.saturating_mul(n * channels) > MAX_ENTRIES
    {
        return Err(misfit());
    }
    let coordinates = |mut at: usize, sizes: &[usize]| {
        let mut all = vec![0; sizes.len()];
        for axis in (0..sizes.len()).rev() {
            all[axis] = at % sizes[axis];
            at /= sizes[axis];
        }
        all
    };
    let mut taps: Taps = vec![vec![]; n * channels * pixels];
    for element in 0..to.len(x) {
        let (row, place) = (element / count % rows, coordinates(element % count, &places));
        let (plane, tap) =
            (element / count / rows * channels + row / taps_per_block, coordinates(row % taps_per_block, &block));
        let pixel = (0..rank).try_fold(0usize, |pixel, axis| {
            let at = (place[axis] * strides[axis] + tap[axis] * dilations[axis]).checked_sub(pads[axis])?;
            (at < image[axis]).then_some(pixel * image[axis] + at)
        });
        if let Some(pixel) = pixel {
            taps[plane * pixels + pixel].push((element as u32, 1.0));
        }
    }
    let shape = [&[n, channels][..], &image].concat();
    to.put("Col2Im", Box::new(Weighted { shape, taps }), x)
}
