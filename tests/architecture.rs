//! Imports go downwards through the layers of ARCHITECTURE.md, and nothing imports in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The modules of each layer, from the bottom up. A module imports only its own layer and those below.
const LAYERS: [&[&str]; 10] = [
    &["clock", "config", "http_client", "loose_json", "texts"],
    &["domain"],
    &["db", "notifications", "optedo"],
    &["secrets"],
    &["officient"],
    &["telemetry"],
    &["sync"],
    &["web"],
    &["app", "check", "simulators"],
    &["cli"],
];
/// The files of these modules import each other without a circle, too.
const WITHOUT_FILE_CYCLES: [&str; 3] = ["simulators", "sync", "web"];

/// A source file: its path, its module (`["web", "page"]`), and its text.
struct Source {
    path: String,
    module: Vec<String>,
    text: String,
}

/// A path that a file names, e.g. `crate::db::people` in line 12 of src/web/api.rs.
struct Import<'a> {
    from: &'a Source,
    line: usize,
    to: Vec<String>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let module = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let module = module.split('/').map(str::to_owned).collect();
        Self { path: path.to_owned(), module, text: text.to_owned() }
    }

    fn is_root(&self) -> bool {
        ["lib", "main"].contains(&self.module[0].as_str())
    }

    /// The code alone: comments, texts and inline test modules are blank.
    fn code(&self) -> String {
        without_inline_tests(&without_comments_and_texts(&self.text))
    }
}

/// The line `path:line: path as it is written`.
impl std::fmt::Display for Import<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}: crate::{}", self.from.path, self.line, self.to.join("::"))
    }
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// Everything that is wrong with the imports of these files.
fn violations(sources: &[Source]) -> Vec<String> {
    let tests = test_modules(sources);
    let is_test = |source: &&Source| tests.iter().any(|test| source.module.starts_with(test));
    let sources: Vec<&Source> = sources.iter().filter(|source| !source.is_root() && !is_test(source)).collect();
    let modules: BTreeSet<&[String]> = sources.iter().map(|source| source.module.as_slice()).collect();
    let mut violations = Vec::new();
    let mut between_modules = Graph::default();
    let mut between_files = Graph::default();
    for source in &sources {
        let top = source.module[0].as_str();
        let Some(layer) = layer_of(top) else {
            violations.push(format!("{}: the module {top} is in no layer", source.path));
            continue;
        };
        for import in imports(source, &modules) {
            let to = import.to[0].clone();
            let Some(to_layer) = layer_of(&to).filter(|_| to != top) else {
                let file = (1..=import.to.len()).rev().map(|length| &import.to[..length]);
                if let Some(file) = file.into_iter().find(|file| modules.contains(file))
                    && WITHOUT_FILE_CYCLES.contains(&top)
                    && file != source.module
                {
                    between_files.add(source.module.join("::"), file.join("::"), import.to_string());
                }
                continue;
            };
            if to_layer > layer {
                violations.push(format!("{import}: {top} (layer {}) imports {to} (layer {})", layer + 1, to_layer + 1));
            } else if to_layer == layer {
                between_modules.add(top.to_owned(), to, import.to_string());
            }
        }
    }
    for graph in [between_modules, between_files] {
        violations
            .extend(graph.cycles().into_iter().map(|cycle| format!("a circle of imports:\n  {}", cycle.join("\n  "))));
    }
    violations
}

/// Modules in files of their own that are compiled for tests only.
fn test_modules(sources: &[Source]) -> Vec<Vec<String>> {
    let mut tests = Vec::new();
    for source in sources {
        for declared in without_comments_and_texts(&source.text).split("#[cfg(test)]").skip(1) {
            if let Some(name) = declared.trim_start().strip_prefix("mod ").and_then(|rest| rest.split_once(';'))
                && name.0.chars().all(|char| char.is_alphanumeric() || char == '_')
            {
                let parent = if source.is_root() { &[] } else { source.module.as_slice() };
                tests.push([parent, &[name.0.to_owned()]].concat());
            }
        }
    }
    tests
}

/// Every path that begins with `crate`, `super`, `self` or a child module, with its trees of braces taken apart.
fn imports<'a>(source: &'a Source, modules: &BTreeSet<&[String]>) -> Vec<Import<'a>> {
    let code = source.code();
    let mut imports = Vec::new();
    let mut at = 0;
    while let Some(found) = code[at..].find(|char: char| char.is_alphabetic() || char == '_') {
        at += found;
        let word = word_at(&code, at);
        let is_path_begin = !code[..at].ends_with("::") && !code[..at].ends_with(['.', '\'']);
        let (begin, after) = (at, at + word.len());
        at = after;
        let child = [source.module.as_slice(), &[word.to_owned()]].concat();
        let base = match word {
            "crate" => Vec::new(),
            "self" => source.module.clone(),
            "super" => source.module[..source.module.len() - 1].to_vec(),
            _ if modules.contains(child.as_slice()) => child,
            _ => continue,
        };
        if is_path_begin && code[after..].starts_with("::") {
            let line = code[..begin].matches('\n').count() + 1;
            let mut paths = Vec::new();
            read_tree(&code[after + 2..], &base, &mut paths);
            paths.retain(|path| !path.is_empty());
            imports.extend(paths.into_iter().map(|to| Import { from: source, line, to }));
        }
    }
    imports
}

fn word_at(code: &str, at: usize) -> &str {
    let rest = &code[at..];
    let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len());
    &rest[..end]
}

/// Reads `a::b::{c, d::e}` after `base`; returns how much of `code` it is.
fn read_tree(code: &str, base: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = base.to_vec();
    let mut at = 0;
    loop {
        at += code[at..].len() - code[at..].trim_start().len();
        if code[at..].starts_with('{') {
            at += 1;
            while !code[at..].starts_with('}') && at < code.len() {
                at += read_tree(&code[at..], &path, paths);
                at += code[at..].find([',', '}']).unwrap_or(code.len() - at);
                at += usize::from(code[at..].starts_with(','));
                at += code[at..].len() - code[at..].trim_start().len();
            }
            return at + 1;
        }
        let word = word_at(code, at);
        match word {
            "super" => drop(path.pop()),
            "self" | "" => {}
            _ => path.push(word.to_owned()),
        }
        at += word.len();
        if word.is_empty() || !code[at..].starts_with("::") {
            paths.push(path);
            return at;
        }
        at += 2;
    }
}

fn without_comments_and_texts(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if char == '"' {
            let mut is_escaped = true;
            let end = rest.find(|char| {
                let is_end = char == '"' && !is_escaped;
                is_escaped = char == '\\' && !is_escaped;
                is_end
            });
            end.map_or(rest.len(), |end| end + 1)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push(char);
            rest = &rest[char.len_utf8()..];
            continue;
        };
        code.extend(rest[..skipped].chars().filter(|char| *char == '\n'));
        rest = &rest[skipped..];
    }
    code
}

fn without_inline_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        let (before, test) = rest.split_at(at);
        kept.push_str(before);
        // The item ends with its braces, or with a semicolon before any.
        let mut depth = 0;
        let end = test.find(|char| {
            depth += i32::from(char == '{') - i32::from(char == '}');
            depth == 0 && (char == '}' || char == ';')
        });
        let (item, after) = test.split_at(end.map_or(test.len(), |end| end + 1));
        kept.extend(item.chars().filter(|char| *char == '\n'));
        rest = after;
    }
    kept + rest
}

/// Which node imports which, with one line of source for each pair.
#[derive(Default)]
struct Graph(BTreeMap<String, BTreeMap<String, String>>);

impl Graph {
    fn add(&mut self, from: String, to: String, line: String) {
        self.0.entry(from).or_default().entry(to).or_insert(line);
    }

    /// A shortest circle through each node that is in one, once: its lines.
    fn cycles(&self) -> Vec<Vec<String>> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut cycles = Vec::new();
        for begin in self.0.keys() {
            if seen.contains(begin) {
                continue;
            }
            if let Some(nodes) = self.way_back_to(begin) {
                let line = |pair: &[String]| self.0[&pair[0]][&pair[1]].clone();
                cycles.push(nodes.windows(2).map(line).collect());
                seen.extend(nodes);
            }
        }
        cycles
    }

    fn way_back_to(&self, begin: &str) -> Option<Vec<String>> {
        let mut ways = vec![vec![begin.to_owned()]];
        let mut reached = BTreeSet::new();
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                for to in self.0.get(way.last()?).into_iter().flat_map(BTreeMap::keys) {
                    let way = [way.as_slice(), std::slice::from_ref(to)].concat();
                    if to == begin {
                        return Some(way);
                    }
                    if reached.insert(to.clone()) {
                        longer.push(way);
                    }
                }
            }
            ways = longer;
        }
        None
    }
}

fn read_sources(directory: &Path, root: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, root, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            sources.push(Source::new(&name, &std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn imports_go_downwards_through_the_layers_and_form_no_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    read_sources(&root.join("src"), root, &mut sources);
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 50, "{} files", sources.len());
    let violations = violations(&sources);
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}

fn violations_of(files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
    violations(&sources)
}

#[test]
fn an_import_that_goes_upwards_is_found_in_every_form() {
    for (text, line) in [
        ("use crate::web::Page;", 1),
        ("use std::fmt;\n\npub use crate::web::page;", 3),
        ("use crate::{clock::Clock, web::{self, page}};", 1),
        ("use crate::{\n    clock::Clock,\n    web::page,\n};", 1),
        ("use super::web::page;", 1),
        ("use super::{clock, web};", 1),
        ("fn show() {\n    crate::web::page::show()\n}", 2),
        ("fn show(page: &super::web::Page) {}", 1),
    ] {
        let found =
            violations_of(&[("src/db.rs", text), ("src/web.rs", ""), ("src/web/page.rs", ""), ("src/clock.rs", "")]);
        assert!(!found.is_empty(), "{text}");
        for violation in found {
            assert!(violation.starts_with(&format!("src/db.rs:{line}: crate::web")), "{text}: {violation}");
            assert!(violation.ends_with("db (layer 3) imports web (layer 8)"), "{violation}");
        }
    }
    let nested = violations_of(&[("src/db/people.rs", "use super::super::cli;"), ("src/cli.rs", "")]);
    assert_eq!(nested, ["src/db/people.rs:1: crate::cli: db (layer 3) imports cli (layer 10)"]);
}

#[test]
fn imports_downwards_of_children_and_of_other_crates_are_allowed() {
    let found = violations_of(&[
        (
            "src/web.rs",
            "mod page;\nuse crate::{clock, db::people};\nuse page::Page;\nuse super::sync;\nuse std::web::x;",
        ),
        ("src/web/page.rs", "use crate::db;\nuse super::super::sync;"),
        ("src/sync/mod.rs", "use optedo_officient::web;"),
        ("src/db/people.rs", "// use crate::web;\nconst TEXT: &str = \"crate::web::x \\\" crate::cli::x\";"),
        ("src/clock.rs", ""),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn test_modules_may_import_anything() {
    let inline =
        "#[cfg(test)]\nmod tests {\n    use crate::web::x;\n    fn a() { b() }\n}\n#[cfg(test)]\nuse crate::web;\n";
    let found = violations_of(&[
        ("src/db.rs", inline),
        ("src/clock.rs", "#[cfg(test)]\nmod tests;"),
        ("src/clock/tests.rs", "use crate::cli;"),
        ("src/clock/tests/deep.rs", "use crate::cli;"),
        ("src/web.rs", ""),
    ]);
    assert_eq!(found, Vec::<String>::new());
    let after = violations_of(&[("src/db.rs", &format!("{inline}use crate::web::Page;")), ("src/web.rs", "")]);
    assert_eq!(after, ["src/db.rs:8: crate::web::Page: db (layer 3) imports web (layer 8)"]);
}

#[test]
fn a_circle_of_modules_of_one_layer_is_found_with_its_lines() {
    let found = violations_of(&[
        ("src/app.rs", "use crate::check::check;"),
        ("src/check.rs", "\nuse crate::simulators::seed;"),
        ("src/simulators/seed.rs", "use crate::app::App;"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    for line in
        ["src/app.rs:1: crate::check", "src/check.rs:2: crate::simulators", "src/simulators/seed.rs:1: crate::app"]
    {
        assert!(found[0].contains(line), "{line}: {found:?}");
    }
    assert_eq!(
        violations_of(&[("src/db.rs", "use crate::optedo::Optedo;"), ("src/optedo.rs", "")]),
        Vec::<String>::new()
    );
}

#[test]
fn a_circle_of_files_is_found_within_a_module_that_must_have_none() {
    let files = |module: &str| {
        let path = |name: &str| format!("src/{module}{name}.rs");
        violations_of(&[
            (&path(""), "mod a;\npub use a::run;"),
            (&path("/a"), "use super::b::B;"),
            (&path("/b"), &format!("use crate::{module}::Engine;")),
        ])
    };
    assert_eq!(files("sync").len(), 1);
    assert!(files("sync")[0].contains("src/sync/b.rs:1: crate::sync::Engine"), "{:?}", files("sync"));
    assert_eq!(files("db"), Vec::<String>::new());
}

#[test]
fn a_module_in_no_layer_is_found() {
    assert_eq!(violations_of(&[("src/utils.rs", "")]), ["src/utils.rs: the module utils is in no layer"]);
}
