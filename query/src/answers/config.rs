use serde::{Deserialize, Serialize};

/// The bounds of answers that are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnswersConfig {
    /// Longest time for which a tenant's version is believed: so long after it has landed, an event may
    /// be missing from an answer that was kept.
    pub version_ms_max: u64,
    /// Memory of all kept answers.
    pub bytes_max: u64,
    /// Longest time an answer is kept although nothing has landed: rows may reach the end of their
    /// retention meanwhile.
    pub keep_ms_max: u64,
}

impl Default for AnswersConfig {
    fn default() -> Self {
        AnswersConfig { version_ms_max: 200, bytes_max: 64 << 20, keep_ms_max: 600_000 }
    }
}
