//! [AveragePool](https://onnx.ai/onnx/operators/onnx__AveragePool.html) over one or two spatial axes. Opset 7+;
//! `ceil_mode` from 10, dilations from 19.
//!
//! Exact: the divisors are constants of the layer.

use super::{
    op::{Attrs, Inputs, Lowered, Op, OpDef, OpResult, Operand},
    support::{
        means::{apply, mean},
        spatial::{Window, image},
    },
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "AveragePool",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "means of windows over one or two axes; count_include_pad either way",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct AveragePool {
    window: Window,
    include_pad: bool,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let include_pad = attrs.flag("count_include_pad", false);
    let window = Window::parse_pool(&mut attrs);
    attrs.finish()?;
    Ok(Box::new(AveragePool { window, include_pad }))
}

impl Op for AveragePool {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = &inputs.get(0)?.float()?.fact.shape;
        let (grid, channels) = (self.window.over(x, None)?, image(x)?.channels);
        grid.check_work(channels)?;
        Ok(vec![Fact::float(grid.shape(x, channels))])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let (grid, from) = (self.window.over(x.shape(), None)?, image(x.shape())?);
        let map = mean(&grid, from.channels, self.include_pad)?;
        apply(&map, from, x, grid.planes(from.channels), grid.shape(x.shape(), from.channels))
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let x = &inputs.get(0)?.fact.shape;
        let channels = image(x)?.channels;
        let map = mean(&self.window.over(x, None)?, channels, self.include_pad)?;
        Ok(vec![Lowered::Map { map, bias: vec![0.0; channels] }])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn average_pool() {
        let case = Case::new(&super::DEF).with("kernel_shape", Attr::Ints(vec![2, 2]));
        let x = private(&[1, 1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 9.0]);
        case.gives(&[&x], &[1, 1, 1, 2], &[3.0, 4.75]);
        let padded = case.with("pads", Attr::Ints(vec![1, 0, 0, 0]));
        padded.gives(&[&x], &[1, 1, 2, 2], &[1.5, 2.5, 3.0, 4.75]);
        padded.with("count_include_pad", Attr::Int(1)).gives(&[&x], &[1, 1, 2, 2], &[0.75, 1.25, 3.0, 4.75]);
        let ceil = case.with("strides", Attr::Ints(vec![1, 2])).with("ceil_mode", Attr::Int(1));
        ceil.gives(&[&x], &[1, 1, 1, 2], &[3.0, 6.0]);
        ceil.with("count_include_pad", Attr::Int(1)).gives(&[&x], &[1, 1, 1, 2], &[3.0, 6.0]);
    }

    #[test]
    fn average_pool_of_signals() {
        let case = Case::new(&super::DEF).with("kernel_shape", Attr::Ints(vec![2]));
        case.gives(&[&private(&[1, 2, 2], &[1.0, 2.0, 3.0, 5.0])], &[1, 2, 1], &[1.5, 4.0]);
        case.graph_error(&[&private(&[1, 1, 1], &[0.0])]);
        case.shape_error(&[&private(&[1, 1, 2, 2], &[0.0; 4])]);
        Case::new(&super::DEF).unsupported(&[]);
    }
}
