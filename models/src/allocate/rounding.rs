//! Parts of an amount in whole cents that add up to the amount.

/// The parts in cents, by largest remainder: each is rounded down, and the cents that are left go to the parts
/// that lost most. Together they are the sum of the parts, or where that is no whole number of cents the next
/// lower one, so that no budget is ever exceeded. A part that is whole stays as it is.
pub fn in_cents(parts: &[f64]) -> Vec<i64> {
    /// What a sum of floats may lack of a whole cent.
    const LACK: f64 = 1e-6;
    let exact: Vec<f64> = parts.iter().map(|part| part * 100.0).collect();
    let mut cents: Vec<i64> = exact.iter().map(|part| part.floor() as i64).collect();
    let total = (exact.iter().sum::<f64>() + LACK).floor() as i64;
    let left = usize::try_from(total - cents.iter().sum::<i64>()).unwrap_or(0);
    let remainder = |at: usize| exact[at] - exact[at].floor();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    // Stable: of equal remainders the first.
    order.sort_by(|one, other| remainder(*other).total_cmp(&remainder(*one)));
    order.into_iter().take(left).for_each(|at| cents[at] += 1);
    cents
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_add_up_to_the_cent() {
        assert_eq!(in_cents(&[1666.666, 1666.667, 1666.667]), [166_666, 166_667, 166_667]);
        assert_eq!(in_cents(&[0.005, 0.005, 0.99]), [1, 0, 99]);
        assert_eq!(in_cents(&[100.0, 33.335, 33.335, 0.0]), [10_000, 3_334, 3_333, 0]);
        assert_eq!(in_cents(&[0.1 + 0.2, 0.7]), [30, 70], "what floats lack is no cent");
        assert_eq!(in_cents(&[0.004, 0.004]), [0, 0], "never above the sum");
        assert_eq!(in_cents(&[]), Vec::<i64>::new());
    }

    proptest! {
        #[test]
        fn no_part_moves_by_a_cent_and_the_sum_is_kept(parts in proptest::collection::vec(0.0..1e7f64, 1..60)) {
            let cents = in_cents(&parts);
            let sum: f64 = parts.iter().sum::<f64>() * 100.0;
            let all: i64 = cents.iter().sum();
            prop_assert!(all as f64 <= sum + 1e-3 && sum - (all as f64) < 1.0 + 1e-3);
            for (part, cents) in parts.iter().zip(cents) {
                prop_assert!((part * 100.0 - cents as f64).abs() < 1.0);
            }
        }
    }
}
