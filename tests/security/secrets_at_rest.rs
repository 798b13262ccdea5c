//! Secrets at rest: encrypted in the database, and never silently empty if they cannot be decrypted.

use optedo_officient::app::App;
use optedo_officient::config::Config;
use optedo_officient::db;
use secrecy::ExposeSecret as _;

use crate::security::least_data::forms;
use crate::support::prelude::*;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const OTHER_KEY: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

const SEALED: [&str; 4] = ["client_secret", "access_token", "refresh_token", "webhook_token"];

async fn sealed(app: &TestApp, column: &str) -> Vec<u8> {
    let query = format!("select {column} from connection");
    sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&app.db).await.unwrap()
}

/// What the service keeps, opened with its own key.
async fn secrets(app: &TestApp) -> Vec<String> {
    let mut secrets = Vec::new();
    for (column, place) in SEALED.into_iter().zip([
        "connection.client_secret",
        "connection.access_token",
        "connection.refresh_token",
        "connection.webhook_token",
    ]) {
        let secret = app.app.engine.vault.open(place, &sealed(app, column).await).unwrap();
        secrets.push(secret.expose_secret().to_owned());
    }
    secrets
}

/// The error when the service starts on this database with other settings.
async fn start_error(app: &TestApp, changes: &[(&str, &str)]) -> String {
    let mut settings = app.environment();
    settings.extend(changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    let config = Config::load(None, settings).unwrap();
    let pool = db::pool(&config.database.url, 2).unwrap();
    match App::build(config, pool, app.clock.clone()).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn no_secret_is_in_clear_text_in_any_table() {
    let app = TestApp::connected().await;
    let browser = Browser::signed_in(&app).await;
    let (authorize_url, login_cookie) = app.begin_login().await;
    app.deliver("person_added", 1).await;
    let mut hidden = secrets(&app).await;
    assert_eq!(hidden[0], app.officient.client_secret());
    assert!(app.webhook_url().ends_with(&hidden[3]));
    hidden.push(state_of(&authorize_url));
    for cookie in [browser.cookies(), login_cookie] {
        hidden.push(cookie.split_once('=').unwrap().1.to_owned());
    }
    let all = dump(&app).await;
    // The dump contains what is not secret, so it would contain secrets.
    assert!(all.contains(app.officient.client_id()) && all.contains("person_added"));
    for secret in hidden {
        assert!(secret.len() >= 16);
        for form in forms(&secret) {
            assert!(!all.contains(&form), "a secret of {} bytes in clear text", secret.len());
        }
    }
}

/// Which key encrypted the column.
async fn key_id(app: &TestApp, column: &str) -> Vec<u8> {
    sealed(app, column).await[1..9].to_vec()
}

/// Waits until the leader has encrypted everything with another key than `old_id`.
async fn until_encrypted_again(app: &TestApp, old_id: &[u8]) {
    for column in SEALED {
        app.until(column, async || key_id(app, column).await != old_id).await;
    }
}

#[tokio::test]
async fn after_a_key_rotation_the_former_key_is_no_longer_needed() {
    let mut app = TestApp::connected().await;
    let (before, webhook_url) = (secrets(&app).await, app.webhook_url());
    let old_id = key_id(&app, SEALED[0]).await;

    app.restart_with(&[("security.encryption_key", OTHER_KEY), ("security.previous_encryption_keys", KEY)]).await;
    until_encrypted_again(&app, &old_id).await;
    assert_eq!(secrets(&app).await, before);
    app.restart_with(&[("security.previous_encryption_keys", "")]).await;
    assert_eq!(secrets(&app).await, before);
    assert_eq!(app.webhook_url(), webhook_url);
    app.receive("person_added", 1).await;
    app.sweep().await;
    assert_eq!(app.status().await["state"], "connected");
}

#[tokio::test]
async fn with_a_wrong_key_the_service_does_not_start_and_says_which_setting_helps() {
    let app = TestApp::connected().await;
    let before = dump(&app).await;
    let error = start_error(&app, &[("OPTEDO_OFFICIENT__SECURITY__ENCRYPTION_KEY", OTHER_KEY)]).await;
    assert!(error.contains("security.previous_encryption_keys"), "{error}");
    assert!(error.contains("connection."), "{error}");
    assert_eq!(dump(&app).await, before);
}

#[tokio::test]
async fn a_ciphertext_of_another_column_cannot_be_decrypted() {
    let app = TestApp::connected().await;
    sqlx::query("update connection set access_token = refresh_token, refresh_token = access_token")
        .execute(&app.db)
        .await
        .unwrap();
    app.officient.clear_calls();
    let response = app.post("/sync?dryRun=true").await;
    assert!(response.status().is_server_error());
    let body = response.text().await.unwrap();
    assert!(!body.contains("connection."), "{body}");
    assert_eq!(app.officient.calls_to("/"), 0);
    assert!(start_error(&app, &[]).await.contains("cannot be decrypted"));
}

#[tokio::test]
async fn a_ciphertext_of_another_database_cannot_be_decrypted() {
    let (app, other) = (TestApp::connected().await, TestApp::connected().await);
    let theirs = sealed(&other, "access_token").await;
    sqlx::query("update connection set access_token = $1").bind(theirs).execute(&app.db).await.unwrap();
    app.officient.clear_calls();
    assert!(app.post("/sync?dryRun=true").await.status().is_server_error());
    assert_eq!(app.officient.calls_to("/"), 0);
    assert!(start_error(&app, &[]).await.contains("connection.access_token cannot be decrypted"));
}

#[tokio::test]
async fn a_damaged_ciphertext_stops_the_start() {
    let app = TestApp::connected().await;
    for column in SEALED {
        let whole = sealed(&app, column).await;
        let middle = whole.len() / 2;
        let flipped = [&whole[..middle], &[whole[middle] ^ 1], &whole[middle + 1..]].concat();
        for damaged in [flipped, whole[..whole.len() - 1].to_vec(), vec![], b"in clear".to_vec()] {
            put(&app, column, &damaged).await;
            let error = start_error(&app, &[]).await;
            assert!(error.contains(&format!("connection.{column}")), "{column}: {error}");
        }
        put(&app, column, &whole).await;
    }
    // Everything is restored, so each start was refused because of the damage.
    let config = Config::load(None, app.environment()).unwrap();
    let pool = db::pool(&config.database.url, 2).unwrap();
    assert!(App::build(config, pool, app.clock.clone()).await.is_ok());
}

async fn put(app: &TestApp, column: &str, value: &[u8]) {
    let query = sqlx::AssertSqlSafe(format!("update connection set {column} = $1"));
    sqlx::query(query).bind(value).execute(&app.db).await.unwrap();
}

#[tokio::test]
async fn the_same_secret_is_encrypted_differently_each_time() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let first = sealed(&app, "client_secret").await;
    app.fill_in_credentials().await;
    let second = sealed(&app, "client_secret").await;
    assert_eq!(first[..9], second[..9], "version and key id");
    assert_ne!(first[9..33], second[9..33], "the nonce");
    assert_ne!(first[33..], second[33..]);
}

#[tokio::test]
async fn without_a_valid_key_the_service_does_not_start() {
    let app = TestApp::start().await;
    let key = "OPTEDO_OFFICIENT__SECURITY__ENCRYPTION_KEY";
    let cases = [
        ("", "is required"),
        ("c2hvcnQ=", "must be 32 bytes, not 5"),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "32 times the same byte"),
        (optedo_officient::config::DEMO_KEY, "which everybody knows"),
        ("not base64 at all", "is not base64"),
    ];
    for (value, fault) in cases {
        for command in ["serve", "status"] {
            let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_optedo-officient"));
            let program = program.arg(command).env_clear().envs(app.environment()).env(key, value);
            let ended = program.output().await.unwrap();
            let output = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(2), "{value}: {output}");
            assert!(output.starts_with("security.encryption_key: ") && output.contains(fault), "{value}: {output}");
            assert!(value.is_empty() || !output.contains(value), "{output}");
        }
    }
}

#[tokio::test]
async fn a_rotation_of_the_webhook_address_survives_a_key_rotation() {
    let mut app = TestApp::connected().await;
    let (before, old_id) = (app.webhook_url(), key_id(&app, SEALED[0]).await);
    app.officient.stop().await;
    assert_eq!(app.post("/webhook-token/rotate").await.status(), StatusCode::ACCEPTED);
    app.restart_with(&[("security.encryption_key", OTHER_KEY), ("security.previous_encryption_keys", KEY)]).await;
    until_encrypted_again(&app, &old_id).await;
    app.restart_with(&[("security.previous_encryption_keys", "")]).await;
    for url in [before, app.webhook_url()] {
        let delivered = app.http.post(url).body(r#"{"event_type":"e"}"#).send().await.unwrap();
        assert_eq!(delivered.status(), StatusCode::OK);
    }
}
