//! [Trilu](https://onnx.ai/onnx/operators/onnx__Trilu.html): the upper or lower triangle of matrices from a constant
//! diagonal on, 0 elsewhere. Opset 14+. Exact: it only moves values.

use super::{
    op::{Inputs, OpError, RewriteDef},
    support::inputs::only,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Trilu",
    opsets: 14..=27,
    inputs: 1..=2,
    summary: "the upper or lower triangle of matrices, 0 elsewhere",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let upper = attrs.flag("upper", true);
        attrs.finish()?;
        let x = only(inputs)?;
        let k = match Inputs(inputs).optional(1) {
            Some(k) => to.list(k, "the diagonal")?.first().copied().unwrap_or(0),
            None => 0,
        };
        let shape = to.shape(x);
        let [.., rows, columns] = shape[..] else { return Err(OpError::shape("matrices", &[&shape])) };
        let source = |at: usize| {
            let right = (at % columns) as i64 - (at / columns % rows) as i64;
            (if upper { right >= k } else { right <= k }).then_some(at as u32)
        };
        Ok(vec![to.select(x, shape, (0..to.len(x)).map(source).collect(), 0.0)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn trilu() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        case.gives(&[&x], &[2, 2], &[1.0, 2.0, 0.0, 4.0]);
        case.gives(&[&x, &integers(&[], &[1])], &[2, 2], &[0.0, 2.0, 0.0, 0.0]);
        case.with("upper", Attr::Int(0)).gives(&[&x], &[2, 2], &[1.0, 0.0, 3.0, 4.0]);
        case.shape_error(&[&private(&[1], &[1.0])]);
    }
}
