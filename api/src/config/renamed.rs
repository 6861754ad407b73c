//! Sections of the configuration that have new names. The old ones are read for one release.

/// The old name of a section, and the new one.
const RENAMED: &[(&str, &str)] = &[
    ("edge", "http"),
    ("bounds", "tenant_limits"),
    ("adopt", "campaign_discovery"),
    ("door", "ingest"),
    ("answers", "query_cache"),
];

/// The new name of a section; `None` where it has none.
pub(super) fn new_name(section: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(old, _)| *old == section).map(|(_, new)| *new)
}
