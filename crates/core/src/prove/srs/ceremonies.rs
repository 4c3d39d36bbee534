//! Ceremonies that are known by their result.
//!
//! `[τ] G₂` is the same for every number of powers that is cut from one ceremony, and it fixes all of them
//! ([`super::Srs::check`]). What a file says of its own origin shows nothing.

use halo2curves::{
    bn256::{Fq, Fq2, G2Affine},
    ff::PrimeField,
};

/// A ceremony whose participants would all have to collude to learn τ.
#[derive(Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// Its name.
    pub name: &'static str,
    /// Where its files are published.
    pub files: &'static str,
    /// Where its `[τ] G₂` can be read, to compare with [`Self::s_g2`].
    pub source: &'static str,
    /// `[τ] G₂`: x and y, of each first the coefficient of u, then the other one; hexadecimal, as Solidity verifiers
    /// print them.
    pub s_g2: [&'static str; 4],
}

/// All that this build knows, each for every k that its files hold.
pub const CEREMONIES: [Ceremony; 2] = [
    Ceremony {
        name: "Perpetual Powers of Tau, 54 contributions and a beacon (Hermez)",
        files: "https://github.com/iden3/snarkjs#7-prepare-phase-2: powersOfTau28_hez_final_08.ptau to _27.ptau, \
                powersOfTau28_hez_final.ptau",
        source: "X2x1 … X2y2 of the verifiers that snarkjs exports for PLONK and fflonk with these files (Polygon \
                 zkEVM's among them), which print the coefficients in the other order",
        s_g2: [
            "26186a2d65ee4d2f9c9a5b91f86597d35f192cd120caf7e935d8443d1938e23d",
            "30441fd1b5d3370482c42152a8899027716989a6996c2535bc9f7fee8aaef79e",
            "1970ea81dd6992adfbc571effb03503adbbb6a857f578403c6c40e22d65b3c02",
            "054793348f12c0cf5622c340573cb277586319de359ab9389778f689786b1e48",
        ],
    },
    Ceremony {
        name: "Aztec Ignition, 176 contributions",
        files: "https://github.com/AztecProtocol/ignition-verification",
        source: "g2_x of Aztec's verifier contracts",
        s_g2: [
            "260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1",
            "0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0",
            "04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4",
            "22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55",
        ],
    },
];

impl Ceremony {
    /// `[τ] G₂`; none where the list is wrong, which a test excludes.
    pub fn point(&self) -> Option<G2Affine> {
        let coordinate = |text: &str| {
            let mut bytes: [u8; 32] = hex::decode(text).ok()?.try_into().ok()?;
            bytes.reverse();
            Option::<Fq>::from(Fq::from_repr(bytes))
        };
        let [x1, x0, y1, y0] = self.s_g2.map(coordinate);
        let (x, y) = (Fq2::new(x0?, x1?), Fq2::new(y0?, y1?));
        Option::from(<G2Affine as halo2curves::CurveAffine>::from_xy(x, y))
    }

    /// The ceremony that ended in this point.
    pub(super) fn of(s_g2: &G2Affine) -> Option<&'static Self> {
        CEREMONIES.iter().find(|ceremony| ceremony.point().as_ref() == Some(s_g2))
    }
}
