//! [NonZero](https://onnx.ai/onnx/operators/onnx__NonZero.html): where a constant is not 0, one row of coordinates for
//! each axis. Opset 9+. Folded. Unsupported: of a private tensor, as the result's shape would depend on values.

use super::{
    op::{OpError, RewriteDef},
    support::inputs::only,
};
use crate::tensor::DType;

/// What to do where a shape would depend on private values.
pub(super) const ADVICE: &str =
    "of private values, on which the shape of the result depends; a circuit's must not: choose by Where or TopK";

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "NonZero",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "coordinates of the values of a constant that are not 0, folded",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let value = to.value(only(inputs)?).ok_or_else(|| OpError::unsupported(ADVICE))?;
        let shape = value.shape();
        let places: Vec<usize> = (0..value.data().len()).filter(|i| value.data()[*i] != 0.0).collect();
        let (rank, count) = (shape.len(), places.len());
        let strides = (0..rank).map(|axis| shape[axis + 1..].iter().product::<usize>());
        let along = |(axis, stride): (usize, usize)| {
            let size = shape[axis];
            places.iter().map(move |place| (place / stride % size) as f64)
        };
        let data = strides.enumerate().flat_map(along).collect();
        Ok(vec![to.tensor(DType::Int, vec![rank, count], data)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn non_zero() {
        let case = Case::new(&super::DEF);
        case.gives(&[&constant(&[2, 2], &[1.0, 0.0, 3.0, 4.0])], &[2, 3], &[0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
        case.unsupported(&[&private(&[2], &[0.0, 1.0])]);
    }
}
