//! [ConstantOfShape](https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html): one value everywhere. Opset 9+.
//! Folded: it depends on shapes and constants alone.

use super::{
    op::{Mark, RewriteDef},
    support::{
        inputs::only,
        shapes::{any_sizes, grown},
    },
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ConstantOfShape",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "one value everywhere, folded",
    marks: &[Mark::TakesEmpty],
    rewrite: |mut attrs, inputs, to| {
        let value = attrs.tensor("value");
        attrs.finish()?;
        let shape = any_sizes(to.list(only(inputs)?, "the shape")?)?;
        let (dtype, fill) = value
            .map_or((DType::Float, 0.0), |value| (value.fact().dtype, value.data().first().copied().unwrap_or(0.0)));
        let len = grown(0, &shape)?;
        Ok(vec![to.tensor(dtype, shape, vec![fill; len])?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers};

    #[test]
    fn constant_of_shape() {
        let case = Case::new(&super::DEF);
        case.gives(&[&integers(&[2], &[1, 3])], &[1, 3], &[0.0; 3]);
        case.gives(&[&integers(&[0], &[])], &[], &[0.0]);
        case.gives(&[&integers(&[1], &[0])], &[0], &[]);
        case.graph_error(&[&integers(&[1], &[1 << 27])]);
        case.unsupported(&[&integers(&[2], &[1, 3]).into_private()]);
    }
}
