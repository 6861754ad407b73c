//! Identifiers that only a repair makes usable. A repair that is not in force is tried all the same, so that it
//! is known what it would bring; what it finds then ends here.

use stratum_models::identifier::{IdentifierKey, IdentifierMask};
use stratum_models::tracking::{ClickIdSource, Normalization, TrackingPolicy};

use super::{Person, RedactRules};
use crate::normalize::{self, MeantValue, Outcome, Rules};

impl Person {
    /// The usable identifiers that are so only by the repairs in force.
    pub fn derived(&self) -> IdentifierMask {
        self.derived
    }

    /// The identifiers that repairs which are not in force would make usable.
    pub fn derivable(&self) -> IdentifierMask {
        self.derivable
    }

    /// Whether there are identifiers that were sent and that the second normalisation may make usable.
    pub fn has_repairable(&self) -> bool {
        self.invalid.iter().any(|invalid| TrackingPolicy::NORMALIZED.has(invalid.key))
    }

    /// Looks again at a value that was refused, now that all others of the event are known. To be called for each
    /// value of the event, before [`Person::hash`].
    pub fn repair(&mut self, key: IdentifierKey, value: &str, rules: &RedactRules<'_>) {
        let is_refused = self.invalid.iter().any(|invalid| invalid.key == key);
        if !is_refused || !TrackingPolicy::NORMALIZED.has(key) {
            return;
        }
        let is_in_force = rules.config.policy.normalization == Normalization::V2;
        let meaning = normalize::meaning(key, value);
        let text = match &meaning {
            MeantValue::Text(text) => text,
            MeantValue::Hash(hash) => {
                if let Ok(hash) = normalize::identifier_hash(key, *hash)
                    && self.note(key, is_in_force)
                {
                    self.accept_hash(key, hash);
                }
                return;
            }
        };
        let mut normal = rules.normal();
        // A number without its calling code is one of the person's own country.
        if key == IdentifierKey::Phone && normal.calling_code.is_none() {
            normal.calling_code = self.country().and_then(normalize::calling_code_of);
        }
        self.derive(key, text, &normal, is_in_force);
    }

    /// Takes the click id of the event's page where the event has no usable one. To be called after the last
    /// value of the event and before [`Person::hash`]; whether it was taken.
    pub fn take_click_id(&mut self, value: &str, rules: &RedactRules<'_>) -> bool {
        let is_in_force = rules.config.policy.click_id == ClickIdSource::FromUrl;
        self.derive(IdentifierKey::ClickId, value, &rules.normal(), is_in_force)
    }

    /// Judges a value that a repair came to. Where the repair is in force a usable one is taken, else it is noted
    /// that there would be one; whether it was taken.
    fn derive(
        &mut self,
        key: IdentifierKey,
        value: &str,
        rules: &Rules,
        is_in_force: bool,
    ) -> bool {
        let before = self.forms.len();
        let Ok(outcome) = normalize::identifier(key, value, rules, &mut self.forms) else {
            return false;
        };
        let is_taken = outcome != Outcome::Absent && self.note(key, is_in_force);
        match outcome {
            Outcome::Hash(hash) if is_taken => self.accept_hash(key, hash),
            Outcome::Clear if is_taken => {
                self.traces.add(key, value);
                self.accept_forms(key, before);
            }
            _ => self.forms.settle(before),
        }
        is_taken
    }

    /// Marks an identifier that a repair makes usable; whether the repair is in force.
    fn note(&mut self, key: IdentifierKey, is_in_force: bool) -> bool {
        let marks = if is_in_force { &mut self.derived } else { &mut self.derivable };
        marks.insert(key);
        is_in_force
    }
}
