//! The texts of the settings page (`locales/`) and the code that shows them fit together.
//!
//! A wrong key or variable shows only when somebody opens that page in that language, so the sources are read: each
//! call `.text("key")` and the calls `.with("variable", …)` after it. Each language has each text that is called, with
//! the same variables and variants, and no other text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_bundle::FluentResource;
use optedo_officient::config::Setting;
use optedo_officient::db::attention::ItemState;
use optedo_officient::db::audit_log::Act;
use optedo_officient::db::differences::DifferenceState;
use optedo_officient::db::subscriptions::SubscriptionState;
use optedo_officient::domain::attention::{AttentionKind, Difference, EventFault};
use optedo_officient::domain::day::DayState;
use optedo_officient::domain::desired::Exclusion;
use optedo_officient::domain::difference::DifferenceKind;
use optedo_officient::domain::failure::FailureKind;
use optedo_officient::domain::notification::{Channel, DeliveryFault, INCIDENT_KINDS, State};
use optedo_officient::domain::sync_request::SyncReason;
use optedo_officient::sync::lists::{MappingState, MatchState};
use optedo_officient::web::error::ProblemKind;
use optedo_officient::web::notice::Notice;
use strum::VariantArray;

/// The words in the details of the log of *Wie deed wat*.
const LOG_WORDS: [&str; 20] = [
    "company",
    "user",
    "person",
    "people",
    "deletions",
    "differences",
    "officient",
    "absence_type",
    "exclude",
    "keep",
    "delete",
    "ask",
    "restore",
    "true",
    "false",
    "auto",
    "default",
    "sick_day",
    "education",
    "other",
];
/// What the doctor checks, and whether leave is written.
const CHECKS: [&str; 14] = [
    "officient",
    "officient-connection",
    "officient-people",
    "officient-person",
    "officient-calendar",
    "officient-requests",
    "officient-leave_types",
    "officient-webhooks",
    "optedo-users",
    "optedo-absence_types",
    "optedo-absences",
    "people",
    "leave_types",
    "writing",
];
const LANGUAGES: [&str; 3] = ["nl", "fr", "en"];

/// The variants of a text that depends on an enum, and those that the database has without an enum.
fn variants_of(key: &str) -> Option<BTreeSet<&'static str>> {
    fn names<T: VariantArray + Into<&'static str> + Copy>() -> BTreeSet<&'static str> {
        T::VARIANTS.iter().map(|variant| (*variant).into()).collect()
    }
    Some(match key {
        "act" => names::<Act>(),
        "attention-kind" | "items-of-kind" | "remedy" => names::<AttentionKind>(),
        // The title of the other kinds is the name of their subject.
        "attention-title" => [
            "deletions_held",
            "archived_people",
            "webhooks_silent",
            "reauthorization_required",
            "optedo_unauthorized",
            "officient_failing",
            "optedo_failing",
            "paused",
            "other",
        ]
        .into(),
        "day-reason" => {
            let kinds = [
                "unmatched_person",
                "ambiguous_person",
                "unmapped_leave_type",
                "ambiguous_leave_type",
                "invalid_event",
                "rejected_by_optedo",
                "link_broken",
                "deletions_held",
                "archived_people",
            ];
            names::<Exclusion>().into_iter().chain(kinds).collect()
        }
        "decide-delete" | "decide-keep" | "decide-delete-all" | "decide-keep-all" => {
            ["archived_people", "deletions_held"].into()
        }
        "day-state" => names::<DayState>(),
        "delivery-fault" => names::<DeliveryFault>(),
        "difference" => names::<Difference>(),
        "difference-kind" | "restore" => names::<DifferenceKind>(),
        "difference-state" => names::<DifferenceState>(),
        "error" => names::<ProblemKind>(),
        "event-fault" => names::<EventFault>(),
        "failure" => names::<FailureKind>(),
        "history-action" => ["created", "changed", "deleted", "taken_over", "rejected", "failed"].into(),
        "history-reason" => names::<SyncReason>(),
        "incident-title" | "incident-text" => INCIDENT_KINDS.iter().map(AttentionKind::into_str).collect(),
        "item-state" => names::<ItemState>(),
        "log-word" => LOG_WORDS.into(),
        "mapping-state" => names::<MappingState>(),
        "match-state" => names::<MatchState>(),
        "notice" => names::<Notice>(),
        "notification-channel" => names::<Channel>(),
        "notification-state" => names::<State>(),
        "preview-list" => ["create", "change", "delete", "take_over", "skip", "fail"].into(),
        "edge-days" => ["from", "until"].into(),
        "setting" | "setting-text" => names::<Setting>(),
        "setting-choice" => [
            "includePending-false",
            "includePending-true",
            "onDifference-ask",
            "onDifference-restore",
            "leavers-ask",
            "leavers-keep",
            "leavers-delete",
        ]
        .into(),
        "setting-invalid" => ["from", "until", "defaultStart", "maxDeletions", "other"].into(),
        "test-outcome" => ["ok", "warning", "problem"].into(),
        "test-check" | "test-remedy" => CHECKS.into(),
        "webhook-state" => names::<SubscriptionState>(),
        "weekday" => ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].into(),
        _ => return None,
    })
}

/// What a text contains.
#[derive(Debug, Default, PartialEq, Eq)]
struct Text {
    /// `{ $name }`
    variables: BTreeSet<String>,
    /// `[name]`
    variants: BTreeSet<String>,
    /// Other texts: `{ name }`
    references: BTreeSet<String>,
}

/// The texts of a file, and its faults.
fn texts_of(file: &str) -> (BTreeMap<String, Text>, Vec<String>) {
    let mut faults = Vec::new();
    if let Err((_, errors)) = FluentResource::try_new(file.to_owned()) {
        faults.extend(errors.iter().map(|error| format!("cannot be read: {error}")));
    }
    let mut texts: BTreeMap<String, Text> = BTreeMap::new();
    let mut key = String::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let mut content = line.trim_start();
        if let Some((begun, rest)) = line.split_once('=').filter(|_| content == line) {
            (key, content) = (begun.trim().to_owned(), rest);
            if texts.insert(key.clone(), Text::default()).is_some() {
                faults.push(format!("has {key} twice"));
            }
        } else if let Some((variant, rest)) = content.trim_start_matches('*').split_once(']')
            && let Some(variant) = variant.strip_prefix('[')
        {
            texts.get_mut(&key).unwrap().variants.insert(variant.to_owned());
            content = rest;
        }
        for placeable in content.split('{').skip(1) {
            let name = placeable.split(['}', '-']).next().unwrap().trim();
            let text = texts.get_mut(&key).unwrap();
            match name.strip_prefix('$') {
                Some(variable) => text.variables.insert(variable.to_owned()),
                None => text.references.insert(placeable.split('}').next().unwrap().trim().to_owned()),
            };
        }
    }
    (texts, faults)
}

/// A call that shows a text: its place, its key and the variables that it gives a value.
struct Call {
    place: String,
    key: String,
    variables: BTreeSet<String>,
}

/// The calls in a source or a template, and its faults.
fn calls_of(path: &str, source: &str) -> (Vec<Call>, Vec<String>) {
    let (mut calls, mut faults) = (Vec::new(), Vec::new());
    for (at, called) in source.match_indices(".text(") {
        let place = format!("{path}:{}", source[..at].matches('\n').count() + 1);
        let Some((key, mut rest)) = literal(&source[at + called.len()..]) else {
            faults.push(format!("{place}: the key is not a literal"));
            continue;
        };
        let mut variables = BTreeSet::new();
        while let Some(with) = after_argument(rest).trim_start().strip_prefix(".with(") {
            let Some((variable, after)) = literal(with) else {
                faults.push(format!("{place}: the name of a variable is not a literal"));
                break;
            };
            variables.insert(variable.to_owned());
            rest = after;
        }
        calls.push(Call { place, key: key.to_owned(), variables });
    }
    (calls, faults)
}

/// The content of the string literal that a text begins with, and what follows it.
fn literal(text: &str) -> Option<(&str, &str)> {
    text.trim_start().strip_prefix('"')?.split_once('"')
}

/// What follows the parenthesis that closes an argument.
fn after_argument(text: &str) -> &str {
    let mut open = 1;
    let end = text.find(|char| {
        open += i32::from(char == '(') - i32::from(char == ')');
        open == 0
    });
    &text[end.map_or(text.len(), |end| end + 1)..]
}

/// Everything that is wrong with these files of texts and these sources.
fn faults_of(files: &[(&str, String)], sources: &[(String, String)]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut calls = Vec::new();
    for (path, source) in sources {
        let (found, wrong) = calls_of(path, source);
        calls.extend(found);
        faults.extend(wrong);
    }
    let languages: Vec<(&str, BTreeMap<String, Text>)> = files
        .iter()
        .map(|(language, file)| {
            let (texts, wrong) = texts_of(file);
            faults.extend(wrong.into_iter().map(|fault| format!("{language}: {fault}")));
            (*language, texts)
        })
        .collect();
    let keys: BTreeSet<&String> = languages.iter().flat_map(|(_, texts)| texts.keys()).collect();
    for call in calls.iter().filter(|call| !keys.contains(&call.key)) {
        faults.push(format!("{}: there is no text {}", call.place, call.key));
    }
    for (language, texts) in &languages {
        let referred: BTreeSet<&String> = texts.values().flat_map(|text| &text.references).collect();
        for key in referred.iter().filter(|key| !texts.contains_key(**key)) {
            faults.push(format!("{language}: a text refers to {key}, which does not exist"));
        }
        for key in &keys {
            let Some(text) = texts.get(*key) else {
                faults.push(format!("{language}: {key} is missing"));
                continue;
            };
            if !referred.contains(key) && !calls.iter().any(|call| call.key == **key) {
                faults.push(format!("{language}: {key} is not used"));
            }
            for call in calls.iter().filter(|call| call.key == **key && call.variables != text.variables) {
                let (given, wanted) = (&call.variables, &text.variables);
                faults.push(format!("{}: {key} gets {given:?}; in {language} it has {wanted:?}", call.place));
            }
            let variants: BTreeSet<&str> = text.variants.iter().map(String::as_str).collect();
            let expected = variants_of(key).unwrap_or_default();
            let is_plural = variants == BTreeSet::from(["one", "other"]);
            if variants != expected && !(is_plural && expected.is_empty()) {
                faults.push(format!("{language}: {key} has the variants {variants:?} instead of {expected:?}"));
            }
        }
    }
    faults
}

fn read_folder(folder: &Path, sources: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "html") {
            sources.push((path.to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn each_text_that_is_shown_exists_in_each_language_with_the_same_variables() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = LANGUAGES
        .map(|language| (language, std::fs::read_to_string(root.join(format!("locales/{language}.ftl"))).unwrap()));
    let mut sources = Vec::new();
    for folder in ["src/domain", "src/notifications", "src/web", "templates"] {
        read_folder(&root.join(folder), &mut sources);
    }
    let faults = faults_of(&files, &sources);
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn what_does_not_fit_together_is_found() {
    let source = r#"t.text("hello").with("name", name(&person)).to_string() t.text("act")"#;
    let right = "hello = Hello { $name }\n";
    let faults = |nl: &str, fr: &str, source: &str| {
        let files = [("nl", nl.to_owned()), ("fr", fr.to_owned())];
        faults_of(&files, &[("page.rs".to_owned(), source.to_owned())]).join("\n")
    };
    let hello = source.split(" t.").next().unwrap();
    assert_eq!(faults(right, right, hello), "");
    for (nl, fr, source, fault) in [
        (right, right, source, "page.rs:1: there is no text act"),
        (right, "", hello, "fr: hello is missing"),
        (right, "hello = Bonjour\n", hello, r#"page.rs:1: hello gets {"name"}; in fr it has {}"#),
        (right, right, "\nt.text(\"hello\")", r#"page.rs:2: hello gets {}; in nl it has {"name"}"#),
        (right, right, "", "nl: hello is not used"),
        (right, right, "t.text(key)", "page.rs:1: the key is not a literal"),
        (right, "hello = { $name\n", hello, "fr: cannot be read"),
        ("hello = { $name }\nhello = { $name }\n", right, hello, "nl: has hello twice"),
        (right, "hello = { $name }{ there }\n", hello, "fr: a text refers to there"),
        (right, "hello = { $name ->\n  *[b] b\n}\n", hello, r#"fr: hello has the variants {"b"} instead of {}"#),
    ] {
        assert!(faults(nl, fr, source).contains(fault), "{fault}: {}", faults(nl, fr, source));
    }
}
