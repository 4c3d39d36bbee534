#![expect(clippy::unwrap_used, reason = "tests")]

use halo2curves::bn256;
use halo2curves::ff::Field;
use halo2curves::group::prime::PrimeCurveAffine;
use halo2curves::group::{Curve, Group};
use halo2curves::msm::msm_best;
use halo2curves::serde::SerdeObject;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use super::*;
use crate::field::{FqParams, Params};

fn points(seed: u64, count: usize) -> Vec<bn256::G1Affine> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Sums of a few random points: distinct, and quickly made.
    let step = bn256::G1::random(&mut rng);
    let mut point = bn256::G1::random(&mut rng);
    let mut points = Vec::with_capacity(count);
    for _ in 0..count {
        points.push(point);
        point += step;
    }
    let mut affine = vec![bn256::G1Affine::identity(); count];
    bn256::G1::batch_normalize(&points, &mut affine);
    affine
}

fn scalars(seed: u64, count: usize) -> Vec<Fr> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| Fr::from(bn256::Fr::random(&mut rng))).collect()
}

fn naive(scalars: &[Fr], points: &[bn256::G1Affine]) -> bn256::G1Affine {
    let product = |(scalar, point): (&Fr, &bn256::G1Affine)| point * bn256::Fr::from(*scalar);
    scalars.iter().zip(points).map(product).fold(bn256::G1::identity(), |sum, p| sum + p).to_affine()
}

fn elements(integers: &[i64]) -> Vec<Fr> {
    integers.iter().map(|x| Fr::from_i64(*x)).collect()
}

/// The chosen points with the choices a bucket has to survive: equal, opposite, identity.
fn odd_points(picks: &[u8]) -> Vec<bn256::G1Affine> {
    let few = points(5, 3);
    let choices = [few[0], -few[0], few[1], few[2], -few[2], bn256::G1Affine::identity()];
    picks.iter().map(|pick| choices[usize::from(*pick) % choices.len()]).collect()
}

/// Each point's limbs as they lie in memory.
fn raw(points: &[bn256::G1Affine]) -> Vec<u8> {
    points.iter().flat_map(SerdeObject::to_raw_bytes).collect()
}

#[test]
fn raw_bytes_make_the_same_bases() {
    for count in [0, 1, 3, 300, 1000] {
        let mut points = points(1, count);
        if let Some(point) = points.get_mut(2) {
            *point = bn256::G1Affine::identity();
        }
        let (read, made) = (Bases::from_raw(&raw(&points)).unwrap(), Bases::new(&points).unwrap());
        assert_eq!(read.points().collect::<Vec<_>>(), points);
        assert_eq!((&read.bases, read.has_identity), (&made.bases, count > 2));
    }
}

#[test]
fn the_first_bad_point_is_named() {
    let good = raw(&points(1, 1000));
    let off_curve = raw(&[bn256::G1Affine { x: bn256::Fq::ONE, y: bn256::Fq::ONE }]);
    let modulus: Vec<u8> = FqParams::MODULUS.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    // Coordinates that are the modulus, or above it in the lowest or highest limb alone.
    let mut above = [modulus.clone(), modulus.clone()];
    above[0][0] += 1;
    above[1][31] += 1;
    for coordinate in [vec![0xff; 32], modulus].into_iter().chain(above) {
        for at in [0, 32] {
            let mut bytes = good.clone();
            bytes[64 * 700 + at..][..32].copy_from_slice(&coordinate);
            assert_eq!(Bases::from_raw(&bytes).err(), Some(MsmError::NotOnCurve { index: 700 }));
        }
    }
    for index in [0, 255, 256, 999] {
        let mut bytes = good.clone();
        bytes[64 * index..][..64].copy_from_slice(&off_curve);
        bytes[64 * 999..].copy_from_slice(&off_curve);
        assert_eq!(Bases::from_raw(&bytes).err(), Some(MsmError::NotOnCurve { index }));
    }
    for cut in [1, 32, 63] {
        let got = good.len() - cut;
        assert_eq!(Bases::from_raw(&good[..got]).err(), Some(MsmError::RawLength { got }));
    }
}

#[test]
fn dense_sums_equal_halo2curves() {
    for count in [0, 1, 2, 3, 31, 33, 100, 1000, 5000] {
        let (points, scalars) = (points(1, count), scalars(2, count));
        let bases = Bases::new(&points).unwrap();
        let plain: Vec<bn256::Fr> = scalars.iter().map(|s| (*s).into()).collect();
        let expected = msm_best(&plain, &points).to_affine();
        assert_eq!(bases.msm(&scalars).unwrap().to_affine(), expected, "{count}");
    }
}

#[test]
fn small_sums_equal_halo2curves_at_every_width() {
    let points = points(3, 150);
    let bases = Bases::new(&points).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for bits in [0, 1, 2, 7, 8, 15, 16, 31, 32, 47, 63] {
        let mut values: Vec<i64> = (0..150)
            .map(|_| (rng.next_u64() & ((1u64 << bits) - 1)) as i64 * if rng.next_u32() & 1 == 0 { 1 } else { -1 })
            .collect();
        let extreme = ((1u64 << bits) - 1) as i64;
        values[..4].copy_from_slice(&[extreme, -extreme, 0, extreme]);
        assert_eq!(bases.msm_small(&values, bits).unwrap().to_affine(), naive(&elements(&values), &points), "{bits}");
    }
}

#[test]
fn many_columns_of_every_kind_equal_their_sums() {
    let points = points(6, 600);
    let bases = Bases::new(&points).unwrap();
    let small: Vec<i64> = (0..594).map(|i| i % 255 - 127).collect();
    let zeros = [0; 600];
    let (tail, long_tail, dense) = (scalars(7, 6), scalars(8, 200), scalars(9, 600));
    let columns = [
        Column::mixed(&small, 8, &tail),
        Column::dense(&dense),
        Column::mixed(&small[..400], 7, &long_tail),
        Column::small(&zeros, 0),
        Column::dense(&[]),
        Column::mixed(&small[..1], 20, &tail[..1]),
        Column::mixed(&small, 63, &tail[1..]),
    ];
    let sums = bases.msm_many(&columns).unwrap();
    let affine = G1::to_affine_many(&sums);
    for (column, sum) in columns.iter().zip(affine) {
        let mut all = elements(column.small);
        all.extend(column.tail);
        assert_eq!(sum, naive(&all, &points), "{} + {}", column.small.len(), column.tail.len());
    }
}

#[test]
fn repeated_scalars_and_gaps_equal_their_sums() {
    let mut points = points(13, 3000);
    let small: Vec<i64> = (0..200).map(|i| i % 13 - 6).collect();
    for odd in [false, true] {
        if odd {
            points[5] = bn256::G1Affine::identity();
            points[1700] = -points[1699];
        }
        let bases = Bases::new(&points).unwrap();
        for distinct in [1, 3, 32, 33, 100, 400, 3000] {
            let values = scalars(14, distinct);
            let mut column: Vec<_> = (0..3000).map(|i| values[i / 2 % distinct]).collect();
            column[100..900].fill(Fr::ZERO);
            let nonzero: Vec<u32> = (0..100).chain(900..3000).collect();
            let repeated = Repeated::find(&column, &nonzero, 0);
            assert_eq!(repeated.map(|repeated| repeated.values.len()), Some(distinct).filter(|count| *count <= 100));
            for column in [Column::dense(&column), Column::mixed(&small, 4, &column[..2800])] {
                let mut all = elements(column.small);
                all.extend(column.tail);
                let plain: Vec<bn256::Fr> = all.iter().map(|s| (*s).into()).collect();
                let sum = bases.msm_many(&[column, Column::dense(&[])]).unwrap()[0];
                assert_eq!(sum.to_affine(), msm_best(&plain, &points).to_affine(), "{distinct}");
            }
        }
    }
}

#[test]
fn parts_of_windows_equal_the_whole() {
    let points = points(10, 9000);
    let bases = Bases::new(&points).unwrap();
    let scalars = scalars(11, 9000);
    let plain: Vec<bn256::Fr> = scalars.iter().map(|s| (*s).into()).collect();
    let expected = msm_best(&plain, &points).to_affine();
    for threads in [1, 3, 16] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| bases.msm(&scalars)).unwrap().to_affine(), expected, "{threads} threads");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Repeated, opposite and identity bases under scalars that put them into the same buckets.
    #[test]
    fn odd_bases_and_scalars(picks in prop::collection::vec((any::<u8>(), 0usize..7), 0..120)) {
        let random = scalars(12, 1)[0];
        let choices = [Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::from_u64(2), -Fr::from_u64(2), random, -random];
        let bases_picked = odd_points(&picks.iter().map(|(pick, _)| *pick).collect::<Vec<_>>());
        let scalars: Vec<_> = picks.iter().map(|(_, pick)| choices[*pick]).collect();
        let bases = Bases::new(&bases_picked).unwrap();
        prop_assert_eq!(bases.msm(&scalars).unwrap().to_affine(), naive(&scalars, &bases_picked));
        let small: Vec<i64> = picks.iter().map(|(_, pick)| *pick as i64 - 3).collect();
        prop_assert_eq!(bases.msm_small(&small, 2).unwrap().to_affine(), naive(&elements(&small), &bases_picked));
    }
}

#[test]
fn the_same_base_everywhere() {
    let one = points(13, 1)[0];
    let bases = Bases::new(&vec![one; 3000]).unwrap();
    let sum = bases.msm_small(&vec![1; 3000], 1).unwrap().to_affine();
    assert_eq!(sum, (one * bn256::Fr::from(3000)).to_affine());
    assert!(bases.msm_small(&[1, -1], 1).unwrap().is_identity());
}

#[test]
fn misfits_are_refused() {
    let points = points(14, 4);
    let bases = Bases::new(&points).unwrap();
    assert_eq!(bases.msm(&[Fr::ONE; 5]).err(), Some(MsmError::TooLong { bases: 4, got: 5 }));
    assert_eq!(bases.msm_small(&[1, -4], 2).err(), Some(MsmError::OutOfBounds { row: 1, bits: 2 }));
    assert_eq!(bases.msm_small(&[1], 0).err(), Some(MsmError::OutOfBounds { row: 0, bits: 0 }));
    assert_eq!(bases.msm_small(&[i64::MIN], 63).err(), Some(MsmError::OutOfBounds { row: 0, bits: 63 }));
    assert_eq!(bases.msm_small(&[1], 64).err(), Some(MsmError::Bits { got: 64 }));
    let mut off = points;
    off[2].y += bn256::Fq::ONE;
    assert_eq!(Bases::new(&off).err(), Some(MsmError::NotOnCurve { index: 2 }));
}
