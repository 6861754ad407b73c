//! Truth with a third value, for what is not known.

use crate::name_set;

name_set! {
    /// Whether a condition holds.
    Truth {
        /// It holds.
        True = "true",
        /// It does not hold.
        False = "false",
        /// The data do not tell.
        Unknown = "unknown",
    }
}

impl Truth {
    /// True where every one is; of no conditions it is true.
    pub fn all(of: impl IntoIterator<Item = Truth>) -> Truth {
        of.into_iter().fold(Truth::True, Truth::and)
    }

    /// True where one is; of no conditions it is false.
    pub fn any(of: impl IntoIterator<Item = Truth>) -> Truth {
        !of.into_iter().fold(Truth::True, |all, one| all.and(!one))
    }

    /// True where both are, false where one is false, else unknown.
    fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, Truth::True) => Truth::True,
            _ => Truth::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    /// The opposite; of unknown it is unknown.
    fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn truth() -> impl Strategy<Value = Truth> {
        prop_oneof![Just(Truth::True), Just(Truth::False), Just(Truth::Unknown)]
    }

    /// The truths that an unknown may turn out to be.
    fn outcomes(all: &[Truth]) -> Vec<Vec<bool>> {
        all.iter().fold(vec![Vec::new()], |known, one| {
            let may: &[bool] = match one {
                Truth::True => &[true],
                Truth::False => &[false],
                Truth::Unknown => &[true, false],
            };
            let with = |so_far: &Vec<bool>| {
                may.iter().map(|one| [so_far.as_slice(), &[*one]].concat()).collect::<Vec<_>>()
            };
            known.iter().flat_map(with).collect()
        })
    }

    /// The truth of which all outcomes are sure.
    fn sure(outcomes: impl Iterator<Item = bool>) -> Truth {
        let all: Vec<bool> = outcomes.collect();
        match all.iter().all(|one| *one == all[0]) {
            true => Truth::from(all[0]),
            false => Truth::Unknown,
        }
    }

    proptest! {
        /// A combination is known exactly where it is the same whatever the unknown turn out to be.
        #[test]
        fn what_is_unknown_decides_nothing(all in prop::collection::vec(truth(), 0..6)) {
            let each = outcomes(&all);
            let and = sure(each.iter().map(|known| known.iter().all(|one| *one)));
            prop_assert_eq!(Truth::all(all.iter().copied()), and);
            let or = sure(each.iter().map(|known| known.iter().any(|one| *one)));
            prop_assert_eq!(Truth::any(all.iter().copied()), or);
            for one in all {
                prop_assert_eq!(!!one, one);
                prop_assert_eq!(!one, sure(outcomes(&[one]).iter().map(|known| !known[0])));
            }
        }
    }
}
