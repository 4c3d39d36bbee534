//! Word arithmetic on little-endian 64-bit limbs, and the constants derived from a modulus at compile time.

/// `a + b + carry` as (low word, carry out).
#[inline(always)]
pub(crate) const fn adc(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let sum = a as u128 + b as u128 + carry as u128;
    (sum as u64, (sum >> 64) as u64)
}

/// `a - b - borrow` for a borrow of 0 or 1, as (low word, borrow out).
#[inline(always)]
pub(crate) const fn sbb(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let difference = (a as u128).wrapping_sub(b as u128 + borrow as u128);
    (difference as u64, (difference >> 127) as u64)
}

/// `a + b * c + carry` as (low word, high word).
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(crate) const fn mac(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let sum = a as u128 + b as u128 * c as u128 + carry as u128;
    (sum as u64, (sum >> 64) as u64)
}

/// `a + b * c + carry` as (low word, high word); wasm has no wider product than that of two halves.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
pub(crate) const fn mac(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    mac_by_halves(a, b, c, carry)
}

/// [`mac`] by products of 32-bit halves.
#[cfg(any(test, target_arch = "wasm32"))]
#[inline(always)]
pub(crate) const fn mac_by_halves(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    const LOW: u64 = 0xffff_ffff;
    let (b0, b1, c0, c1) = (b & LOW, b >> 32, c & LOW, c >> 32);
    let (low, high) = (b0 * c0, b1 * c1);
    let (cross, other) = (b0 * c1, b1 * c0);
    let middle = (low >> 32) + (cross & LOW) + (other & LOW);
    let high = high + (cross >> 32) + (other >> 32) + (middle >> 32);
    let (sum, over) = ((middle << 32) | (low & LOW)).overflowing_add(a);
    let (sum, again) = sum.overflowing_add(carry);
    (sum, high + over as u64 + again as u64)
}

/// `a + b` modulo 2^256.
#[inline(always)]
pub(crate) const fn add_limbs(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
    let (r0, c) = adc(a[0], b[0], 0);
    let (r1, c) = adc(a[1], b[1], c);
    let (r2, c) = adc(a[2], b[2], c);
    let (r3, _) = adc(a[3], b[3], c);
    [r0, r1, r2, r3]
}

/// `a - b` modulo 2^256 and the borrow out (0 or 1).
#[inline(always)]
pub(crate) const fn sub_limbs(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], u64) {
    let (r0, c) = sbb(a[0], b[0], 0);
    let (r1, c) = sbb(a[1], b[1], c);
    let (r2, c) = sbb(a[2], b[2], c);
    let (r3, c) = sbb(a[3], b[3], c);
    ([r0, r1, r2, r3], c)
}

/// `a + m` where `bit` is 1, `a` where it is 0, modulo 2^256; without a branch, as `bit` is hard to predict.
#[inline(always)]
pub(crate) const fn add_masked(a: [u64; 4], m: [u64; 4], bit: u64) -> [u64; 4] {
    let mask = bit.wrapping_neg();
    add_limbs(a, [m[0] & mask, m[1] & mask, m[2] & mask, m[3] & mask])
}

/// `a - m` where `a >= m`, else `a`.
#[inline(always)]
pub(crate) const fn reduce_once(a: [u64; 4], m: [u64; 4]) -> [u64; 4] {
    let (r, borrow) = sub_limbs(a, m);
    add_masked(r, m, borrow)
}

/// `a - m` where `a >= m`, else `a`; by a branch, for values that are seldom above `m` (a Montgomery product of uniform
/// values exceeds the modulus in one case of twenty).
#[inline(always)]
pub(crate) const fn reduce_rarely(a: [u64; 4], m: [u64; 4]) -> [u64; 4] {
    let less = a[3] < m[3]
        || (a[3] == m[3] && (a[2] < m[2] || (a[2] == m[2] && (a[1] < m[1] || (a[1] == m[1] && a[0] < m[0])))));
    if less { a } else { sub_limbs(a, m).0 }
}

/// `x * x`, eight limbs: the six mixed products once, doubled.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(crate) const fn wide_square(x: [u64; 4]) -> [u64; 8] {
    let (t1, c) = mac(0, x[0], x[1], 0);
    let (t2, c) = mac(0, x[0], x[2], c);
    let (t3, t4) = mac(0, x[0], x[3], c);
    let (t3, c) = mac(t3, x[1], x[2], 0);
    let (t4, t5) = mac(t4, x[1], x[3], c);
    let (t5, t6) = mac(t5, x[2], x[3], 0);
    let t7 = t6 >> 63;
    let t6 = (t6 << 1) | (t5 >> 63);
    let t5 = (t5 << 1) | (t4 >> 63);
    let t4 = (t4 << 1) | (t3 >> 63);
    let t3 = (t3 << 1) | (t2 >> 63);
    let t2 = (t2 << 1) | (t1 >> 63);
    let t1 = t1 << 1;
    let (t0, c) = mac(0, x[0], x[0], 0);
    let (t1, c) = adc(t1, c, 0);
    let (t2, c) = mac(t2, x[1], x[1], c);
    let (t3, c) = adc(t3, c, 0);
    let (t4, c) = mac(t4, x[2], x[2], c);
    let (t5, c) = adc(t5, c, 0);
    let (t6, c) = mac(t6, x[3], x[3], c);
    let (t7, _) = adc(t7, c, 0);
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

/// `2 a` for `a` below 2^255.
#[inline(always)]
pub(crate) const fn shl1(a: [u64; 4]) -> [u64; 4] {
    add_limbs(a, a)
}

/// -p^-1 mod 2^64 for odd p, by Newton's iteration.
pub(crate) const fn neg_inv(p: u64) -> u64 {
    let mut x = 1u64;
    let mut i = 0;
    while i < 6 {
        x = x.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(x)));
        i += 1;
    }
    x.wrapping_neg()
}

/// `(p factor + 1) / 2^bits` for a `p factor` that is -1 modulo 2^`bits`; below p for a factor below 2^`bits`, `bits`
/// in 1..64.
///
/// In a Montgomery reduction by limbs of so many bits, `p factor` takes the place of p: a limb m vanishes with m times
/// it, no product is needed to find that m, and m times this is what remains to the limbs above.
pub(crate) const fn scaled_modulus(p: [u64; 4], factor: u64, bits: u32) -> [u64; 4] {
    let (w0, carry) = mac(1, p[0], factor, 0);
    let (w1, carry) = mac(0, p[1], factor, carry);
    let (w2, carry) = mac(0, p[2], factor, carry);
    let (w3, w4) = mac(0, p[3], factor, carry);
    let rest = 64 - bits;
    [w0 >> bits | w1 << rest, w1 >> bits | w2 << rest, w2 >> bits | w3 << rest, w3 >> bits | w4 << rest]
}

/// 2^exponent mod p for p below 2^255, by doublings.
pub(crate) const fn pow2_mod(exponent: u32, p: [u64; 4]) -> [u64; 4] {
    let mut r = [1, 0, 0, 0];
    let mut i = 0;
    while i < exponent {
        r = reduce_once(shl1(r), p);
        i += 1;
    }
    r
}
