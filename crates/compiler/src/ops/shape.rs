//! [Shape](https://onnx.ai/onnx/operators/onnx__Shape.html): the sizes of a tensor. Opset 1+; `start` and `end` from
//! 15. Folded: it depends on shapes and constants alone.

use super::{
    op::{Mark, RewriteDef},
    support::inputs::only,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Shape",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "the sizes of a tensor, folded",
    marks: &[Mark::TakesEmpty],
    rewrite: |mut attrs, inputs, to| {
        let (start, end) = (attrs.int("start").unwrap_or(0), attrs.int("end"));
        attrs.finish()?;
        let shape: Vec<i64> = to.shape(only(inputs)?).into_iter().map(|size| size as i64).collect();
        let rank = shape.len() as i64;
        let at = |i: i64| if i < 0 { i.saturating_add(rank) } else { i }.clamp(0, rank) as usize;
        let (start, end) = (at(start), at(end.unwrap_or(rank)));
        Ok(vec![to.ints(shape.get(start..end).unwrap_or_default())?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn shape() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 1, 3], &[0.0; 6]);
        case.gives(&[&x], &[3], &[2.0, 1.0, 3.0]);
        case.with("start", Attr::Int(-2)).with("end", Attr::Int(2)).gives(&[&x], &[1], &[1.0]);
        case.with("start", Attr::Int(3)).gives(&[&x], &[0], &[]);
        case.with("start", Attr::Int(2)).with("end", Attr::Int(1)).gives(&[&x], &[0], &[]);
        case.gives(&[&private(&[], &[1.0])], &[0], &[]);
    }
}
