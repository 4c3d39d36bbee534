//! [GlobalAveragePool](https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html): the mean of each channel of one to
//! three spatial axes. Opset 1+.
//!
//! Exact: the divisor is a constant of the layer.

use super::{
    op::{Attrs, Grid, Id, Inputs, Lowered, Op, OpDef, OpResult, Operand, Rewriter},
    support::{
        means::{apply, mean},
        spatial::{flattened, volume},
    },
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "GlobalAveragePool",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "mean of each channel",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct GlobalAveragePool;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(GlobalAveragePool))
}

impl Op for GlobalAveragePool {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = &inputs.get(0)?.float()?.fact.shape;
        let image = volume(x)?;
        Ok(vec![Fact::float(Grid::whole(image).shape(x, image.channels))])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let from = volume(x.shape())?;
        let grid = Grid::whole(from);
        let map = mean(&grid, from.channels, true)?;
        apply(&map, from, x, grid.planes(from.channels), grid.shape(x.shape(), from.channels))
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let from = volume(&inputs.get(0)?.fact.shape)?;
        let map = mean(&Grid::whole(from), from.channels, true)?;
        Ok(vec![Lowered::Map { map, bias: vec![0.0; from.channels] }])
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        flattened("GlobalAveragePool", Inputs(inputs).get(0)?, to)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, private};

    #[test]
    fn global_average_pool() {
        let case = Case::new(&super::DEF);
        let x = [1.0, 2.0, 3.0, 6.0, 0.0, -4.0, 0.0, 0.0];
        case.gives(&[&private(&[1, 2, 2, 2], &x)], &[1, 2, 1, 1], &[3.0, -1.0]);
        case.gives(&[&private(&[1, 2, 4], &x)], &[1, 2, 1], &[3.0, -1.0]);
        case.shape_error(&[&private(&[2, 2, 2], &x)]);
        case.shape_error(&[&private(&[1, 8], &x)]);
    }
}
