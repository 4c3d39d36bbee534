//! [DepthToSpace](https://onnx.ai/onnx/operators/onnx__DepthToSpace.html): channels become blocks of pixels, in the
//! order of `mode`. Opset 1+; `mode` from 11. Exact: it only moves values.

use super::{
    op::{OpError, RewriteDef},
    support::{inputs::only, shapes::blocks},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "DepthToSpace",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "channels to blocks of pixels",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (size, mode) = (attrs.int("blocksize"), attrs.text("mode").unwrap_or_else(|| "DCR".into()));
        attrs.finish()?;
        let x = only(inputs)?;
        let (b, [n, c, h, w]) = blocks(to, x, size)?;
        if !c.is_multiple_of(b * b) {
            return Err(OpError::Graph("the channels are no multiple of blocks".into()));
        }
        let depth = c / (b * b);
        let (split, order) = match mode.as_str() {
            "DCR" => ([n, b, b, depth, h, w], [0, 3, 4, 1, 5, 2]),
            "CRD" => ([n, depth, b, b, h, w], [0, 1, 4, 2, 5, 3]),
            other => return Err(OpError::unsupported(format!("mode = {other}"))),
        };
        let x = to.reshape(x, &split)?;
        let x = to.transpose(x, &order)?;
        Ok(vec![to.reshape(x, &[n, depth, h * b, w * b])?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn depth_to_space() {
        let case = Case::new(&super::DEF);
        let case = case.with("blocksize", Attr::Int(2));
        let x = private(&[1, 8, 1, 1], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        case.gives(&[&x], &[1, 2, 2, 2], &[0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0]);
        let crd = case.with("mode", Attr::Text("CRD".into()));
        crd.gives(&[&x], &[1, 2, 2, 2], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        case.graph_error(&[&private(&[1, 2, 1, 1], &[0.0; 2])]);
        case.with("mode", Attr::Text("other".into())).unsupported(&[&x]);
    }
}
