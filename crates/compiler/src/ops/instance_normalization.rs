//! [InstanceNormalization](https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html): `(x − mean) /
//! √(variance + epsilon) · scale + bias` over the pixels of each channel. Opset 6+.
//!
//! A mean, a table of squares, a mean, a table of 1 / √x and products, each rounded once.

use super::{
    op::{Inputs, OpError, RewriteDef},
    support::{
        inputs::pair,
        normalize::{normalized, per_channel, scaled},
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "InstanceNormalization",
    opsets: 1..=27,
    inputs: 3..=3,
    summary: "each channel to mean 0 and variance 1, scaled",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let epsilon = attrs.float("epsilon", 1e-5);
        attrs.finish()?;
        let (x, scale) = pair(inputs)?;
        let shape = to.shape(x);
        let [n, c, rest @ ..] = &shape[..] else { return Err(OpError::shape("batch × channels × …", &[&shape])) };
        let rows = to.reshape(x, &[n * c, rest.iter().product()])?;
        let [y, ..] = normalized(to, rows, epsilon)?;
        let y = to.reshape(y, &shape)?;
        Ok(vec![scaled(to, y, scale, Inputs(inputs).optional(2), &per_channel(&shape))?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, private},
    };

    #[test]
    fn instance_normalization() {
        let case = Case::new(&super::DEF);
        let case = case.with("epsilon", Attr::Float(0.0));
        let x = private(&[1, 2, 2], &[1.0, 3.0, 5.0, -5.0]);
        let (scale, bias) = (constant(&[2], &[1.0, 2.0]), constant(&[2], &[0.0, 1.0]));
        case.gives(&[&x, &scale, &bias], &[1, 2, 2], &[-1.0, 1.0, 3.0, -1.0]);
        case.shape_error(&[&private(&[2], &[0.0; 2]), &scale, &bias]);
    }
}
