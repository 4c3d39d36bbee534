//! [GlobalMaxPool](https://onnx.ai/onnx/operators/onnx__GlobalMaxPool.html): the largest value of each channel of one
//! or two spatial axes. Opset 1+.
//!
//! Exact on quantized values.

use super::{
    op::{Attrs, Grid, Id, Inputs, Lowered, Op, OpDef, OpResult, Operand, Rewriter, tensor},
    support::spatial::{flattened, volume},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "GlobalMaxPool",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "largest value of each channel",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct GlobalMaxPool;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(GlobalMaxPool))
}

impl Op for GlobalMaxPool {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = &inputs.get(0)?.float()?.fact.shape;
        let image = volume(x)?;
        Ok(vec![Fact::float(Grid::whole(image).shape(x, image.channels))])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let image = volume(x.shape())?;
        let grid = Grid::whole(image);
        Ok(vec![tensor(Fact::float(grid.shape(x.shape(), image.channels)), grid.max(x.data()))?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::MaxPool(Grid::whole(volume(&inputs.get(0)?.fact.shape)?))])
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        flattened("GlobalMaxPool", Inputs(inputs).get(0)?, to)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, private};

    #[test]
    fn global_max_pool() {
        let case = Case::new(&super::DEF);
        let x = [1.0, 2.0, 3.0, 6.0, -1.0, -4.0, -2.0, -3.0];
        case.gives(&[&private(&[1, 2, 2, 2], &x)], &[1, 2, 1, 1], &[6.0, -1.0]);
        case.gives(&[&private(&[1, 2, 4], &x)], &[1, 2, 1], &[6.0, -1.0]);
        case.shape_error(&[&private(&[2, 2, 2], &x)]);
    }
}
