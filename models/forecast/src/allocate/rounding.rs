//! Parts of an amount in whole cents that add up to the amount.

/// Parts of `total` in cents, by largest remainder: each is rounded down, and the cents that are left go to the parts
/// that lost most. Together they are the total, or where that is no whole number of cents the next lower one, so
/// that no budget is ever exceeded. A part that is whole stays as it is.
pub fn in_cents(parts: &[f64], total: f64) -> Vec<i64> {
    /// The most that a float may lack of a whole cent.
    const LACK: f64 = 1e-6;
    let exact: Vec<f64> = parts.iter().map(|part| part * 100.0 + LACK).collect();
    let mut cents: Vec<i64> = exact.iter().map(|part| part.floor() as i64).collect();
    let left = (total * 100.0 + LACK).floor() as i64 - cents.iter().sum::<i64>();
    let remainder = |at: usize| exact[at] - exact[at].floor();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    // Stable: of equal remainders the first.
    order.sort_by(|one, other| remainder(*other).total_cmp(&remainder(*one)));
    let count = usize::try_from(left.unsigned_abs()).unwrap_or(usize::MAX);
    if left >= 0 {
        order.into_iter().take(count).for_each(|at| cents[at] += 1);
    } else {
        // A solver's parts may be a trifle more than their total.
        let least = order.into_iter().rev().filter(|at| parts[*at] >= 0.01);
        least.take(count).for_each(|at| cents[at] -= 1);
    }
    cents
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_add_up_to_the_cent() {
        assert_eq!(in_cents(&[1666.666, 1666.667, 1666.667], 5_000.0), [166_666, 166_667, 166_667]);
        assert_eq!(in_cents(&[0.005, 0.005, 0.99], 1.0), [1, 0, 99]);
        assert_eq!(in_cents(&[100.0, 33.335, 33.335, 0.0], 166.67), [10_000, 3_334, 3_333, 0]);
        assert_eq!(in_cents(&[0.1 + 0.2, 0.7], 1.0), [30, 70], "what floats lack is no cent");
        assert_eq!(in_cents(&[0.004, 0.004], 0.008), [0, 0], "never above the total");
        assert_eq!(in_cents(&[2.001, 3.0, 0.0], 5.0), [200, 300, 0], "nor by what a solver is off");
        assert_eq!(in_cents(&[2.0, 3.0001, 0.0], 4.99), [199, 300, 0]);
        assert_eq!(in_cents(&[], 0.0), Vec::<i64>::new());
    }

    proptest! {
        #[test]
        fn no_part_moves_by_a_cent_and_the_sum_is_kept(parts in proptest::collection::vec(0.0..1e7f64, 1..60)) {
            let total = parts.iter().sum::<f64>();
            let cents = in_cents(&parts, total);
            let all: i64 = cents.iter().sum();
            prop_assert!(all as f64 <= total * 100.0 + 1e-3 && total * 100.0 - (all as f64) < 1.0 + 1e-3);
            for (part, cents) in parts.iter().zip(cents) {
                prop_assert!((part * 100.0 - cents as f64).abs() < 1.001);
            }
        }
    }
}
