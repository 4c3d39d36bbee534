use proptest::prelude::*;

use super::{super::check::tests::sample, *};
use crate::{
    codec,
    error::{ArtifactKind, Error},
};

const MAGIC: &[u8; 8] = b"HUSHTEST";

fn bytes(model: &Model) -> Vec<u8> {
    let mut w = Writer::new(MAGIC, 1);
    model.write(&mut w);
    w.finish()
}

fn read(bytes: &[u8]) -> Result<Model> {
    let mut r = Reader::open(ArtifactKind::Model, MAGIC, 1, bytes)?;
    let model = Model::read(&mut r, Flags::from_byte(0))?;
    r.finish()?;
    Ok(model)
}

/// Replaces the digest by the right one, so that the body itself is read.
fn sealed(body: &[u8]) -> Vec<u8> {
    [body, &codec::digest(body)].concat()
}

const LAST: [Activation; 5] =
    [Activation::Linear, Activation::Relu, Activation::Clip, Activation::Threshold, Activation::ArgMax];

fn model() -> impl Strategy<Value = Model> {
    let weights = prop::collection::vec(-1_000_000i64..1_000_000, 54);
    (0..5usize, weights, ".{0,8}", 1..=256usize, any::<bool>()).prop_map(|(last, weights, name, lanes, per_value)| {
        let mut model = sample(LAST[last].clone());
        if let Map::Conv(conv) = &mut model.layers[0].terms[0].map {
            conv.weights = weights;
        }
        if per_value {
            model.layers[1].bias = (0..48).map(|i| i * i - 100).collect();
        }
        model.name = name;
        model.lanes.weights = lanes;
        model
    })
}

proptest! {
    #[test]
    fn models_round_trip(model in model()) {
        prop_assert_eq!(&read(&bytes(&model)).unwrap(), &model);
    }

    /// Under a valid digest, a changed body is refused or is another model with exactly these bytes.
    #[test]
    fn a_forged_body_has_one_meaning(model in model(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let file = bytes(&model);
        let mut body = file[..file.len() - codec::DIGEST_BYTES].to_vec();
        let at = 12 + at.index(body.len() - 12);
        body[at] = to;
        let file = sealed(&body);
        if let Ok(read) = read(&file) {
            prop_assert_eq!(bytes(&read), file);
        }
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut w = Writer::new(MAGIC, 1);
        w.raw(&noise);
        prop_assert!(read(&w.finish()).is_err());
    }
}

#[test]
fn every_cut_and_every_flipped_bit_is_read_safely() {
    for last in LAST {
        let file = bytes(&sample(last));
        let body = &file[..file.len() - codec::DIGEST_BYTES];
        for len in 12..body.len() {
            assert!(matches!(read(&sealed(&body[..len])), Err(Error::Artifact { .. })), "{len}");
        }
        assert!(read(&sealed(&[body, &[0]].concat())).is_err());
        for index in 12..body.len() {
            for bit in 0..8 {
                let mut changed = body.to_vec();
                changed[index] ^= 1 << bit;
                let changed = sealed(&changed);
                if let Ok(model) = read(&changed) {
                    assert_eq!(bytes(&model), changed);
                }
            }
        }
    }
}

#[test]
fn declared_sizes_allocate_nothing() {
    let mut w = Writer::new(MAGIC, 1);
    w.text("bomb");
    [8u64, 2, 1, 4, 8].iter().for_each(|v| w.varint(*v));
    w.text("x");
    [1, 1 << 40, 1 << 40, 1, 1].iter().for_each(|v| w.varint(*v));
    assert!(matches!(read(&w.finish()), Err(Error::Artifact { .. })));
}

#[test]
fn sparse_columns_are_gaps() {
    let mut model = sample(Activation::Linear);
    let before = bytes(&model).len();
    if let Map::Sparse(sparse) = &mut model.layers[4].terms[0].map {
        sparse.columns[0] = vec![(0, 1), (1, 1), (2, -1), (3, 1)];
    }
    assert_eq!(bytes(&model).len(), before + 4);
    assert_eq!(read(&bytes(&model)).unwrap(), model);
}
