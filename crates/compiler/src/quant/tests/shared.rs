//! The networks that lie beside the repository, where there are any, against their stored float outputs.

use std::{fs, path::PathBuf};

use super::*;
use crate::{data, onnx, quant::quantize};

fn shared() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/models");
    Some(std::env::var_os("HUSHPROOF_MODELS").map_or_else(beside, PathBuf::from)).filter(|path| path.is_dir())
}

/// Rows of an array file, mapped value by value.
fn array(path: PathBuf, name: &str, shape: &[usize], map: impl Fn(f64) -> f64) -> Vec<Vec<f64>> {
    let value_info = ValueInfo::new(name, shape.to_vec());
    let mut rows = data::read_rows(&fs::read(path).unwrap(), &value_info).unwrap();
    rows.iter_mut().flatten().for_each(|v| *v = map(*v));
    rows
}

/// Pads 28 × 28 pixels to 32 × 32, three times over.
fn padded(pixels: &[f64]) -> Vec<f64> {
    let mut plane = vec![-0.1307 / 0.3081; 1024];
    for (i, row) in pixels.chunks(28).enumerate() {
        plane[(i + 2) * 32 + 2..][..28].copy_from_slice(row);
    }
    plane.repeat(3)
}

#[test]
fn shared_networks_keep_their_classes() {
    let Some(shared) = shared() else { return };
    let at = |path: &str| shared.join(path);
    let digits_of = |scale: fn(f64) -> f64| array(at("mnist/mnist_test_2000.npz"), "x", &[1, 28, 28], scale);
    let pixels = digits_of(|v| v / 255.0);
    let normal: Vec<_> = digits_of(|v| (v / 255.0 - 0.1307) / 0.3081).iter().map(|row| padded(row)).collect();
    let cifar = array(at("vision/mobilenetv2_cifar.inputs_u8.npy"), "x", &[1, 3, 32, 32], |v| (v / 255.0 - 0.5) / 0.25);
    let photos = array(at("liveness/minifasnetv2.inputs.npy"), "x", &[1, 3, 80, 80], |v| v);
    let crops = array(at("liveness/minifasnetv2.jitter30.inputs_u8.npy"), "x", &[1, 3, 80, 80], |v| v);
    let narrow = digits(11, 1, 1);
    // Model, stored outputs, calibration, rows, limb sizes, least agreement, largest error.
    for (model, outputs, calibration, rows, sizes, least, most) in [
        ("mnist-trained/lenet5", "lenet5.outputs", &pixels[1900..], &pixels[..300], narrow, 1.0, 0.1),
        ("mnist-trained/lenet5", "lenet5.outputs", &pixels[1900..], &pixels[..300], digits(8, 2, 2), 1.0, 0.005),
        ("mnist-published/28_6_16_10_5", "28_6_16_10_5.outputs", &pixels[1900..], &pixels[..300], narrow, 1.0, 0.2),
        (
            "vision/mobilenetv2_w025_mnist32",
            "mobilenetv2_w025_mnist32.outputs",
            &normal[1950..],
            &normal[..60],
            digits(15, 1, 1),
            1.0,
            0.05,
        ),
        ("vision/mobilenetv2_cifar", "mobilenetv2_cifar.logits", &cifar[..4], &cifar, DIGITS, 1.0, 0.1),
        ("liveness/minifasnetv2", "minifasnetv2.jitter30.logits", &photos, &crops, digits(15, 1, 1), 1.0, 0.02),
    ] {
        let network = onnx::import(&fs::read(at(&format!("{model}.onnx"))).unwrap()).unwrap();
        let folder = model.split('/').next().unwrap();
        let value_info = &network.output;
        let expected = array(at(&format!("{folder}/{outputs}.npy")), &value_info.name, &value_info.shape, |v| v);
        let options = Options::default();
        let model_of = |ranges| quantize(&network, &ranges, sizes, LANES, &options).unwrap();
        let quantized = model_of(Ranges::from_rows(&network, calibration).unwrap());
        let report = crate::quant::evaluate(&expected, &network, Target::Class, &quantized, rows).unwrap();
        println!("{model} {sizes:?}: {report}");
        assert!(report.top1_agreement.unwrap() >= least && report.max_abs_error.unwrap() <= most, "{model}: {report}");
    }
}
