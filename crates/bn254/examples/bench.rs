//! Times this crate's kernels against `halo2curves`, alternating in one run; medians of several rounds.
//!
//! `cargo run --release -p hushproof-bn254 --example bench [field|ntt|msm]…`
#![expect(clippy::print_stdout, reason = "the program's purpose is to print")]

use std::hint::black_box;
use std::time::Instant;

use halo2curves::bn256;
use halo2curves::ff::Field;
use hushproof_bn254::{Fq, Fr};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

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

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let parts: [(&str, fn()); 1] = [("field", field)];
    for (name, run) in parts {
        if chosen.is_empty() || chosen.iter().any(|c| c == name) {
            run();
        }
    }
}
