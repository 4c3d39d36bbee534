//! The supported ONNX operators, one file each: shape rule, float reference, and what the operator is in normal form.
//!
//! An operator knows neither the graph around it nor protobuf. To add one, write its file, named after it in snake case, and
//! name it below: one `mod` line and one line of the table. What several share is in `support`.

pub(crate) mod ml;
mod support;

mod abs;
mod acos;
mod acosh;
mod add;
mod affine_grid;
mod and;
mod arg_max;
mod arg_min;
mod asin;
mod asinh;
mod atan;
mod atanh;
mod attention;
mod average_pool;
mod batch_normalization;
mod bit_shift;
mod blackman_window;
mod cast;
mod cast_like;
mod ceil;
mod celu;
mod center_crop_pad;
mod clip;
mod col2_im;
mod compress;
mod concat;
mod constant;
mod constant_of_shape;
mod conv;
mod conv_integer;
mod conv_transpose;
mod cos;
mod cosh;
mod cum_sum;
mod depth_to_space;
mod dequantize_linear;
mod div;
mod dropout;
mod dynamic_quantize_linear;
mod einsum;
mod elu;
mod equal;
mod erf;
mod exp;
mod expand;
mod eye_like;
mod flatten;
mod floor;
mod gather;
mod gather_elements;
mod gather_nd;
mod gelu;
mod gemm;
mod global_average_pool;
mod global_lp_pool;
mod global_max_pool;
mod greater;
mod greater_or_equal;
mod grid_sample;
mod group_normalization;
mod gru;
mod hamming_window;
mod hann_window;
mod hard_sigmoid;
mod hard_swish;
mod hardmax;
mod identity;
mod if_;
mod instance_normalization;
mod is_inf;
mod is_na_n;
mod layer_normalization;
mod leaky_relu;
mod less;
mod less_or_equal;
mod log;
mod log_softmax;
mod loop_;
mod lp_normalization;
mod lp_pool;
mod lstm;
mod mat_mul;
mod mat_mul_integer;
mod max;
mod max_pool;
mod mean;
mod mean_variance_normalization;
mod min;
mod mish;
mod mod_;
mod mul;
mod neg;
mod non_zero;
mod not;
mod one_hot;
mod or;
mod p_relu;
mod pad;
mod pow;
mod q_linear_conv;
mod q_linear_mat_mul;
mod quantize_linear;
mod range;
mod reciprocal;
mod reduce_l1;
mod reduce_l2;
mod reduce_log_sum;
mod reduce_log_sum_exp;
mod reduce_max;
mod reduce_mean;
mod reduce_min;
mod reduce_prod;
mod reduce_sum;
mod reduce_sum_square;
mod relu;
mod reshape;
mod resize;
mod reverse_sequence;
mod rms_normalization;
mod rnn;
mod round;
mod scan;
mod scatter_elements;
mod scatter_nd;
mod selu;
mod shape;
mod shrink;
mod sigmoid;
mod sign;
mod sin;
mod sinh;
mod size;
mod slice;
mod softmax;
mod softplus;
mod softsign;
mod space_to_depth;
mod split;
mod sqrt;
mod squeeze;
mod sub;
mod sum;
mod swish;
mod tan;
mod tanh;
mod thresholded_relu;
mod tile;
mod top_k;
mod transpose;
mod trilu;
mod unsqueeze;
mod upsample;
mod where_;
mod xor;

use std::{fmt, ops::RangeInclusive};

use crate::{
    graph::planar::{self, Map},
    tensor::{DType, Fact, Tensor},
};

#[cfg(all(test, not(target_arch = "wasm32")))]
use support::testing;
use support::{
    codes, comparison, elementwise, extreme, function, indices, inputs, linear_reduction, masks, means, moves,
    normalize, product, recurrent, reduction, rows, select, shapes, spatial, truth, weighted,
};

pub(crate) use support::{
    affine::{Affine, Linear},
    attrs::{Attr, Attrs},
    codes::Codes,
    control::{Control, ControlDef},
    masks::Mask,
    product::{Addend, Contraction},
    rewrite::{Ending, Id, Nodes, RewriteDef, Rewriter},
    spatial::{Grid, planes},
};

/// Every supported operator, sorted by name.
const DEFS: &[Def] = &[
    Def::Op(&abs::DEF),
    Def::Op(&acos::DEF),
    Def::Op(&acosh::DEF),
    Def::Op(&add::DEF),
    Def::Rewrite(&affine_grid::DEF),
    Def::Rewrite(&and::DEF),
    Def::Op(&arg_max::DEF),
    Def::Rewrite(&arg_min::DEF),
    Def::Op(&asin::DEF),
    Def::Op(&asinh::DEF),
    Def::Op(&atan::DEF),
    Def::Op(&atanh::DEF),
    Def::Rewrite(&attention::DEF),
    Def::Op(&average_pool::DEF),
    Def::Op(&batch_normalization::DEF),
    Def::Rewrite(&bit_shift::DEF),
    Def::Rewrite(&blackman_window::DEF),
    Def::Op(&cast::DEF),
    Def::Rewrite(&cast_like::DEF),
    Def::Op(&ceil::DEF),
    Def::Rewrite(&celu::DEF),
    Def::Rewrite(&center_crop_pad::DEF),
    Def::Op(&clip::DEF),
    Def::Rewrite(&col2_im::DEF),
    Def::Rewrite(&compress::DEF),
    Def::Op(&concat::DEF),
    Def::Op(&constant::DEF),
    Def::Rewrite(&constant_of_shape::DEF),
    Def::Op(&conv::DEF),
    Def::Rewrite(&conv_integer::DEF),
    Def::Op(&conv_transpose::DEF),
    Def::Op(&cos::DEF),
    Def::Op(&cosh::DEF),
    Def::Rewrite(&cum_sum::DEF),
    Def::Rewrite(&depth_to_space::DEF),
    Def::Op(&dequantize_linear::DEF),
    Def::Op(&div::DEF),
    Def::Rewrite(&dropout::DEF),
    Def::Rewrite(&dynamic_quantize_linear::DEF),
    Def::Rewrite(&einsum::DEF),
    Def::Op(&elu::DEF),
    Def::Rewrite(&equal::DEF),
    Def::Op(&erf::DEF),
    Def::Op(&exp::DEF),
    Def::Rewrite(&expand::DEF),
    Def::Rewrite(&eye_like::DEF),
    Def::Op(&flatten::DEF),
    Def::Op(&floor::DEF),
    Def::Rewrite(&gru::DEF),
    Def::Rewrite(&gather::DEF),
    Def::Rewrite(&gather_elements::DEF),
    Def::Rewrite(&gather_nd::DEF),
    Def::Op(&gelu::DEF),
    Def::Op(&gemm::DEF),
    Def::Op(&global_average_pool::DEF),
    Def::Rewrite(&global_lp_pool::DEF),
    Def::Op(&global_max_pool::DEF),
    Def::Op(&greater::DEF),
    Def::Op(&greater_or_equal::DEF),
    Def::Rewrite(&grid_sample::DEF),
    Def::Rewrite(&group_normalization::DEF),
    Def::Rewrite(&hamming_window::DEF),
    Def::Rewrite(&hann_window::DEF),
    Def::Op(&hard_sigmoid::DEF),
    Def::Op(&hard_swish::DEF),
    Def::Rewrite(&hardmax::DEF),
    Def::Op(&identity::DEF),
    Def::Control(&if_::DEF),
    Def::Rewrite(&instance_normalization::DEF),
    Def::Rewrite(&is_inf::DEF),
    Def::Rewrite(&is_na_n::DEF),
    Def::Rewrite(&lstm::DEF),
    Def::Rewrite(&layer_normalization::DEF),
    Def::Op(&leaky_relu::DEF),
    Def::Op(&less::DEF),
    Def::Op(&less_or_equal::DEF),
    Def::Op(&log::DEF),
    Def::Rewrite(&log_softmax::DEF),
    Def::Control(&loop_::DEF),
    Def::Rewrite(&lp_normalization::DEF),
    Def::Rewrite(&lp_pool::DEF),
    Def::Op(&mat_mul::DEF),
    Def::Rewrite(&mat_mul_integer::DEF),
    Def::Rewrite(&max::DEF),
    Def::Op(&max_pool::DEF),
    Def::Rewrite(&mean::DEF),
    Def::Rewrite(&mean_variance_normalization::DEF),
    Def::Rewrite(&min::DEF),
    Def::Op(&mish::DEF),
    Def::Rewrite(&mod_::DEF),
    Def::Op(&mul::DEF),
    Def::Op(&neg::DEF),
    Def::Rewrite(&non_zero::DEF),
    Def::Rewrite(&not::DEF),
    Def::Rewrite(&one_hot::DEF),
    Def::Rewrite(&or::DEF),
    Def::Op(&p_relu::DEF),
    Def::Op(&pad::DEF),
    Def::Rewrite(&pow::DEF),
    Def::Rewrite(&q_linear_conv::DEF),
    Def::Rewrite(&q_linear_mat_mul::DEF),
    Def::Op(&quantize_linear::DEF),
    Def::Rewrite(&rms_normalization::DEF),
    Def::Rewrite(&rnn::DEF),
    Def::Rewrite(&range::DEF),
    Def::Op(&reciprocal::DEF),
    Def::Rewrite(&reduce_l1::DEF),
    Def::Rewrite(&reduce_l2::DEF),
    Def::Rewrite(&reduce_log_sum::DEF),
    Def::Rewrite(&reduce_log_sum_exp::DEF),
    Def::Rewrite(&reduce_max::DEF),
    Def::Op(&reduce_mean::DEF),
    Def::Rewrite(&reduce_min::DEF),
    Def::Rewrite(&reduce_prod::DEF),
    Def::Op(&reduce_sum::DEF),
    Def::Rewrite(&reduce_sum_square::DEF),
    Def::Op(&relu::DEF),
    Def::Op(&reshape::DEF),
    Def::Op(&resize::DEF),
    Def::Rewrite(&reverse_sequence::DEF),
    Def::Op(&round::DEF),
    Def::Control(&scan::DEF),
    Def::Rewrite(&scatter_elements::DEF),
    Def::Rewrite(&scatter_nd::DEF),
    Def::Rewrite(&selu::DEF),
    Def::Rewrite(&shape::DEF),
    Def::Op(&shrink::DEF),
    Def::Op(&sigmoid::DEF),
    Def::Op(&sign::DEF),
    Def::Op(&sin::DEF),
    Def::Op(&sinh::DEF),
    Def::Rewrite(&size::DEF),
    Def::Op(&slice::DEF),
    Def::Op(&softmax::DEF),
    Def::Op(&softplus::DEF),
    Def::Op(&softsign::DEF),
    Def::Rewrite(&space_to_depth::DEF),
    Def::Op(&split::DEF),
    Def::Op(&sqrt::DEF),
    Def::Op(&squeeze::DEF),
    Def::Op(&sub::DEF),
    Def::Op(&sum::DEF),
    Def::Rewrite(&swish::DEF),
    Def::Op(&tan::DEF),
    Def::Op(&tanh::DEF),
    Def::Op(&thresholded_relu::DEF),
    Def::Rewrite(&tile::DEF),
    Def::Rewrite(&top_k::DEF),
    Def::Op(&transpose::DEF),
    Def::Rewrite(&trilu::DEF),
    Def::Op(&unsqueeze::DEF),
    Def::Op(&upsample::DEF),
    Def::Rewrite(&where_::DEF),
    Def::Rewrite(&xor::DEF),
];

/// The domain of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    /// The default one.
    Default,
    /// `ai.onnx.ml`.
    Ml,
}

/// Versions of the default ONNX operator set that are read.
pub(crate) const OPSETS: RangeInclusive<i64> = 7..=27;

/// Most multiplications one step of importing may take.
const MAX_WORK: u64 = 1 << 34;

/// Name and one-line summary of every supported operator, sorted by name.
pub fn operators() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ml = ml::REWRITES.iter().copied().map(Def::Rewrite);
    let mut all: Vec<Def> = DEFS.iter().copied().chain(ml).collect();
    all.sort_unstable_by_key(|def| def.onnx());
    all.into_iter().map(|def| (def.onnx(), def.summary()))
}

/// The operator that ONNX calls `name` in a domain.
pub(crate) fn find_in(domain: Domain, name: &str) -> Option<Def> {
    match domain {
        Domain::Default => find(name),
        Domain::Ml => ml::REWRITES.iter().copied().find(|def| def.onnx == name).map(Def::Rewrite),
    }
}

/// The operator that ONNX calls `name` in its default domain.
pub(crate) fn find(name: &str) -> Option<Def> {
    DEFS.iter().copied().find(|def| def.onnx() == name)
}

/// What to do about an operator that is not supported; empty where nothing is nearer than another.
pub(crate) fn advice(domain: Domain, name: &str) -> &'static str {
    if domain == Domain::Ml {
        return ml::advice(name);
    }
    match name {
        "BitwiseAnd" | "BitwiseNot" | "BitwiseOr" | "BitwiseXor" => {
            "integers are not cut into bits; multiply or divide by powers of two instead"
        }
        "DeformConv" | "MaxRoiPool" | "RoiAlign" => "the places it reads depend on values",
        "Det" => "write the determinant out as products",
        "DFT" | "MelWeightMatrix" | "STFT" => "multiply by a constant matrix instead",
        "MaxUnpool" => "the places it writes depend on values; use Resize or ConvTranspose",
        "NonMaxSuppression" | "Unique" => {
            "the shape of its result depends on values, a circuit's must not; choose by Where or TopK"
        }
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
            Self::Op(def) => def.opsets.clone(),
            Self::Rewrite(def) => def.opsets.clone(),
            Self::Control(def) => def.opsets.clone(),
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

    /// The decision trees that the first input goes through, if the operator is made of such.
    fn trees(&self) -> Option<&ml::Trees> {
        None
    }

    /// What an element of the first output is of the same element of the first input in single precision, if that never
    /// decreases or never increases.
    fn monotone(&self, _element: usize) -> Option<ml::Monotone> {
        None
    }

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
    /// The index of the first largest value of the first input.
    ArgMax,
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
    /// Sums over the leaves of decision trees that the first input reaches.
    Forest(ml::Form),
    /// The codes of the first input's values.
    Quantize(Codes),
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

    /// The file of an operator, in snake case; a Rust keyword gets an underscore.
    fn file(onnx: &str) -> String {
        let letters: Vec<char> = onnx.chars().collect();
        let mut name = String::new();
        for (i, letter) in letters.iter().enumerate() {
            let behind = i > 0 && !letters[i - 1].is_uppercase();
            // "ReduceL1" and "GatherND" are two words, "GRU" is one.
            let before = i > 0 && letters.get(i + 1).is_some_and(char::is_ascii_lowercase);
            if letter.is_uppercase() && (behind || before) {
                name.push('_');
            }
            name.extend(letter.to_lowercase());
        }
        if matches!(name.as_str(), "if" | "loop" | "mod" | "where") { name + "_" } else { name }
    }

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(DEFS.is_sorted_by(|a, b| a.onnx() < b.onnx()));
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join("ops");
        for def in DEFS {
            let (name, opsets) = (def.onnx(), def.opsets());
            assert!(find(name).is_some_and(|found| found.summary() == def.summary()));
            assert!(opsets.start() >= OPSETS.start() && opsets.end() <= OPSETS.end() && !def.summary().is_empty());
            let text = std::fs::read_to_string(folder.join(file(name) + ".rs")).expect(name);
            assert!(text.contains(&format!("[{name}](https://onnx.ai/onnx/operators/onnx__{name}.html)")), "{name}");
            assert!(text.contains(&format!("onnx: \"{name}\"")), "{name}");
        }
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let folders = ["support.rs", "ml.rs"];
        let named = files.filter(|path| path.is_file() && !folders.iter().any(|folder| path.ends_with(folder)));
        assert_eq!(named.count(), DEFS.len(), "one file for each operator");
        assert!(find("NonMaxSuppression").is_none());
        assert!(ml::REWRITES.is_sorted_by(|a, b| a.onnx < b.onnx));
        for def in ml::REWRITES {
            assert!(find_in(Domain::Ml, def.onnx).is_some_and(|found| found.summary() == def.summary));
            assert!(find(def.onnx).is_none() && !def.summary.is_empty());
        }
        assert_eq!(operators().count(), DEFS.len() + ml::REWRITES.len());
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
