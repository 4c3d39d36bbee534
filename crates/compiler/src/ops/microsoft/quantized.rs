//! Products of codes that are real numbers again behind them.

use super::super::{
    op::{Attrs, Id, Inputs, OpError, OpResult, RewriteDef, Rewriter},
    support::inputs::pair,
};

/// The product of a matrix, as codes at the scale of its own values, and constant codes: A, B, scale and zero point of
/// B, bias.
pub(super) const DYNAMIC_QUANTIZE_MAT_MUL: RewriteDef = RewriteDef {
    onnx: "com.microsoft.DynamicQuantizeMatMul",
    opsets: 1..=1,
    inputs: 3..=5,
    summary: "product of a matrix, as codes of its own scale, and codes; approximate, as DynamicQuantizeLinear is",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let (a, b) = pair(inputs)?;
        let given = Inputs(inputs);
        let [codes, scale, zero] = to.all("DynamicQuantizeLinear", &[], &[Some(a)])?[..] else {
            return Err(OpError::Graph("has no codes".into()));
        };
        let zeros = [Some(zero), given.optional(3)];
        product(attrs, to, [codes, b], [scale, given.get(2)?], zeros, given.optional(4))
    },
};

/// The product of codes: A, B, their scales, their zero points, bias.
pub(super) const MAT_MUL_INTEGER_TO_FLOAT: RewriteDef = RewriteDef {
    onnx: "com.microsoft.MatMulIntegerToFloat",
    opsets: 1..=1,
    inputs: 4..=7,
    summary: "product of codes as real numbers",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let (a, b) = pair(inputs)?;
        let given = Inputs(inputs);
        let zeros = [given.optional(4), given.optional(5)];
        product(attrs, to, [a, b], [given.get(2)?, given.get(3)?], zeros, given.optional(6))
    },
};

fn product(
    attrs: Attrs,
    to: &mut Rewriter<'_>,
    [a, b]: [Id; 2],
    scales: [Id; 2],
    [zero_a, zero_b]: [Option<Id>; 2],
    bias: Option<Id>,
) -> OpResult<Vec<Id>> {
    attrs.finish()?;
    let outputs = to.all("MatMulInteger", &[], &[Some(a), Some(b), zero_a, zero_b])?;
    let y = outputs.first().copied().ok_or_else(|| OpError::Graph("has no product".into()))?;
    let mut y = to.float(y)?;
    for scale in scales {
        y = to.op("Mul", &[y, scale])?;
    }
    if let Some(bias) = bias {
        y = to.op("Add", &[y, bias])?;
    }
    Ok(vec![y])
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::testing::{Case, constant, integers, missing},
        *,
    };

    #[test]
    fn codes_become_numbers() {
        let case = Case::new(&MAT_MUL_INTEGER_TO_FLOAT);
        let (a, b) = (integers(&[1, 2], &[3, 5]).into_private(), integers(&[2, 2], &[1, 0, 2, 3]));
        let (scale_a, scale_b) = (constant(&[], &[0.5]), constant(&[2], &[1.0, 2.0]));
        case.gives(&[&a, &b, &scale_a, &scale_b], &[1, 2], &[6.5, 15.0]);
        let (zero, bias) = (integers(&[], &[1]), constant(&[2], &[1.0, -1.0]));
        case.gives(&[&a, &b, &scale_a, &scale_b, &zero, &missing(), &bias], &[1, 2], &[6.0, 11.0]);
    }
}
