//! Exponential and logarithm without a branch or a call, so that a loop over them becomes vector
//! instructions; the standard library's are calls, and a fit takes some hundred million of each.
//! Exact to twelve digits, which is far below what a gradient needs.

/// Taken for 0: what is smaller has no logarithm here.
pub(super) const TINY: f64 = 1e-60;

const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Added to a number below 2^51, it leaves the nearest integer in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
/// Bits of the square root of a half.
const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;

/// `a * b + c`, rounded once where `FUSED`; only for processors that have an instruction for it.
#[inline(always)]
pub(super) fn fused<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// The exponential; the argument is held within ±700.
#[inline(always)]
pub(super) fn exp<const FUSED: bool>(x: f64) -> f64 {
    let add = fused::<FUSED>;
    let x = x.clamp(-700.0, 700.0);
    let rounded = add(x, std::f64::consts::LOG2_E, ROUND);
    let whole = rounded - ROUND;
    let rest = add(whole, -LN_2_LOW, add(whole, -LN_2_HIGH, x));
    // Taylor's series up to the tenth power; `rest` is at most 0.35. Powers are gathered in pairs,
    // so that a sum does not wait for the one before.
    let square = rest * rest;
    let fourth = square * square;
    let low = add(square, add(rest, 1.0 / 6.0, 1.0 / 2.0), 1.0 + rest);
    let middle = add(rest, 1.0 / 120.0, 1.0 / 24.0);
    let middle = add(square, add(rest, 1.0 / 5_040.0, 1.0 / 720.0), middle);
    let high = add(square, 1.0 / 3_628_800.0, add(rest, 1.0 / 362_880.0, 1.0 / 40_320.0));
    let sum = add(fourth, add(fourth, high, middle), low);
    sum * f64::from_bits((rounded.to_bits() << 52).wrapping_add(1.0f64.to_bits()))
}

/// The natural logarithm of a number that is at least [`TINY`] and finite.
#[inline(always)]
pub(super) fn ln<const FUSED: bool>(x: f64) -> f64 {
    let add = fused::<FUSED>;
    let shifted = x.to_bits().wrapping_add(1.0f64.to_bits() - ROOT_HALF);
    let exponent = f64::from_bits((shifted >> 52) | 0x4330_0000_0000_0000)
        - (4_503_599_627_370_496.0 + 1023.0);
    let mantissa = f64::from_bits((shifted & MANTISSA) + ROOT_HALF);
    // The series of the inverse hyperbolic tangent; `ratio` is at most 0.172.
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let fourth = square * square;
    let low = add(square, 1.0 / 3.0, 1.0);
    let low = add(fourth, add(square, 1.0 / 7.0, 1.0 / 5.0), low);
    let high = add(square, 1.0 / 11.0, 1.0 / 9.0);
    let high = add(fourth, add(square, 1.0 / 15.0, 1.0 / 13.0), high);
    let sum = add(fourth * fourth, high, low);
    add(exponent, LN_2_HIGH, add(2.0 * ratio, sum, exponent * LN_2_LOW))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare<const FUSED: bool>() {
        let (exp, ln) = (exp::<FUSED>, ln::<FUSED>);
        for step in -7_000..=7_000 {
            let x = f64::from(step) * 0.099_7;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "exp {x}");
        }
        for step in -1_380..=2_000 {
            let x = (f64::from(step) * 0.1).exp();
            assert!((ln(x) - x.ln()).abs() < 1e-12 * x.ln().abs().max(1.0), "ln {x}");
        }
        assert_eq!((exp(0.0), ln(1.0), exp(1e9)), (1.0, 0.0, exp(700.0)));
    }

    #[test]
    fn both_are_those_of_the_standard_library() {
        compare::<false>();
        compare::<true>();
    }
}
