//! [Imputer](https://onnx.ai/onnx/operators/onnx_aionnxml_Imputer.html): replaces NaN by a value for each feature.
//! Operator sets 1 to 5.
//!
//! NaN is refused as an input, so nothing is replaced: this is x. Unsupported: any other value to be replaced; encode
//! it before the model.

use super::{
    super::op::{Inputs, RewriteDef},
    features::per_feature,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Imputer",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "x: NaN, which it replaces, is refused as an input",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let floats = attrs.floats("imputed_value_floats");
        let integers = attrs.ints("imputed_value_int64s");
        let replaced = attrs.any_float("replaced_value_float");
        if replaced.is_some_and(|value| !value.is_nan()) || attrs.int("replaced_value_int64").is_some() {
            attrs.reject("a number to be replaced; only NaN is, which no input has");
        }
        attrs.finish()?;
        let x = Inputs(inputs).get(0)?;
        let features = to.shape(x).last().copied().unwrap_or(1);
        let integers = integers.map(|values| values.into_iter().map(|value| value as f64).collect());
        if let Some(values) = floats.or(integers) {
            per_feature(values, features, "imputed_value")?;
        }
        Ok(vec![to.named_copy(x)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, floats};
    use crate::ops::Attr;

    #[test]
    fn imputer() {
        let case = Case::new(&super::DEF).with("imputed_value_floats", floats(&[1.0, 2.0]));
        case.with("replaced_value_float", Attr::Float(f64::NAN)).gives(&[3.0, 4.0], &[&[3.0, 4.0]]);
        case.with("replaced_value_float", Attr::Float(-1.0)).unsupported(2);
        case.graph_error(3);
    }
}
