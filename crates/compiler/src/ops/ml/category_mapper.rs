//! [CategoryMapper](https://onnx.ai/onnx/operators/onnx_aionnxml_CategoryMapper.html): integers for strings, or strings
//! for integers. Operator sets 1 to 5. Exact, as LabelEncoder.

use super::super::op::{Inputs, RewriteDef};
use super::mapping::{Mapping, mapped};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "CategoryMapper",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "integers for strings, or strings for integers",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let x = Inputs(inputs).get(0)?;
        let (strings, integers) = (attrs.texts("cats_strings").unwrap_or_default(), attrs.ints("cats_int64s"));
        let mapping = Mapping::of_classes(&mut attrs, to.fact(x).dtype, strings, integers);
        attrs.finish()?;
        mapped(to, "CategoryMapper", x, mapping)
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, ints, texts};

    #[test]
    fn category_mapper() {
        let case = Case::new(&super::DEF).with("cats_strings", texts(&["a", "b"])).with("cats_int64s", ints(&[4, 9]));
        let network = case.clone().names().network(1);
        assert_eq!([0.0, 1.0, 2.0].map(|x| network.predict(&[x])[0]), [4.0, 9.0, -1.0]);
        let network = case.clone().integers().network(1);
        assert_eq!(network.output.categories[0].names, ["a", "b", "_Unused"]);
        assert_eq!([9.0, 4.0, 5.0].map(|x| network.predict(&[x])[0]), [1.0, 0.0, 2.0]);
        case.replaced("cats_int64s", ints(&[4])).integers().graph_error(1);
    }
}
