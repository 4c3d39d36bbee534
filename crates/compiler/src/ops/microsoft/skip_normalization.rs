//! Normalizations of a sum, which is an output, too.

use super::super::{
    op::{Attr, Attrs, Id, Inputs, OpResult, RewriteDef, Rewriter},
    support::inputs::pair,
};

/// LayerNormalization of a sum: input, skip, gamma, beta, bias.
pub(super) const SKIP_LAYER_NORMALIZATION: RewriteDef = RewriteDef {
    onnx: "com.microsoft.SkipLayerNormalization",
    opsets: 1..=1,
    inputs: 3..=5,
    summary: "LayerNormalization of a sum",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let beta = Inputs(inputs).optional(3);
        let (epsilon, sum) = sum(attrs, inputs, 4, to)?;
        let gamma = Inputs(inputs).get(2)?;
        let mut outputs = to.all("LayerNormalization", &[epsilon], &[Some(sum), Some(gamma), beta])?;
        outputs.push(sum);
        Ok(outputs)
    },
};

/// RMSNormalization of a sum: input, skip, gamma, bias.
pub(super) const SKIP_SIMPLIFIED_LAYER_NORMALIZATION: RewriteDef = RewriteDef {
    onnx: "com.microsoft.SkipSimplifiedLayerNormalization",
    opsets: 1..=1,
    inputs: 3..=4,
    summary: "RMSNormalization of a sum",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let (epsilon, sum) = sum(attrs, inputs, 3, to)?;
        let gamma = Inputs(inputs).get(2)?;
        to.all("RMSNormalization", &[epsilon], &[Some(sum), Some(gamma)])
    },
};

/// The attribute epsilon, and the sum of the first two inputs and of the one with index `bias`.
fn sum(
    mut attrs: Attrs,
    inputs: &[Option<Id>],
    bias: usize,
    to: &mut Rewriter<'_>,
) -> OpResult<((&'static str, Attr), Id)> {
    let epsilon = attrs.float("epsilon", 1e-12);
    attrs.finish()?;
    let (x, skip) = pair(inputs)?;
    let mut sum = to.op("Add", &[x, skip])?;
    if let Some(bias) = Inputs(inputs).optional(bias) {
        sum = to.op("Add", &[sum, bias])?;
    }
    Ok((("epsilon", Attr::Float(epsilon)), sum))
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::testing::{Case, constant, missing, private},
        *,
    };

    #[test]
    fn sums_are_normalized() {
        let (x, skip) = (private(&[1, 2], &[1.0, 2.0]), private(&[1, 2], &[0.0, 1.0]));
        let (gamma, beta, bias) =
            (constant(&[2], &[1.0, 2.0]), constant(&[2], &[0.0, 1.0]), constant(&[2], &[1.0, 1.0]));
        let layer = Case::new(&SKIP_LAYER_NORMALIZATION).with("epsilon", Attr::Float(0.0));
        layer.gives(&[&x, &skip, &gamma], &[1, 2], &[-1.0, 2.0]);
        layer.gives(&[&x, &skip, &gamma, &beta, &bias], &[1, 2], &[-1.0, 3.0]);
        layer.gives(&[&x, &skip, &gamma, &missing(), &bias], &[1, 2], &[-1.0, 2.0]);
        let simple = Case::new(&SKIP_SIMPLIFIED_LAYER_NORMALIZATION).with("epsilon", Attr::Float(0.0));
        let root = 5f64.sqrt();
        simple.gives(&[&x, &skip, &gamma], &[1, 2], &[1.0 / root, 6.0 / root]);
    }
}
