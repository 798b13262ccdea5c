//! The dependencies of the program.

use std::path::Path;
use std::process::Command;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn our_code_contains_no_unsafe() {
    for root in ["src/lib.rs", "src/main.rs"] {
        assert!(read(root).lines().any(|line| line == "#![forbid(unsafe_code)]"), "{root}");
    }
}

#[test]
fn every_dependency_has_a_documented_reason() {
    let manifest = read("Cargo.toml");
    let dependencies = manifest.split("[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let reasons = read("ARCHITECTURE.md");
    let reasons = reasons.split("## Dependencies").nth(1).unwrap();
    let named: Vec<&str> =
        reasons.split(|char: char| !(char.is_alphanumeric() || char == '-' || char == '_')).collect();
    let mut count = 0;
    for name in dependencies.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = ")) {
        assert!(named.contains(&name.0), "{} has no reason in ARCHITECTURE.md", name.0);
        count += 1;
    }
    assert!(count > 20, "{count} dependencies read");
}

#[test]
fn every_dependency_comes_from_the_registry_with_a_checksum() {
    let lock = read("Cargo.lock");
    let packages: Vec<&str> = lock.split("[[package]]\n").skip(1).collect();
    let own = packages.iter().filter(|package| !package.contains("\nsource = "));
    assert_eq!(own.count(), 1, "only our own crate has no source");
    for package in packages.iter().filter(|package| package.contains("\nsource = ")) {
        assert!(
            package.contains("\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n"),
            "{package}"
        );
        assert!(package.contains("\nchecksum = \""), "{package}");
    }
}

#[test]
fn the_program_contains_one_tls_library_and_one_crypto_provider() {
    for features in ["", "otlp"] {
        let tree = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--no-default-features", "--features", features])
            .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let tree = String::from_utf8(tree.stdout).unwrap();
        assert!(tree.contains("rustls v") && tree.contains("ring v"), "{tree}");
        assert_eq!(tree.contains("opentelemetry v"), features == "otlp", "{tree}");
        let named = |name: &str| tree.lines().find(|line| line.split(' ').next() == Some(name));
        for unwanted in ["openssl", "native-tls", "aws-lc-rs", "tonic", "proptest", "thirtyfour"] {
            assert_eq!(named(unwanted), None, "with {features:?}");
        }
        let mut clients: Vec<&str> = tree.lines().filter(|line| line.starts_with("reqwest v")).collect();
        clients.dedup();
        clients.retain(|line| !line.ends_with("(*)"));
        assert_eq!(clients.len(), 1, "{clients:?}");
    }
}
