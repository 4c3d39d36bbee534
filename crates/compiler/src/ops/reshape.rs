//! [Reshape](https://onnx.ai/onnx/operators/onnx__Reshape.html): the values in the constant shape of the second
//! input, where 0 keeps a size (unless `allowzero`, from opset 14) and one -1 is inferred. Opset 5+. Exact: values keep
//! their order. Unsupported: a computed shape.

use super::op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, integers, reshaped};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Reshape",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "to a constant shape",
    marks: &[Mark::Passes, Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Reshape {
    allow_zero: bool,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let allow_zero = attrs.opset() >= 14 && attrs.flag("allowzero", false);
    attrs.finish()?;
    Ok(Box::new(Reshape { allow_zero }))
}

impl Reshape {
    fn shape(&self, from: &[usize], to: &Tensor) -> OpResult<Vec<usize>> {
        let to = integers(to);
        let misfit = || OpError::shape(format!("{} values in {to:?}", from.iter().product::<usize>()), &[from]);
        let mut sizes = to
            .iter()
            .enumerate()
            .map(|(axis, size)| match size {
                -1 => Some(None),
                0 if !self.allow_zero => from.get(axis).copied().map(Some),
                size => usize::try_from(*size).ok().map(Some),
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(misfit)?;
        let known = sizes.iter().flatten().try_fold(1usize, |len, size| len.checked_mul(*size)).ok_or_else(misfit)?;
        let len: usize = from.iter().product();
        if let Some(free) = sizes.iter_mut().find(|size| size.is_none()) {
            *free = len.checked_div(known);
        }
        let sizes = sizes.into_iter().collect::<Option<Vec<_>>>().ok_or_else(misfit)?;
        let product = sizes.iter().try_fold(1usize, |len, size| len.checked_mul(*size));
        if product == Some(len) { Ok(sizes) } else { Err(misfit()) }
    }
}

impl Op for Reshape {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.fact;
        Ok(vec![Fact { dtype: x.dtype, shape: self.shape(&x.shape, inputs.get(1)?.constant("the shape")?)? }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        reshaped(x, self.shape(x.shape(), inputs.get(1)?)?)
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Reshape])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reshape() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        case.gives(&[&x, &integers(&[2], &[0, -1])], &[1, 6], &data);
        case.gives(&[&x, &integers(&[3], &[3, 2, 1])], &[3, 2, 1], &data);
        case.gives(&[&x, &integers(&[1], &[-1])], &[6], &data);
        case.gives(&[&private(&[1, 1], &[7.0]), &integers(&[0], &[])], &[], &[7.0]);
        case.gives(&[&integers(&[0, 2], &[]), &integers(&[1], &[-1])], &[0], &[]);
        case.shape_error(&[&integers(&[0, 2], &[]), &integers(&[2], &[0, -1])]);
        case.shape_error(&[&x, &integers(&[0], &[])]);
        for bad in [&[4, -1][..], &[-1, -1], &[5], &[-2, 3], &[1, 1, 6, 0], &[i64::MAX, i64::MAX, 4], &[6, i64::MIN]] {
            case.shape_error(&[&x, &integers(&[bad.len()], bad)]);
        }
        case.with("allowzero", Attr::Int(1)).shape_error(&[&x, &integers(&[2], &[0, -1])]);
        case.unsupported(&[&x, &integers(&[1], &[6]).into_private()]);
        case.opset(13).with("allowzero", Attr::Int(0)).unsupported(&[]);
    }
}
