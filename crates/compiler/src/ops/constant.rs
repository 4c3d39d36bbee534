//! [Constant](https://onnx.ai/onnx/operators/onnx__Constant.html): a tensor given by an attribute. Opset 1+; the forms
//! `value_float`, `value_floats`, `value_int` and `value_ints` from 12. Unsupported: strings and sparse tensors.

use super::op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Constant",
    opsets: 1..=27,
    inputs: 0..=0,
    summary: "a tensor of numbers",
    marks: &[Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Constant {
    value: Tensor,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let mut values: Vec<Option<Tensor>> = attrs.tensor("value").map(Some).into_iter().collect();
    if attrs.opset() >= 12 {
        let list = |dtype, data: Vec<f64>| Tensor::new(Fact { dtype, shape: vec![data.len()] }, data);
        let integer = Fact { dtype: DType::Int, shape: vec![] };
        values.extend(attrs.any_float("value_float").map(|value| Some(Tensor::scalar(value))));
        values.extend(attrs.floats("value_floats").map(|values| list(DType::Float, values)));
        values.extend(attrs.int("value_int").map(|value| Tensor::new(integer, vec![value as f64])));
        let reals = |values: Vec<i64>| values.into_iter().map(|value| value as f64).collect();
        values.extend(attrs.ints("value_ints").map(|values| list(DType::Int, reals(values))));
    }
    attrs.finish()?;
    match <[_; 1]>::try_from(values) {
        Ok([Some(value)]) => Ok(Box::new(Constant { value })),
        Ok([None]) => Err(OpError::Graph("the constant is empty".into())),
        Err(values) => Err(OpError::Graph(format!("{} values given, expected exactly one", values.len()))),
    }
}

impl Op for Constant {
    fn facts(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![self.value.fact().clone()])
    }

    fn eval(&self, _: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        Ok(vec![self.value.clone()])
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Err(OpError::Graph("is constant".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Attr, testing::Case};
    use crate::tensor::Tensor;

    #[test]
    fn constant() {
        let case = Case::new(&super::DEF);
        case.with("value", Attr::Tensor(Tensor::scalar(0.5))).gives(&[], &[], &[0.5]);
        case.with("value_float", Attr::Float(0.5)).gives(&[], &[], &[0.5]);
        case.with("value_floats", Attr::Floats(vec![0.5, 1.0])).gives(&[], &[2], &[0.5, 1.0]);
        case.with("value_int", Attr::Int(-1)).gives(&[], &[], &[-1.0]);
        case.with("value_ints", Attr::Ints(vec![1, -1])).gives(&[], &[2], &[1.0, -1.0]);
    }

    #[test]
    fn constant_refuses() {
        let case = Case::new(&super::DEF);
        case.graph_error(&[]);
        case.with("value_int", Attr::Int(1)).with("value_float", Attr::Float(1.0)).graph_error(&[]);
        case.with("value_ints", Attr::Ints(vec![])).graph_error(&[]);
        case.with("sparse_value", Attr::Other).unsupported(&[]);
        case.opset(11).with("value_int", Attr::Int(1)).unsupported(&[]);
    }
}
