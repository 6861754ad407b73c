//! Reading settings. Every source is laid over the defaults key by key; a key that the defaults do
//! not have, or a value of another type, is refused with its name and its source.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::renamed::new_name;

/// The manual: every key, its default, and what it means.
pub const MANUAL: &str = include_str!("../../config/default.toml");

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The file is not TOML.
    #[error("{source_name}: {text}")]
    Unreadable {
        /// The file.
        source_name: String,
        /// The fault, and its place.
        text: String,
    },
    /// There is no such key.
    #[error("{source_name}: unknown key `{key}`; {place} has: {known}")]
    UnknownKey {
        /// The file or variable.
        source_name: String,
        /// The key as written.
        key: String,
        /// The section it stands in.
        place: String,
        /// The keys of that section.
        known: String,
    },
    /// The value is of another type.
    #[error("{source_name}: `{key}` must be {wanted}, not {found}")]
    WrongType {
        /// The file or variable.
        source_name: String,
        /// The key.
        key: String,
        /// The type of the default.
        wanted: &'static str,
        /// The type of the value.
        found: &'static str,
    },
    /// A value outside what its type holds.
    #[error("configuration: {0}")]
    Invalid(String),
}

/// Environment variables people set already, and the keys they stand for. Of two that name one
/// key, the later one wins.
const WELL_KNOWN: &[(&str, &[&str])] = &[
    ("STRATUM_DATA", &["data_dir"]),
    ("DATABASE_URL", &["state", "url"]),
    ("DATABASE_MIGRATION_URL", &["state", "migration_url"]),
    ("CLICKHOUSE_URL", &["warehouse", "url"]),
    ("KAFKA_BROKERS", &["kafka", "brokers"]),
    ("SECRET_KEY", &["auth", "secret_key"]),
    ("JWT_SECRET_KEY", &["auth", "secret_key"]),
    ("PII_ENCRYPTION_KEY", &["auth", "pii_encryption_key"]),
    ("SMTP_HOST", &["mail", "host"]),
    ("SMTP_PORT", &["mail", "port"]),
    ("SMTP_USER", &["mail", "user"]),
    ("SMTP_PASSWORD", &["mail", "password"]),
    ("SMTP_FROM", &["mail", "from"]),
    ("SENTRY_DSN", &["telemetry", "sentry_dsn"]),
    ("ML_PROVIDER", &["predictions", "provider"]),
    ("RUST_LOG", &["telemetry", "log"]),
];

/// Keys without a default, and what their values are. The last part `*` stands for any name.
const OPTIONAL: &[(&str, &str)] =
    &[("kafka.replication_factor", "a whole number"), ("kafka.properties.*", "a text")];

/// The form that an optional key's value must have; `None` for keys that do not exist.
fn optional(section: &[String], key: &str) -> Option<&'static str> {
    let section = section.join(".");
    let fits = |(known, _): &&(&str, &str)| {
        let (place, name) = known.rsplit_once('.').unwrap_or(("", known));
        place == section && (name == "*" || name == key)
    };
    OPTIONAL.iter().find(fits).map(|(_, wanted)| *wanted)
}

const PREFIX: &str = "STRATUM__";

/// Lays sources over the defaults.
pub struct Loader {
    settings: Table,
    renamed: BTreeSet<String>,
}

impl Loader {
    /// The defaults alone.
    pub fn new() -> Result<Loader, ConfigError> {
        Ok(Loader { settings: parse("default.toml", MANUAL)?, renamed: BTreeSet::new() })
    }

    /// Lays the text of a file over what is there.
    pub fn file(&mut self, name: &str, text: &str) -> Result<(), ConfigError> {
        let mut over = Table::new();
        for (section, value) in parse(name, text)? {
            let section = self.current(name, &section);
            // A file may name a section by both of its names.
            let value = match (over.remove(&section), value) {
                (Some(Value::Table(mut known)), Value::Table(more)) => {
                    known.extend(more);
                    Value::Table(known)
                }
                (_, value) => value,
            };
            over.insert(section, value);
        }
        Source { name }.lay(&mut self.settings, over, &mut Vec::new())
    }

    /// The name that a section has now; notes where `source` uses an old one.
    fn current(&mut self, source: &str, section: &str) -> String {
        let Some(new) = new_name(section) else { return section.to_owned() };
        self.renamed.insert(format!("{source}: section `{section}` is called `{new}` now"));
        new.to_owned()
    }

    /// A sentence for each source and section that is still called by an old name.
    pub fn renamed(&self) -> impl Iterator<Item = &str> {
        self.renamed.iter().map(String::as_str)
    }

    /// Lays environment variables over what is there; those of other programs are left alone.
    pub fn environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        let variables: std::collections::BTreeMap<String, String> = variables.into_iter().collect();
        for (name, key) in WELL_KNOWN {
            if let Some(value) = variables.get(*name).filter(|value| !value.is_empty()) {
                self.set(name, key, value)?;
            }
        }
        for (name, value) in &variables {
            if let Some(key) = name.strip_prefix(PREFIX) {
                let key = key.to_ascii_lowercase();
                self.set(name, &key.split("__").collect::<Vec<_>>(), value)?;
            }
        }
        Ok(())
    }

    /// Sets one key from a text; `source` is the variable or flag it came from.
    pub fn set(&mut self, source: &str, key: &[&str], text: &str) -> Result<(), ConfigError> {
        let section = key.first().map(|section| self.current(source, section));
        let key: Vec<&str> =
            section.as_deref().into_iter().chain(key.iter().skip(1).copied()).collect();
        let mut default = Some(&self.settings).filter(|_| !key.is_empty());
        let mut wanted = None;
        for part in &key {
            let value = default.and_then(|table| table.get(*part));
            default = value.and_then(Value::as_table);
            wanted = value;
        }
        let value = key.iter().rev().fold(typed(text, wanted), |inner, part| {
            Value::Table(Table::from_iter([((*part).to_owned(), inner)]))
        });
        let Value::Table(over) = value else { return Ok(()) };
        Source { name: source }.lay(&mut self.settings, over, &mut Vec::new())
    }

    /// The settings.
    pub fn finish<T: DeserializeOwned>(self) -> Result<T, ConfigError> {
        let read = Value::Table(self.settings).try_into();
        read.map_err(|error| ConfigError::Invalid(error.to_string().trim().to_owned()))
    }
}

fn parse(name: &str, text: &str) -> Result<Table, ConfigError> {
    text.parse::<Table>().map_err(|error| ConfigError::Unreadable {
        source_name: name.to_owned(),
        // The excerpt of a file may show a secret: the place is enough.
        text: match error.span() {
            Some(span) => {
                let line = text.get(..span.start).unwrap_or_default().lines().count().max(1);
                format!("line {line}: {}", error.message())
            }
            None => error.message().to_owned(),
        },
    })
}

/// A variable's text as the type that the default has; a text that does not fit stays a text, and
/// is refused by its type.
fn typed(text: &str, default: Option<&Value>) -> Value {
    let parsed = match default {
        Some(Value::Integer(_)) => text.parse().ok().map(Value::Integer),
        Some(Value::Float(_)) => text.parse().ok().map(Value::Float),
        Some(Value::Boolean(_)) => text.parse().ok().map(Value::Boolean),
        Some(Value::Array(_)) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

struct Source<'a> {
    name: &'a str,
}

impl Source<'_> {
    fn lay(
        &self,
        under: &mut Table,
        over: Table,
        path: &mut Vec<String>,
    ) -> Result<(), ConfigError> {
        for (key, value) in over {
            if let Some(wanted) = optional(path, &key) {
                self.lay_optional(under, path, key, value, wanted)?;
                continue;
            }
            let Some(slot) = under.get_mut(&key) else {
                return Err(self.unknown(under, path, &key));
            };
            path.push(key);
            match (slot, value) {
                (Value::Table(under), Value::Table(over)) => self.lay(under, over, path)?,
                // A whole number serves where a fraction is taken.
                (slot @ Value::Float(_), Value::Integer(whole)) => {
                    *slot = Value::Float(whole as f64)
                }
                (slot, value) if slot.same_type(&value) => *slot = value,
                (slot, value) => {
                    return Err(ConfigError::WrongType {
                        source_name: self.name.to_owned(),
                        key: path.join("."),
                        wanted: kind(slot),
                        found: kind(&value),
                    });
                }
            }
            path.pop();
        }
        Ok(())
    }

    fn lay_optional(
        &self,
        under: &mut Table,
        path: &[String],
        key: String,
        value: Value,
        wanted: &'static str,
    ) -> Result<(), ConfigError> {
        // A variable's text may stand for a number.
        let number = value.as_str().and_then(|text| text.parse().ok()).map(Value::Integer);
        let value = number.filter(|_| wanted == "a whole number").unwrap_or(value);
        if kind(&value) != wanted {
            let (source_name, found) = (self.name.to_owned(), kind(&value));
            let key = [path.join("."), key].join(".");
            return Err(ConfigError::WrongType { source_name, key, wanted, found });
        }
        under.insert(key, value);
        Ok(())
    }

    fn unknown(&self, under: &Table, path: &[String], key: &str) -> ConfigError {
        let place = match path {
            [] => "the top level".to_owned(),
            path => format!("[{}]", path.join(".")),
        };
        let key = path.iter().map(String::as_str).chain([key]).collect::<Vec<_>>().join(".");
        let known = under.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        ConfigError::UnknownKey { source_name: self.name.to_owned(), key, place, known }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Settings;

    fn refused(act: impl FnOnce(&mut Loader) -> Result<(), ConfigError>) -> String {
        act(&mut Loader::new().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn every_key_of_the_manual_is_explained() {
        let mut before = "";
        for line in MANUAL.lines() {
            let starts = |line: &str, mark| line.trim_start().starts_with(mark);
            if line.contains('=') && !starts(line, '#') {
                assert!(starts(before, '#'), "no comment above: {line}");
            }
            before = line;
        }
    }

    #[test]
    fn flags_beat_the_environment_beats_the_file_beats_the_defaults() {
        let mut loader = Loader::new().unwrap();
        loader
            .file("a.toml", "[server]\nlisten = 'file'\nbody_bytes_max = 3\ntails_max = 9")
            .unwrap();
        let variables = [
            ("STRATUM__server__listen", "environment"),
            ("STRATUM__SERVER__BODY_BYTES_MAX", "5"),
            ("SECRET_KEY", "old name"),
            ("JWT_SECRET_KEY", "new name"),
            ("HOME", "/somewhere"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        loader.environment(variables).unwrap();
        loader.set("--listen", &["server", "listen"], "flag").unwrap();
        let config: Settings = loader.finish().unwrap();
        assert_eq!(config.server.listen, "flag");
        assert_eq!((config.server.body_bytes_max, config.server.tails_max), (5, 9));
        assert_eq!(config.server.range_days_max, 4_000);
        assert_eq!(config.auth.secret_key.expose(), "new name");
    }

    #[test]
    fn the_names_that_deployments_set_already_are_read() {
        let mut loader = Loader::new().unwrap();
        // Of a provider the value must be one there is.
        let value = |name: &str| if name == "ML_PROVIDER" { "local" } else { "25" };
        let set = |(name, _): &(&str, &[&str])| ((*name).to_owned(), value(name).to_owned());
        loader.environment(WELL_KNOWN.iter().map(set)).unwrap();
        let config: Settings = loader.finish().unwrap();
        assert_eq!((config.mail.host.as_str(), config.mail.port), ("25", 25));
        for secret in [&config.mail.password, &config.telemetry.sentry_dsn, &config.state.url] {
            assert_eq!(secret.expose(), "25");
        }
    }

    #[test]
    fn unknown_keys_are_named_with_their_source() {
        let text = refused(|l| l.file("my.toml", "[server]\nlisen = 'x'"));
        assert!(text.contains("my.toml") && text.contains("`server.lisen`"), "{text}");
        assert!(text.contains("[server]") && text.contains("listen"), "{text}");
        let text = refused(|l| l.file("my.toml", "sever = 1"));
        assert!(text.contains("`sever`") && text.contains("the top level"), "{text}");
        let variable = ("STRATUM__server__lisen".to_owned(), "x".to_owned());
        let text = refused(|l| l.environment([variable]));
        assert!(text.contains("STRATUM__server__lisen: unknown key `server.lisen`"), "{text}");
    }

    #[test]
    fn old_names_of_sections_are_read_and_told() {
        let mut loader = Loader::new().unwrap();
        loader.file("a.toml", "[edge]\nhsts_s = 7\n[edge.limits]\nclient_per_s = 8").unwrap();
        loader.file("b.toml", "[door]\nevents_max = 9\n[ingest]\nbody_bytes_max = 10").unwrap();
        let variable = ("STRATUM__bounds__fx_rates_max".to_owned(), "11".to_owned());
        loader.environment([variable]).unwrap();
        let told: Vec<String> = loader.renamed().map(str::to_owned).collect();
        assert_eq!(
            told,
            [
                "STRATUM__bounds__fx_rates_max: section `bounds` is called `tenant_limits` now",
                "a.toml: section `edge` is called `http` now",
                "b.toml: section `door` is called `ingest` now",
            ]
        );
        let config: Settings = loader.finish().unwrap();
        assert_eq!((config.http.hsts_s, config.http.limits.client_per_s), (7, 8));
        assert_eq!((config.ingest.events_max, config.ingest.body_bytes_max), (9, 10));
        assert_eq!(config.tenant_limits.fx_rates_max, 11);
    }

    #[test]
    fn values_of_another_type_are_refused() {
        let text = refused(|l| l.file("my.toml", "[server]\nlisten = 8080"));
        assert_eq!(text, "my.toml: `server.listen` must be a text, not a whole number");
        let variable = ("STRATUM__server__body_bytes_max".to_owned(), "many".to_owned());
        let text = refused(|l| l.environment([variable]));
        assert!(
            text.ends_with("`server.body_bytes_max` must be a whole number, not a text"),
            "{text}"
        );
        let text = refused(|l| l.file("my.toml", "server = 'x'"));
        assert!(text.contains("must be a section"), "{text}");
        let text = refused(|l| l.file("my.toml", "\n[server\nsecret = 'hunter2'"));
        assert!(text.starts_with("my.toml: line 2") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn keys_without_a_default_are_taken() {
        let mut loader = Loader::new().unwrap();
        let text = "[kafka]\nreplication_factor = 3\n[kafka.properties]\n'sasl.password' = 'x'";
        loader.file("my.toml", text).unwrap();
        let variable = ("STRATUM__kafka__replication_factor".to_owned(), "2".to_owned());
        loader.environment([variable]).unwrap();
        let config: Settings = loader.finish().unwrap();
        assert_eq!(config.kafka.replication_factor, Some(2));
        assert_eq!(config.kafka.properties.len(), 1);
        let text = refused(|l| l.file("my.toml", "[kafka]\nreplication_factor = 'x'"));
        assert!(text.contains("`kafka.replication_factor` must be a whole number"), "{text}");
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let mut loader = Loader::new().unwrap();
        loader.file("my.toml", "[server]\nbody_bytes_max = -1").unwrap();
        let text = loader.finish::<Settings>().unwrap_err().to_string();
        assert!(text.contains("body_bytes_max") || text.contains("-1"), "{text}");
    }
}
