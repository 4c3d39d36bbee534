//! Products of matrices and convolutions with what stands in front of them and behind.

use super::super::{
    op::{Attr, Id, Inputs, OPSETS, OpError, OpResult, RewriteDef, Rewriter},
    support::inputs::pair,
};

/// alpha · A' · B', the last two axes of either swapped on demand.
pub(super) const FUSED_MAT_MUL: RewriteDef = RewriteDef {
    onnx: "com.microsoft.FusedMatMul",
    opsets: 1..=1,
    inputs: 2..=2,
    summary: "alpha · A·B with transA, transB",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let alpha = attrs.float("alpha", 1.0);
        let swaps = ["transA", "transB"].map(|name| attrs.flag(name, false));
        for name in ["transBatchA", "transBatchB"] {
            if attrs.flag(name, false) {
                attrs.reject(format!("{name} = 1"));
            }
        }
        attrs.finish()?;
        let (a, b) = pair(inputs)?;
        let mut operands = [a, b];
        for (operand, swap) in operands.iter_mut().zip(swaps) {
            let rank = to.shape(*operand).len();
            // Of a vector there is nothing to swap.
            if swap && rank > 1 {
                let mut order: Vec<usize> = (0..rank).collect();
                order.swap(rank - 2, rank - 1);
                *operand = to.transpose(*operand, &order)?;
            }
        }
        let y = to.op("MatMul", &operands)?;
        Ok(vec![to.affine(y, alpha, 0.0)?])
    },
};

/// Gemm and an activation.
pub(super) const FUSED_GEMM: RewriteDef = RewriteDef {
    onnx: "com.microsoft.FusedGemm",
    opsets: 1..=1,
    inputs: 2..=3,
    summary: "Gemm and an activation",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.text("activation");
        let parameters = ["activation_alpha", "activation_beta", "activation_gamma"].map(|name| attrs.any_float(name));
        let y = to.as_given("Gemm", attrs.at(*OPSETS.end()), inputs)?;
        activated(to, name.as_deref(), &parameters.into_iter().flatten().collect::<Vec<_>>(), y)
    },
};

/// Conv, a sum and an activation.
pub(super) const FUSED_CONV: RewriteDef = RewriteDef {
    onnx: "com.microsoft.FusedConv",
    opsets: 1..=1,
    inputs: 2..=4,
    summary: "Conv, the sum with another tensor and an activation",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (name, parameters) = (attrs.text("activation"), attrs.floats("activation_params").unwrap_or_default());
        let mut y = to.as_given("Conv", attrs.at(*OPSETS.end()), &inputs[..inputs.len().min(3)])?;
        if let Some(other) = Inputs(inputs).optional(3) {
            let sum = to.op("Add", &[first(&y)?, other])?;
            y = vec![sum];
        }
        activated(to, name.as_deref(), &parameters, y)
    },
};

fn first(outputs: &[Id]) -> OpResult<Id> {
    outputs.first().copied().ok_or_else(|| OpError::Graph("has no output".into()))
}

/// A value behind an activation.
fn activated(to: &mut Rewriter<'_>, name: Option<&str>, parameters: &[f64], y: Vec<Id>) -> OpResult<Vec<Id>> {
    let y = first(&y)?;
    let attr = |name: &'static str, value: f64| (name, Attr::Float(value));
    Ok(vec![match (name.unwrap_or_default(), parameters) {
        ("", _) => y,
        (name @ ("Relu" | "Sigmoid" | "Tanh"), _) => to.op(name, &[y])?,
        ("LeakyRelu", [alpha, ..]) => to.with("LeakyRelu", &[attr("alpha", *alpha)], &[y])?,
        ("HardSigmoid", [alpha, beta, ..]) => {
            to.with("HardSigmoid", &[attr("alpha", *alpha), attr("beta", *beta)], &[y])?
        }
        ("Clip", [min, max, ..]) => {
            let (min, max) = (to.number(*min)?, to.number(*max)?);
            to.op("Clip", &[y, min, max])?
        }
        (other, parameters) => {
            let reason = format!("activation {other} with {} parameters", parameters.len());
            return Err(OpError::unsupported(reason));
        }
    }])
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::testing::{Case, constant, private},
        *,
    };

    #[test]
    fn products() {
        let case = Case::new(&FUSED_MAT_MUL).with("alpha", Attr::Float(0.5));
        let (a, b) = (private(&[1, 2], &[1.0, 2.0]), constant(&[3, 2], &[1.0, 0.0, 0.0, 1.0, 2.0, 2.0]));
        case.with("transB", Attr::Int(1)).gives(&[&a, &b], &[1, 3], &[0.5, 1.0, 3.0]);
        let a = private(&[1, 2, 1], &[1.0, 2.0]);
        let b = constant(&[2, 1], &[3.0, 4.0]);
        case.with("transA", Attr::Int(1)).gives(&[&a, &b], &[1, 1, 1], &[5.5]);
        case.with("transBatchA", Attr::Int(1)).unsupported(&[&a, &b]);
    }

    #[test]
    fn activations() {
        let gemm = Case::new(&FUSED_GEMM).with("alpha", Attr::Float(2.0));
        let (a, b) = (private(&[1, 2], &[1.0, 2.0]), constant(&[2, 2], &[1.0, 0.0, 0.0, -1.0]));
        gemm.gives(&[&a, &b], &[1, 2], &[2.0, -4.0]);
        let named = |name: &str| gemm.with("activation", Attr::Text(name.into()));
        named("Relu").gives(&[&a, &b], &[1, 2], &[2.0, 0.0]);
        let leaky = named("LeakyRelu").with("activation_alpha", Attr::Float(0.25));
        leaky.gives(&[&a, &b, &constant(&[2], &[1.0, 0.0])], &[1, 2], &[3.0, -1.0]);
        named("LeakyRelu").unsupported(&[&a, &b]);
        named("Other").unsupported(&[&a, &b]);
    }

    #[test]
    fn convolutions() {
        let case = Case::new(&FUSED_CONV).with("activation", Attr::Text("Clip".into()));
        let case = case.with("activation_params", Attr::Floats(vec![0.0, 6.0]));
        let x = private(&[1, 1, 3], &[1.0, -2.0, 3.0]);
        let w = constant(&[1, 1, 2], &[1.0, 2.0]);
        let (bias, z) = (constant(&[1], &[1.0]), private(&[1, 1, 2], &[0.5, 2.0]));
        case.gives(&[&x, &w], &[1, 1, 2], &[0.0, 4.0]);
        case.gives(&[&x, &w, &bias, &z], &[1, 1, 2], &[0.0, 6.0]);
    }
}
