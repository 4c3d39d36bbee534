//! [OneHot](https://onnx.ai/onnx/operators/onnx__OneHot.html): one of two constants for each number below `depth`, on
//! a new axis. Opset 9+.
//!
//! Exact, by comparisons with each number. An index below 0 counts from the end; one that is out of range chooses none.

use super::{
    op::{Inputs, OpError, RewriteDef, axis},
    support::{indices::from_the_end, inputs::only},
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "OneHot",
    opsets: 9..=27,
    inputs: 3..=3,
    summary: "one of two constants for each number below `depth`, on a new axis",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(-1);
        attrs.finish()?;
        let indices = only(inputs)?;
        let depth = to.list(Inputs(inputs).get(1)?, "the depth")?.first().copied().unwrap_or(0);
        let depth = usize::try_from(depth).ok().filter(|depth| (1..=1 << 16).contains(depth));
        let depth = depth.ok_or_else(|| OpError::Graph("the depth is out of range".into()))?;
        let values = Inputs(inputs).get(2)?;
        let dtype = to.fact(values).dtype;
        let [off, on] = to.value(values).map_or(&[][..], |values| values.data()) else {
            return Err(OpError::unsupported("the two values must be constants"));
        };
        let (off, on) = (*off, *on);
        let shape = to.shape(indices);
        let axis = axis(name, shape.len() + 1)?;
        let mut expanded = shape;
        expanded.insert(axis, 1);
        let size = to.number(depth as f64)?;
        let indices = from_the_end(to, indices, size)?;
        let indices = to.reshape(indices, &expanded)?;
        let equal = to.one_hot("OneHot", indices, axis, depth)?;
        let y = to.affine(equal, on - off, off)?;
        if dtype == DType::Int {
            return Ok(vec![to.whole(y, on.min(off), on.max(off))?]);
        }
        Ok(vec![to.relabel(y, dtype)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, integers},
    };

    #[test]
    fn one_hot() {
        let case = Case::new(&super::DEF);
        let (depth, values) = (integers(&[], &[3]), constant(&[2], &[-1.0, 2.0]));
        let x = integers(&[2], &[2, 0]).into_private();
        case.gives(&[&x, &depth, &values], &[2, 3], &[-1.0, -1.0, 2.0, 2.0, -1.0, -1.0]);
        case.with("axis", Attr::Int(0)).gives(&[&x, &depth, &values], &[3, 2], &[-1.0, 2.0, -1.0, -1.0, 2.0, -1.0]);
        let negative = integers(&[2], &[-1, -4]).into_private();
        case.gives(&[&negative, &depth, &values], &[2, 3], &[-1.0, -1.0, 2.0, -1.0, -1.0, -1.0]);
        case.gives(&[&integers(&[1], &[-3]), &depth, &values], &[1, 3], &[2.0, -1.0, -1.0]);
        case.unsupported(&[&x, &depth.into_private(), &values]);
    }
}
