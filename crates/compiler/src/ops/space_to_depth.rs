//! [SpaceToDepth](https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html): blocks of pixels become channels. Opset
//! 1+. Exact: it only moves values.

use super::{
    op::{OpError, RewriteDef},
    support::{inputs::only, shapes::blocks},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "SpaceToDepth",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "blocks of pixels to channels",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let size = attrs.int("blocksize");
        attrs.finish()?;
        let x = only(inputs)?;
        let (b, [n, c, h, w]) = blocks(to, x, size)?;
        if !h.is_multiple_of(b) || !w.is_multiple_of(b) {
            return Err(OpError::Graph("the pixels are no multiple of blocks".into()));
        }
        let x = to.reshape(x, &[n, c, h / b, b, w / b, b])?;
        let x = to.transpose(x, &[0, 3, 5, 1, 2, 4])?;
        Ok(vec![to.reshape(x, &[n, c * b * b, h / b, w / b])?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn space_to_depth() {
        let case = Case::new(&super::DEF);
        let case = case.with("blocksize", Attr::Int(2));
        let x = private(&[1, 1, 2, 4], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        case.gives(&[&x], &[1, 4, 1, 2], &[0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
        case.graph_error(&[&private(&[1, 1, 1, 2], &[0.0; 2])]);
        case.shape_error(&[&private(&[1, 2], &[0.0; 2])]);
    }
}
