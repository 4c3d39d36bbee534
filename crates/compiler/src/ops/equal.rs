//! [Equal](https://onnx.ai/onnx/operators/onnx__Equal.html): whether two values are equal, with numpy
//! broadcasting. Opset 7+.
//!
//! Exact: comparisons of ranks where a value of the graph's input is compared with a constant, strings too; else two
//! comparisons of the difference. Computed real numbers are compared only with integers by another name, since rounded
//! ones are not equal in any useful sense.

use super::{
    op::{
        Id, Mark, OpError, OpResult, RewriteDef, Rewriter,
        trees::{Mode, Names},
    },
    support::{
        inputs::without_attributes,
        leaves::{Steps, of_input},
    },
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Equal",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "whether integers, truth values, or values of the input and constants are equal",
    marks: &[Mark::TakesEmpty],
    rewrite: |attrs, inputs, to| {
        let (a, b) = without_attributes(attrs, inputs)?;
        if [a, b].iter().any(|x| to.fact(*x).dtype == DType::Name) {
            return names(to, a, b).map(|y| vec![y]);
        }
        for (x, constant) in [(a, b), (b, a)] {
            if let Some(y) = of_input(to, "Equal", x, constant, Mode::Equal)? {
                return Ok(vec![y]);
            }
        }
        if [a, b].iter().any(|x| to.fact(*x).dtype == DType::Float && to.value(*x).is_none()) {
            let whole = |x: &Id| to.value(*x).is_some_and(|x| x.data().iter().all(|x| x.fract() == 0.0));
            let integers = [a, b].iter().any(whole);
            if !integers {
                return Err(OpError::unsupported("real numbers; compare integers, or use a tolerance"));
            }
        }
        let (a, b) = (to.float(a)?, to.float(b)?);
        let difference = to.op("Sub", &[a, b])?;
        if let Some(constant) = to.value(difference) {
            let (shape, data) = (constant.shape().to_vec(), constant.data());
            let equal = data.iter().map(|value| f64::from(*value == 0.0)).collect();
            let equal = to.floats(&shape, equal)?;
            return Ok(vec![to.relabel(equal, DType::Bool)?]);
        }
        let equal = to.is_zero("Equal", difference)?;
        Ok(vec![to.relabel(equal, DType::Bool)?])
    },
};

/// Whether names are one of a constant.
fn names(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Id> {
    let (x, constant) = if to.value(a).is_some() { (b, a) } else { (a, b) };
    let (Some(value), Some(list)) = (to.value(constant).cloned(), to.names(constant)) else {
        return Err(OpError::unsupported("two private strings"));
    };
    let name = match value.data() {
        [only] if to.fact(x).dtype == DType::Name => list.get(*only as usize).cloned(),
        _ => None,
    };
    let name = name.ok_or_else(|| OpError::unsupported("strings compared with others than one string"))?;
    let shape = to.shape(x);
    let is_input = to.names(x).is_none();
    let y = match to.numbers(x, &[name])?[..] {
        [Some(number)] => {
            let known = is_input.then(|| Names { known: vec![number], open: true });
            let y = Steps::at(vec![(number.into(), vec![1.0])], &[0.0], known).put(to, "Equal", x)?;
            to.reshape(y, &shape)?
        }
        _ => to.floats(&shape, vec![0.0; shape.iter().product()])?,
    };
    to.relabel(y, DType::Bool)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, integers, private};

    #[test]
    fn equal() {
        let case = Case::new(&super::DEF);
        let x = integers(&[1, 3], &[1, 2, 3]).into_private();
        case.gives(&[&x, &integers(&[], &[2])], &[1, 3], &[0.0, 1.0, 0.0]);
        case.gives(&[&x, &x], &[1, 3], &[1.0; 3]);
        let real = private(&[1, 2], &[1.0, 2.0]);
        case.gives(&[&real, &constant(&[], &[2.0])], &[1, 2], &[0.0, 1.0]);
        case.gives(&[&constant(&[2], &[0.25, 0.5]), &constant(&[], &[0.5])], &[2], &[0.0, 1.0]);
        case.unsupported(&[&real, &constant(&[], &[0.5])]);
        case.unsupported(&[&real, &real]);
    }
}
