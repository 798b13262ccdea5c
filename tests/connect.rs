//! Connecting to Officient, staying connected, and signing out.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan as _};
use optedo_officient::app::App;
use optedo_officient::config::Config;
use optedo_officient::db;
use optedo_officient::simulators::officient::{LeaveType, NewEvent};
use optedo_officient::simulators::{Fault, OfficientOptions, OfficientSim};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{API, Options, PAGE, TestApp, cookie_of, state_of};

/// Officient and the service let so many calls through that nothing ever waits for the limit.
async fn start_unhurried() -> TestApp {
    Options::default()
        .set("officient.rate_limit_calls", "1000")
        .officient(|officient| officient.rate_limit_calls = 1000)
        .start()
        .await
}

async fn connected_unhurried() -> TestApp {
    let app = start_unhurried().await;
    app.connect().await;
    app.settle().await;
    app
}

/// One person with leave that belongs in Optedo; returns the person, the user and the leave type.
fn person_with_leave(app: &TestApp) -> (i64, i64, LeaveType) {
    let person = app.officient.add_person("Jan", "Peeters");
    let user = app.optedo.add_user("Jan", "Peeters");
    app.optedo.add_absence_type("Vakantie");
    let verlof = LeaveType::Custom(app.officient.add_leave_type("Verlof", Some("Vakantie")));
    app.officient.add_event(person, NewEvent::new(verlof, in_days(app, 7)));
    (person, user, verlof)
}

fn in_days(app: &TestApp, days: i64) -> Date {
    app.clock.today().saturating_add(days.days())
}

async fn holds(app: &TestApp, claim: &'static str) -> bool {
    let query = sqlx::query_scalar(claim);
    query.fetch_one(&app.db).await.unwrap()
}

pub async fn assert_nothing_connected(app: &TestApp, case: &str) {
    assert_eq!(app.status().await["state"], "disconnected", "{case}");
    let no_tokens = "select state = 'disconnected' and access_token is null and refresh_token is null and company_id is null
         from connection";
    assert!(holds(app, no_tokens).await, "{case}");
    assert!(app.officient.subscriptions().is_empty(), "{case}");
}

/// Begins a login and comes back with this code; returns the notice.
async fn come_back_with(app: &TestApp, code: &str) -> String {
    let (authorize_url, cookie) = app.begin_login().await;
    let state = state_of(&authorize_url);
    app.come_back(&[("code", code), ("state", &state)], &cookie).await
}

#[tokio::test]
async fn the_admin_connects_with_the_buttons_of_the_pages_alone() {
    let app = TestApp::start().await;
    let browser = Browser::signed_in(&app).await;
    let page = browser.open(PAGE).await;
    assert!(page.body.contains("Niet gekoppeld"));
    assert!(!page.body.contains("Aanmelden bij Officient</button>"));
    assert!(page.body.contains(&format!("{}{API}", app.url)), "the Redirect URL");

    let form = page
        .form("Bewaren")
        .fill_in("client_id", app.officient.client_id())
        .fill_in("client_secret", app.officient.client_secret());
    let page = browser.follow(&browser.submit(&form).await).await;
    assert!(page.body.contains("Client ID en Secret zijn bewaard"));
    assert!(!page.body.contains(app.officient.client_secret()));

    let to_officient = browser.submit(&page.form("Aanmelden bij Officient")).await;
    assert_eq!(to_officient.status, StatusCode::SEE_OTHER);
    let consent = browser.sign_in_at_officient(&to_officient).await;
    let back = browser.submit(&consent.form("Geef toegang")).await;
    assert!(back.location().as_str().starts_with(&format!("{}{API}?", app.url)));
    let to_page = browser.follow(&back).await;
    let page = browser.follow(&to_page).await;

    assert!(page.body.contains("De koppeling met Officient is gelukt"));
    assert!(page.body.contains("Gekoppeld") && page.body.contains("Acme"));
    page.form("Afmelden");
    assert!(!page.body.contains("Aanmelden bij Officient</button>"));
    let status = app.status().await;
    assert_eq!(status["state"], "connected");
    assert_eq!(status["account"], json!({"companyId": 60002, "companyName": "Acme", "subdomain": "acme"}));
    app.settle().await;
    app.assert_one_way_and_once();
}

#[tokio::test]
async fn the_login_redirects_a_form_and_tells_a_program_the_address() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let browser = Browser::signed_in(&app).await;
    let form = browser.open(PAGE).await.form("Aanmelden bij Officient");

    let without_csrf = browser.submit(&form.clone().without("csrf_token")).await;
    assert_eq!(without_csrf.status, StatusCode::FORBIDDEN);
    assert!(holds(&app, "select count(*) = 0 from oauth_flows").await);

    let redirect = browser.submit(&form).await;
    assert_eq!(redirect.status, StatusCode::SEE_OTHER);
    let address = redirect.location();
    assert_eq!(address.path(), "/authorize");
    let parameter = |name: &str| {
        let mut pairs = address.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    assert_eq!(parameter("client_id").as_deref(), Some(app.officient.client_id()));
    assert_eq!(parameter("response_type").as_deref(), Some("code"));
    assert_eq!(parameter("redirect_uri"), Some(format!("{}{API}", app.url)));
    assert!(parameter("state").is_some_and(|state| state.len() >= 43));
    let cookie = redirect.headers["set-cookie"].to_str().unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }

    let response = app.api(Method::POST, "/login").header("accept", "application/json").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(cookie_of(&response).contains('='));
    let body: Value = response.json().await.unwrap();
    let address = body["authorizeUrl"].as_str().unwrap();
    assert!(address.starts_with(&format!("{}/authorize?", app.officient.url())));
    assert_eq!(body.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn without_credentials_nobody_is_sent_to_officient() {
    let app = TestApp::start().await;
    let login = app.api(Method::POST, "/login");
    let response = login.header("accept", "application/json").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let response = app.post("/login").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(response.headers()["location"].to_str().unwrap().starts_with(PAGE));
    assert!(holds(&app, "select count(*) = 0 from oauth_flows").await);
}

#[tokio::test]
async fn whoever_refuses_at_officient_comes_back_to_a_page_that_says_so() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let browser = Browser::signed_in(&app).await;
    let consent = browser.sign_in_at_officient(&browser.press("Aanmelden bij Officient").await).await;
    let back = browser.submit(&consent.form("Weigeren")).await;
    let page = browser.follow(&browser.follow(&back).await).await;
    assert!(page.body.contains("Je hebt in Officient geen toegang gegeven"));
    page.form("Aanmelden bij Officient");
    assert_eq!(app.officient.calls_to("/1.0/"), 0);
    assert_nothing_connected(&app, "refused").await;
}

/// What must stand on the page after a login that failed.
fn text_of(notice: &str) -> &'static str {
    match notice {
        "code_refused" => "Officient aanvaardde de aanmelding niet",
        "officient_unreachable" => "Officient was niet bereikbaar",
        "officient_unreadable" => "Officient gaf een antwoord dat niet te begrijpen is",
        "permission_missing" => "De app mag de gegevens van het bedrijf niet lezen",
        other => panic!("an unexpected notice: {other}"),
    }
}

#[tokio::test]
async fn every_failed_login_ends_on_a_page_that_says_what_to_do_and_connects_nothing() {
    let app = start_unhurried().await;
    app.fill_in_credentials().await;
    let signed_in = Browser::signed_in(&app).await;
    let stranger = Browser::new(&app);
    let without_refresh_token = json!({"access_token": "a", "expires_in": 3600, "token_type": "Bearer"});
    let cases = [
        ("/1.0/token", Fault::Status(400), "code_refused"),
        ("/1.0/token", Fault::Status(401), "code_refused"),
        ("/1.0/token", Fault::Status(500), "officient_unreachable"),
        ("/1.0/token", Fault::AnswerLost, "officient_unreachable"),
        ("/1.0/token", Fault::Html200, "officient_unreadable"),
        ("/1.0/token", Fault::EmptyObject, "officient_unreadable"),
        ("/1.0/token", Fault::CutOffJson, "officient_unreadable"),
        ("/1.0/token", Fault::WrongContent(without_refresh_token), "officient_unreadable"),
        ("/1.0/account", Fault::Status(401), "permission_missing"),
        ("/1.0/account", Fault::Status(403), "permission_missing"),
        ("/1.0/account", Fault::Status(503), "officient_unreachable"),
        ("/1.0/account", Fault::Html200, "officient_unreadable"),
        ("/1.0/account", Fault::EmptyObject, "officient_unreadable"),
        ("/1.0/account", Fault::DataNull, "officient_unreadable"),
    ];
    for (path, fault, expected) in cases {
        let case = format!("{path} {fault:?}");
        app.officient.fault_on(path, fault, 1);
        let notice = come_back_with(&app, &app.officient.issue_code()).await;
        assert_eq!(notice, expected, "{case}");
        assert_eq!(app.officient.faults_left(), 0, "{case}");
        for browser in [&signed_in, &stranger] {
            let page = browser.open(&format!("{PAGE}?notice={notice}")).await;
            assert!(page.body.contains(text_of(&notice)), "{case}: {}", page.body);
        }
        assert_nothing_connected(&app, &case).await;
    }
}

#[tokio::test]
async fn a_code_that_officient_does_not_know_connects_nothing() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    assert_eq!(come_back_with(&app, "no-such-code").await, "code_refused");
    assert_eq!(come_back_with(&app, "").await, "code_refused");
    assert_nothing_connected(&app, "unknown code").await;
}

#[tokio::test]
async fn a_wrong_client_secret_connects_nothing_until_it_is_mended() {
    let app = TestApp::start().await;
    let body = json!({"clientId": app.officient.client_id(), "clientSecret": "not the secret"});
    let put = app.api(Method::PUT, "/credentials").json(&body).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::NO_CONTENT);
    let notice = come_back_with(&app, &app.officient.issue_code()).await;
    assert_eq!(notice, "code_refused");
    assert_nothing_connected(&app, "wrong secret").await;
    app.connect().await;
    assert_eq!(app.status().await["state"], "connected");
}

#[tokio::test]
async fn while_officient_is_unreachable_nothing_is_connected_and_the_page_says_so() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let code = app.officient.issue_code();
    app.officient.stop().await;
    let notice = come_back_with(&app, &code).await;
    assert_eq!(notice, "officient_unreachable");
    let page = Browser::signed_in(&app).await.open(&format!("{PAGE}?notice={notice}")).await;
    assert!(page.body.contains(text_of(&notice)));
    app.officient.restart().await.unwrap();
    assert_nothing_connected(&app, "unreachable").await;
    app.connect().await;
}

/// The connection as the database has it: its state and its tokens, sealed.
async fn stored_tokens(app: &TestApp) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let query = sqlx::query_as("select access_token, refresh_token from connection");
    query.fetch_one(&app.db).await.unwrap()
}

async fn assert_signed_out(app: &TestApp) {
    assert_eq!(app.status().await["state"], "disconnected");
    assert_eq!(stored_tokens(app).await, (None, None));
}

#[tokio::test]
async fn signing_out_removes_our_webhooks_and_tokens_and_leaves_the_rest() {
    let app = start_unhurried().await;
    let (_, user, _) = person_with_leave(&app);
    let others = "https://payroll.example/hooks/1";
    let foreign = app.officient.add_subscription("person_added", others);
    app.connect().await;
    app.settle().await;
    assert_eq!(app.optedo.absences_of(user).len(), 1);

    let response = app.post("/logout").await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.text().await.unwrap(), "");
    assert_signed_out(&app).await;
    let left: Vec<i64> = app.officient.subscriptions().iter().map(|webhook| webhook.id).collect();
    assert_eq!(left, [foreign]);
    assert_eq!(app.optedo.absences_of(user).len(), 1);
    assert_eq!(app.get("/absences").await.as_array().unwrap().len(), 1);
    app.settle().await;

    // Client ID and Secret stayed: nobody fills them in again.
    let notice = come_back_with(&app, &app.officient.issue_code()).await;
    assert_eq!(notice, "connected");
    app.settle().await;
    assert_eq!(app.optedo.absences_of(user).len(), 1);
    app.assert_one_way_and_once();
}

#[tokio::test]
async fn the_button_afmelden_ends_on_the_page_that_offers_to_sign_in_again() {
    let app = connected_unhurried().await;
    let browser = Browser::signed_in(&app).await;
    let form = browser.open(PAGE).await.form("Afmelden");
    let without_csrf = browser.submit(&form.clone().without("csrf_token")).await;
    assert_eq!(without_csrf.status, StatusCode::FORBIDDEN);
    assert_eq!(app.status().await["state"], "connected");

    let page = browser.follow(&browser.submit(&form).await).await;
    assert!(page.body.contains("Je bent afgemeld bij Officient"));
    assert!(page.body.contains(&format!("value=\"{}\"", app.officient.client_id())));
    page.form("Aanmelden bij Officient");
    assert_signed_out(&app).await;
    assert!(app.officient.subscriptions().is_empty());
}

#[tokio::test]
async fn signing_out_works_without_officient_and_when_nothing_is_connected() {
    let app = connected_unhurried().await;
    app.officient.stop().await;
    assert_eq!(app.post("/logout").await.status(), StatusCode::NO_CONTENT);
    assert_signed_out(&app).await;
    assert_eq!(app.post("/logout").await.status(), StatusCode::NO_CONTENT);
    assert_signed_out(&app).await;
}

#[tokio::test]
async fn signing_out_right_after_connecting_leaves_no_sweep_behind() {
    let app = start_unhurried().await;
    for _ in 0..35 {
        app.officient.add_person("Jan", "Peeters");
    }
    app.connect().await;
    assert_eq!(app.post("/logout").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(app.status().await["sync"]["state"], "idle");
}

#[tokio::test]
async fn connecting_again_to_the_same_company_doubles_nothing() {
    let app = start_unhurried().await;
    let (_, user, _) = person_with_leave(&app);
    app.connect().await;
    app.settle().await;
    let webhooks = app.officient.subscriptions();
    let before = app.status().await;
    app.clock.advance(SignedDuration::from_mins(1));
    app.connect().await;
    app.settle().await;
    assert_eq!(app.officient.subscriptions(), webhooks);
    let after = app.status().await;
    assert_ne!(after["connectedAt"], before["connectedAt"]);
    assert_eq!(after["absences"]["written"], 1);
    assert_eq!(app.optedo.absences_of(user).len(), 1);
    app.assert_one_way_and_once();
}

#[tokio::test]
async fn connecting_to_another_company_leaves_the_absences_of_the_first_as_they_are() {
    let mut app = start_unhurried().await;
    let (_, user, _) = person_with_leave(&app);
    app.connect().await;
    app.settle().await;
    let of_first = app.optedo.absences_of(user);
    assert_eq!(of_first.len(), 1);
    assert_eq!(app.post("/logout").await.status(), StatusCode::NO_CONTENT);

    let other = OfficientSim::start(OfficientOptions {
        notify: false,
        company_id: 60003,
        company_name: "Globex".to_owned(),
        subdomain: "globex".to_owned(),
        rate_limit_calls: 1000,
        ..OfficientOptions::default()
    })
    .await
    .unwrap();
    app.officient = other;
    let url = app.officient.url();
    app.restart_with(&[("officient.app_url", &url), ("officient.api_url", &url)]).await;
    // The same ids as in the first company, and another day.
    let person = app.officient.add_person("Jan", "Peeters");
    let verlof = LeaveType::Custom(app.officient.add_leave_type("Verlof", Some("Vakantie")));
    app.officient.add_event(person, NewEvent::new(verlof, in_days(&app, 9)));
    app.connect().await;
    app.settle().await;

    let status = app.status().await;
    assert_eq!(status["account"]["companyId"], 60003);
    assert_eq!(status["account"]["companyName"], "Globex");
    assert_eq!(status["absences"]["written"], 1);
    let absences = app.optedo.absences_of(user);
    assert_eq!(absences.len(), 2);
    assert!(absences.contains(&of_first[0]));
    let listed = app.get("/absences").await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["date"], in_days(&app, 9).to_string());
    app.assert_one_way_and_once();
}

/// Many needs for a token at the same time: dry runs of everybody.
async fn many_needs(app: &TestApp) {
    let dry_runs = (0..6).map(|_| app.post("/sync?dryRun=true"));
    for response in join_all(dry_runs).await {
        assert_eq!(response.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_token_is_renewed_ahead_of_its_end_and_once_for_all_who_need_it() {
    let app = start_unhurried().await;
    person_with_leave(&app);
    app.connect().await;
    app.settle().await;
    let began_with = stored_tokens(&app).await;
    app.officient.clear_calls();
    app.clock.advance(SignedDuration::from_mins(54));
    many_needs(&app).await;
    assert_eq!(app.officient.calls_to("/1.0/token"), 0);

    app.clock.advance(SignedDuration::from_mins(2));
    many_needs(&app).await;
    assert_eq!(app.officient.calls_to("/1.0/token"), 1);
    assert_ne!(stored_tokens(&app).await.0, began_with.0);

    // The new one lives an hour again.
    app.clock.advance(SignedDuration::from_mins(50));
    many_needs(&app).await;
    assert_eq!(app.officient.calls_to("/1.0/token"), 1);
}

#[tokio::test]
async fn a_short_lived_token_is_renewed_in_the_last_tenth_of_its_life() {
    let app = start_unhurried().await;
    app.officient.set_token_lifetime(Duration::from_secs(100));
    app.connect().await;
    app.settle().await;
    app.officient.clear_calls();
    app.clock.advance(SignedDuration::from_secs(80));
    many_needs(&app).await;
    assert_eq!(app.officient.calls_to("/1.0/token"), 0);
    app.clock.advance(SignedDuration::from_secs(11));
    many_needs(&app).await;
    assert_eq!(app.officient.calls_to("/1.0/token"), 1);
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once_for_all_who_need_it() {
    let app = start_unhurried().await;
    person_with_leave(&app);
    app.connect().await;
    app.settle().await;
    app.officient.clear_calls();
    app.officient.revoke_access_tokens();
    many_needs(&app).await;
    assert_eq!(app.officient.calls_to("/1.0/token"), 1);
    assert_eq!(app.status().await["state"], "connected");
}

#[tokio::test]
async fn over_all_replicas_one_renews_the_token() {
    let app = start_unhurried().await;
    app.connect().await;
    app.settle().await;
    let mut replicas = vec![app.app.clone()];
    for _ in 0..2 {
        let config = Config::load(None, app.environment()).unwrap();
        let pool = db::pool(&config.database.url, 5).unwrap();
        replicas.push(App::build(config, pool, app.clock.clone()).await.unwrap());
    }
    app.officient.clear_calls();
    app.officient.set_latency(Duration::from_millis(50));
    app.clock.advance(SignedDuration::from_mins(56));
    let needs = replicas.iter().flat_map(|replica| {
        let tokens = replica.engine.officient.tokens();
        [tokens.current(), tokens.current()]
    });
    let tokens: Vec<String> =
        join_all(needs).await.into_iter().map(|token| token.unwrap().expose_secret().to_owned()).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(app.officient.calls_to("/1.0/token"), 1);
}

#[tokio::test]
async fn a_refresh_answer_without_a_refresh_token_keeps_the_old_one() {
    let app = connected_unhurried().await;
    let (_, refresh_token) = stored_tokens(&app).await;
    app.officient.omit_refresh_token_in_refresh(true);
    for _ in 0..2 {
        app.officient.clear_calls();
        app.officient.revoke_access_tokens();
        many_needs(&app).await;
        assert_eq!(app.officient.calls_to("/1.0/token"), 1);
        assert_eq!(stored_tokens(&app).await.1, refresh_token);
    }
    app.officient.omit_refresh_token_in_refresh(false);
    app.officient.revoke_access_tokens();
    many_needs(&app).await;
    assert_ne!(stored_tokens(&app).await.1, refresh_token);
}

#[tokio::test]
async fn a_refresh_that_officient_cannot_answer_is_no_reason_to_sign_in_again() {
    let app = connected_unhurried().await;
    for fault in [Fault::Status(500), Fault::Html200, Fault::EmptyObject, Fault::AnswerLost] {
        app.officient.revoke_access_tokens();
        app.officient.fault_on("/1.0/token", fault.clone(), 1);
        let response = app.post("/sync?dryRun=true").await;
        assert_eq!(app.officient.faults_left(), 0, "{fault:?}");
        assert!(response.status().is_server_error(), "{fault:?}");
        assert_eq!(app.status().await["state"], "connected", "{fault:?}");
        many_needs(&app).await;
    }
    assert!(app.attention().await.is_empty());
}

#[tokio::test]
async fn after_a_refused_refresh_nothing_is_lost_and_connecting_again_catches_up() {
    let app = start_unhurried().await;
    let (person, user, verlof) = person_with_leave(&app);
    app.connect().await;
    app.settle().await;
    app.officient.revoke_all_tokens();
    app.officient.add_event(person, NewEvent::new(verlof, in_days(&app, 10)));
    assert_eq!(app.deliver("calendar_event_added", person).await, StatusCode::OK);
    app.until("somebody must sign in again", async || {
        app.status().await["state"] == "reauthorization_required"
    })
    .await;
    let items = app.attention_of("reauthorization_required").await;
    assert_eq!(items.len(), 1);
    let page = Browser::signed_in(&app).await.open(PAGE).await;
    assert!(page.body.contains("Officient aanvaardt de koppeling niet meer"));
    page.form("Aanmelden bij Officient");
    page.form("Afmelden");

    app.officient.add_event(person, NewEvent::new(verlof, in_days(&app, 11)));
    for _ in 0..3 {
        assert_eq!(app.deliver("calendar_event_added", person).await, StatusCode::OK);
    }
    assert!(app.status().await["queue"]["waiting"].as_i64().unwrap() >= 3);
    assert_eq!(app.optedo.absences_of(user).len(), 1);
    let token_calls = app.officient.calls_to("/1.0/token");
    assert_eq!(app.post("/sync?dryRun=true").await.status(), StatusCode::CONFLICT);
    assert_eq!(app.officient.calls_to("/1.0/token"), token_calls);

    app.connect().await;
    app.settle().await;
    assert_eq!(app.optedo.absences_of(user).len(), 3);
    assert!(app.attention().await.is_empty());
    let resolved = app.get("/attention?state=resolved").await;
    assert_eq!(resolved[0]["id"], items[0]["id"]);
    assert_eq!(resolved[0]["kind"], "reauthorization_required");
    assert!(holds(&app, "select bool_and(processed_at is not null) from webhook_events").await);
    app.assert_one_way_and_once();
}

#[tokio::test]
async fn a_refused_refresh_token_can_be_tried_again_from_the_attention_item() {
    let app = connected_unhurried().await;
    app.officient.refuse_refresh(true);
    app.officient.revoke_access_tokens();
    assert_eq!(app.post("/sync").await.status(), StatusCode::ACCEPTED);
    app.until("refused", async || app.status().await["state"] == "reauthorization_required").await;
    app.officient.refuse_refresh(false);
    let item = &app.attention_of("reauthorization_required").await[0];
    let retry = app.post(&format!("/attention/{}/retry", item["id"])).await;
    assert_eq!(retry.status(), StatusCode::ACCEPTED);
    app.until("connected, and the item resolved", async || {
        app.status().await["state"] == "connected" && app.attention().await.is_empty()
    })
    .await;
}
