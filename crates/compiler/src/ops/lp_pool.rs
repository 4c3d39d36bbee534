//! [LpPool](https://onnx.ai/onnx/operators/onnx__LpPool.html): `(Σ |x|^p)^(1/p)` over windows, with zeros beyond the
//! border. Opset 7+. By a table of `|x|^p`, a sum, and a table of its root, each rounded once; for p = 1 without the
//! root. Unsupported: `ceil_mode`.

use hushproof_core::graph::Unary;

use super::{
    op::{Attr, Attrs, Id, OpResult, RewriteDef, Rewriter},
    support::inputs::only,
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LpPool",
    opsets: 7..=27,
    inputs: 1..=1,
    summary: "(Σ |x|^p)^(1/p) over windows over one or two axes",
    marks: &[],
    rewrite,
};

fn rewrite(mut attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    let p = attrs.int("p").unwrap_or(2);
    if attrs.flag("ceil_mode", false) {
        attrs.reject("ceil_mode = 1; pad instead");
    }
    let mut window = vec![("count_include_pad", Attr::Int(1))];
    for name in ["kernel_shape", "strides", "pads", "dilations"] {
        window.extend(attrs.ints(name).map(|list| (name, Attr::Ints(list))));
    }
    window.extend(attrs.text("auto_pad").map(|text| ("auto_pad", Attr::Text(text))));
    let taps = window.iter().find_map(|(name, value)| match value {
        Attr::Ints(kernel) if *name == "kernel_shape" => Some(kernel.iter().map(|size| *size as f64).product::<f64>()),
        _ => None,
    });
    if taps.is_none() {
        attrs.reject("no kernel_shape");
    }
    if p < 1 {
        attrs.reject(format!("p = {p}; 1 or more is served"));
    }
    attrs.finish()?;
    let powers = powers(to, only(inputs)?, p)?;
    let means = to.with("AveragePool", &window, &[powers])?;
    let sums = to.affine(means, taps.unwrap_or(1.0), 0.0)?;
    Ok(vec![root(to, sums, p)?])
}

/// |x|^p.
pub(super) fn powers(to: &mut Rewriter<'_>, x: Id, p: i64) -> OpResult<Id> {
    match p {
        1 => to.op("Abs", &[x]),
        p if p % 2 == 0 => to.table("Pow", Unary::Pow { exponent: p as f64 }, x),
        p => {
            let magnitudes = to.op("Abs", &[x])?;
            to.table("Pow", Unary::Pow { exponent: p as f64 }, magnitudes)
        }
    }
}

/// The p-th root.
pub(super) fn root(to: &mut Rewriter<'_>, x: Id, p: i64) -> OpResult<Id> {
    match p {
        1 => Ok(x),
        2 => to.table("Sqrt", Unary::Sqrt, x),
        p => to.table("Pow", Unary::Pow { exponent: (p as f64).recip() }, x),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn lp_pool() {
        let case = Case::new(&super::DEF).with("kernel_shape", Attr::Ints(vec![2]));
        let x = private(&[1, 1, 3], &[3.0, -4.0, 0.0]);
        case.gives(&[&x], &[1, 1, 2], &[5.0, 4.0]);
        case.with("p", Attr::Int(1)).gives(&[&x], &[1, 1, 2], &[7.0, 4.0]);
        case.with("pads", Attr::Ints(vec![1, 0])).gives(&[&x], &[1, 1, 3], &[3.0, 5.0, 4.0]);
        case.with("p", Attr::Int(0)).with("ceil_mode", Attr::Int(1)).unsupported(&[&x]);
        Case::new(&super::DEF).unsupported(&[&x]);
    }
}
