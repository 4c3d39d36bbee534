//! [LayerNormalization](https://onnx.ai/onnx/operators/onnx__LayerNormalization.html): (x − mean) / √(variance +
//! epsilon) · scale + bias over all values from an axis on. Opset 17+; the mean and the inverse of the
//! deviation are outputs too.
//!
//! A mean, a table of squares, a mean, a table of 1 / √x and products, each rounded once.

use super::{
    op::{Inputs, RewriteDef, axis},
    support::{
        inputs::pair,
        normalize::{normalized, scaled},
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LayerNormalization",
    opsets: 17..=27,
    inputs: 2..=3,
    summary: "all values from an axis on to mean 0 and variance 1, scaled",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (name, epsilon) = (attrs.int("axis").unwrap_or(-1), attrs.float("epsilon", 1e-5));
        attrs.ignore("stash_type");
        attrs.finish()?;
        let (x, scale) = pair(inputs)?;
        let shape = to.shape(x);
        let axis = axis(name, shape.len())?;
        let rows = to.reshape(x, &[shape[..axis].iter().product(), shape[axis..].iter().product()])?;
        let [y, mean, inverse] = normalized(to, rows, epsilon)?;
        let y = to.reshape(y, &shape)?;
        let own = to.shape(scale);
        let y = scaled(to, y, scale, Inputs(inputs).optional(2), &own)?;
        let kept: Vec<usize> =
            shape.iter().enumerate().map(|(other, size)| if other < axis { *size } else { 1 }).collect();
        Ok(vec![y, to.reshape(mean, &kept)?, to.reshape(inverse, &kept)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, private},
    };

    #[test]
    fn layer_normalization() {
        let case = Case::new(&super::DEF);
        let case = case.with("epsilon", Attr::Float(0.0));
        let x = private(&[2, 2], &[1.0, 3.0, 5.0, -5.0]);
        let (scale, bias) = (constant(&[2], &[1.0, 2.0]), constant(&[2], &[0.0, 1.0]));
        case.gives(&[&x, &scale, &bias], &[2, 2], &[-1.0, 3.0, 1.0, -1.0]);
        case.gives(&[&x, &scale], &[2, 2], &[-1.0, 2.0, 1.0, -2.0]);
        case.with("axis", Attr::Int(2)).graph_error(&[&x, &scale]);
    }
}
