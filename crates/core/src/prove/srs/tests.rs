#![expect(clippy::unwrap_used, reason = "tests")]

mod ptau_file;
mod stock_verifier;

use blake2::{Blake2b, Digest, digest::consts::U32};
use halo2_proofs::poly::commitment::Params;
use halo2curves::{
    CurveAffine,
    bn256::{Fq, Fq2, Fr, G1, G1Affine, G2, G2Affine},
    ff::{Field, PrimeField},
    group::{Curve, cofactor::CofactorGroup, prime::PrimeCurveAffine},
    serde::SerdeObject,
};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use self::ptau_file::PtauFile;
use super::*;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(7)
}

fn small() -> Srs {
    Srs::new_development(4, rng()).unwrap()
}

/// The bytes of halo2 parameters from points that need not be valid.
fn raw(k: u32, g: &[G1Affine], g_lagrange: &[G1Affine], g2: G2Affine, s_g2: G2Affine) -> Vec<u8> {
    let mut bytes = k.to_le_bytes().to_vec();
    g.iter().chain(g_lagrange).for_each(|point| bytes.extend(point.to_raw_bytes()));
    bytes.extend([g2.to_raw_bytes(), s_g2.to_raw_bytes()].concat());
    bytes
}

/// `.srs` bytes with the checksum made right again after an alteration.
fn reseal(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - 32;
    let sum = Blake2b::<U32>::digest(&bytes[..body]);
    bytes[body..].copy_from_slice(&sum);
    bytes
}

/// A point of G₂'s curve outside the subgroup.
fn outside_subgroup() -> G2Affine {
    (1u64..)
        .filter_map(|i| {
            let x = Fq2::new(Fq::from(i), Fq::ONE);
            let y = Option::<Fq2>::from((x * x * x + G2Affine::b()).sqrt())?;
            Option::<G2Affine>::from(G2Affine::from_xy(x, y))
        })
        .find(|point| !bool::from(point.to_curve().is_torsion_free()))
        .unwrap()
}

fn reason(error: Error) -> String {
    match error {
        Error::Artifact { reason, .. } => reason,
        Error::SrsInvalid { reason } => reason.to_owned(),
        other => other.to_string(),
    }
}

#[track_caller]
fn assert_refused<T: fmt::Debug>(result: Result<T>, why: &str) {
    let got = reason(result.unwrap_err());
    assert!(got.contains(why), "expected `{why}`, got `{got}`");
}

#[test]
fn development_equals_the_stock_setup() {
    for k in [4, 7] {
        let mut replay = rng();
        let tau = setup::draw_tau(&mut replay);
        let ours = setup::from_tau(k, tau, true).unwrap();
        let stock = ParamsKZG::<Bn256>::setup(k, rng());
        let (mut a, mut b) = (Vec::new(), Vec::new());
        ours.params().unwrap().write(&mut a).unwrap();
        stock.write(&mut b).unwrap();
        assert_eq!(a, b);
        assert_eq!(ours.s_g2, (G2::generator() * tau).to_affine());
        ours.check().unwrap();
        assert!(Srs::import(&b, None).unwrap().g_lagrange().eq(ours.g_lagrange()));
    }
}

#[test]
fn k_is_bounded() {
    for k in [0, 3, 25, u32::MAX] {
        assert_eq!(Srs::new_development(k, rng()).unwrap_err().code(), "option");
        assert_eq!(Srs::import(&[], Some(k)).unwrap_err().code(), "option");
        assert_eq!(small().trim(k).unwrap_err().code(), "option");
        assert_eq!(small().verifier_points().verifier_params(k).unwrap_err().code(), "option");
    }
}

#[test]
fn file_roundtrip() {
    for origin in [Origin::Development, Origin::Unknown] {
        let srs = Srs { origin, ..Srs::new_development(5, rng()).unwrap() };
        let bytes = srs.to_bytes();
        assert_eq!(bytes.len(), (1 << (5 + 7)) + 308);
        for back in [Srs::from_bytes(&bytes).unwrap(), Srs::import(&bytes, None).unwrap()] {
            assert_eq!((back.k(), back.origin(), back.fingerprint()), (5, origin, srs.fingerprint()));
            assert!(back.g().eq(srs.g()) && back.g_lagrange().eq(srs.g_lagrange()));
            assert_eq!(back.to_bytes(), bytes);
        }
    }
}

#[test]
fn a_ceremony_is_known_by_its_point_alone() {
    let multiple = |i: u64| (G2::generator() * Fr::from(i)).to_affine();
    let of_small_tau: Vec<G2Affine> = (0..1000).map(multiple).collect();
    for ceremony in &CEREMONIES {
        let point = ceremony.point().unwrap();
        assert_eq!(format::check_s_g2(&point), Ok(()), "{}", ceremony.name);
        assert!(!of_small_tau.contains(&point), "{}", ceremony.name);
        for development in [true, false] {
            assert_eq!(Origin::of(&point, development), Origin::Ceremony(ceremony));
        }
    }
    // An SRS made here that calls itself a ceremony's.
    let mut bytes = small().to_bytes();
    bytes[12] = 1;
    let body = bytes.len() - 32;
    let sum = crate::codec::digest(&bytes[..body]);
    bytes[body..].copy_from_slice(&sum);
    assert_eq!(Srs::from_bytes(&bytes).unwrap().origin(), Origin::Unknown);
    assert_eq!(Srs::import(&bytes, None).unwrap().origin(), Origin::Unknown);
}

/// Two Lagrange points swapped, with the genuine fingerprint: what is committed as one row is another.
#[test]
fn keys_are_made_of_no_doctored_basis() {
    let (_, model, _) = crate::circuit::tests::fixtures::all().remove(0);
    let k = crate::circuit::Layout::new(&model).unwrap().k;
    let srs = Srs::new_development(k, rng()).unwrap();
    let mut doctored: Vec<_> = srs.g_lagrange().collect();
    doctored.swap(2, 3);
    let doctored = Srs::from_points(&srs.g().collect::<Vec<_>>(), &doctored, srs.s_g2, true).unwrap();
    assert_eq!(doctored.fingerprint(), srs.fingerprint());
    let read = Srs::from_bytes(&doctored.to_bytes()).unwrap();
    assert_refused(crate::prove::keygen(&model, &read), "Lagrange basis does not belong");
    assert_refused(Srs::import(&doctored.to_bytes(), None), "Lagrange basis does not belong");
    // The powers alone, of which a smaller basis is made.
    let larger = Srs::new_development(k + 1, rng()).unwrap();
    let mut powers: Vec<_> = larger.g().collect();
    powers.swap(2, 3);
    let doctored = Srs::from_points(&powers, &larger.g_lagrange().collect::<Vec<_>>(), larger.s_g2, true).unwrap();
    let read = Srs::from_bytes(&doctored.to_bytes()).unwrap();
    assert_refused(crate::prove::keygen(&model, &read), "not consecutive powers");
}

#[test]
fn trim_equals_the_smaller_setup() {
    let tau = setup::draw_tau(rng());
    let large = setup::from_tau(7, tau, false).unwrap();
    let small = setup::from_tau(5, tau, false).unwrap();
    let trimmed = large.trim(5).unwrap();
    assert_eq!(trimmed.to_bytes(), small.to_bytes());
    assert_eq!(trimmed.fingerprint(), large.fingerprint());
    assert_eq!(Srs::import(&large.to_bytes(), Some(5)).unwrap().to_bytes(), small.to_bytes());
    assert!(matches!(small.trim(7), Err(Error::SrsTooSmall { needed: 7, available: 5 })));
    assert!(matches!(Srs::import(&small.to_bytes(), Some(6)), Err(Error::SrsTooSmall { needed: 6, available: 5 })));
}

#[test]
fn every_truncation_is_refused() {
    let bytes = small().to_bytes();
    for len in 0..bytes.len() {
        assert!(Srs::from_bytes(&bytes[..len]).is_err(), "{len}");
        assert!(Srs::import(&bytes[..len], None).is_err(), "{len}");
    }
    assert!(Srs::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn every_altered_byte_is_refused() {
    let mut bytes = small().to_bytes();
    for i in 0..bytes.len() {
        bytes[i] ^= 0x10;
        assert!(Srs::from_bytes(&bytes).is_err(), "{i}");
        bytes[i] ^= 0x10;
    }
    Srs::from_bytes(&bytes).unwrap();
}

#[test]
fn header_fields_are_checked() {
    let alter = |at: usize, value: u8| {
        let mut bytes = small().to_bytes();
        bytes[at] = value;
        Srs::from_bytes(&reseal(bytes))
    };
    assert!(matches!(alter(8, 2), Err(Error::Version { expected: 1, got: 2, .. })));
    assert_refused(alter(12, 2), "origin is 2");
    assert_refused(alter(14, 1), "must be zero");
    assert_refused(alter(16, 3), "k is 3");
    assert_refused(alter(16, 5), "bytes for k = 5");
    assert_refused(alter(16, 24), "bytes for k = 24");
    assert_refused(alter(19, 255), "expected 4 to 24");
}

#[test]
fn bad_points_are_refused() {
    let good = small().to_bytes();
    let put = |at: usize, point: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + point.len()].copy_from_slice(point);
        bytes = reseal(bytes);
        // The same points as halo2 parameters.
        let raw = &bytes[16..bytes.len() - 32];
        (Srs::from_bytes(&bytes), Srs::import(raw, None))
    };
    let (g, lagrange, g2, s_g2) = (20, 20 + 64 * 16, 20 + 128 * 16, 20 + 128 * 16 + 128);
    let off_curve = [Fq::ONE, Fq::ONE].map(|c| c.to_raw_bytes()).concat();
    let mut unreduced = G1Affine::generator().to_raw_bytes();
    unreduced[..32].copy_from_slice(&ptau::Q);
    let g2_off_curve = [Fq2::ONE, Fq2::ONE].map(|c| c.to_raw_bytes()).concat();
    let cases: [(usize, &[u8], &str); 13] = [
        (g + 64 * 5, &[0; 64], "g[5] is the point at infinity"),
        (lagrange + 64 * 3, &[0; 64], "g_lagrange[3] is the point at infinity"),
        (g + 64 * 15, &off_curve, "g[15] is not a point of the curve"),
        (lagrange, &off_curve, "g_lagrange[0] is not a point of the curve"),
        (g + 64 * 2, &unreduced, "g[2] is not a point of the curve"),
        (g + 64 * 2, &[0xff; 64], "g[2] is not a point of the curve"),
        (g, &good[g + 64..g + 128], "not the generator of G1"),
        (g2, &good[s_g2..s_g2 + 128], "not the generator of G2"),
        (s_g2, &good[g2..g2 + 128], "second G2 point is the generator"),
        (s_g2, &[0; 128], "at infinity"),
        (s_g2, &[0xff; 128], "second G2 point is not on the curve"),
        (s_g2, &g2_off_curve, "second G2 point is not on the curve"),
        (s_g2, &outside_subgroup().to_raw_bytes(), "outside the subgroup"),
    ];
    for (at, point, why) in cases {
        let (own, raw) = put(at, point);
        assert_refused(own, why);
        assert_refused(raw, why);
    }
}

#[test]
fn inconsistent_points_fail_the_check() {
    let srs = small();
    let (g, lagrange): (Vec<_>, Vec<_>) = (srs.g().collect(), srs.g_lagrange().collect());
    let (g, lagrange, g2, s_g2) = (&g[..], &lagrange[..], G2Affine::generator(), srs.s_g2);
    let import = |g: &[G1Affine], lagrange: &[G1Affine], s_g2| Srs::import(&raw(4, g, lagrange, g2, s_g2), None);
    let other = (G1::generator() * Fr::from(5)).to_affine();
    import(g, lagrange, s_g2).unwrap();
    for (i, j) in [(1, 2), (7, 14), (14, 15)] {
        let mut swapped = g.to_vec();
        swapped.swap(i, j);
        assert_refused(import(&swapped, lagrange, s_g2), "not consecutive powers");
        let mut swapped = lagrange.to_vec();
        swapped.swap(i, j);
        assert_refused(import(g, &swapped, s_g2), "Lagrange basis");
    }
    for i in 1..16 {
        let mut altered = g.to_vec();
        altered[i] = other;
        assert_refused(import(&altered, lagrange, s_g2), "not consecutive powers");
    }
    for i in 0..16 {
        let mut altered = lagrange.to_vec();
        altered[i] = other;
        assert_refused(import(g, &altered, s_g2), "Lagrange basis");
    }
    assert_refused(import(g, lagrange, (G2::generator() * Fr::from(9)).to_affine()), "not consecutive powers");
    let foreign = Srs::new_development(4, ChaCha20Rng::seed_from_u64(8)).unwrap();
    assert_refused(import(g, &foreign.g_lagrange().collect::<Vec<_>>(), s_g2), "Lagrange basis");
    // Files whose checksum is right are trusted by `from_bytes` but not by `import`.
    let mut bytes = srs.to_bytes();
    bytes[20 + 64..20 + 128].copy_from_slice(&other.to_raw_bytes());
    let bytes = reseal(bytes);
    assert_refused(Srs::from_bytes(&bytes).unwrap().check(), "not consecutive powers");
    assert_refused(Srs::import(&bytes, None), "not consecutive powers");
}

#[test]
fn degenerate_secrets_are_refused() {
    let omega = (4..Fr::S).fold(Fr::ROOT_OF_UNITY, |root, _| root.square());
    for tau in [Fr::ZERO, Fr::ONE, omega] {
        let file = PtauFile::new(tau, 4);
        assert!(Srs::import(&file.to_bytes(), None).is_err());
        let lagrange: Vec<_> = small().g_lagrange().collect();
        let g: Vec<G1Affine> = (0..16).map(|i| (G1::generator() * tau.pow([i])).to_affine()).collect();
        let s_g2 = (G2::generator() * tau).to_affine();
        assert!(Srs::import(&raw(4, &g, &lagrange, G2Affine::generator(), s_g2), None).is_err());
    }
}

#[test]
fn verifier_points_roundtrip() {
    let srs = small();
    let points = srs.verifier_points();
    let bytes = points.to_bytes();
    assert_eq!(VerifierPoints::from_bytes(&bytes).unwrap(), points);
    assert_eq!(points.fingerprint(), srs.fingerprint());
    assert_ne!(points.fingerprint(), Srs::new_development(4, ChaCha20Rng::seed_from_u64(8)).unwrap().fingerprint());
    for len in 0..bytes.len() {
        assert!(VerifierPoints::from_bytes(&bytes[..len]).is_err());
    }
    for i in 0..bytes.len() {
        let mut altered = bytes;
        altered[i] ^= 1;
        assert!(VerifierPoints::from_bytes(&altered).is_err(), "{i}");
    }
    for bad in [outside_subgroup(), G2Affine::identity(), G2Affine::generator()] {
        let mut altered = bytes;
        altered[192..].copy_from_slice(&bad.to_raw_bytes());
        assert_eq!(VerifierPoints::from_bytes(&altered).unwrap_err().code(), "artifact");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_never_panic(start in 0usize..4, rest in prop::collection::vec(any::<u8>(), 0..3000), k in 3u32..26) {
        let starts: [&[u8]; 4] = [
            b"",
            b"HUSHSRS\0\x01\0\0\0\0\0\0\0\x04\0\0\0",
            b"ptau\x01\0\0\0\x02\0\0\0\x01\0\0\0",
            b"\x04\0\0\0",
        ];
        let bytes = [starts[start], &rest].concat();
        prop_assert!(Srs::from_bytes(&bytes).is_err());
        prop_assert!(Srs::import(&bytes, Some(k)).is_err());
        prop_assert!(VerifierPoints::from_bytes(&bytes).is_err());
    }

    #[test]
    fn mutations_never_panic(
        which in 0usize..3,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let own = small().to_bytes();
        let mut bytes = match which {
            0 => own,
            1 => own[16..own.len() - 32].to_vec(),
            _ => PtauFile::new(Fr::from(3), 4).to_bytes(),
        };
        let original = bytes.clone();
        for (index, value) in &edits {
            let at = index.index(bytes.len().min(400));
            bytes[at] = *value;
        }
        if which == 0 {
            bytes = reseal(bytes);
        }
        let imported = Srs::import(&bytes, None);
        if let Ok(imported) = imported {
            // Only the origin and the power of the ceremony may differ.
            let expected = Srs::import(&original, None).unwrap();
            prop_assert!(imported.g().eq(expected.g()) && imported.g_lagrange().eq(expected.g_lagrange()));
            prop_assert_eq!(imported.fingerprint(), expected.fingerprint());
            prop_assert!(which != 1 || bytes == original);
        }
        let _ = Srs::from_bytes(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(Srs::import(&bytes, None).is_err());
    }
}
