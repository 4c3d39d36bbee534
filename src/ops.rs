//! The supported ONNX operators, one file each: shape rule, float reference, and what the operator is in normal form.
//!
//! An operator knows neither the graph around it nor protobuf. To add one, write its file and name it below:
//! one `mod` line and one line of the table.

mod affine;
mod attrs;
mod codes;
mod comparison;
mod elementwise;
mod function;
mod masks;
mod moves;
mod product;
mod rewrite;
mod select;
mod spatial;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod testing;
mod weighted;

mod activations;
mod add;
mod affine_grid;
mod arg_max;
mod arithmetic;
mod attention;
mod average_pool;
mod batch_normalization;
mod bit_shift;
mod blackman_window;
mod cast;
mod cast_like;
mod center_crop_pad;
mod clip;
mod col2im;
mod compress;
mod concat;
mod constant;
mod control;
mod conv;
mod conv_integer;
mod conv_transpose;
mod dequantize_linear;
mod div;
mod dropout;
mod dynamic_quantize_linear;
mod einsum;
mod elu;
mod erf;
mod flatten;
mod gelu;
mod gemm;
mod global_average_pool;
mod global_lp_pool;
mod global_max_pool;
mod greater;
mod greater_or_equal;
mod grid_sample;
mod hamming_window;
mod hann_window;
mod hard_sigmoid;
mod hard_swish;
mod identity;
mod indexing;
mod is_inf;
mod is_nan;
mod leaky_relu;
mod less;
mod less_or_equal;
mod logic;
mod lp_pool;
mod mat_mul;
mod mat_mul_integer;
mod max_pool;
mod mean_variance_normalization;
mod mul;
mod neg;
mod non_zero;
mod normalization;
mod p_relu;
mod pad;
mod q_linear_conv;
mod q_linear_mat_mul;
mod quantize_linear;
mod recurrent;
mod reduce;
mod reduce_mean;
mod relu;
mod reshape;
mod resize;
mod reverse_sequence;
mod rms_normalization;
mod shape_ops;
mod sigmoid;
mod slice;
mod softmax;
mod softplus;
mod split;
mod squeeze;
mod sub;
mod sum;
mod swish;
mod tanh;
mod top_k;
mod transpose;
mod unary;
mod unsqueeze;
mod upsample;

use std::{fmt, ops::RangeInclusive};

use crate::{
    graph::{
        chain::FloatActivation,
        planar::{self, Map},
    },
    tensor::{DType, Fact, Tensor},
};

pub(crate) use affine::{Affine, Linear};
pub(crate) use attrs::{Attr, Attrs};
pub(crate) use control::{Control, ControlDef};
pub(crate) use masks::Mask;
pub(crate) use product::{Addend, Contraction};
pub(crate) use rewrite::{Ending, Id, Nodes, RewriteDef, Rewriter};
pub(crate) use spatial::{Grid, planes};

/// Every supported operator, sorted by name.
const DEFS: &[&OpDef] = &[
    &unary::ABS,
    &unary::ACOS,
    &unary::ACOSH,
    &add::DEF,
    &arg_max::DEF,
    &unary::ASIN,
    &unary::ASINH,
    &unary::ATAN,
    &unary::ATANH,
    &average_pool::DEF,
    &batch_normalization::DEF,
    &cast::DEF,
    &unary::CEIL,
    &clip::DEF,
    &concat::DEF,
    &constant::DEF,
    &conv::DEF,
    &conv_transpose::DEF,
    &unary::COS,
    &unary::COSH,
    &dequantize_linear::DEF,
    &div::DEF,
    &dropout::DEF,
    &elu::DEF,
    &erf::DEF,
    &unary::EXP,
    &flatten::DEF,
    &unary::FLOOR,
    &gelu::DEF,
    &gemm::DEF,
    &global_average_pool::DEF,
    &global_max_pool::DEF,
    &greater::DEF,
    &greater_or_equal::DEF,
    &hard_sigmoid::DEF,
    &hard_swish::DEF,
    &identity::DEF,
    &leaky_relu::DEF,
    &less::DEF,
    &less_or_equal::DEF,
    &unary::LOG,
    &mat_mul::DEF,
    &max_pool::DEF,
    &unary::MISH,
    &mul::DEF,
    &neg::DEF,
    &p_relu::DEF,
    &pad::DEF,
    &quantize_linear::DEF,
    &unary::RECIPROCAL,
    &reduce_mean::DEF,
    &reduce_mean::SUM,
    &relu::DEF,
    &reshape::DEF,
    &resize::DEF,
    &unary::ROUND,
    &unary::SHRINK,
    &sigmoid::DEF,
    &unary::SIGN,
    &unary::SIN,
    &unary::SINH,
    &slice::DEF,
    &softmax::DEF,
    &softplus::DEF,
    &unary::SOFTSIGN,
    &split::DEF,
    &unary::SQRT,
    &squeeze::DEF,
    &sub::DEF,
    &sum::DEF,
    &unary::TAN,
    &tanh::DEF,
    &unary::THRESHOLDED_RELU,
    &transpose::DEF,
    &unsqueeze::DEF,
    &upsample::DEF,
];

/// Every supported operator that stands for others, sorted by name.
const REWRITES: &[&RewriteDef] = &[
    &affine_grid::DEF,
    &logic::AND,
    &arg_max::MIN,
    &attention::DEF,
    &bit_shift::DEF,
    &blackman_window::DEF,
    &cast_like::DEF,
    &activations::CELU,
    &center_crop_pad::DEF,
    &col2im::DEF,
    &compress::DEF,
    &shape_ops::CONSTANT_OF_SHAPE,
    &conv_integer::DEF,
    &reduce::CUM_SUM,
    &shape_ops::DEPTH_TO_SPACE,
    &dynamic_quantize_linear::DEF,
    &einsum::DEF,
    &logic::EQUAL,
    &shape_ops::EXPAND,
    &shape_ops::EYE_LIKE,
    &recurrent::GRU,
    &indexing::GATHER,
    &indexing::GATHER_ELEMENTS,
    &indexing::GATHER_ND,
    &global_lp_pool::DEF,
    &grid_sample::DEF,
    &normalization::GROUP,
    &hamming_window::DEF,
    &hann_window::DEF,
    &activations::HARDMAX,
    &normalization::INSTANCE,
    &is_inf::DEF,
    &is_nan::DEF,
    &recurrent::LSTM,
    &normalization::LAYER,
    &activations::LOG_SOFTMAX,
    &normalization::LP,
    &lp_pool::DEF,
    &mat_mul_integer::DEF,
    &arithmetic::MAX,
    &arithmetic::MEAN,
    &mean_variance_normalization::DEF,
    &arithmetic::MIN,
    &arithmetic::MOD,
    &non_zero::DEF,
    &logic::NOT,
    &indexing::ONE_HOT,
    &logic::OR,
    &arithmetic::POW,
    &q_linear_conv::DEF,
    &q_linear_mat_mul::DEF,
    &rms_normalization::DEF,
    &recurrent::RNN,
    &shape_ops::RANGE,
    &reduce::L1,
    &reduce::L2,
    &reduce::LOG_SUM,
    &reduce::LOG_SUM_EXP,
    &reduce::MAX,
    &reduce::MIN,
    &reduce::PROD,
    &reduce::SUM_SQUARE,
    &reverse_sequence::DEF,
    &indexing::SCATTER_ELEMENTS,
    &indexing::SCATTER_ND,
    &activations::SELU,
    &shape_ops::SHAPE,
    &shape_ops::SIZE,
    &shape_ops::SPACE_TO_DEPTH,
    &swish::DEF,
    &shape_ops::TILE,
    &top_k::DEF,
    &shape_ops::TRILU,
    &logic::WHERE,
    &logic::XOR,
];

/// Every supported operator of control flow, sorted by name.
const CONTROLS: &[&ControlDef] = &[&control::IF, &control::LOOP, &control::SCAN];

/// Versions of the default ONNX operator set that are read.
pub(crate) const OPSETS: RangeInclusive<i64> = 7..=27;

/// The version as of which most operators were read; up to the newest, their later versions only add element types.
const READ: i64 = 21;

/// The versions of an operator that was read as of some version.
fn newest(opsets: &RangeInclusive<i64>) -> RangeInclusive<i64> {
    *opsets.start()..=if *opsets.end() == READ { *OPSETS.end() } else { *opsets.end() }
}

/// Most multiplications one step of importing may take.
const MAX_WORK: u64 = 1 << 34;

/// Name and one-line summary of every supported operator, sorted by name.
pub fn operators() -> impl Iterator<Item = (&'static str, &'static str)> {
    all().into_iter().map(|def| (def.onnx(), def.summary()))
}

/// Every supported operator, sorted by name.
fn all() -> Vec<Def> {
    let rewrites = REWRITES.iter().copied().map(Def::Rewrite);
    let controls = CONTROLS.iter().copied().map(Def::Control);
    let mut all: Vec<Def> = DEFS.iter().copied().map(Def::Op).chain(rewrites).chain(controls).collect();
    all.sort_unstable_by_key(|def| def.onnx());
    all
}

/// The operator that ONNX calls `name` in its default domain.
pub(crate) fn find(name: &str) -> Option<Def> {
    let op = DEFS.iter().copied().find(|def| def.onnx == name).map(Def::Op);
    let op = op.or_else(|| REWRITES.iter().copied().find(|def| def.onnx == name).map(Def::Rewrite));
    op.or_else(|| CONTROLS.iter().copied().find(|def| def.onnx == name).map(Def::Control))
}

/// What to do about an operator that is not supported; empty where nothing is nearer than another.
pub(crate) fn advice(name: &str) -> &'static str {
    match name {
        "NonMaxSuppression" | "Unique" => {
            "the shape of its result depends on values, a circuit's must not; choose by Where or TopK"
        }
        "BitwiseAnd" | "BitwiseNot" | "BitwiseOr" | "BitwiseXor" => {
            "integers are not cut into bits; multiply or divide by powers of two instead"
        }
        "DeformConv" | "MaxRoiPool" | "RoiAlign" => "the places it reads depend on values",
        "Det" => "write the determinant out as products",
        "DFT" | "MelWeightMatrix" | "STFT" => "multiply by a constant matrix instead",
        "MaxUnpool" => "the places it writes depend on values; use Resize or ConvTranspose",
        "StringConcat" | "StringNormalizer" | "StringSplit" | "TfIdfVectorizer" => "prepare texts before the network",
        "Bernoulli" | "Multinomial" | "RandomNormal" | "RandomNormalLike" | "RandomUniform" | "RandomUniformLike" => {
            "a proof is of one computation; give random numbers as an input"
        }
        _ => "",
    }
}

/// A supported operator.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Def {
    /// One with a normal form of its own.
    Op(&'static OpDef),
    /// One that stands for others.
    Rewrite(&'static RewriteDef),
    /// One that holds graphs.
    Control(&'static ControlDef),
}

impl Def {
    /// ONNX name.
    pub(crate) const fn onnx(self) -> &'static str {
        match self {
            Self::Op(def) => def.onnx,
            Self::Rewrite(def) => def.onnx,
            Self::Control(def) => def.onnx,
        }
    }

    /// Operator set versions in which it exists and is read.
    pub(crate) fn opsets(self) -> RangeInclusive<i64> {
        match self {
            Self::Op(def) => newest(&def.opsets),
            Self::Rewrite(def) => newest(&def.opsets),
            Self::Control(def) => newest(&def.opsets),
        }
    }

    /// Number of inputs.
    pub(crate) fn inputs(self) -> RangeInclusive<usize> {
        match self {
            Self::Op(def) => def.inputs.clone(),
            Self::Rewrite(def) => def.inputs.clone(),
            Self::Control(def) => def.inputs.clone(),
        }
    }

    /// What it computes and what limits it has.
    pub(crate) const fn summary(self) -> &'static str {
        match self {
            Self::Op(def) => def.summary,
            Self::Rewrite(def) => def.summary,
            Self::Control(def) => def.summary,
        }
    }
}

/// An operator as the table knows it.
#[derive(Debug)]
pub(crate) struct OpDef {
    /// ONNX name.
    pub(crate) onnx: &'static str,
    /// Operator set versions in which it exists and is read.
    pub(crate) opsets: RangeInclusive<i64>,
    /// Number of inputs; optional ones count.
    pub(crate) inputs: RangeInclusive<usize>,
    /// What it computes and what limits it has, for the documentation.
    pub(crate) summary: &'static str,
    /// Reads the attributes.
    pub(crate) parse: fn(Attrs) -> OpResult<Box<dyn Op>>,
}

/// An operator with its attributes.
pub(crate) trait Op: fmt::Debug + Send + Sync {
    /// Shape rule: element kind and shape of each output, without allocating anything of their size.
    ///
    /// # Errors
    /// If the operands do not fit the operator.
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>>;

    /// Float reference, for inputs that [`Self::facts`] accepted.
    ///
    /// # Errors
    /// If the values have no result, such as an integer division by zero.
    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>>;

    /// What each output is in normal form; inputs without a constant are private.
    ///
    /// # Errors
    /// If it has none for these operands.
    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>>;

    /// Adds what the operator stands for, where for these operands it stands for others, and gives its outputs.
    ///
    /// # Errors
    /// If the operands do not fit those.
    fn rewrite(&self, _inputs: &[Option<Id>], _to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        Ok(None)
    }
}

/// An operator in normal form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lowered {
    /// The first input with its values in the same order.
    Reshape,
    /// The sum of affine maps, each of the input with the given index.
    Affine(Vec<(usize, Affine)>),
    /// An activation of the first input.
    Activation(FloatActivation),
    /// 1 where the input is at least (or, if `strict`, above) `at`, else 0.
    Threshold {
        /// Index of the private input.
        input: usize,
        /// Compares the negated input instead.
        negate: bool,
        /// What the (negated) input is compared with.
        at: f64,
        /// Whether equality gives 0.
        strict: bool,
    },
    /// A linear map of the first input as [`planes`], and what it adds to each channel of the output.
    Map {
        /// The map.
        map: Map<f64>,
        /// One value per output channel.
        bias: Vec<f64>,
    },
    /// Single values of the inputs.
    Gather {
        /// Input and its flat element for each value; none where there is a constant only.
        sources: Vec<Option<(u32, u32)>>,
        /// What is added to each value; empty if that is 0.
        shift: Vec<f64>,
    },
    /// An elementwise function of the first input, whose channels are those of [`planes`].
    Function(planar::FloatActivation),
    /// The largest values of windows over the first input as [`planes`].
    MaxPool(Grid),
    /// The products of the first two inputs, value by value: the flat element of either for each value of the output.
    Multiply {
        /// Of the first and of the second input.
        elements: [Vec<u32>; 2],
    },
    /// Products of the matrices that the first two inputs hold.
    Contract(Contraction),
    /// The softmax of all values of the first input.
    Softmax,
    /// The codes of the first input's values.
    Quantize(Codes),
}

/// How values become codes: `clamp(round(x / scale) + zero, limits)`, ties to even.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Codes {
    /// Of each value, above 0.
    pub(crate) scale: Vec<f64>,
    /// The code of 0.
    pub(crate) zero: f64,
    /// Least and largest code.
    pub(crate) limits: [f64; 2],
}

/// What an operator sees of an input before evaluation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operand<'a> {
    /// Element kind and shape.
    pub(crate) fact: &'a Fact,
    /// The value, if it does not depend on the graph's inputs.
    pub(crate) constant: Option<&'a Tensor>,
}

impl<'a> Operand<'a> {
    /// The value of an operand that must be constant; `what` names it in the error.
    fn constant(self, what: &str) -> OpResult<&'a Tensor> {
        self.constant.ok_or_else(|| OpError::unsupported(format!("{what} must be a constant")))
    }

    /// Refuses integers and truth values.
    fn float(self) -> OpResult<Self> {
        match self.fact.dtype {
            DType::Float => Ok(self),
            DType::Int | DType::Bool => Err(OpError::unsupported("takes real numbers only; insert a Cast to FLOAT")),
        }
    }
}

/// The inputs of a node; optional ones may be missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs<'a, T>(pub(crate) &'a [Option<T>]);

impl<T: Copy> Inputs<'_, T> {
    /// Input `index`, if given.
    pub(crate) fn optional(&self, index: usize) -> Option<T> {
        self.0.get(index).copied().flatten()
    }

    /// Input `index`.
    ///
    /// # Errors
    /// If it is missing.
    pub(crate) fn get(&self, index: usize) -> OpResult<T> {
        self.optional(index).ok_or_else(|| OpError::Graph(format!("input {index} is missing")))
    }
}

/// Result of an operator, which does not know the name of its node.
pub(crate) type OpResult<T> = Result<T, OpError>;

/// What an operator can object to; the importer adds the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OpError {
    /// Attributes or forms of the operator without a lowering.
    Unsupported(Vec<String>),
    /// Operand shapes do not fit.
    Shape {
        /// What the operator takes.
        expected: String,
        /// What came.
        got: String,
    },
    /// Anything else, as a reason.
    Graph(String),
}

impl OpError {
    fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported(vec![reason.into()])
    }

    fn shape(expected: impl Into<String>, got: &[&[usize]]) -> Self {
        let got = got.iter().map(|shape| format!("{shape:?}")).collect::<Vec<_>>().join(" and ");
        Self::Shape { expected: expected.into(), got }
    }
}

/// A tensor of values computed for a fact that was already accepted.
fn tensor(fact: Fact, data: Vec<f64>) -> OpResult<Tensor> {
    let shape = fact.shape.clone();
    let got = [data.len()];
    Tensor::new(fact, data).ok_or_else(|| OpError::shape(format!("{shape:?}"), &[&got]))
}

/// The same values in the same order under another shape.
fn reshaped(x: &Tensor, shape: Vec<usize>) -> OpResult<Vec<Tensor>> {
    Ok(vec![tensor(Fact { dtype: x.fact().dtype, shape }, x.data().to_vec())?])
}

/// `axis` counted from the end when negative; `limit` is the number of axes it may name.
fn axis(axis: i64, limit: usize) -> OpResult<usize> {
    let positive = if axis < 0 { i64::try_from(limit).ok().and_then(|n| n.checked_add(axis)) } else { Some(axis) };
    positive
        .and_then(|axis| usize::try_from(axis).ok())
        .filter(|axis| *axis < limit)
        .ok_or_else(|| OpError::Graph(format!("axis {axis} is out of range for {limit} axes")))
}

/// The integers of a constant list.
fn integers(tensor: &Tensor) -> Vec<i64> {
    tensor.data().iter().map(|value| *value as i64).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(DEFS.is_sorted_by(|a, b| a.onnx < b.onnx));
        assert!(REWRITES.is_sorted_by(|a, b| a.onnx < b.onnx));
        for def in DEFS {
            assert!(find(def.onnx).is_some_and(|found| found.summary() == def.summary));
            assert!(
                def.opsets.start() >= OPSETS.start() && def.opsets.end() <= OPSETS.end() && !def.summary.is_empty()
            );
        }
        for def in REWRITES {
            assert!(matches!(find(def.onnx), Some(Def::Rewrite(found)) if found.summary == def.summary));
        }
        assert!(CONTROLS.is_sorted_by(|a, b| a.onnx < b.onnx));
        assert!(find("NonMaxSuppression").is_none());
        assert_eq!(operators().count(), DEFS.len() + REWRITES.len() + CONTROLS.len());
    }

    /// The table of `docs/operators.md`.
    fn documentation() -> String {
        let all = all();
        let row = |def: &Def| {
            let (opsets, inputs) = (def.opsets(), def.inputs());
            let (least, most) = (inputs.start(), inputs.end());
            let inputs = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let form = match def {
                Def::Op(_) => "own",
                Def::Rewrite(_) => "others",
                Def::Control(_) => "unrolled",
            };
            let (name, link) = (def.onnx(), format!("https://onnx.ai/onnx/operators/onnx__{}.html", def.onnx()));
            format!(
                "| [{name}]({link}) | {} to {} | {inputs} | {form} | {} |\n",
                opsets.start(),
                opsets.end(),
                def.summary()
            )
        };
        let count = all.len();
        format!(
            "# Operators\n\nThe {count} ONNX operators that are read, made from the registry in `src/ops.rs`; a test keeps this file \
             so\n(`HUSHPROOF_WRITE_DOCS=1 cargo test --lib documented` rewrites it). \"own\" operators have a normal form of their \
             own, \"others\" are\nput together from those. The file of each operator in `src/ops/` states its formula, rounding and \
             limits.\n\n| operator | operator sets | inputs | form | what is served |\n|---|---|---|---|---|\n{}",
            all.iter().map(row).collect::<String>()
        )
    }

    #[test]
    fn the_table_is_documented() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join("operators.md");
        if std::env::var_os("HUSHPROOF_WRITE_DOCS").is_some() {
            std::fs::write(&path, documentation()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), documentation(), "rewrite it as it says");
    }

    #[test]
    fn axes_count_from_both_ends() {
        assert_eq!(axis(1, 2), Ok(1));
        assert_eq!(axis(-1, 2), Ok(1));
        for bad in [2, -3, i64::MIN, i64::MAX] {
            assert!(matches!(axis(bad, 2), Err(OpError::Graph(_))));
        }
    }
}
