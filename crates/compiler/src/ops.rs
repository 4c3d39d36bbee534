//! The supported ONNX operators, one file each: shape rule, float reference, and what the operator is in normal form.
//!
//! This is their registry. What an operator is written in is `op`, what several share `support`; neither knows the
//! registry, and no operator does. To add one, write its file, named after it in snake case, and name it below: one
//! `mod` line and one line of the table.

#[cfg(test)]
mod documentation;
mod microsoft;
pub(crate) mod ml;
mod op;
mod support;
#[cfg(test)]
mod testing;

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

pub(crate) use op::{
    Addend, Affine, Attr, Attrs, Codes, Contraction, Control, Def, Domain, Ending, Grid, Id, Inputs, Linear, Lowered,
    Mark, Mask, Nodes, OPSETS, Op, OpError, OpResult, Operand, RewriteDef, Rewriter, planes, trees,
};
pub(crate) use softmax::OF_MATRIX;
pub(crate) use support::leaves::by_leaf;

/// Every supported operator, sorted by name.
const DEFS: &[Def] = &[
    Def::Rewrite(&abs::DEF),
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
    Def::Rewrite(&sign::DEF),
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

/// Name and one-line summary of every supported operator, sorted by name.
pub fn operators() -> impl Iterator<Item = (&'static str, &'static str)> {
    let others = ml::REWRITES.iter().chain(microsoft::REWRITES).copied().map(Def::Rewrite);
    let mut all: Vec<Def> = DEFS.iter().copied().chain(others).collect();
    all.sort_unstable_by_key(|def| def.onnx());
    all.into_iter().map(|def| (def.onnx(), def.summary()))
}

/// The operator that ONNX calls `name` in a domain.
pub(crate) fn find_in(domain: Domain, name: &str) -> Option<Def> {
    match domain {
        Domain::Default => find(name),
        Domain::Ml => ml::REWRITES.iter().copied().find(|def| def.onnx == name).map(Def::Rewrite),
        Domain::Microsoft => {
            let name = name.trim_start_matches(microsoft::PREFIX);
            let is_it = |def: &&RewriteDef| def.onnx.strip_prefix(microsoft::PREFIX) == Some(name);
            microsoft::REWRITES.iter().copied().find(is_it).map(Def::Rewrite)
        }
    }
}

/// The operator that ONNX calls `name` in its default domain.
pub(crate) fn find(name: &str) -> Option<Def> {
    DEFS.iter().copied().find(|def| def.onnx() == name)
}

/// The name of an operator of any domain.
pub(crate) fn known(name: &str) -> Option<&'static str> {
    let of = |domain| find_in(domain, name).map(Def::onnx);
    Domain::ALL.into_iter().find_map(of)
}

/// What to do about an operator that is not supported; empty where nothing is nearer than another.
pub(crate) fn advice(domain: Domain, name: &str) -> &'static str {
    match domain {
        Domain::Default => {}
        Domain::Ml => return ml::advice(name),
        Domain::Microsoft => return microsoft::ADVICE,
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

#[cfg(test)]
mod tests;
