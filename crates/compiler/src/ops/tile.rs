//! [Tile](https://onnx.ai/onnx/operators/onnx__Tile.html): copies beside one another, a constant number of times.
//! Opset 6+. Exact: it only moves values.

use super::{
    op::{OpError, RewriteDef},
    support::{
        inputs::pair,
        shapes::{grown, sizes},
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Tile",
    opsets: 6..=27,
    inputs: 2..=2,
    summary: "copies beside one another, a constant number of times",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let (x, repeats) = pair(inputs)?;
        let repeats = sizes(to.list(repeats, "the repeats")?)?;
        let shape = to.shape(x);
        if repeats.len() != shape.len() {
            return Err(OpError::Graph("as many repeats as axes are needed".into()));
        }
        let result = shape.iter().zip(&repeats).map(|(size, times)| (*size as i64).saturating_mul(*times as i64));
        let result = sizes(result.collect())?;
        let source = |mut at: usize| {
            let (mut element, mut stride) = (0, 1);
            for axis in (0..shape.len()).rev() {
                element += at % result[axis] % shape[axis] * stride;
                at /= result[axis];
                stride *= shape[axis];
            }
            Some(element as u32)
        };
        let sources = (0..grown(to.len(x), &result)?).map(source).collect();
        Ok(vec![to.select(x, result.clone(), sources, 0.0)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn tile() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2], &[1.0, 2.0]);
        case.gives(&[&x, &integers(&[2], &[2, 2])], &[2, 4], &[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
        case.graph_error(&[&x, &integers(&[1], &[2])]);
        case.graph_error(&[&x, &integers(&[2], &[1 << 26, 1])]);
    }
}
