use hushproof_core::float;

use hushproof_core::graph::Function;

use super::*;

const DIGITS: Digits = Digits { limb_bits: 6, value_limbs: 2, remainder_limbs: 2 };

/// The largest error over a fine grid of all arguments, in real values.
fn error(function: Function, half: f64, count: u32) -> f64 {
    let width = 2.0 * half / f64::from(count);
    let (table, scale) = table(|x| Some(function.eval(x)), width, count, &DIGITS, 65535.0);
    let low = float::exp2(f64::from(DIGITS.low_bits()));
    let zero = table.zero(&DIGITS);
    let scales = 40_000;
    let errors = (0..scales).map(|i| {
        let x = half * (2.0 * f64::from(i) / f64::from(scales) - 1.0);
        let u = (x / width * low).floor() as i64 + zero;
        let [j, f] = DIGITS.top_limbs(u64::try_from(u).unwrap());
        (table.code(j, f) as f64 * scale - function.eval(x)).abs()
    });
    errors.fold(0.0, f64::max)
}

#[test]
fn errors_fall_with_the_square_of_the_number_of_segments() {
    // A line within a segment of width w is off by w² · |f''| / 16 at most, |f''| below 0.0963 for the sigmoid.
    for count in [16, 32, 64] {
        let width = 16.0 / f64::from(count);
        let line = width * width * 0.0963 / 16.0;
        // The position's own width, and codes that are rounded.
        let cell = width / 64.0 * 0.25 / 2.0 + 64.0 * 0.5 / 65535.0;
        let got = error(Function::Sigmoid, 8.0, count);
        assert!(got <= line + cell, "{count} segments: {got} > {line} + {cell}");
    }
    assert!(error(Function::Gelu, 4.0, 64) < 3e-3);
    assert!(error(Function::Clip { min: -2.0, max: 2.0 }, 4.0, 64) < 3e-3);
}
