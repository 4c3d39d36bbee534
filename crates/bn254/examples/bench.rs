//! Times this crate's kernels against `halo2curves`, alternating in one run; medians of several rounds.
//!
//! `cargo run --release -p hushproof-bn254 --example bench [field|ntt|msm]…`
#![expect(clippy::print_stdout, reason = "the program's purpose is to print")]

use std::hint::black_box;
use std::time::Instant;

use halo2curves::bn256;
use halo2curves::ff::{Field, WithSmallOrderMulGroup};
use halo2curves::fft::best_fft;
use halo2curves::group::prime::PrimeCurveAffine;
use halo2curves::group::{Curve, Group};
use halo2curves::msm::msm_best;
use hushproof_bn254::msm::{Bases, Column};
use hushproof_bn254::ntt::{Domain, zeta};
use hushproof_bn254::{Fq, Fr};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

const ROUNDS: usize = 7;

/// Median nanoseconds an element of each, run alternately.
fn compare(name: &str, elements: usize, mut ours: impl FnMut(), mut theirs: impl FnMut()) {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for (which, run) in [&mut ours as &mut dyn FnMut(), &mut theirs].into_iter().enumerate() {
            let start = Instant::now();
            run();
            let elapsed = start.elapsed().as_nanos() as f64 / elements as f64;
            // The first round warms caches and threads.
            if round > 0 {
                times[which].push(elapsed);
            }
        }
    }
    let [ours, theirs] = times.map(|mut t| {
        t.sort_by(f64::total_cmp);
        t[t.len() / 2]
    });
    println!("{name:<40} {ours:>9.2} ns   halo2curves {theirs:>9.2} ns   {:>5.2}x", theirs / ours);
}

fn field() {
    const N: usize = 1 << 16;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let a = bn256::Fr::random(&mut rng);
    let b = bn256::Fr::random(&mut rng);
    let (c, d) = (Fr::from(a), Fr::from(b));
    compare(
        "Fr product, dependent",
        N,
        || {
            black_box((0..N).fold(c, |x, _| x * d));
        },
        || {
            black_box((0..N).fold(a, |x, _| x * b));
        },
    );
    compare(
        "Fr square, dependent",
        N,
        || {
            black_box((0..N).fold(c, |x, _| x.square()));
        },
        || {
            black_box((0..N).fold(a, |x, _| x.square()));
        },
    );
    let theirs: Vec<_> = (0..1024).map(|_| bn256::Fq::random(&mut rng)).collect();
    let ours: Vec<_> = theirs.iter().map(|x| Fq::from(*x)).collect();
    let (mut x, mut y) = (ours.clone(), theirs.clone());
    let (mut v, mut w) = (ours.clone(), theirs.clone());
    compare(
        "Fq product, independent",
        N,
        || {
            for _ in 0..N / 1024 {
                x.iter_mut().zip(&ours).for_each(|(x, y)| *x *= *y);
            }
        },
        || {
            for _ in 0..N / 1024 {
                y.iter_mut().zip(&theirs).for_each(|(x, y)| *x *= y);
            }
        },
    );
    compare(
        "Fq addition, independent",
        N,
        || {
            for _ in 0..N / 1024 {
                v.iter_mut().zip(&ours).for_each(|(x, y)| *x += *y);
            }
        },
        || {
            for _ in 0..N / 1024 {
                w.iter_mut().zip(&theirs).for_each(|(x, y)| *x += y);
            }
        },
    );
    let (mut p, mut q) = (ours[0], theirs[0]);
    compare(
        "Fq inversion",
        1000,
        || (0..1000).for_each(|_| p = p.invert().unwrap_or(p) + ours[1]),
        || (0..1000).for_each(|_| q = q.invert().unwrap_or(q) + theirs[1]),
    );
    black_box((x, y, v, w, p, q));
}

fn ntt() {
    for k in [10u32, 12, 14, 16] {
        let n = 1usize << k;
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(k));
        let Ok(domain) = Domain::new(k) else { return };
        let mut theirs: Vec<_> = (0..n).map(|_| bn256::Fr::random(&mut rng)).collect();
        let ours: Vec<_> = theirs.iter().map(|x| Fr::from(*x)).collect();
        let mut values = vec![Fr::ZERO; n];
        let omega = bn256::Fr::from(domain.omega());
        compare(
            &format!("NTT of 2^{k}, per element"),
            n,
            || assert!(domain.forward().apply(&ours, &mut values).is_ok()),
            || best_fft(&mut theirs, omega, k),
        );
        let Ok(coset) = domain.coset_forward(zeta()) else { return };
        let mut shifted = theirs.clone();
        compare(
            &format!("coset NTT of 2^{k}, per element"),
            n,
            || assert!(coset.apply(&ours, &mut values).is_ok()),
            || {
                let mut power = bn256::Fr::ONE;
                for (s, t) in shifted.iter_mut().zip(&theirs) {
                    *s = t * power;
                    power *= bn256::Fr::ZETA;
                }
                best_fft(&mut shifted, omega, k);
            },
        );
    }
}

fn msm() {
    for k in [10u32, 12, 14, 16] {
        let n = 1usize << k;
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(k));
        let first = bn256::G1::random(&mut rng);
        // Sums of a few points of an arithmetic progression meet again, which those of an SRS don't.
        let chain: Vec<_> = std::iter::successors(Some(first), |point| Some(point.double())).take(n).collect();
        let mut points = vec![bn256::G1Affine::identity(); n];
        bn256::G1::batch_normalize(&chain, &mut points);
        let theirs: Vec<_> = (0..n).map(|_| bn256::Fr::random(&mut rng)).collect();
        let ours: Vec<_> = theirs.iter().map(|x| Fr::from(*x)).collect();
        let Ok(bases) = Bases::new(&points) else { return };
        compare(
            &format!("MSM of 2^{k}, per element"),
            n,
            || assert!(bases.msm(&ours).is_ok()),
            || {
                black_box(msm_best(&theirs, &points));
            },
        );
        for bits in [1, 8, 16, 32] {
            let small: Vec<i64> = (0..n).map(|_| (rng.next_u32() >> (32 - bits)).into()).collect();
            let (small, tail) = (&small[..n - 6], &ours[n - 6..]);
            let mut all: Vec<_> = small.iter().map(|x| bn256::Fr::from(x.unsigned_abs())).collect();
            all.extend(&theirs[n - 6..]);
            compare(
                &format!("MSM of 2^{k}, {bits} bits and 6 random rows"),
                n,
                || assert!(bases.msm_many(&[Column::mixed(small, bits, tail)]).is_ok()),
                || {
                    black_box(msm_best(&all, &points));
                },
            );
        }
    }
}

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let parts: [(&str, fn()); 3] = [("field", field), ("ntt", ntt), ("msm", msm)];
    for (name, run) in parts {
        if chosen.is_empty() || chosen.iter().any(|c| c == name) {
            run();
        }
    }
}
