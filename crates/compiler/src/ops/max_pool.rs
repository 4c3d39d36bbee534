//! [MaxPool](https://onnx.ai/onnx/operators/onnx__MaxPool.html) over one or two spatial axes, windows overlapping or
//! not. Opset 8+ and 1; `ceil_mode` and dilations from 10.
//!
//! Exact on quantized values; what may be negative is copied with a border first, if windows go beyond it. Unsupported:
//! the indices as a second output.

use super::{
    op::{Attrs, Inputs, Lowered, Op, OpDef, OpResult, Operand, tensor},
    support::spatial::{Window, image},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "MaxPool",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "largest values of windows over one or two axes",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct MaxPool {
    window: Window,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let window = Window::parse_pool(&mut attrs);
    // Only concerns the order of the indices.
    attrs.ignore("storage_order");
    attrs.finish()?;
    Ok(Box::new(MaxPool { window }))
}

impl Op for MaxPool {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = &inputs.get(0)?.float()?.fact.shape;
        let (grid, channels) = (self.window.over(x, None)?, image(x)?.channels);
        grid.check_work(channels)?;
        Ok(vec![Fact::float(grid.shape(x, channels))])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let grid = self.window.over(x.shape(), None)?;
        Ok(vec![tensor(Fact::float(grid.shape(x.shape(), image(x.shape())?.channels)), grid.max(x.data()))?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::MaxPool(self.window.over(&inputs.get(0)?.fact.shape, None)?)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn max_pool() {
        let case = Case::new(&super::DEF).with("kernel_shape", Attr::Ints(vec![2, 2]));
        let x = private(&[1, 1, 2, 3], &[1.0, 2.0, -3.0, 4.0, -5.0, -9.0]);
        case.gives(&[&x], &[1, 1, 1, 2], &[4.0, 2.0]);
        case.with("pads", Attr::Ints(vec![0, 0, 0, 1])).gives(&[&x], &[1, 1, 1, 3], &[4.0, 2.0, -3.0]);
        let ceil = case.with("strides", Attr::Ints(vec![1, 2])).with("ceil_mode", Attr::Int(1));
        ceil.gives(&[&x], &[1, 1, 1, 2], &[4.0, -3.0]);
        let signal = Case::new(&super::DEF).with("kernel_shape", Attr::Ints(vec![3]));
        signal.gives(&[&private(&[1, 1, 4], &[1.0, 0.0, -1.0, 2.0])], &[1, 1, 2], &[1.0, 2.0]);
    }

    #[test]
    fn max_pool_refuses() {
        let case = Case::new(&super::DEF).with("kernel_shape", Attr::Ints(vec![3, 3]));
        case.graph_error(&[&private(&[1, 1, 2, 3], &[0.0; 6])]);
        case.shape_error(&[&private(&[1, 6], &[0.0; 6])]);
        Case::new(&super::DEF).unsupported(&[]);
    }
}
