//! [Equal](https://onnx.ai/onnx/operators/onnx__Equal.html): whether two integers or truth values are equal, with
//! numpy broadcasting. Opset 7+.
//!
//! Exact: two comparisons of the difference. Real numbers are compared only with integers by another name, since
//! rounded ones are not equal in any useful sense.

use super::{
    op::{Id, Mark, OpError, RewriteDef},
    support::inputs::without_attributes,
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Equal",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "whether integers or truth values are equal",
    marks: &[Mark::TakesEmpty],
    rewrite: |attrs, inputs, to| {
        let (a, b) = without_attributes(attrs, inputs)?;
        if [a, b].iter().any(|x| to.fact(*x).dtype == DType::Float && to.value(*x).is_none()) {
            let whole = |x: &Id| to.value(*x).is_some_and(|x| x.data().iter().all(|x| x.fract() == 0.0));
            let integers = [a, b].iter().any(whole);
            if !integers {
                return Err(OpError::unsupported("real numbers; compare integers, or use a tolerance"));
            }
        }
        let (a, b) = (to.float(a)?, to.float(b)?);
        let difference = to.op("Sub", &[a, b])?;
        if let Some(constant) = to.value(difference) {
            let (shape, data) = (constant.shape().to_vec(), constant.data());
            let equal = data.iter().map(|value| f64::from(*value == 0.0)).collect();
            let equal = to.floats(&shape, equal)?;
            return Ok(vec![to.relabel(equal, DType::Bool)?]);
        }
        let equal = to.is_zero("Equal", difference)?;
        Ok(vec![to.relabel(equal, DType::Bool)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, integers, private};

    #[test]
    fn equal() {
        let case = Case::new(&super::DEF);
        let x = integers(&[1, 3], &[1, 2, 3]).into_private();
        case.gives(&[&x, &integers(&[], &[2])], &[1, 3], &[0.0, 1.0, 0.0]);
        case.gives(&[&x, &x], &[1, 3], &[1.0; 3]);
        let real = private(&[1, 2], &[1.0, 2.0]);
        case.gives(&[&real, &constant(&[], &[2.0])], &[1, 2], &[0.0, 1.0]);
        case.gives(&[&constant(&[2], &[0.25, 0.5]), &constant(&[], &[0.5])], &[2], &[0.0, 1.0]);
        case.unsupported(&[&real, &constant(&[], &[0.5])]);
        case.unsupported(&[&real, &real]);
    }
}
