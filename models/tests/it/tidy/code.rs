//! Rules on Rust code.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Delimiter;

use super::assert_none;
use super::source::{Source, Text, Token, sources};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 60;

/// The adapters, each with the crate that keeps it. Beside it only `api/src/boot` names one, but for the
/// state, which has one adapter and no port: `api` and its crates may name it.
const ADAPTERS: &[(&str, &[&str])] = &[
    ("FjallLog", &["ingest/src/"]),
    ("KafkaLog", &["ingest/src/"]),
    ("ClickHouseWarehouse", &["query/src/"]),
    (
        "PostgresState",
        &[
            "api/state/src/",
            "api/jobs/src/",
            "api/http/src/",
            "api/account/src/",
            "api/routes/src/",
            "api/server/src/",
            "api/src/",
        ],
    ),
];

fn is_ident(token: &Token, word: &str) -> bool {
    matches!(&token.text, Text::Ident(ident) if ident == word)
}

/// Tokens outside tests.
fn product(source: &Source) -> impl Iterator<Item = &Token> {
    source.tokens.iter().filter(|token| !token.test)
}

#[test]
fn files_and_functions_stay_small() {
    let mut offences = Vec::new();
    for source in sources() {
        let lines = source.lines_outside_tests();
        if lines > FILE_LINES_MAX {
            let path = &source.path;
            offences.push(format!("{path}:1: {lines} lines, at most {FILE_LINES_MAX}"));
        }
        for function in &source.functions {
            let lines = source.code_lines(&function.body);
            if lines > FUNCTION_LINES_MAX {
                let (path, line, name) = (&source.path, function.line, &function.name);
                offences.push(format!(
                    "{path}:{line}: fn {name} has {lines} lines, at most {FUNCTION_LINES_MAX}"
                ));
            }
        }
    }
    assert_none("what grows larger wants a name and a home of its own", offences);
}

/// Whether a text is an SQL statement, or begins like one.
fn is_sql(text: &str) -> bool {
    let words: Vec<String> =
        text.split_whitespace().map(|word| word.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // A statement, not a sentence: the word is written as SQL is.
        ["select", rest @ ..] => rest.contains(&"from") || text.trim_start().starts_with("SELECT"),
        ["insert", "into", ..] | ["delete", "from", ..] | ["alter", "table", ..] => true,
        ["create" | "drop" | "truncate", "table" | "view" | "database" | "materialized", ..] => {
            true
        }
        ["update", _, "set", ..] => true,
        ["with", _, "as", "(select" | "(", ..] => true,
        _ => false,
    }
}

#[test]
fn sql_stands_in_sql_files() {
    assert!(is_sql("\n  SELECT a\n FROM b") && is_sql("insert into t values (1)"));
    assert!(is_sql("UPDATE t SET a = 1") && is_sql("CREATE TABLE t (a Int8)"));
    assert!(!is_sql("select the rows you want") && !is_sql("created a table"));
    let mut offences = Vec::new();
    for source in sources() {
        for token in product(&source) {
            if let Text::Str(text) = &token.text
                && is_sql(text)
            {
                let start: String = text.trim().chars().take(40).collect();
                offences.push(format!("{}:{}: SQL in a string: {start}", source.path, token.line));
            }
        }
    }
    assert_none("SQL belongs into .sql files, one statement each", offences);
}

#[test]
fn only_boot_names_adapters() {
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| !source.path.starts_with("api/src/boot")) {
        for token in product(source) {
            for (adapter, homes) in ADAPTERS {
                let at_home = homes.iter().any(|home| source.path.starts_with(home));
                if is_ident(token, adapter) && !at_home {
                    offences.push(format!(
                        "{}:{}: {adapter} may be named in api/src/boot and {} only",
                        source.path,
                        token.line,
                        homes.join(", ")
                    ));
                }
            }
        }
    }
    assert_none("stages meet through ports; only api/src/boot names adapters", offences);
}

/// Modules of a crate by what they may not name: what reads and answers requests knows nothing of the doors, the
/// live stream nothing of requests, and the process stands above all of its parts.
const ABOVE: &[(&str, &[&str], &[&str])] = &[
    ("api/http/src/", &["live"], &["answer", "auth", "edge", "rights"]),
    ("api/http/src/", &["answer", "rights"], &["auth", "edge", "live"]),
    (
        "api/http/src/",
        &["fields", "day", "paging", "body", "rules", "id"],
        &["auth", "rights", "live"],
    ),
    (
        "api/http/src/",
        &["auth", "edge"],
        &["live", "fields", "day", "paging", "body", "rules", "id"],
    ),
    ("api/src/", &["config", "page", "report", "telemetry"], &["boot", "cli", "demo"]),
    ("api/src/", &["boot", "demo"], &["cli"]),
];

/// The modules that follow `crate::` here.
fn named(tokens: &[&Token]) -> Vec<String> {
    let name = |token: Option<&&Token>| match token.map(|token| &token.text) {
        Some(Text::Ident(name)) => Some(name.clone()),
        _ => None,
    };
    let [_, first, second, rest @ ..] = tokens else { return Vec::new() };
    if first.text != Text::Punct(':') || second.text != Text::Punct(':') {
        return Vec::new();
    }
    if rest.first().is_none_or(|token| token.text != Text::Open(Delimiter::Brace)) {
        return name(rest.first()).into_iter().collect();
    }
    let (mut depth, mut names) = (0, Vec::new());
    for (at, token) in rest.iter().enumerate() {
        match token.text {
            Text::Open(_) => depth += 1,
            Text::Close(_) => depth -= 1,
            _ => {}
        }
        let begins = matches!(token.text, Text::Open(_) | Text::Punct(','));
        match depth {
            0 => break,
            1 if begins => names.extend(name(rest.get(at + 1))),
            _ => {}
        }
    }
    names
}

#[test]
fn no_module_names_one_above_it() {
    let mut offences = Vec::new();
    for source in sources() {
        let module = |crate_: &str| {
            let path = source.path.strip_prefix(crate_)?;
            path.split(['/', '.']).next().map(str::to_owned)
        };
        let rule = ABOVE.iter().find_map(|(crate_, modules, above)| {
            let module = module(crate_).filter(|module| modules.contains(&module.as_str()))?;
            Some((module, above))
        });
        let Some((module, above)) = rule else { continue };
        let tokens: Vec<&Token> = product(&source).collect();
        for (at, token) in tokens.iter().enumerate().filter(|(_, token)| is_ident(token, "crate")) {
            for name in named(&tokens[at..]).iter().filter(|name| above.contains(&name.as_str())) {
                let (path, line) = (&source.path, token.line);
                offences.push(format!("{path}:{line}: {module} must not name {name}"));
            }
        }
    }
    assert_none("what is below must not know what stands above it", offences);
}

#[test]
fn a_tenant_scope_is_made_in_one_place_of_each_kind() {
    let mut made: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        let tokens: Vec<&Token> = product(&source).collect();
        for window in tokens.windows(4) {
            let [scope, colon, _, constructor] = window else { continue };
            let path = is_ident(scope, "TenantScope") && colon.text == Text::Punct(':');
            if let (true, Text::Ident(name)) = (path, &constructor.text)
                && name.starts_with("from_")
            {
                made.entry(name.clone()).or_default().insert(source.path.clone());
            }
        }
    }
    let several = made.into_iter().filter(|(_, places)| places.len() > 1);
    let offences = several.map(|(name, places)| {
        let places: Vec<_> = places.into_iter().collect();
        format!("TenantScope::{name} is called in {}", places.join(", "))
    });
    assert_none("each constructor of TenantScope has one caller", offences.collect());
}

#[test]
fn log_messages_are_lower_case() {
    const MACROS: &[&str] = &["trace", "debug", "info", "warn", "error"];
    let mut offences = Vec::new();
    for source in sources() {
        for (at, token) in source.tokens.iter().enumerate() {
            if !MACROS.iter().any(|name| is_ident(token, name)) {
                continue;
            }
            let [bang, open, arguments @ ..] = &source.tokens[at + 1..] else { continue };
            if bang.text != Text::Punct('!') || open.text != Text::Open(Delimiter::Parenthesis) {
                continue;
            }
            if let Some((line, text)) = message(arguments)
                && text.starts_with(char::is_uppercase)
            {
                offences.push(format!("{}:{line}: {text:?} begins with a capital", source.path));
            }
        }
    }
    assert_none("log messages are lower case", offences);
}

/// The message among a log macro's arguments: a string that is an argument of its own.
fn message(arguments: &[Token]) -> Option<(usize, &str)> {
    let mut depth = 0;
    let mut starts = true;
    for token in arguments {
        match &token.text {
            Text::Close(_) if depth == 0 => return None,
            Text::Str(text) if depth == 0 && starts => return Some((token.line, text)),
            Text::Open(_) => depth += 1,
            Text::Close(_) => depth -= 1,
            _ => {}
        }
        starts = depth == 0 && token.text == Text::Punct(',');
    }
    None
}

#[test]
fn stages_do_not_look_at_the_clock() {
    const CLOCKS: &[&str] = &["SystemTime", "Utc", "Local"];
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| !source.path.starts_with("api/")) {
        let tokens: Vec<&Token> = product(source).collect();
        for window in tokens.windows(4) {
            let [clock, colon, _, now] = window else { continue };
            let asked = CLOCKS.iter().any(|name| is_ident(clock, name)) && is_ident(now, "now");
            if asked && colon.text == Text::Punct(':') {
                offences.push(format!(
                    "{}:{}: the time of day comes in through models::time::Clock",
                    source.path, clock.line
                ));
            }
        }
    }
    assert_none("time comes in through a port, so that a seed replays a run", offences);
}
