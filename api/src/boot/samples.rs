//! The measurements of a running process, as `/metrics` shows them.

/// Values by name, over all their labels.
pub struct Samples<'a>(&'a str);

impl<'a> Samples<'a> {
    /// Measurements in the text form of Prometheus.
    pub fn of(text: &'a str) -> Samples<'a> {
        Samples(text)
    }

    /// The sum of a measurement over its labels; `None` where there is none: what never happened is not counted.
    pub fn sum(&self, name: &str) -> Option<f64> {
        self.values(name).map(|(_, value)| value).reduce(|one, other| one + other)
    }

    /// The labels under which a measurement is above zero, as they are written.
    pub fn labels_above_zero(&self, name: &str) -> Vec<&'a str> {
        self.values(name).filter(|(_, value)| *value > 0.0).map(|(labels, _)| labels).collect()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0.lines().filter_map(move |line| {
            let rest = line.strip_prefix(name)?;
            let (labels, value) = match rest.strip_prefix('{') {
                Some(rest) => rest.rsplit_once("} ")?,
                None => ("", rest.strip_prefix(' ')?),
            };
            Some((labels, value.trim().parse().ok()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_summed_over_labels_and_names_are_whole() {
        let text = "# TYPE lag gauge\nlag{topic=\"events\"} 3\nlag{topic=\"a}b\"} 4.5\nlag_other 9\nup 0\n";
        let samples = Samples::of(text);
        assert_eq!(samples.sum("lag"), Some(7.5));
        assert_eq!(samples.sum("up"), Some(0.0));
        assert_eq!(samples.sum("la"), None);
        assert_eq!(samples.labels_above_zero("lag").len(), 2);
        assert!(samples.labels_above_zero("up").is_empty());
    }
}
