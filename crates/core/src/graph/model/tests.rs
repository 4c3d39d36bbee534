use proptest::prelude::*;

use super::*;
use crate::{
    error::Error,
    graph::{Map, check::tests::sample},
};

const LAST: [Activation; 5] =
    [Activation::Linear, Activation::Relu, Activation::Clip, Activation::Threshold, Activation::ArgMax];

fn model() -> impl Strategy<Value = Model> {
    let weights = prop::collection::vec(-1_000_000i64..1_000_000, 54);
    (0..5usize, weights, ".{0,8}", 0..4u8, 1..=256usize).prop_map(|(last, weights, name, input, lanes)| {
        let mut model = sample(LAST[last].clone());
        if let Map::Conv(conv) = &mut model.layers[0].terms[0].map {
            conv.weights = weights;
        }
        match input {
            0 => model.input.zero_point = vec![-3, 7],
            1 => {
                model.input.scale.fill(1.0);
                model.input.cuts = (0..32).map(|i| Some((0..i).map(f64::from).collect())).collect();
            }
            2 => model.private_weights = Some(4),
            _ => {
                let table = &mut model.tables[0];
                (table.base[3], table.slope[3]) = (0, 0);
                table.absent.push(3);
            }
        }
        model.name = name;
        model.lanes.weights = lanes;
        model
    })
}

/// Replaces the digest by the right one, so that the body itself is read.
fn reseal(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len().saturating_sub(codec::DIGEST_BYTES));
    let digest = codec::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

proptest! {
    #[test]
    fn models_round_trip(model in model()) {
        let bytes = model.to_bytes();
        let again = Model::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&again, &model);
        prop_assert_eq!(again.digest(), codec::digest(&bytes));
    }

    #[test]
    fn a_changed_byte_is_refused(model in model(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut bytes = model.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let refused = matches!(Model::from_bytes(&bytes), Err(Error::Artifact { .. } | Error::Version { .. }));
        prop_assert!(refused);
    }

    /// Under a valid digest, a changed body is refused or is another model with exactly these bytes.
    #[test]
    fn a_forged_body_has_one_meaning(model in model(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = model.to_bytes();
        let at = 12 + at.index(bytes.len() - 12 - codec::DIGEST_BYTES);
        bytes[at] = to;
        let bytes = reseal(bytes);
        if let Ok(read) = Model::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_cut_or_longer_body_is_refused(model in model(), at in any::<prop::sample::Index>(), more in any::<[u8; 3]>()) {
        let bytes = model.to_bytes();
        prop_assert!(Model::from_bytes(&bytes[..at.index(bytes.len())]).is_err());
        let body = &bytes[..bytes.len() - codec::DIGEST_BYTES];
        let filler = [0; codec::DIGEST_BYTES];
        let shorter = [&body[..at.index(body.len())], &filler].concat();
        prop_assert!(Model::from_bytes(&reseal(shorter)).is_err());
        let longer = [body, &more, &filler].concat();
        prop_assert!(Model::from_bytes(&reseal(longer)).is_err());
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut w = Writer::new(MAGIC, MODEL_VERSION);
        w.raw(&noise);
        prop_assert!(Model::from_bytes(&w.finish()).is_err());
        prop_assert!(Model::from_bytes(&noise).is_err());
    }
}

#[test]
fn other_files_and_versions_are_named() {
    let bytes = sample(Activation::Relu).to_bytes();
    assert!(matches!(Model::from_bytes(b"\x89PNG\r\n\x1a\n"), Err(Error::Artifact { .. })));
    let mut newer = bytes.clone();
    newer[8] = 5;
    assert!(matches!(Model::from_bytes(&newer), Err(Error::Version { expected: 4, got: 5, .. })));
    for version in 1..4 {
        let mut older = bytes.clone();
        older[8] = version;
        let got = u32::from(version);
        assert!(
            matches!(Model::from_bytes(&older), Err(Error::Version { expected: 4, got: found, .. }) if found == got)
        );
    }
    let mut broken = sample(Activation::Relu);
    broken.lanes.weights = 0;
    assert!(matches!(Model::from_bytes(&broken.to_bytes()), Err(Error::Artifact { .. })));
}

#[test]
fn declared_sizes_allocate_nothing() {
    let mut w = Writer::new(MAGIC, MODEL_VERSION);
    w.u8(0);
    w.text("bomb");
    [5u64, 2, 2, 4, 4].iter().for_each(|v| w.varint(*v));
    w.text("x");
    w.varint(1);
    w.varint(1 << 31);
    [1u64 << 31, 1, 1].iter().for_each(|v| w.varint(*v));
    assert!(matches!(Model::from_bytes(&w.finish()), Err(Error::Artifact { .. })));
}

#[test]
fn weights_are_small() {
    let mut model = sample(Activation::Relu);
    let before = model.to_bytes().len();
    for layer in &mut model.layers {
        if let Map::Conv(conv) = &mut layer.terms[0].map {
            conv.weights.fill(63);
        }
    }
    assert!(model.to_bytes().len() <= before);
}

/// Found by fuzzing: a file's shape is read before it is checked.
#[test]
fn lengths_of_impossible_shapes_are_large() {
    assert_eq!(crate::graph::ValueInfo::new("x", vec![1 << 40, 1 << 40, 3]).len(), usize::MAX);
    assert_eq!(crate::graph::ValueInfo::new("x", vec![2, 3, 1]).len(), 6);
}
