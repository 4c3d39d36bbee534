//! [ArgMin](https://onnx.ai/onnx/operators/onnx__ArgMin.html): index of the least value along `axis`, the first one
//! of equals, or the last with `select_last_index`: the ArgMax of −x, and as exact. Opset 1+.

use super::{
    arg_max,
    op::{Inputs, RewriteDef},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ArgMin",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "index of the least value along an axis, the first or last of equals",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let opset = attrs.opset();
        let kernel = arg_max::parse(attrs.at(opset.max(12)))?;
        let negated = to.affine(Inputs(inputs).get(0)?, -1.0, 0.0)?;
        to.put("ArgMin", kernel, negated)
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn arg_min() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 3], &[1.0, -3.0, -3.0, 0.0, 2.0, 5.0]);
        case.with("axis", Attr::Int(1)).gives(&[&x], &[2, 1], &[1.0, 0.0]);
        case.with("axis", Attr::Int(2)).graph_error(&[&x]);
        let last = case.with("axis", Attr::Int(1)).with("select_last_index", Attr::Int(1));
        last.gives(&[&x], &[2, 1], &[2.0, 0.0]);
    }
}
