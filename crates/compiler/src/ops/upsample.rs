//! [Upsample](https://onnx.ai/onnx/operators/onnx__Upsample.html) to the nearest value. Opset 7 to 9; the scales are an
//! attribute up to 8 and a constant input in 9. Exact: values are only repeated. Unsupported: interpolation.

use super::{
    op::{Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand},
    resize::{nearest, scaled},
    support::moves::Moves,
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Upsample",
    opsets: 7..=9,
    inputs: 1..=2,
    summary: "nearest values, constant scales",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct Upsample {
    scales: Option<Vec<f64>>,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    if attrs.text("mode").is_some_and(|mode| mode != "nearest") {
        attrs.reject("mode other than nearest");
    }
    let scales = if attrs.opset() < 9 { attrs.floats("scales") } else { None };
    attrs.finish()?;
    Ok(Box::new(Upsample { scales }))
}

impl Upsample {
    fn moves(&self, shape: &[usize], scales: Option<&Tensor>) -> OpResult<Moves> {
        let missing = || OpError::Graph("the scales are missing".into());
        let scales = scales.map(Tensor::data).or(self.scales.as_deref()).ok_or_else(missing)?;
        nearest(shape, &scaled(shape, scales)?, |scale, i| (i / scale).floor())
    }

    fn operands(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Moves> {
        let scales = inputs.optional(1).map(|scales| scales.constant("the scales")).transpose()?;
        self.moves(&inputs.get(0)?.fact.shape, scales)
    }
}

impl Op for Upsample {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![Fact { dtype: inputs.get(0)?.fact.dtype, shape: self.operands(inputs)?.shape() }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        Ok(vec![self.moves(x.shape(), inputs.optional(1))?.eval(x, 0.0)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![self.operands(inputs)?.lower(0.0)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, private},
    };

    #[test]
    fn upsample() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 1, 2], &[1.0, 2.0]);
        let nine = case.opset(9).with("mode", Attr::Text("nearest".into()));
        nine.gives(&[&x, &constant(&[3], &[1.0, 1.0, 3.0])], &[1, 1, 6], &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        let seven = case.opset(7).with("scales", Attr::Floats(vec![1.0, 2.0, 1.0]));
        seven.gives(&[&x], &[1, 2, 2], &[1.0, 2.0, 1.0, 2.0]);
        nine.graph_error(&[&x]);
        nine.graph_error(&[&x, &constant(&[1], &[2.0])]);
        case.opset(9).with("mode", Attr::Text("linear".into())).unsupported(&[]);
    }
}
