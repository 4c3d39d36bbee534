//! [GatherElements](https://onnx.ai/onnx/operators/onnx__GatherElements.html): for each index the value there along
//! an axis, at the same place otherwise. Opset 11+.
//!
//! Constant indices only move values, exactly. A private one is compared with every value it may have, by
//! what it is computed from or else by the length of the axis, and the result is the sum of the products with what
//! the values stand for; one below 0 counts from the end, one out of range selects nothing.

use super::{
    op::{OpResult, RewriteDef, axis},
    support::{
        indices::{OneOf, along, check_along, index},
        inputs::pair,
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "GatherElements",
    opsets: 11..=27,
    inputs: 2..=2,
    summary: "single values along an axis by index, constant or private",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(0);
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let (shape, result) = (to.shape(data), to.shape(indices));
        let axis = axis(name, shape.len())?;
        check_along(&shape, &result, axis)?;
        let places = along(&shape, &result, axis);
        if to.value(indices).is_some() {
            let indices = to.list(indices, "the indices")?;
            let source = |(i, (start, stride)): (i64, (usize, usize))| {
                Ok(Some((start + index(i, shape[axis])? * stride) as u32))
            };
            let sources = indices.into_iter().zip(places).map(source).collect::<OpResult<_>>()?;
            return Ok(vec![to.select(data, result, sources, 0.0)?]);
        }
        let one = OneOf::new(to, indices, shape[axis])?;
        let values = one.pick(to, data, 1, |i, value, _| places[i].0 + value * places[i].1)?;
        Ok(vec![to.reshape(values, &result)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn gather_elements() {
        let case = Case::new(&super::DEF);
        let case = case.with("axis", Attr::Int(1));
        let x = private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let at = integers(&[2, 2], &[0, 0, 1, 0]);
        case.gives(&[&x, &at], &[2, 2], &[1.0, 1.0, 4.0, 3.0]);
        case.gives(&[&x, &at.into_private()], &[2, 2], &[1.0, 1.0, 4.0, 3.0]);
        case.gives(&[&x, &integers(&[2, 2], &[0, -2, -1, 0]).into_private()], &[2, 2], &[1.0, 1.0, 4.0, 3.0]);
        case.shape_error(&[&x, &integers(&[3, 1], &[0, 0, 0])]);
    }
}
