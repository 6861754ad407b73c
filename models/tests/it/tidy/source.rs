//! The workspace's files, and Rust sources as flat lists of tokens.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// One token with its place. Doc comments are left out.
pub struct Token {
    pub line: usize,
    pub text: Text,
    /// In an item that is compiled for tests only.
    pub test: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    Ident(String),
    /// What a string literal says.
    Str(String),
    Punct(char),
    Open(Delimiter),
    Close(Delimiter),
    Other,
}

/// A function with a body.
pub struct Function {
    pub name: String,
    pub line: usize,
    /// The body's lines, braces included.
    pub body: RangeInclusive<usize>,
}

/// A Rust file.
pub struct Source {
    /// Relative to the workspace, with `/`.
    pub path: String,
    pub lines: Vec<String>,
    pub tokens: Vec<Token>,
    pub functions: Vec<Function>,
    test_lines: Vec<RangeInclusive<usize>>,
}

pub fn workspace() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        crate_folder.parent().expect("a crate lies in its workspace").to_owned()
    });
    &ROOT
}

/// Every file that is, or would be, under version control, relative to the workspace.
pub fn files() -> &'static [String] {
    static FILES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(workspace())
            .output()
            .expect("git, to list the files under version control");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let listed = String::from_utf8(listed.stdout).expect("file names in UTF-8");
        let listed = listed.split('\0').filter(|path| workspace().join(path).is_file());
        listed.map(str::to_owned).collect()
    });
    assert!(FILES.len() > 20, "git lists only {} files", FILES.len());
    &FILES
}

/// Every Rust file, read and taken apart.
pub fn sources() -> Vec<Source> {
    files().iter().filter(|path| path.ends_with(".rs")).map(|path| Source::read(path)).collect()
}

impl Source {
    fn read(path: &str) -> Source {
        let text = std::fs::read_to_string(workspace().join(path)).expect("a readable source");
        Source::parse(path, &text)
    }

    pub fn parse(path: &str, text: &str) -> Source {
        let stream: TokenStream = text.parse().unwrap_or_else(|e| panic!("{path}: {e}"));
        let mut source = Source {
            path: path.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
            tokens: Vec::new(),
            functions: Vec::new(),
            test_lines: Vec::new(),
        };
        let test = source.is_test();
        source.collect(stream, test);
        source
    }

    /// Whether all of it is for tests, benches or the test support that they share.
    pub fn is_test(&self) -> bool {
        let folders = ["tests/", "benches/", "models/testing/", "fuzz/"];
        folders.iter().any(|folder| self.path.contains(folder)) || self.path.ends_with("/tests.rs")
    }

    /// Lines outside of items that are compiled for tests only.
    pub fn lines_outside_tests(&self) -> usize {
        let tests = self.test_lines.iter().map(|range| range.end() - range.start() + 1);
        self.lines.len() - tests.sum::<usize>()
    }

    /// Whether this line belongs to what is compiled for tests only.
    pub fn is_test_line(&self, line: usize) -> bool {
        self.is_test() || self.test_lines.iter().any(|range| range.contains(&line))
    }

    /// Lines of code between two lines: neither blank nor comment.
    pub fn code_lines(&self, range: &RangeInclusive<usize>) -> usize {
        let body = &self.lines[*range.start()..range.end().saturating_sub(1).max(*range.start())];
        let code = body.iter().map(|line| line.trim());
        code.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
    }

    fn collect(&mut self, stream: TokenStream, test: bool) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < trees.len() {
            let only_for_tests = !test && is_test_attribute(&trees, at);
            let end = if only_for_tests { item_end(&trees, at) } else { at };
            if only_for_tests {
                let lines = line_of(&trees[at])..=last_line_of(&trees[end]);
                self.test_lines.push(lines);
            }
            for (index, tree) in trees.iter().enumerate().take(end + 1).skip(at) {
                self.note_function(&trees[index..]);
                self.push(tree, test || only_for_tests, is_doc(&trees, index));
            }
            at = end + 1;
        }
    }

    fn push(&mut self, tree: &TokenTree, test: bool, doc: bool) {
        let line = line_of(tree);
        let mut token = |line, text| self.tokens.push(Token { line, text, test });
        match tree {
            TokenTree::Ident(ident) => token(line, Text::Ident(ident.to_string())),
            TokenTree::Punct(punct) => token(line, Text::Punct(punct.as_char())),
            TokenTree::Literal(literal) => {
                let text = string_literal(&literal.to_string()).map_or(Text::Other, Text::Str);
                token(line, text);
            }
            TokenTree::Group(_) if doc => {}
            TokenTree::Group(group) => {
                token(line, Text::Open(group.delimiter()));
                self.collect(group.stream(), test);
                let line = group.span_close().end().line;
                self.tokens.push(Token { line, text: Text::Close(group.delimiter()), test });
            }
        }
    }

    /// `fn name … { body }`.
    fn note_function(&mut self, trees: &[TokenTree]) {
        let [TokenTree::Ident(word), TokenTree::Ident(name), rest @ ..] = trees else { return };
        if word != "fn" {
            return;
        }
        let body = rest.iter().find_map(|tree| match tree {
            TokenTree::Punct(punct) if punct.as_char() == ';' => Some(None),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(Some(group)),
            _ => None,
        });
        if let Some(Some(body)) = body {
            let lines = body.span_open().start().line..=body.span_close().end().line;
            let line = word.span().start().line;
            self.functions.push(Function { name: name.to_string(), line, body: lines });
        }
    }
}

fn line_of(tree: &TokenTree) -> usize {
    tree.span().start().line
}

fn last_line_of(tree: &TokenTree) -> usize {
    tree.span().end().line
}

fn attribute(trees: &[TokenTree], at: usize) -> Option<&Group> {
    match (trees.get(at)?, trees.get(at + 1)?) {
        (TokenTree::Punct(hash), TokenTree::Group(group))
            if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
        {
            Some(group)
        }
        _ => None,
    }
}

/// `#[cfg(test)]`, `#[test]`, `#[tokio::test]`.
fn is_test_attribute(trees: &[TokenTree], at: usize) -> bool {
    attribute(trees, at).is_some_and(|group| {
        let text = group.stream().to_string().replace(' ', "");
        text == "cfg(test)" || text.starts_with("cfg(all(test,") || text.ends_with("test")
    })
}

/// Whether the group at `at` is the `[doc = "…"]` that a doc comment stands for.
fn is_doc(trees: &[TokenTree], at: usize) -> bool {
    let TokenTree::Group(group) = &trees[at] else { return false };
    group.delimiter() == Delimiter::Bracket
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "doc")
}

/// The last token of the item that begins at `at`: its braces or its semicolon.
fn item_end(trees: &[TokenTree], at: usize) -> usize {
    let end = trees.iter().enumerate().skip(at).find(|(_, tree)| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';' && punct.spacing() == Spacing::Alone,
        _ => false,
    });
    end.map_or(trees.len() - 1, |(at, _)| at)
}

/// What a string, byte string or raw string literal says; escapes stay as written.
fn string_literal(literal: &str) -> Option<String> {
    let body = literal.trim_start_matches(['b', 'c', 'r']).trim_start_matches('#');
    let body = body.strip_prefix('"')?.trim_end_matches('#');
    Some(body.strip_suffix('"')?.to_owned())
}

#[test]
fn a_source_is_taken_apart() {
    let text = "/// SELECT docs FROM here\nfn a() {\n\n    // note\n    b(\"x\");\n}\n\
                #[cfg(test)]\nmod tests {\n    fn c() {\n        d(r#\"y\"#)\n    }\n}\n";
    let source = Source::parse("crate/src/lib.rs", text);
    let strings: Vec<_> = source
        .tokens
        .iter()
        .filter_map(|token| match &token.text {
            Text::Str(text) => Some((token.line, text.as_str(), token.test)),
            _ => None,
        })
        .collect();
    assert_eq!(strings, [(5, "x", false), (10, "y", true)]);
    let functions: Vec<_> = source
        .functions
        .iter()
        .map(|function| (function.name.as_str(), function.line, source.code_lines(&function.body)))
        .collect();
    assert_eq!(functions, [("a", 2, 1), ("c", 9, 1)]);
    assert_eq!(source.lines_outside_tests(), 6);
}
