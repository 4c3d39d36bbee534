//! [LabelEncoder](https://onnx.ai/onnx/operators/onnx_aionnxml_LabelEncoder.html): another number or string for each
//! known one. Operator sets 1 to 5.
//!
//! Comparisons with numbers between the keys tell them apart: exact, and of values of the graph's input comparisons of
//! ranks. Real numbers as keys are met by values of the input alone, since computed ones are rounded; there is no
//! answer for NaN.

use super::super::{
    op::{Attrs, Id, Inputs, OpError, OpResult, RewriteDef, Rewriter},
    support::leaves::Steps,
};
use super::mapping::{Mapping, Value, mapped};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LabelEncoder",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "numbers or strings for integers, strings, or real numbers of the input",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let x = Inputs(inputs).get(0)?;
        if attrs.opset() == 1 {
            let classes = attrs.texts("classes_strings").unwrap_or_default();
            let mapping = Mapping::of_classes(&mut attrs, to.fact(x).dtype, classes, None);
            attrs.finish()?;
            return mapped(to, "LabelEncoder", x, mapping);
        }
        let keys = take(&mut attrs, "keys");
        let values = take(&mut attrs, "values");
        let number = |value: Option<Vec<f64>>| value.and_then(|values| values.first().copied());
        let default = number(attrs.tensor("default_tensor").map(|t| t.data().to_vec()));
        let text = attrs.texts("default_tensor").and_then(|texts| texts.into_iter().next());
        let float = attrs.any_float("default_float").or(default).unwrap_or(-0.0);
        let integer = attrs.int("default_int64").map(|value| value as f64).or(default).unwrap_or(-1.0);
        let text = attrs.text("default_string").or(text).unwrap_or_else(|| "_Unused".to_owned());
        attrs.finish()?;
        let (Some(keys), Some(values)) = (keys, values) else {
            return Err(OpError::Graph("without keys or values".to_owned()));
        };
        let other = match &values {
            Values::Reals(_) => Value::Real(float),
            Values::Integers(_) => Value::Integer(integer),
            Values::Texts(_) => Value::Text(text),
        };
        let values = values.into_values();
        if let Values::Reals(keys) = &keys
            && to.fact(x).dtype == DType::Float
        {
            return reals(to, x, keys, &values, other).map(|y| vec![y]);
        }
        mapped(to, "LabelEncoder", x, Mapping { keys: keys.into_values(), values, other })
    },
};

/// A list of one kind.
enum Values {
    Reals(Vec<f64>),
    Integers(Vec<f64>),
    Texts(Vec<String>),
}

impl Values {
    fn into_values(self) -> Vec<Value> {
        match self {
            Self::Reals(all) => all.into_iter().map(Value::Real).collect(),
            Self::Integers(all) => all.into_iter().map(Value::Integer).collect(),
            Self::Texts(all) => all.into_iter().map(Value::Text).collect(),
        }
    }
}

/// Takes keys or values.
fn take(attrs: &mut Attrs, what: &str) -> Option<Values> {
    if let Some(list) = attrs.ints(&format!("{what}_int64s")) {
        return Some(Values::Integers(list.into_iter().map(|value| value as f64).collect()));
    }
    if let Some(list) = attrs.floats(&format!("{what}_floats")) {
        return Some(Values::Reals(list));
    }
    if let Some(list) = attrs.texts(&format!("{what}_strings")) {
        return Some(Values::Texts(list));
    }
    let name = format!("{what}_tensor");
    if attrs.has_texts(&name) {
        return attrs.texts(&name).map(Values::Texts);
    }
    let tensor = attrs.tensor(&name)?;
    let list = tensor.data().to_vec();
    Some(if tensor.fact().dtype == DType::Float { Values::Reals(list) } else { Values::Integers(list) })
}

/// Numbers for real numbers of the graph's input.
fn reals(to: &mut Rewriter<'_>, x: Id, keys: &[f64], values: &[Value], other: Value) -> OpResult<Id> {
    if !to.is_input(x) {
        return Err(OpError::unsupported("keys that are no integers, of a computed value"));
    }
    let single = !to.is_double(x);
    let mut pairs: Vec<(f64, f64)> = vec![];
    for (key, value) in keys.iter().zip(values) {
        let (Value::Real(value) | Value::Integer(value)) = value else {
            return Err(OpError::unsupported("strings for real numbers"));
        };
        // The first of equal keys counts; no input is NaN here.
        if !key.is_nan() && pairs.iter().all(|(known, _)| known != key) {
            pairs.push((*key + 0.0, *value));
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Value::Real(default) | Value::Integer(default)) = other else {
        return Err(OpError::unsupported("strings for real numbers"));
    };
    let next = |key: f64| if single { f64::from((key as f32).next_up()) } else { key.next_up() };
    let (mut edges, mut results) = (vec![], vec![vec![default]]);
    for (key, value) in pairs {
        if edges.last() == Some(&key) {
            results.pop();
        } else {
            edges.push(key);
        }
        results.push(vec![value]);
        edges.push(next(key));
        results.push(vec![default]);
    }
    if edges.is_empty() || values.len() != keys.len() {
        return Err(OpError::Graph(format!("{} keys, {} values", keys.len(), values.len())));
    }
    let shape = to.shape(x);
    let y = Steps { edges, values: results, names: None }.put(to, "LabelEncoder", x)?;
    let y = to.reshape(y, &shape)?;
    let integer = matches!(values.first(), Some(Value::Integer(_)));
    let (low, high) = values.iter().fold((default, default), |(low, high), value| match value {
        Value::Real(value) | Value::Integer(value) => (low.min(*value), high.max(*value)),
        Value::Text(_) => (low, high),
    });
    if integer { to.whole(y, low, high) } else { Ok(y) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, floats, ints, texts};
    use crate::ops::Attr;

    #[test]
    fn label_encoder() {
        let case = Case::new(&super::DEF).integers().with("keys_int64s", ints(&[3, 1, 2]));
        let coded = case.with("values_int64s", ints(&[30, 10, 20])).with("default_int64", Attr::Int(5));
        coded.gives(&[1.0, 2.0, 3.0, 4.0, 0.0], &[&[10.0, 20.0, 30.0, 5.0, 5.0]]);
        case.with("values_floats", floats(&[0.5, 1.5, 2.5])).gives(&[3.0, 2.0], &[&[0.5, 2.5]]);
        case.with("values_floats", floats(&[0.5])).graph_error(1);
        Case::new(&super::DEF).with("keys_int64s", ints(&[1])).with("values_int64s", ints(&[2])).unsupported(1);
        Case::new(&super::DEF).with("keys_strings", texts(&["a"])).with("values_int64s", ints(&[2])).unsupported(1);
    }

    #[test]
    fn real_keys_of_the_input() {
        let case = Case::new(&super::DEF).with("keys_floats", floats(&[0.5, f64::NAN, -2.0, 0.1f32.into()]));
        let coded = case.with("values_floats", floats(&[1.0, 2.0, 3.0, 4.0])).with("default_float", Attr::Float(9.0));
        // 0.1 in double precision is 0.1 in single precision.
        coded.gives(&[0.5, -2.0, 0.1, 0.25], &[&[1.0, 3.0, 4.0, 9.0]]);
    }

    #[test]
    fn strings_for_integers_are_the_names_of_the_output() {
        let case = Case::new(&super::DEF).integers().with("keys_int64s", ints(&[7, 5, 6]));
        let network =
            case.with("values_strings", texts(&["c", "a", "c"])).with("default_string", Attr::Text("?".into()));
        let network = network.network(1);
        assert_eq!(network.output.categories[0].names, ["c", "a", "?"]);
        assert_eq!([5.0, 6.0, 7.0, 8.0].map(|x| network.predict(&[x])[0]), [1.0, 0.0, 0.0, 2.0]);
    }

    #[test]
    fn integers_for_strings_of_the_input() {
        let case = Case::new(&super::DEF).names().with("keys_strings", texts(&["low", "mid", "high"]));
        let network = case.with("values_int64s", ints(&[10, 20, 30])).network(1);
        let names = &network.input.categories[0];
        let of = |name| network.predict(&[names.value(name).unwrap() as f64])[0];
        assert_eq!(["low", "mid", "high", "other"].map(of), [10.0, 20.0, 30.0, -1.0]);
    }
}
