//! [Range](https://onnx.ai/onnx/operators/onnx__Range.html): the numbers from `start` in steps up to before `limit`.
//! Opset 11+. Folded: it depends on shapes and constants alone. Unsupported: private limits and steps, empty ranges.

use super::{
    op::{Inputs, OpError, RewriteDef},
    support::inputs::only,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Range",
    opsets: 11..=27,
    inputs: 3..=3,
    summary: "constant numbers in steps, folded",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        // In what precision 16-bit floats are added.
        attrs.ignore("stash_type");
        attrs.finish()?;
        let constant = |index: usize| {
            let value = to.value(Inputs(inputs).get(index)?).and_then(|value| value.data().first().copied());
            value.ok_or_else(|| OpError::unsupported("start, limit and step must be constants"))
        };
        let (start, limit, step) = (constant(0)?, constant(1)?, constant(2)?);
        let count = ((limit - start) / step).ceil();
        if count.is_nan() || count > 1e6 {
            return Err(OpError::Graph(format!("{count} numbers; at most 1000000 are accepted")));
        }
        let dtype = to.fact(only(inputs)?).dtype;
        let values: Vec<f64> = (0..count.max(0.0) as usize).map(|i| start + i as f64 * step).collect();
        Ok(vec![to.tensor(dtype, vec![values.len()], values)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers};

    #[test]
    fn range() {
        let case = Case::new(&super::DEF);
        case.gives(&[&integers(&[], &[1]), &integers(&[], &[6]), &integers(&[], &[2])], &[3], &[1.0, 3.0, 5.0]);
        case.gives(&[&integers(&[], &[1]), &integers(&[], &[-2]), &integers(&[], &[-2])], &[2], &[1.0, -1.0]);
        case.gives(&[&integers(&[], &[1]), &integers(&[], &[1]), &integers(&[], &[2])], &[0], &[]);
        case.gives(&[&integers(&[], &[1]), &integers(&[], &[5]), &integers(&[], &[-2])], &[0], &[]);
        case.graph_error(&[&integers(&[], &[1]), &integers(&[], &[5]), &integers(&[], &[0])]);
        case.graph_error(&[&integers(&[], &[1]), &integers(&[], &[1]), &integers(&[], &[0])]);
        case.unsupported(&[&integers(&[], &[1]), &integers(&[], &[6]).into_private(), &integers(&[], &[2])]);
    }
}
