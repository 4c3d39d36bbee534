//! `.ptau` files from a known τ, and the tests that need them.

use super::*;

/// A `.ptau` file as its sections.
pub(super) struct PtauFile {
    sections: Vec<(u32, Vec<u8>)>,
}

impl PtauFile {
    /// 2^power powers of `tau`; α = τ², β = τ³.
    pub(super) fn new(tau: Fr, power: u32) -> Self {
        let g1 = |count: u64, factor: Fr| -> Vec<u8> {
            (0..count).flat_map(|i| (G1::generator() * (factor * tau.pow([i]))).to_affine().to_raw_bytes()).collect()
        };
        let n = 1 << power;
        let g2 = (0..n).flat_map(|i| (G2::generator() * tau.pow([i])).to_affine().to_raw_bytes()).collect();
        let header = [&32u32.to_le_bytes()[..], &ptau::Q, &power.to_le_bytes(), &power.to_le_bytes()].concat();
        let beta = (G2::generator() * tau.pow([3])).to_affine().to_raw_bytes();
        let sections = vec![
            (1, header),
            (2, g1(2 * n - 1, Fr::ONE)),
            (3, g2),
            (4, g1(n, tau.square())),
            (5, g1(n, tau.cube())),
            (6, beta),
            (7, 0u32.to_le_bytes().to_vec()),
        ];
        Self { sections }
    }

    /// With the Lagrange bases that snarkjs adds in `prepare phase2`: 5^((r-1)/2^p) is its root of unity for 2^p
    /// points.
    fn prepared(mut self) -> Self {
        let tau = tau();
        let power = u32::from_le_bytes(self.section(1)[36..40].try_into().unwrap());
        let mut content = Vec::new();
        for p in 0..=power {
            let n = 1u64 << p;
            let exponent = (-Fr::ONE) * Fr::from(n).invert().unwrap();
            let exponent: [u64; 4] = std::array::from_fn(|i| {
                u64::from_le_bytes(exponent.to_repr().as_ref()[i * 8..][..8].try_into().unwrap())
            });
            let root = Fr::from(5).pow(exponent);
            for i in 0..n {
                let root = root.pow([i]);
                let scale = (tau.pow([n]) - Fr::ONE) * Fr::from(n).invert().unwrap();
                let value = scale * root * (tau - root).invert().unwrap();
                content.extend((G1::generator() * value).to_affine().to_raw_bytes());
            }
        }
        self.sections.push((12, content));
        self
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let count = u32::try_from(self.sections.len()).unwrap();
        let mut bytes = [&b"ptau"[..], &1u32.to_le_bytes(), &count.to_le_bytes()].concat();
        for (kind, content) in &self.sections {
            bytes.extend(kind.to_le_bytes());
            bytes.extend((content.len() as u64).to_le_bytes());
            bytes.extend(content);
        }
        bytes
    }

    fn section(&mut self, kind: u32) -> &mut Vec<u8> {
        &mut self.sections.iter_mut().find(|(k, _)| *k == kind).unwrap().1
    }

    fn import(&self, k: Option<u32>) -> Result<Srs> {
        Srs::import(&self.to_bytes(), k)
    }
}

fn tau() -> Fr {
    setup::draw_tau(rng())
}

#[test]
fn import_equals_the_setup() {
    let file = PtauFile::new(tau(), 6);
    for (k, expected) in [(None, 6), (Some(6), 6), (Some(5), 5), (Some(4), 4)] {
        let imported = file.import(k).unwrap();
        assert_eq!(imported.to_bytes(), setup::from_tau(expected, tau(), false).unwrap().to_bytes());
    }
    assert!(matches!(file.import(Some(7)), Err(Error::SrsTooSmall { needed: 7, available: 6 })));
}

#[test]
fn q_is_the_prime_of_the_coordinates() {
    let big_endian: Vec<u8> = ptau::Q.iter().rev().copied().collect();
    assert_eq!(Fq::MODULUS, format!("0x{}", hex::encode(big_endian)));
}

/// Written by snarkjs 0.7.5: `powersoftau new bn128 4`, `contribute`, `beacon`, `prepare phase2`.
const SNARKJS: &[u8] = include_bytes!("snarkjs_04.ptau");

#[test]
fn snarkjs_file() {
    let srs = Srs::import(SNARKJS, None).unwrap();
    assert_eq!((srs.k(), srs.origin()), (4, Origin::Unknown));
    assert_eq!(hex::encode(srs.fingerprint()), "5802d721b6bddbe5802da4ebe2ec14c6");
    // Its Lagrange basis is the one computed from its powers.
    let (at, section) = section_12();
    let mut without = SNARKJS.to_vec();
    without[at..at + 4].copy_from_slice(&112u32.to_le_bytes());
    assert_eq!(Srs::import(&without, None).unwrap().to_bytes(), srs.to_bytes());
    // The basis for 16 points begins after 15 points.
    for point in [15, 22, 30] {
        let mut altered = SNARKJS.to_vec();
        altered.copy_within(section + 64..section + 128, section + point * 64);
        assert_refused(Srs::import(&altered, None), "Lagrange basis does not belong");
    }
}

/// Where section 12 of [`SNARKJS`] and its content begin.
fn section_12() -> (usize, usize) {
    let mut at = 12;
    while SNARKJS[at] != 12 {
        at += 12 + usize::try_from(u64::from_le_bytes(SNARKJS[at + 4..at + 12].try_into().unwrap())).unwrap();
    }
    (at, at + 12)
}

#[test]
fn prepared_files_have_their_lagrange_basis_read() {
    let (small, large) = (PtauFile::new(tau(), 5).prepared(), PtauFile::new(tau(), 6).prepared());
    for (file, k) in [(&small, 4), (&small, 5), (&large, 5), (&large, 6)] {
        let expected = setup::from_tau(k, tau(), false).unwrap();
        assert_eq!(file.import(Some(k)).unwrap().to_bytes(), expected.to_bytes());
    }
    let mut cut = PtauFile::new(tau(), 5).prepared();
    cut.section(12).truncate(64 * 62);
    assert_refused(cut.import(None), "truncated");
    cut.import(Some(4)).unwrap();
}

#[test]
fn order_and_extra_sections_do_not_matter() {
    let mut file = PtauFile::new(tau(), 4);
    file.sections.reverse();
    file.sections.insert(2, (13, vec![1; 77]));
    file.import(None).unwrap();
}

#[test]
fn every_truncation_is_refused() {
    let bytes = PtauFile::new(tau(), 4).to_bytes();
    for len in 0..bytes.len() {
        assert!(Srs::import(&bytes[..len], None).is_err(), "{len}");
    }
    assert_refused(Srs::import(&[&bytes[..], &[0]].concat(), None), "after the last section");
}

#[test]
fn altered_bytes_are_refused() {
    let bytes = PtauFile::new(tau(), 4).to_bytes();
    // Everything up to the 16th power in G1, then the header of section 3 and its first two points.
    for i in (0..80 + 16 * 64).chain(2064..2064 + 12 + 2 * 128) {
        let mut altered = bytes.clone();
        altered[i] ^= 0x04;
        let larger_ceremony = (65..68).contains(&i);
        assert_eq!(Srs::import(&altered, None).is_ok(), larger_ceremony, "{i}");
    }
}

#[test]
fn wrong_headers_are_refused() {
    let altered = |alter: &dyn Fn(&mut PtauFile)| {
        let mut file = PtauFile::new(tau(), 4);
        alter(&mut file);
        file.import(None)
    };
    assert_refused(altered(&|file| file.section(1)[4] ^= 1), "another curve");
    assert_refused(altered(&|file| file.section(1)[0] = 48), "another curve");
    for power in [0u8, 3, 5, 28, 29, 255] {
        assert!(altered(&|file| file.section(1)[36..44].copy_from_slice(&[power, 0, 0, 0, power, 0, 0, 0])).is_err());
    }
    assert_refused(altered(&|file| file.section(1)[40] = 3), "power 4 of a ceremony of power 3");
    assert_refused(altered(&|file| file.section(1).push(0)), "power 4");
    assert_refused(altered(&|file| file.section(2).truncate(64 * 30)), "does not fit power 4");
    assert_refused(altered(&|file| file.section(3).extend([0; 128])), "does not fit power 4");
    for kind in [1, 2, 3] {
        assert_refused(altered(&|file| file.sections.retain(|(k, _)| *k != kind)), "is missing");
        assert_refused(
            altered(&|file| {
                let copy = file.section(kind).clone();
                file.sections.push((kind, copy));
            }),
            "occurs twice",
        );
    }
    let mut bytes = PtauFile::new(tau(), 4).to_bytes();
    bytes[4] = 2;
    assert!(matches!(Srs::import(&bytes, None), Err(Error::Version { got: 2, .. })));
    bytes[4] = 1;
    bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_refused(Srs::import(&bytes, None), "sections, expected at most");
}

#[test]
fn wrong_points_are_refused() {
    let altered = |kind: u32, at: usize, point: &[u8]| {
        let mut file = PtauFile::new(tau(), 4);
        file.section(kind)[at..at + point.len()].copy_from_slice(point);
        file.import(None)
    };
    let other = (G1::generator() * Fr::from(5)).to_affine().to_raw_bytes();
    let other_g2 = (G2::generator() * Fr::from(5)).to_affine().to_raw_bytes();
    assert_refused(altered(2, 0, &other), "not the generator of G1");
    assert_refused(altered(2, 64 * 3, &other), "not consecutive powers");
    assert_refused(altered(2, 64 * 15, &[0; 64]), "at infinity");
    assert_refused(altered(2, 64 * 7, &[1; 64]), "tauG1[7] is not a point");
    assert_refused(altered(3, 0, &other_g2), "not the generator of G2");
    assert_refused(altered(3, 128, &other_g2), "not consecutive powers");
    assert_refused(altered(3, 128, &outside_subgroup().to_raw_bytes()), "outside the subgroup");
}
