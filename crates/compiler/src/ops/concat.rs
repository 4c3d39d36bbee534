//! [Concat](https://onnx.ai/onnx/operators/onnx__Concat.html) along an axis. Opset 4+. Exact: values are only moved;
//! constant parts are biases.

use super::op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, axis, tensor};
use crate::tensor::{Fact, MAX_ELEMENTS, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Concat",
    opsets: 1..=27,
    inputs: 1..=1024,
    summary: "joined along an axis",
    marks: &[Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Concat {
    axis: i64,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let axis = attrs.int("axis");
    if axis.is_none() {
        attrs.reject("axis is missing");
    }
    attrs.finish()?;
    Ok(Box::new(Concat { axis: axis.unwrap_or(0) }))
}

impl Concat {
    fn fact(&self, facts: &[&Fact]) -> OpResult<Fact> {
        let [first, ..] = facts else { return Err(OpError::Graph("joins nothing".into())) };
        let axis = axis(self.axis, first.shape.len())?;
        let mut shape = first.shape.clone();
        shape[axis] = 0;
        for fact in facts {
            let fits = |(i, size): (usize, &usize)| i == axis || first.shape[i] == *size;
            if fact.shape.len() != shape.len() || !fact.shape.iter().enumerate().all(fits) || fact.dtype != first.dtype
            {
                return Err(OpError::shape(
                    "tensors of one type that differ in the axis only",
                    &[&first.shape, &fact.shape],
                ));
            }
            shape[axis] = shape[axis].saturating_add(fact.shape[axis]);
        }
        Ok(Fact { dtype: first.dtype, shape })
    }

    /// Calls `f` with the part and its flat element for each value.
    fn each(&self, shapes: &[&[usize]], mut f: impl FnMut(usize, usize)) -> OpResult<()> {
        let axis = axis(self.axis, shapes.first().map_or(0, |shape| shape.len()))?;
        let outer: usize = shapes.first().map_or(1, |shape| shape[..axis].iter().product());
        for block in 0..outer {
            for (part, shape) in shapes.iter().enumerate() {
                let len: usize = shape[axis..].iter().product();
                (block * len..(block + 1) * len).for_each(|element| f(part, element));
            }
        }
        Ok(())
    }
}

/// All inputs.
fn all<T: Copy>(inputs: Inputs<'_, T>) -> OpResult<Vec<T>> {
    (0..inputs.0.len()).map(|index| inputs.get(index)).collect()
}

impl Op for Concat {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![self.fact(&all(inputs)?.iter().map(|operand| operand.fact).collect::<Vec<_>>())?])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let parts = all(inputs)?;
        let fact = self.fact(&parts.iter().map(|part| part.fact()).collect::<Vec<_>>())?;
        let mut data = vec![];
        self.each(&parts.iter().map(|part| part.shape()).collect::<Vec<_>>(), |part, i| {
            data.push(parts[part].data()[i])
        })?;
        Ok(vec![tensor(fact, data)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let parts = all(inputs)?;
        let shapes: Vec<_> = parts.iter().map(|part| part.fact.shape.as_slice()).collect();
        let (mut sources, mut shift) = (vec![], vec![]);
        self.each(&shapes, |part, i| match parts[part].constant {
            Some(constant) => {
                sources.push(None);
                shift.push(constant.data()[i]);
            }
            None => {
                sources.push(Some((part as u32, i as u32)));
                shift.push(0.0);
            }
        })?;
        if shift.iter().all(|shift| *shift == 0.0) {
            shift.clear();
        }
        Ok(vec![Lowered::Gather { sources, shift }])
    }
}

const _: () = assert!(MAX_ELEMENTS <= u32::MAX as usize);

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, integers, private},
    };

    #[test]
    fn concat() {
        let case = Case::new(&super::DEF).with("axis", Attr::Int(1));
        let x = private(&[1, 1, 2], &[1.0, 2.0]);
        let c = constant(&[1, 2, 2], &[3.0, 4.0, 5.0, 6.0]);
        case.gives(&[&x, &c], &[1, 3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let last = Case::new(&super::DEF).with("axis", Attr::Int(-1));
        last.gives(
            &[&c.into_private(), &private(&[1, 2, 1], &[7.0, 8.0])],
            &[1, 2, 3],
            &[3.0, 4.0, 7.0, 5.0, 6.0, 8.0],
        );
        let (none, sizes) = (integers(&[0], &[]), integers(&[2], &[3, 4]));
        let lists = Case::new(&super::DEF).with("axis", Attr::Int(0));
        lists.gives(&[&none, &sizes, &none], &[2], &[3.0, 4.0]);
        lists.gives(&[&none, &none], &[0], &[]);
        lists.gives(&[&constant(&[0], &[]), &private(&[2], &[1.0, 2.0])], &[2], &[1.0, 2.0]);
        case.shape_error(&[&x, &private(&[1, 1, 3], &[0.0; 3])]);
        case.shape_error(&[&x, &private(&[1, 2], &[0.0; 2])]);
        case.shape_error(&[&x, &integers(&[1, 1, 2], &[0; 2])]);
        case.with("axis", Attr::Int(3)).graph_error(&[&x, &x]);
        Case::new(&super::DEF).unsupported(&[]);
    }
}
