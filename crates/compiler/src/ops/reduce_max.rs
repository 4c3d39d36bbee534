//! [ReduceMax](https://onnx.ai/onnx/operators/onnx__ReduceMax.html): max x over constant axes. Opset 1+; the axes are
//! an attribute up to 17, an input from 18.
//!
//! Exact: a MaxPool, of the values that a mask in front of it shows.

use super::{
    op::RewriteDef,
    support::{masks::filled, reduction::Reduction, rows::largest},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ReduceMax",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "largest value over constant axes",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let x = Reduction::new(attrs, inputs, to)?;
        let dtype = to.fact(x.x).dtype;
        let rows = match to.mask(x.x) {
            Some(mask) => {
                let shown = mask.shown.iter().map(|shown| f64::from(u8::from(*shown))).collect();
                let shown = to.floats(&to.shape(x.x), shown)?;
                let shown = x.of(shown).rows(to)?;
                let shown = to.list(shown, "the mask")?.iter().map(|shown| *shown != 0).collect::<Vec<_>>();
                let plain = x.of(mask.plain).rows(to)?;
                filled(to, plain, &shown)?
            }
            None => x.rows(to)?,
        };
        let most = largest(to, rows)?;
        let most = to.relabel(most, dtype)?;
        x.shaped(most, to)
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_max() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, 4.0, 3.0, -2.0]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[2, 1], &[4.0, 3.0]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x], &[], &[4.0]);
        case.opset(13).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[1, 2], &[3.0, 4.0]);
    }
}
