//! Everything that a document names must exist: README.md, ARCHITECTURE.md, CONTRIBUTING.md and docs/**/*.md.
//!
//! The rules concern text in backticks, and links:
//!
//! | text | must be |
//! |---|---|
//! | `a_name_of_five_or_more_words` | a function in src, tests or benches: a test |
//! | `another_name` | a word in the sources, or in `OF_OTHERS` |
//! | `src/…`, `tests/…` and so on, or a name that ends with `.rs` or `.md` | a file or directory, from the root of the repository |
//! | `module::item`, `Type::item` | declared in that module's file; a crate of Cargo.toml is not looked into |
//! | `section.key`, where config/default.toml has the section | a key there, or a name in src (a field of the log) |
//! | `make target …`, also at the start of a line in a code block | a target of the Makefile |
//! | `[text](link)` | a file relative to the document, and a heading in it |
//!
//! Text with `*`, `<`, `…` or `YYYY` is a pattern and not checked. A fault is printed as `document:line: fault`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The directories whose files may define what a document names.
const SOURCES: [&str; 10] =
    ["src", "tests", "benches", "migrations", "config", "locales", "templates", "scripts", "deploy", "fuzz"];

/// Names of other programs that the documents mention.
const OF_OTHERS: [&str; 3] = ["code_challenge", "pg_stat_statements", "shared_buffers"];

#[test]
fn everything_that_a_document_names_exists() {
    let repository = Repository::read();
    let mut faults = Vec::new();
    let mut checked = 0;
    for document in documents() {
        let text = read(&document);
        for named in names_in(&text) {
            checked += 1;
            if let Err(fault) = repository.check(&document, &named.name) {
                faults.push(format!("{document}:{}: {fault}", named.line));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    assert!(checked > 300, "only {checked} names read: are the rules of this file still those of the documents?");
}

#[test]
fn what_does_not_exist_is_found_with_its_line() {
    let repository = Repository::read();
    let text =
        "# Title\n\nA `test_that_nobody_has_written` in a line.\n\n```sh\nmake nothing\n```\nSee [this](#that).\n";
    let named: Vec<(usize, String)> = names_in(text).into_iter().map(|n| (n.line, n.name.shown())).collect();
    let expected = [(3, "test_that_nobody_has_written"), (6, "make nothing"), (8, "#that")];
    assert_eq!(named, expected.map(|(line, name)| (line, name.to_owned())));
    for name in [
        "test_that_nobody_has_written",
        "never_written",
        "src/nothing.rs",
        "nothing.md",
        "config::Nothing",
        "Nothing::of_this",
        "sync.nothing_of_this",
        "make nothing",
    ] {
        let checked = repository.check("README.md", &Name::Code(name.to_owned()));
        assert!(checked.is_err(), "{name} passes");
    }
    for link in ["docs/nothing.md", "#no-such-heading", "docs/security.md#no-such-heading"] {
        assert!(repository.check("README.md", &Name::Link(link.to_owned())).is_err(), "{link} passes");
    }
}

/// A piece of a document that names something.
enum Name {
    Code(String),
    Link(String),
}

impl Name {
    fn shown(&self) -> String {
        match self {
            Self::Code(name) | Self::Link(name) => name.clone(),
        }
    }
}

struct Named {
    line: usize,
    name: Name,
}

struct Repository {
    files: BTreeSet<String>,
    words: BTreeSet<String>,
    functions: BTreeSet<String>,
    dependencies: String,
    configuration: String,
    rust: Vec<(String, String)>,
    makefile: String,
}

impl Repository {
    fn read() -> Self {
        let mut files: BTreeSet<String> = ["Makefile", "Cargo.toml", "Cargo.lock", "Dockerfile", ".sqlx"]
            .into_iter()
            .filter(|path| root().join(path).exists())
            .map(str::to_owned)
            .collect();
        for directory in SOURCES.into_iter().chain(["docs", ".ci", "."]) {
            walk(directory, &mut files);
        }
        let is_source = |path: &&String| SOURCES.iter().any(|source| path.starts_with(&format!("{source}/")));
        let sources: Vec<(String, String)> = files
            .iter()
            .filter(is_source)
            .filter(|path| !path.starts_with("fuzz/corpus") && *path != "tests/documentation.rs")
            .filter(|path| root().join(path).is_file())
            .map(|path| (path.clone(), read(path)))
            .collect();
        let mut words = BTreeSet::new();
        let mut functions = BTreeSet::new();
        for (_, text) in &sources {
            words.extend(words_of(text).map(str::to_owned));
            functions.extend(text.split("fn ").skip(1).filter_map(|rest| words_of(rest).next()).map(str::to_owned));
        }
        let is_rust = |(path, _): &(String, String)| extension_of(path) == "rs";
        let rust = sources.into_iter().filter(is_rust).collect();
        let [dependencies, configuration, makefile] = ["Cargo.toml", "config/default.toml", "Makefile"].map(read);
        Self { files, words, functions, dependencies, configuration, rust, makefile }
    }

    fn check(&self, document: &str, name: &Name) -> Result<(), String> {
        match name {
            Name::Code(code) => self.check_code(code),
            Name::Link(link) => self.check_link(document, link),
        }
    }

    fn check_code(&self, code: &str) -> Result<(), String> {
        let is_pattern = ["*", "<", "…", "YYYY", "{"].iter().any(|part| code.contains(part));
        if let Some(rest) = code.strip_prefix("make ") {
            let target = rest.split_whitespace().next().unwrap_or_default();
            let is_target = target.contains('=') || self.makefile.contains(&format!("\n{target}:"));
            return fault_unless(is_target, || format!("the Makefile has no target {target}"));
        }
        if is_pattern || code.contains(char::is_whitespace) {
            return Ok(());
        }
        let is_path = SOURCES.iter().chain(&["docs"]).any(|source| code.starts_with(&format!("{source}/")));
        if (is_path || ["rs", "md"].contains(&extension_of(code))) && !code.starts_with('/') {
            let path = code.trim_end_matches('/');
            let exists = self.files.contains(path);
            return fault_unless(exists, || {
                format!("there is no file {code} (a path begins at the repository's root)")
            });
        }
        if code.contains("::") {
            return self.check_item(code.trim_end_matches("()"));
        }
        if is_snake_case(code) && code.contains('_') {
            let is_sentence = code.split('_').count() >= 5;
            let known = if is_sentence { &self.functions } else { &self.words };
            let kind = if is_sentence { "test" } else { "word in the sources" };
            let is_known = known.contains(code) || OF_OTHERS.contains(&code);
            return fault_unless(is_known, || format!("there is no {kind} {code}"));
        }
        match code.split_once('.') {
            Some((section, key)) if is_snake_case(section) && is_snake_case(key) => self.check_key(section, key),
            _ => Ok(()),
        }
    }

    /// A key of the configuration, or a field of the log: both have a dot.
    fn check_key(&self, section: &str, key: &str) -> Result<(), String> {
        let Some(settings) = self.configuration.split(&format!("\n[{section}]\n")).nth(1) else {
            return Ok(());
        };
        let settings = settings.split("\n[").next().unwrap_or_default();
        let key_of_value = key.strip_suffix("_file").unwrap_or(key);
        let is_key = settings
            .lines()
            .any(|line| line.trim_start_matches("# ").split_once(" =").is_some_and(|(named, _)| named == key_of_value));
        let field = format!("{section}.{key}");
        let is_field = || self.rust.iter().any(|(path, text)| path.starts_with("src/") && text.contains(&field));
        fault_unless(is_key || is_field(), || format!("config/default.toml has no key {key} in [{section}]"))
    }

    fn check_item(&self, path: &str) -> Result<(), String> {
        let parts: Vec<&str> = path.trim_start_matches("crate::").split("::").collect();
        let [first, rest @ ..] = parts.as_slice() else { return Ok(()) };
        let (file, items) = match self.module(&parts) {
            Some((file, depth)) => (file, &parts[depth..]),
            None if first.starts_with(char::is_uppercase) => (self.file_that_declares(first, path)?, rest),
            None => {
                let is_crate = *first == "std" || self.dependencies.contains(&format!("\n{first} ="));
                let is_crate = is_crate || self.dependencies.contains(&format!("\n{} =", first.replace('_', "-")));
                return fault_unless(is_crate, || format!("there is no module or crate {first}: {path}"));
            }
        };
        let text = self.text_of(file);
        let missing = items.iter().find(|item| !words_of(text).any(|word| word == **item));
        missing.map_or(Ok(()), |item| Err(format!("{file} has no {item}: {path}")))
    }

    /// The file of the longest module path that `parts` begin with, and how many parts that took.
    fn module(&self, parts: &[&str]) -> Option<(&str, usize)> {
        (1..=parts.len()).rev().find_map(|depth| {
            let module = parts[..depth].join("/");
            let files = [format!("src/{module}.rs"), format!("src/{module}/mod.rs")];
            let (file, _) = self.rust.iter().find(|(path, _)| files.contains(path))?;
            Some((file.as_str(), depth))
        })
    }

    fn file_that_declares(&self, item: &str, path: &str) -> Result<&str, String> {
        let declares = |text: &str| {
            ["struct", "enum", "trait", "type"]
                .iter()
                .any(|kind| text.split(&format!("{kind} {item}")).skip(1).any(|rest| !rest.starts_with(is_word)))
        };
        let found = self.rust.iter().find(|(_, text)| declares(text));
        found.map(|(file, _)| file.as_str()).ok_or_else(|| format!("there is no type {item}: {path}"))
    }

    fn text_of(&self, file: &str) -> &str {
        self.rust.iter().find(|(path, _)| path == file).map_or("", |(_, text)| text)
    }

    fn check_link(&self, document: &str, link: &str) -> Result<(), String> {
        if link.contains("://") {
            return Ok(());
        }
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() { document.to_owned() } else { relative_to(document, path) };
        let exists = self.files.contains(target.trim_end_matches('/'));
        fault_unless(exists, || format!("the link {link} leads to no file"))?;
        let has_anchor = || anchors_of(&read(&target)).contains(anchor);
        fault_unless(anchor.is_empty() || has_anchor(), || format!("{target} has no heading for #{anchor}"))
    }
}

fn fault_unless(is_right: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if is_right { Ok(()) } else { Err(fault()) }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    let bytes = std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn extension_of(path: &str) -> &str {
    Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn documents() -> Vec<String> {
    let mut files = BTreeSet::new();
    walk("docs", &mut files);
    let pages = files.iter().filter(|path| extension_of(path) == "md").cloned();
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].into_iter().map(str::to_owned).chain(pages).collect()
}

/// Adds the directory, and everything below it; of the root, only the files in it.
fn walk(directory: &str, files: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(root().join(directory)).unwrap() {
        let path = entry.unwrap().path();
        let relative = path.strip_prefix(root()).unwrap().to_string_lossy().trim_start_matches("./").to_owned();
        if path.is_dir() && directory != "." {
            walk(&relative, files);
        }
        if path.is_file() || directory != "." {
            files.insert(relative);
        }
    }
    if directory != "." {
        files.insert(directory.to_owned());
    }
}

/// Code spans and links of a text, and commands at the start of a line of a code block.
fn names_in(text: &str) -> Vec<Named> {
    let mut named = Vec::new();
    let mut is_block = false;
    let mut span: Option<(usize, String)> = None;
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim_start().starts_with("```") {
            is_block = !is_block;
        } else if is_block {
            if text.starts_with("make ") || text.starts_with("scripts/") {
                let command = if text.starts_with("make ") { Some(text) } else { text.split_whitespace().next() };
                named.extend(command.map(|code| Named { line, name: Name::Code(code.to_owned()) }));
            }
        } else {
            if text.trim().is_empty() {
                span = None;
            }
            for char in text.chars().chain(['\n']) {
                span = match (span, char) {
                    (None, '`') => Some((line, String::new())),
                    (Some((line, code)), '`') => {
                        named.push(Named { line, name: Name::Code(code) });
                        None
                    }
                    (Some((line, code)), '\n') => Some((line, code + " ")),
                    (Some((line, code)), char) => Some((line, format!("{code}{char}"))),
                    (None, _) => None,
                };
            }
            let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            named.extend(links.map(|(link, _)| Named { line, name: Name::Link(link.to_owned()) }));
        }
    }
    named
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char| !is_word(char)).filter(|word| !word.is_empty())
}

fn is_snake_case(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_lowercase())
        && text.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
}

/// `path` as seen from the directory of `document`, from the root of the repository.
fn relative_to(document: &str, path: &str) -> String {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors that GitHub gives the headings of a page: a repeated one is numbered.
fn anchors_of(page: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for heading in page.lines().filter(|line| line.starts_with('#')) {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let anchor: String = text
            .chars()
            .filter(|char| is_word(*char) || matches!(char, ' ' | '-'))
            .map(|char| if char == ' ' { '-' } else { char })
            .collect();
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(numbered).find(|anchor| !anchors.contains(anchor));
        anchors.extend(free);
    }
    anchors
}
