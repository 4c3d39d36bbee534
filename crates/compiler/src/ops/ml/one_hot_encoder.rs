//! [OneHotEncoder](https://onnx.ai/onnx/operators/onnx_aionnxml_OneHotEncoder.html): for each value whether it is each
//! of some integers or strings, along one more axis. Operator sets 1 to 5.
//!
//! Two comparisons with numbers between the categories tell each of them: exact, and of values of the graph's input
//! comparisons of ranks. Real numbers are truncated first. Of a value that is none of the categories all is 0; with
//! `zeros = 0` a string that is none is refused as an input, as runtimes do, a number is not.

use super::super::{
    op::{Attr, Inputs, OpError, RewriteDef, trees::Names},
    support::leaves::Steps,
};
use crate::tensor::DType;

/// Most categories.
const MAX_CATEGORIES: usize = 4096;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "OneHotEncoder",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "whether a value is each of some integers or strings",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let integers = attrs.ints("cats_int64s").unwrap_or_default();
        let strings = attrs.texts("cats_strings").unwrap_or_default();
        let zeros = attrs.flag("zeros", true);
        attrs.finish()?;
        let x = Inputs(inputs).get(0)?;
        let dtype = to.fact(x).dtype;
        let count = if dtype == DType::Name { strings.len() } else { integers.len() };
        if count == 0 || count > MAX_CATEGORIES {
            let reason = format!("{count} categories of the input's kind; 1 to {MAX_CATEGORIES} are served");
            return Err(OpError::Graph(reason));
        }
        let (keys, names, x) = if dtype == DType::Name {
            let numbers = to.numbers(x, &strings)?;
            let known: Vec<u32> = numbers.iter().flatten().copied().collect();
            let names = to.names(x).is_none().then_some(Names { known, open: zeros });
            (numbers.into_iter().map(|number| number.map(f64::from)).collect(), names, x)
        } else {
            let keys: Vec<Option<f64>> = integers.iter().map(|key| Some(*key as f64)).collect();
            (keys, None, to.with("Cast", &[("to", Attr::Int(7))], &[x])?)
        };
        let mut pairs: Vec<(f64, Vec<f64>)> = Vec::new();
        for (at, key) in keys.into_iter().enumerate() {
            let Some(key) = key else { continue };
            if pairs.iter().any(|(known, _)| *known == key) {
                return Err(OpError::Graph("a category twice".to_owned()));
            }
            let mut one = vec![0.0; count];
            one[at] = 1.0;
            pairs.push((key, one));
        }
        if pairs.is_empty() {
            let mut shape = to.shape(x);
            shape.push(count);
            let zeros = vec![0.0; shape.iter().product()];
            return Ok(vec![to.floats(&shape, zeros)?]);
        }
        Ok(vec![Steps::at(pairs, &vec![0.0; count], names).put(to, "OneHotEncoder", x)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, ints, texts};
    use crate::ops::Attr;

    #[test]
    fn one_hot_encoder() {
        let case = Case::new(&super::DEF).with("cats_int64s", ints(&[4, -1, 2]));
        // Real numbers are truncated; others are no category.
        case.gives(&[4.9], &[&[1.0, 0.0, 0.0]]);
        case.gives(&[-1.5, 3.0], &[&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0]]);
        case.clone().integers().gives(&[2.0, 5.0], &[&[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]);
        case.replaced("cats_int64s", ints(&[1, 1])).graph_error(1);
        case.replaced("cats_int64s", ints(&[])).graph_error(1);
        case.replaced("cats_int64s", ints(&[0])).gives(&[-0.5, 0.0, 0.9, 1.0], &[&[1.0, 1.0, 1.0, 0.0]]);
    }

    #[test]
    fn strings_are_names_of_the_input() {
        let case = Case::new(&super::DEF).names().with("cats_strings", texts(&["red", "green", "blue"]));
        let network = case.network(2);
        let [first, second] = &network.input.categories[..] else { panic!("{:?}", network.input.categories) };
        assert_eq!((first.element, second.element, first.open), (0, 1, true));
        assert_eq!(first.names, ["red", "green", "blue"]);
        assert_eq!((first.value("blue"), first.value("grey")), (Some(2), Some(3)));
        assert_eq!(network.predict(&[1.0, 3.0]), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        // Three names and what is none of them: three comparisons at most.
        assert!(network.cuts.iter().flatten().all(|cuts| cuts.len() <= 4), "{:?}", network.cuts);
        let closed = case.with("zeros", Attr::Int(0)).network(1);
        assert_eq!(closed.input.categories[0].value("grey"), None);
    }
}
