//! [ReduceProd](https://onnx.ai/onnx/operators/onnx__ReduceProd.html): Π x over constant axes. Opset 1+; the axes are
//! an attribute up to 17, an input from 18.
//!
//! Products of two halves at a time, each rounded once.

use super::{
    op::{Attr, Mark, RewriteDef, Rewriter},
    support::reduction::Reduction,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ReduceProd",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "product over constant axes",
    marks: &[Mark::TakesEmpty],
    rewrite: |attrs, inputs, to| {
        let x = Reduction::new(attrs, inputs, to)?;
        let dtype = to.fact(x.x).dtype;
        if to.fact(x.x).is_empty() {
            // As of the sizes of a scalar.
            return x.of_nothing(to, 1.0);
        }
        let rows = x.rows(to)?;
        let mut rows = to.float(rows)?;
        while let [count, size] = to.shape(rows)[..]
            && size > 1
        {
            let half = size / 2;
            let columns = |to: &mut Rewriter<'_>, from: usize, len: usize| {
                let at = |row: usize| (from..from + len).map(move |column| Some((row * size + column) as u32));
                to.select(rows, vec![count, len], (0..count).flat_map(at).collect(), 0.0)
            };
            let (a, b) = (columns(to, 0, half)?, columns(to, half, half)?);
            let product = to.op("Mul", &[a, b])?;
            rows = if size % 2 == 0 {
                product
            } else {
                let rest = columns(to, size - 1, 1)?;
                to.with("Concat", &[("axis", Attr::Int(1))], &[product, rest])?
            };
        }
        let y = to.relabel(rows, dtype)?;
        x.shaped(y, to)
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_prod() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, -4.0, 3.0, 2.0]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[2, 1], &[-4.0, 6.0]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x], &[], &[-24.0]);
        case.opset(13).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[1, 2], &[3.0, -8.0]);
    }
}
