use super::values::{DeletionLimit, Edge, otlp_endpoint};
use super::*;

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let required = [
        ("DATABASE_URL", "postgres://localhost/acme"),
        ("OPTEDO_OFFICIENT__SERVER__PUBLIC_URL", "https://acme.optedo.com/"),
        ("OPTEDO_OFFICIENT__OPTEDO__API_URL", "https://acme.optedo.com/api"),
        ("OPTEDO_OFFICIENT__OPTEDO__API_TOKEN", "token"),
        ("OPTEDO_OFFICIENT__ADMIN__PASSWORD", "geheim"),
        ("OPTEDO_OFFICIENT__SECURITY__ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ];
    required.iter().chain(pairs).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn mistakes(pairs: &[(&str, &str)]) -> Vec<String> {
    Config::load(None, env(pairs)).unwrap_err().0.iter().map(ToString::to_string).collect()
}

#[test]
fn the_required_keys_suffice_and_the_defaults_are_those_of_the_documentation() {
    let config = Config::load(None, env(&[])).unwrap();
    assert_eq!(config.server.public_url, "https://acme.optedo.com");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!((config.officient.rate_limit_calls, config.officient.rate_limit_period.as_secs()), (30, 5));
    assert_eq!((config.sync.from, config.sync.until), (Edge::Days(-60), Edge::Days(400)));
    assert_eq!(config.sync.sweep_interval.as_secs(), 900);
    assert_eq!(config.sync.max_deletions, DeletionLimit::Auto);
    assert_eq!(config.retention.absences.get_years(), 3);
    assert!(config.sync.adopt_existing && !config.sync.include_pending);
    let notifications = config.notifications;
    assert!(notifications.smtp_url.is_none() && notifications.recipients.is_empty());
    assert_eq!((notifications.resolved_after.as_secs(), notifications.digest_at.unwrap().hour()), (600, 8));
}

#[test]
fn all_mistakes_are_reported_at_once_one_line_each() {
    let error = Config::load(None, [("OPTEDO_OFFICIENT__SYNC__UNTIL".to_owned(), "later".to_owned())]).unwrap_err();
    let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), error.0.len());
    let keys: Vec<&str> = error.0.iter().map(|mistake| mistake.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "server.public_url",
            "database.url",
            "optedo.api_url",
            "optedo.api_token",
            "admin.password",
            "security.encryption_key",
            "sync.until"
        ]
    );
    assert!(error.0.iter().all(|mistake| !mistake.example.is_empty()));
}

#[test]
fn the_environment_goes_before_the_file_and_the_file_before_the_defaults() {
    let directory = std::env::temp_dir().join(format!("optedo-officient-config-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("acme.toml");
    std::fs::write(&file, "[sync]\nmax_deletions = 3\nfrom = \"2026-01-01\"\n[log]\nformat = \"pretty\"\n").unwrap();
    let config = Config::load(Some(&file), env(&[("OPTEDO_OFFICIENT__SYNC__MAX_DELETIONS", "7")])).unwrap();
    assert_eq!(config.sync.max_deletions, DeletionLimit::Number(7));
    assert_eq!(config.sync.from, Edge::On("2026-01-01".parse().unwrap()));
    assert_eq!(config.log.format, LogFormat::Pretty);
}

#[test]
fn the_named_database_url_goes_before_database_url() {
    use secrecy::ExposeSecret as _;
    let config = Config::load(None, env(&[("OPTEDO_OFFICIENT__DATABASE__URL", "postgres://localhost/other")])).unwrap();
    assert_eq!(config.database.url.expose_secret(), "postgres://localhost/other");
}

#[test]
fn lists_in_the_environment_are_comma_separated_or_json() {
    for text in ["a, b", r#"["a","b"]"#] {
        let config = Config::load(None, env(&[("OPTEDO_OFFICIENT__OFFICIENT__WEBHOOK_EVENTS", text)])).unwrap();
        assert_eq!(config.officient.webhook_events, ["a", "b"]);
    }
}

#[test]
fn former_keys_are_read_from_a_file_too_one_a_line() {
    let file = std::env::temp_dir().join(format!("optedo-officient-keys-{}", std::process::id()));
    let lines = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n";
    std::fs::write(&file, lines).unwrap();
    let key = "OPTEDO_OFFICIENT__SECURITY__PREVIOUS_ENCRYPTION_KEYS_FILE";
    let config = Config::load(None, env(&[(key, file.to_str().unwrap())])).unwrap();
    assert_eq!(config.security.previous_encryption_keys.len(), 2);
}

#[test]
fn wrong_values_say_what_is_wrong_and_show_a_right_one() {
    let tests = [
        (
            "SERVER__PUBLIC_URL",
            "http://acme.optedo.com",
            "server.public_url: must be https: plain http is only for localhost (example: https://acme.optedo.com)",
        ),
        (
            "SECURITY__ENCRYPTION_KEY",
            "c2hvcnQ=",
            "security.encryption_key: must be 32 bytes, not 5 (example: the output of: openssl rand -base64 32)",
        ),
        (
            "SECURITY__ENCRYPTION_KEY",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "security.encryption_key: is 32 times the same byte: generate a random one (example: the output of: openssl rand -base64 32)",
        ),
        ("SYNC__DEFAULT_START", "9 o'clock", "sync.default_start: is not a time of day (example: 09:00)"),
        ("SYNC__SWEEP_INTERVAL", "soon", "sync.sweep_interval: is not a duration (example: 15m)"),
        ("LOG__FORMAT", "xml", "log.format: is neither json nor pretty (example: json)"),
        ("SINK__FROM", "1", "sink.from: there is no such key; config/default.toml lists them all"),
        (
            "ADMIN__PASSWORD_FILE",
            "/run/x",
            "admin.password_file: is set together with admin.password: set only one of the two (example: /run/secrets/…)",
        ),
    ];
    for (key, value, line) in tests {
        assert_eq!(mistakes(&[(&format!("OPTEDO_OFFICIENT__{key}"), value)]), [line]);
    }
}

#[test]
fn a_collector_has_a_plain_address_and_only_a_program_with_traces_takes_one() {
    for (text, endpoint) in [
        ("http://collector:4318", "http://collector:4318"),
        ("https://otel.acme.example/", "https://otel.acme.example"),
        ("http://10.0.0.1:4318/otlp/", "http://10.0.0.1:4318/otlp"),
    ] {
        assert_eq!(otlp_endpoint(text, true).as_deref(), Ok(endpoint));
        let refused = otlp_endpoint(text, false).unwrap_err();
        assert!(refused.contains("without traces") && refused.contains("--features otlp"), "{refused}");
    }
    for wrong in [
        "collector:4318",
        "grpc://collector:4317",
        "http://",
        "http://user:secret@collector:4318",
        "http://collector:4318/?token=secret",
        "http://collector:4318/v1/traces",
    ] {
        let refused = otlp_endpoint(wrong, true).unwrap_err();
        assert!(!refused.contains("secret"), "{refused}");
    }
    let key = ("OPTEDO_OFFICIENT__TRACES__OTLP_ENDPOINT", "collector:4318");
    let lines = mistakes(&[key]);
    assert!(lines.len() == 1 && lines[0].starts_with("traces.otlp_endpoint: "), "{lines:?}");
}

const SMTP_URL: &str = "OPTEDO_OFFICIENT__NOTIFICATIONS__SMTP_URL";
const FROM: (&str, &str) = ("OPTEDO_OFFICIENT__NOTIFICATIONS__FROM", "Optedo <noreply@optedo.com>");

#[test]
fn a_mail_server_is_reached_with_tls_unless_it_is_this_machine() {
    use lettre::transport::smtp::authentication::Credentials;
    for (url, host, port, tls) in [
        ("smtps://mail.acme.be", "mail.acme.be", 465, MailTls::Wrapped),
        ("smtps://user:a%40b+c&d@mail.acme.be:2465/", "mail.acme.be", 2465, MailTls::Wrapped),
        ("smtp://mail.acme.be:587?tls=required", "mail.acme.be", 587, MailTls::Required),
        ("smtp://mail.acme.be?tls=required", "mail.acme.be", 587, MailTls::Required),
        ("smtp://localhost:1025", "localhost", 1025, MailTls::None),
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, MailTls::None),
        ("smtp://[::1]:1025", "::1", 1025, MailTls::None),
        ("smtp://localhost:25?tls=required", "localhost", 25, MailTls::Required),
    ] {
        let server = Config::load(None, env(&[(SMTP_URL, url), FROM])).unwrap().notifications.smtp_url.unwrap();
        assert_eq!((server.host.as_str(), server.port, server.tls), (host, port, tls), "{url}");
        let credentials = || Credentials::new("user".to_owned(), "a@b+c&d".to_owned());
        assert_eq!(server.credentials, url.contains("user").then(credentials), "{url}");
    }
}

#[test]
fn a_wrong_mail_server_is_a_mistake_that_names_the_key_and_a_correct_value_but_no_password() {
    let example = "(example: smtps://user:password@mail.acme.be:465)";
    for (url, fault) in [
        ("smtp://mail.acme.be", "must use TLS, except to localhost: begin with smtps://, or add ?tls=required"),
        (
            "smtp://user:hunter2@10.0.0.1:25",
            "must use TLS, except to localhost: begin with smtps://, or add ?tls=required",
        ),
        (
            "smtp://localhost.evil.example",
            "must use TLS, except to localhost: begin with smtps://, or add ?tls=required",
        ),
        ("smtp://mail.acme.be?tls=optional", "may have no other query than ?tls=required"),
        ("https://mail.acme.be", "must begin with smtps:// or smtp://"),
        ("mail.acme.be:465", "must begin with smtps:// or smtp://"),
        ("smtps://", "has no host"),
        ("smtps://user@mail.acme.be", "must have both a user and a password, or neither"),
        ("smtps://user:hunter2@mail.acme.be/inbox", "must have neither a path nor a fragment"),
        ("mail", "is not an address: relative URL without a base"),
    ] {
        assert_eq!(mistakes(&[(SMTP_URL, url), FROM]), [format!("notifications.smtp_url: {fault} {example}")], "{url}");
    }
}

#[test]
fn the_mistakes_of_notifications_are_reported_at_once() {
    let lines = mistakes(&[
        (SMTP_URL, "smtps://mail.acme.be"),
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__RECIPIENTS", "hr@acme.be, hr"),
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__WEBHOOK_URL", "http://hooks.acme.be/hunter2"),
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__WEBHOOK_SECRET", "whsec_hunter2!"),
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__RESOLVED_AFTER", "0s"),
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__DIGEST_AT", "8 o'clock"),
    ]);
    let expected = [
        "notifications.recipients: contains something that is not a mail address (example: hr@acme.be,it@acme.be)",
        "notifications.webhook_url: must be https: plain http is only for localhost (example: https://hooks.acme.be/officient)",
        "notifications.webhook_secret: is not base64 after whsec_ (example: the output of: openssl rand -hex 32)",
        "notifications.resolved_after: must be more than 0s (example: 10m)",
        "notifications.digest_at: is not a time of day (example: 08:00)",
        "notifications.from: is required when notifications.smtp_url is set (example: Optedo <noreply@optedo.com>)",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn an_empty_time_means_no_digest_and_secrets_are_read_from_files() {
    use secrecy::ExposeSecret as _;

    let file = std::env::temp_dir().join(format!("optedo-officient-smtp-{}", std::process::id()));
    std::fs::write(&file, "smtps://mail.acme.be\n").unwrap();
    let pairs = [
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__SMTP_URL_FILE", file.to_str().unwrap()),
        FROM,
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__DIGEST_AT", ""),
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__WEBHOOK_SECRET", "whsec_aGk="),
    ];
    let notifications = Config::load(None, env(&pairs)).unwrap().notifications;
    assert_eq!(notifications.smtp_url.unwrap().host, "mail.acme.be");
    assert_eq!(notifications.digest_at, None);
    assert_eq!(notifications.webhook_secret.unwrap().expose_secret(), b"hi");
}

#[test]
fn no_secret_is_in_the_debug_output() {
    let secrets = [
        ("OPTEDO_OFFICIENT__ADMIN__API_TOKEN", "hunter2"),
        (SMTP_URL, "smtps://hunter2:hunter2@mail.acme.be"),
        FROM,
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__WEBHOOK_URL", "https://hooks.acme.be/hunter2"),
        ("OPTEDO_OFFICIENT__NOTIFICATIONS__WEBHOOK_SECRET", "hunter2"),
    ];
    let config = Config::load(None, env(&secrets)).unwrap();
    let debug = format!("{config:?}");
    assert!(!debug.contains("104, 117, 110"), "{debug}");
    assert!(!debug.contains("hunter2") && !debug.contains("geheim") && !debug.contains("AAECAw"), "{debug}");
}

#[test]
fn every_wrong_value_is_reported_with_an_example() {
    let keys = sources::merge(None, []).unwrap().values.into_keys();
    let wrong =
        keys.map(|key| (format!("OPTEDO_OFFICIENT__{}", key.to_uppercase().replace('.', "__")), "?".to_owned()));
    let mistakes = Config::load(None, wrong).unwrap_err().0;
    assert!(mistakes.len() > 15 && mistakes.iter().all(|mistake| !mistake.example.is_empty()), "{mistakes:?}");
}

#[test]
fn a_file_that_is_not_toml_is_one_mistake_that_quotes_nothing() {
    let file = std::env::temp_dir().join(format!("optedo-officient-broken-{}.toml", std::process::id()));
    std::fs::write(&file, "[optedo]\napi_token = \"hunter2\n").unwrap();
    let error = Config::load(Some(&file), env(&[])).unwrap_err().to_string();
    assert!(error.contains("line 2 is not TOML") && error.lines().count() == 1, "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn the_deletion_limit_fits_the_company() {
    let limits = [0, 159, 160, 1234].map(|future| DeletionLimit::Auto.of(future));
    assert_eq!(limits, [15, 15, 16, 123]);
    assert_eq!(DeletionLimit::parse("0").unwrap().of(1234), 0);
    assert!(DeletionLimit::parse("many").is_err());
}
