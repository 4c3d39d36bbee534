//! [GroupNormalization](https://onnx.ai/onnx/operators/onnx__GroupNormalization.html): (x − mean) / √(variance +
//! epsilon) · scale + bias over groups of channels. Opset 18+; one scale for each group up to 20, for each channel
//! from 21.
//!
//! A mean, a table of squares, a mean, a table of 1 / √x and products, each rounded once.

use super::{
    op::{Id, Inputs, OpError, RewriteDef, Rewriter},
    support::{
        inputs::pair,
        normalize::{normalized, per_channel, scaled},
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "GroupNormalization",
    opsets: 18..=27,
    inputs: 3..=3,
    summary: "groups of channels to mean 0 and variance 1, scaled",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (groups, epsilon) = (attrs.int("num_groups"), attrs.float("epsilon", 1e-5));
        attrs.ignore("stash_type");
        attrs.finish()?;
        let (x, scale) = pair(inputs)?;
        let shape = to.shape(x);
        let [n, c, ..] = shape[..] else { return Err(OpError::shape("batch × channels × …", &[&shape])) };
        let groups = groups.and_then(|groups| usize::try_from(groups).ok()).filter(|g| *g > 0 && c.is_multiple_of(*g));
        let groups = groups.ok_or_else(|| OpError::Graph("num_groups does not divide the channels".into()))?;
        let rows = to.reshape(x, &[n * groups, to.len(x) / (n * groups)])?;
        let [y, ..] = normalized(to, rows, epsilon)?;
        let y = to.reshape(y, &shape)?;
        // One scale per group up to opset 20, one per channel from 21.
        let each = |to: &mut Rewriter<'_>, values: Id| {
            if to.len(values) == c {
                return Ok(values);
            }
            let sources = (0..c).map(|channel| Some((channel / (c / groups)) as u32)).collect();
            to.select(values, vec![c], sources, 0.0)
        };
        let scale = each(to, scale)?;
        let bias = Inputs(inputs).optional(2).map(|bias| each(to, bias)).transpose()?;
        Ok(vec![scaled(to, y, scale, bias, &per_channel(&shape))?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, private},
    };

    #[test]
    fn group_normalization() {
        let case = Case::new(&super::DEF);
        let case = case.with("epsilon", Attr::Float(0.0)).with("num_groups", Attr::Int(1));
        let x = private(&[1, 2, 1], &[1.0, 3.0]);
        let (scale, bias) = (constant(&[2], &[1.0, 2.0]), constant(&[2], &[0.0, 1.0]));
        case.gives(&[&x, &scale, &bias], &[1, 2, 1], &[-1.0, 3.0]);
        let (scale, bias) = (constant(&[1], &[2.0]), constant(&[1], &[0.0]));
        case.opset(18).gives(&[&x, &scale, &bias], &[1, 2, 1], &[-2.0, 2.0]);
        Case::new(&super::DEF).graph_error(&[&x, &scale, &bias]);
    }
}
