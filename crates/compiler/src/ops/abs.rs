//! [Abs](https://onnx.ai/onnx/operators/onnx__Abs.html): y = |x|, element by element. Opset 6+. A LeakyRelu of slope −1.

use super::{
    op::{Attr, RewriteDef},
    support::inputs::only,
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Abs",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "|x|",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let x = only(inputs)?;
        let (dtype, bounds) = (to.fact(x).dtype, to.bounds(x));
        let x = to.float(x)?;
        let y = to.with("LeakyRelu", &[("alpha", Attr::Float(-1.0))], &[x])?;
        let y = to.relabel(y, dtype)?;
        if let (DType::Int, Some(bounds)) = (dtype, bounds) {
            to.bound(y, bounds.into_iter().map(|(low, high)| (0.0, low.abs().max(high.abs()))).collect());
        }
        Ok(vec![y])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn abs() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[-1.5, 2.0])], &[1, 2], &[1.5, 2.0]);
        case.gives(&[&integers(&[1], &[-3]).into_private()], &[1], &[3.0]);
    }
}
