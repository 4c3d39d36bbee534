//! [Imputer](https://onnx.ai/onnx/operators/onnx_aionnxml_Imputer.html): replaces NaN by a value for each feature.
//! Operator sets 1 to 5.
//!
//! Of values of the graph's input: a missing one counts as the value that replaces it, where all that read it replace
//! it by the same. What is computed is never NaN. Unsupported: any other value to be replaced; encode it before the
//! model.

use super::super::op::{
    Inputs, Lowered, Op, OpError, OpResult, Operand, RewriteDef, reshaped, tensor, trees::Monotone,
};
use super::features::per_feature;
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Imputer",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "a value in the place of a missing one (NaN) of the input",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let floats = attrs.floats("imputed_value_floats");
        let integers = attrs.ints("imputed_value_int64s");
        let replaced = attrs.any_float("replaced_value_float");
        let of_floats = floats.is_some();
        // Without effect beside real numbers.
        let replaced_integer = attrs.int("replaced_value_int64").filter(|_| !of_floats);
        if !replaced.unwrap_or(0.0).is_nan() && of_floats || replaced_integer.is_some() {
            attrs.reject("a number to be replaced; only NaN is");
        }
        attrs.finish()?;
        let x = Inputs(inputs).get(0)?;
        let features = to.shape(x).last().copied().unwrap_or(1);
        let integers = integers.map(|values| values.into_iter().map(|value| value as f64).collect());
        let Some(values) = floats.or(integers) else {
            return Err(OpError::Graph("no value in the place of missing ones".to_owned()));
        };
        let values = per_feature(values, features, "imputed_value")?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(OpError::Graph("a value that is not a finite number".to_owned()));
        }
        if to.fact(x).dtype != DType::Float || !to.is_input(x) {
            return Ok(vec![to.named_copy(x)?]);
        }
        to.put("Imputer", Box::new(Imputer { values }), x)
    },
};

#[derive(Debug)]
struct Imputer {
    /// Of each feature, the last axis.
    values: Vec<f64>,
}

impl Op for Imputer {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![inputs.get(0)?.float()?.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        if !x.data().iter().any(|x| x.is_nan()) {
            return reshaped(x, x.shape().to_vec());
        }
        let values = self.values.iter().cycle();
        let y = x.data().iter().zip(values).map(|(x, value)| if x.is_nan() { *value } else { *x }).collect();
        Ok(vec![tensor(x.fact().clone(), y)?])
    }

    fn monotone(&self, element: usize) -> Option<Monotone> {
        element.checked_rem(self.values.len()).map(|feature| Monotone::Imputed(self.values[feature]))
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Reshape])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, floats};
    use crate::ops::Attr;

    #[test]
    fn imputer() {
        let case = Case::new(&super::DEF).with("imputed_value_floats", floats(&[1.0, 2.0]));
        let nan = case.with("replaced_value_float", Attr::Float(f64::NAN));
        nan.gives(&[3.0, 4.0], &[&[3.0, 4.0]]);
        nan.gives(&[f64::NAN, f64::NAN], &[&[1.0, 2.0]]);
        nan.graph_error(3);
        case.with("replaced_value_float", Attr::Float(-1.0)).unsupported(2);
        case.unsupported(2);
    }
}
