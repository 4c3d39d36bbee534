//! Field products, transforms and multi-scalar multiplications, ours beside `halo2curves`'s.

use std::hint::black_box;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;
#[cfg(target_arch = "wasm32")]
use web_time::Instant;

use halo2curves::bn256;
use halo2curves::ff::Field;
use halo2curves::fft::best_fft;
use halo2curves::group::{Curve, Group, prime::PrimeCurveAffine};
use halo2curves::msm::msm_best;
use hushproof_bn254::msm::{Bases, Column};
use hushproof_bn254::ntt::Domain;
use hushproof_bn254::{Fr, slices};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};

use crate::{Error, median};

const ROUNDS: usize = 5;
/// Columns at once, as the prover commits and transforms them.
const COLUMNS: usize = 8;
/// Random rows after the integers of a column.
const RANDOM_ROWS: usize = 6;
/// Bits of the integers.
const BITS: u32 = 8;

/// Seconds that one column of 2^k rows takes on all threads.
pub(crate) struct Kernels {
    /// Committing field elements.
    pub(crate) dense: f64,
    /// Committing integers of 8 bits, the last rows random.
    pub(crate) small: f64,
    /// A transform.
    pub(crate) ntt: f64,
}

impl Kernels {
    pub(crate) fn measure(k: u32) -> Result<Self, Error> {
        let bench = Bench::new(k)?;
        Ok(Self { dense: bench.dense()?, small: bench.small()?, ntt: bench.ntt()? })
    }
}

/// Median seconds of one call, after an uncounted one.
fn time(mut work: impl FnMut() -> Result<(), Error>) -> Result<f64, Error> {
    work()?;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed().as_secs_f64());
    }
    Ok(median(times))
}

/// Points and scalars of one size.
struct Bench {
    k: u32,
    points: Vec<bn256::G1Affine>,
    bases: Bases,
    stock: Vec<bn256::Fr>,
    scalars: Vec<Fr>,
    integers: Vec<i64>,
}

impl Bench {
    fn new(k: u32) -> Result<Self, Error> {
        let n = 1usize << k;
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(k));
        let first = bn256::G1::random(&mut rng);
        // Sums of a few points of an arithmetic progression meet again, which those of an SRS don't.
        let chain: Vec<_> = std::iter::successors(Some(first), |point| Some(point.double())).take(n).collect();
        let mut points = vec![bn256::G1Affine::identity(); n];
        bn256::G1::batch_normalize(&chain, &mut points);
        let stock: Vec<_> = (0..n).map(|_| bn256::Fr::random(&mut rng)).collect();
        let scalars = stock.iter().map(|x| Fr::from(*x)).collect();
        let integers = (0..n - RANDOM_ROWS).map(|_| (rng.next_u32() >> (32 - BITS)).into()).collect();
        Ok(Self { k, bases: Bases::new(&points)?, points, stock, scalars, integers })
    }

    /// Seconds of a column of field elements.
    fn dense(&self) -> Result<f64, Error> {
        self.commit(&[Column::dense(&self.scalars); COLUMNS])
    }

    /// Seconds of a column of integers.
    fn small(&self) -> Result<f64, Error> {
        let tail = &self.scalars[self.integers.len()..];
        self.commit(&[Column::mixed(&self.integers, BITS, tail); COLUMNS])
    }

    fn commit(&self, columns: &[Column<'_>]) -> Result<f64, Error> {
        let seconds = time(|| {
            black_box(self.bases.msm_many(columns)?);
            Ok(())
        })?;
        Ok(seconds / columns.len() as f64)
    }

    /// Seconds of a transform.
    fn ntt(&self) -> Result<f64, Error> {
        let domain = Domain::new(self.k)?;
        let sources = [(); COLUMNS].map(|()| self.scalars.as_slice());
        let mut destinations = vec![vec![Fr::ZERO; self.scalars.len()]; COLUMNS];
        let seconds = time(|| Ok(domain.forward().apply_many(&sources, &mut destinations)?))?;
        Ok(seconds / COLUMNS as f64)
    }

    fn stock_dense(&self) -> Result<f64, Error> {
        time(|| {
            black_box(msm_best(&self.stock, &self.points));
            Ok(())
        })
    }

    fn stock_small(&self) -> Result<f64, Error> {
        let mut scalars: Vec<_> = self.integers.iter().map(|x| bn256::Fr::from(x.unsigned_abs())).collect();
        scalars.extend(&self.stock[self.integers.len()..]);
        time(|| {
            black_box(msm_best(&scalars, &self.points));
            Ok(())
        })
    }

    fn stock_ntt(&self) -> Result<f64, Error> {
        let omega = bn256::Fr::from(Domain::new(self.k)?.omega());
        let mut values = self.stock.clone();
        time(|| {
            best_fft(&mut values, omega, self.k);
            Ok(())
        })
    }
}

/// Nanoseconds of a field product on one thread, and of transforms and commitments per element on all, for each k.
///
/// # Errors
/// Sizes that the kernels refuse.
pub fn kernels(ks: &[u32]) -> Result<Vec<Value>, Error> {
    let row = |name: &str, k: Option<u32>, ours: f64, stock: f64| {
        let threads = rayon::current_num_threads();
        let (our_ns, stock_ns) = (ours * 1e9, stock * 1e9);
        json!({ "kernel": name, "k": k, "threads": threads, "our_ns": our_ns, "stock_ns": stock_ns, "ratio": stock / ours })
    };
    let mut rows = products(row)?;
    for k in ks {
        let bench = Bench::new(*k)?;
        let per_element = |seconds: f64| seconds / f64::from(1u32 << k);
        for (name, ours, stock) in [
            ("MSM, field elements", bench.dense()?, bench.stock_dense()?),
            ("MSM, 8-bit integers", bench.small()?, bench.stock_small()?),
            ("NTT", bench.ntt()?, bench.stock_ntt()?),
        ] {
            rows.push(row(name, Some(*k), per_element(ours), per_element(stock)));
        }
    }
    Ok(rows)
}

/// Products each of which waits for the last, and products of two slices.
fn products(row: impl Fn(&str, Option<u32>, f64, f64) -> Value) -> Result<Vec<Value>, Error> {
    const SLICE: usize = 1 << 10;
    const TIMES: usize = 64;
    const COUNT: f64 = (SLICE * TIMES) as f64;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let stock: Vec<_> = (0..SLICE).map(|_| bn256::Fr::random(&mut rng)).collect();
    let ours: Vec<_> = stock.iter().map(|x| Fr::from(*x)).collect();
    let (mut x, mut y) = (ours[0], stock[0]);
    let chain = time(|| {
        for _ in 0..TIMES {
            x = ours.iter().fold(x, |x, factor| x * *factor);
        }
        Ok(())
    })?;
    let stock_chain = time(|| {
        for _ in 0..TIMES {
            y = stock.iter().fold(y, |y, factor| y * factor);
        }
        Ok(())
    })?;
    let (mut ours_out, mut stock_out) = (ours.clone(), stock.clone());
    let bulk = time(|| {
        for _ in 0..TIMES {
            slices::mul(black_box(&mut ours_out), &ours, &ours);
        }
        Ok(())
    })?;
    let stock_bulk = time(|| {
        for _ in 0..TIMES {
            black_box(&mut stock_out).iter_mut().zip(&stock).for_each(|(out, x)| *out = x * x);
        }
        Ok(())
    })?;
    black_box((x, y));
    Ok(vec![
        row("field product, one after another", None, chain / COUNT, stock_chain / COUNT),
        row("field product, slices", None, bulk / COUNT, stock_bulk / COUNT),
    ])
}
