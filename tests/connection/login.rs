//! Connecting to Officient by its login, and signing out.

use crate::support::prelude::*;
use crate::support::simulators::{OfficientOptions, OfficientSim};

pub async fn assert_nothing_connected(app: &TestApp, case: &str) {
    assert_eq!(app.status().await["state"], "disconnected", "{case}");
    let no_tokens =
        "select state = 'disconnected' and access_token is null and refresh_token is null and company_id is null
         from connection";
    assert!(app.holds(no_tokens).await, "{case}");
    assert!(app.officient.subscriptions().is_empty(), "{case}");
}

#[tokio::test]
async fn the_admin_connects_with_the_buttons_of_the_pages() {
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
async fn the_login_redirects_a_browser_and_gives_a_program_the_address() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let browser = Browser::signed_in(&app).await;
    let form = browser.open(PAGE).await.form("Aanmelden bij Officient");

    let without_csrf = browser.submit(&form.clone().without("csrf_token")).await;
    assert_eq!(without_csrf.status, StatusCode::FORBIDDEN);
    assert!(app.holds("select count(*) = 0 from oauth_flows").await);

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
async fn without_credentials_the_login_does_not_begin() {
    let app = TestApp::start().await;
    let login = app.api(Method::POST, "/login");
    let response = login.header("accept", "application/json").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let response = app.post("/login").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(response.headers()["location"].to_str().unwrap().starts_with(PAGE));
    assert!(app.holds("select count(*) = 0 from oauth_flows").await);
}

#[tokio::test]
async fn an_admin_who_refuses_at_officient_comes_back_to_a_page_that_says_so() {
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

/// The text on the page after a failed login.
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
    let w = World::start().await;
    w.fill_in_credentials().await;
    let signed_in = Browser::signed_in(&w).await;
    let stranger = Browser::new(&w);
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
        // A form that is refused with 400 is sent as JSON too.
        let calls = if matches!(fault, Fault::Status(400)) { 2 } else { 1 };
        w.officient.fault_on(path, fault, calls);
        let notice = w.log_in_with(&w.officient.issue_code()).await;
        assert_eq!(notice, expected, "{case}");
        assert_eq!(w.officient.faults_left(), 0, "{case}");
        for browser in [&signed_in, &stranger] {
            let page = browser.open(&format!("{PAGE}?notice={notice}")).await;
            assert!(page.body.contains(text_of(&notice)), "{case}: {}", page.body);
        }
        assert_nothing_connected(&w, &case).await;
    }
}

#[tokio::test]
async fn a_code_that_officient_does_not_know_connects_nothing() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    assert_eq!(app.log_in_with("no-such-code").await, "code_refused");
    assert_eq!(app.log_in_with("").await, "code_refused");
    assert_nothing_connected(&app, "unknown code").await;
}

#[tokio::test]
async fn a_wrong_client_secret_connects_nothing_until_it_is_corrected() {
    let app = TestApp::start().await;
    let body = json!({"clientId": app.officient.client_id(), "clientSecret": "not the secret"});
    let put = app.api(Method::PUT, "/credentials").json(&body).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::NO_CONTENT);
    let notice = app.log_in_with(&app.officient.issue_code()).await;
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
    let notice = app.log_in_with(&code).await;
    assert_eq!(notice, "officient_unreachable");
    let page = Browser::signed_in(&app).await.open(&format!("{PAGE}?notice={notice}")).await;
    assert!(page.body.contains(text_of(&notice)));
    app.officient.restart().await.unwrap();
    assert_nothing_connected(&app, "unreachable").await;
    app.connect().await;
}

#[tokio::test]
async fn two_sign_ins_in_one_browser_both_finish_in_either_order() {
    for order in [[0, 1], [1, 0]] {
        let app = TestApp::start().await;
        app.fill_in_credentials().await;
        let browser = Browser::signed_in(&app).await;
        let first = browser.press("Aanmelden bij Officient").await;
        let first = browser.sign_in_at_officient(&first).await;
        // The browser is signed in at Officient by now.
        let second = browser.follow(&browser.press("Aanmelden bij Officient").await).await;
        let tabs = [first, second];
        let mut used = Vec::new();
        for tab in order {
            let back = browser.submit(&tabs[tab].form("Geef toegang")).await;
            let page = browser.follow(&browser.follow(&back).await).await;
            assert!(page.body.contains("De koppeling met Officient is gelukt"), "{order:?} {tab}: {}", page.body);
            used.push(back);
        }
        app.settle().await;
        let (before, tokens) = (app.status().await, stored_tokens(&app).await);
        for back in used {
            let page = browser.follow(&browser.follow(&back).await).await;
            assert!(page.body.contains("Gekoppeld") && !page.body.contains("class=\"notice"), "{}", page.body);
        }
        assert_eq!(
            (app.status().await, stored_tokens(&app).await),
            (before, tokens),
            "a used answer changed something"
        );
    }
}

/// Makes a request whose client leaves while Officient does not answer; then Officient answers.
async fn leave_during(app: &TestApp, path: &str, request: reqwest::RequestBuilder) {
    let hold = app.officient.hold(path, 0);
    tokio::select! {
        response = request.send() => panic!("answered before the client left: {response:?}"),
        () = app.until_held(&hold, 1) => {}
    }
    hold.release();
}

#[tokio::test]
async fn a_browser_that_is_closed_during_the_login_does_not_stop_it() {
    for (path, preview_first) in ["/1.0/token", "/1.0/account"].into_iter().zip([false, true]) {
        let w = World::start().await;
        let event = w.take_leave(0);
        w.fill_in_credentials().await;
        let form: &[(&str, &str)] = if preview_first { &[("preview_first", "yes")] } else { &[] };
        let login = w.api(Method::POST, "/login").header("accept", "application/json").form(form);
        let response = login.send().await.unwrap();
        let cookie = cookie_of(&response);
        let body: Value = response.json().await.unwrap();
        let state = state_of(&body["authorizeUrl"].as_str().unwrap().parse().unwrap());
        let query = [("code", w.officient.issue_code()), ("state", state)];
        let callback = w.http.get(format!("{}{API}", w.url)).query(&query).header("cookie", cookie);
        leave_during(&w, path, callback).await;
        w.until("the company is connected", async || w.status().await["state"] == "connected").await;
        let is_registered = async || {
            let webhooks = w.status().await["webhooks"].as_array().unwrap().clone();
            webhooks.iter().all(|webhook| webhook["state"] == "registered")
        };
        w.until("the webhooks are registered", is_registered).await;
        if preview_first {
            assert_eq!(w.post("/sync").await.status(), StatusCode::ACCEPTED);
        }
        w.until("the leave is imported", async || w.absence_of(event).is_some()).await;
        w.settle().await;
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn the_answer_of_a_login_does_not_wait_for_the_webhooks() {
    let app = TestApp::start().await;
    let registering = app.officient.hold("/1.0/webhooks", 0);
    app.connect().await;
    assert_eq!(app.status().await["state"], "connected");
    app.until_held(&registering, 1).await;
    registering.release();
    app.settle().await;
    app.assert_one_way_and_once();
}

#[tokio::test]
async fn a_browser_that_is_closed_after_a_click_does_not_stop_what_it_asked_for() {
    let w = World::connected().await;
    let (before, events) = (w.webhook_url(), w.officient.subscriptions().len());
    leave_during(&w, "/1.0/webhooks", w.api(Method::POST, "/webhook-token/rotate")).await;
    w.until("Officient has the new address only", async || {
        let subscriptions = w.officient.subscriptions();
        subscriptions.len() == events && subscriptions.iter().all(|one| one.target_url != before)
    })
    .await;

    leave_during(&w, "/1.0/webhooks", w.api(Method::POST, "/logout")).await;
    w.until("signed out", async || w.status().await["state"] == "disconnected").await;
    assert_signed_out(&w).await;
    assert!(w.officient.subscriptions().is_empty());
}

#[tokio::test]
async fn invisible_characters_around_pasted_credentials_are_removed() {
    let app = TestApp::start().await;
    let pasted = |text: &str| format!("\u{feff} {text}\u{200b}\n");
    let body =
        json!({"clientId": pasted(app.officient.client_id()), "clientSecret": pasted(app.officient.client_secret())});
    let put = app.api(Method::PUT, "/credentials").json(&body).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::NO_CONTENT);
    assert_eq!(app.log_in_with(&app.officient.issue_code()).await, "connected");
}

async fn assert_signed_out(app: &TestApp) {
    assert_eq!(app.status().await["state"], "disconnected");
    assert_eq!(stored_tokens(app).await, (None, None));
}

/// The connection as the database has it: its state and its tokens, sealed.
pub async fn stored_tokens(app: &TestApp) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let query = sqlx::query_as("select access_token, refresh_token from connection");
    query.fetch_one(&app.db).await.unwrap()
}

#[tokio::test]
async fn signing_out_removes_our_subscriptions_and_tokens_and_keeps_the_rest() {
    let w = World::start().await;
    w.take_leave(0);
    let others = "https://payroll.example/hooks/1";
    let foreign = w.officient.add_subscription("person_added", others);
    w.connect_and_import().await;
    assert_eq!(w.absences_of(w.user).len(), 1);

    let response = w.post("/logout").await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.text().await.unwrap(), "");
    assert_signed_out(&w).await;
    let left: Vec<i64> = w.officient.subscriptions().iter().map(|webhook| webhook.id).collect();
    assert_eq!(left, [foreign]);
    assert_eq!(w.absences_of(w.user).len(), 1);
    assert_eq!(w.get("/absences").await.as_array().unwrap().len(), 1);
    w.settle().await;

    // Client ID and Secret stayed: nobody fills them in again.
    let notice = w.log_in_with(&w.officient.issue_code()).await;
    assert_eq!(notice, "connected");
    w.settle().await;
    assert_eq!(w.absences_of(w.user).len(), 1);
    w.assert_one_way_and_once();
}

#[tokio::test]
async fn the_button_afmelden_ends_on_the_page_that_offers_to_sign_in_again() {
    let app = World::connected().await;
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
    let app = World::connected().await;
    app.officient.stop().await;
    assert_eq!(app.post("/logout").await.status(), StatusCode::NO_CONTENT);
    assert_signed_out(&app).await;
    assert_eq!(app.post("/logout").await.status(), StatusCode::NO_CONTENT);
    assert_signed_out(&app).await;
}

#[tokio::test]
async fn signing_out_right_after_connecting_leaves_no_sweep_behind() {
    let w = World::start().await;
    for _ in 0..35 {
        w.officient.add_person("Jan", "Peeters");
    }
    w.connect().await;
    assert_eq!(w.post("/logout").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(w.status().await["sync"]["state"], "idle");
}

#[tokio::test]
async fn connecting_again_to_the_same_company_duplicates_nothing() {
    let w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    let webhooks = w.officient.subscriptions();
    let before = w.status().await;
    w.clock.advance(SignedDuration::from_mins(1));
    w.connect_and_import().await;
    assert_eq!(w.officient.subscriptions(), webhooks);
    let after = w.status().await;
    assert_ne!(after["connectedAt"], before["connectedAt"]);
    assert_eq!(after["absences"]["written"], 1);
    assert_eq!(w.absences_of(w.user).len(), 1);
    w.assert_one_way_and_once();
}

#[tokio::test]
async fn connecting_another_company_keeps_the_absences_of_the_first() {
    let mut w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    let of_first = w.absences_of(w.user);
    assert_eq!(of_first.len(), 1);
    assert_eq!(w.post("/logout").await.status(), StatusCode::NO_CONTENT);

    let other = OfficientOptions {
        notify: false,
        company_id: 60003,
        company_name: "Globex".to_owned(),
        subdomain: "globex".to_owned(),
        rate_limit_calls: 10_000,
        ..OfficientOptions::default()
    };
    w.app.officient = OfficientSim::start(other).await.unwrap();
    let url = w.officient.url();
    w.app.restart_with(&[("officient.app_url", &url), ("officient.api_url", &url)]).await;
    // The same ids as in the first company, and another day.
    assert_eq!(w.officient.add_person("Jan", "Peeters"), w.jan);
    assert_eq!(w.officient.add_leave_type("Verlof", Some("Vakantie")), w.verlof);
    w.take_leave(2);
    w.connect_and_import().await;

    let status = w.status().await;
    assert_eq!(status["account"]["companyId"], 60003);
    assert_eq!(status["account"]["companyName"], "Globex");
    assert_eq!(status["absences"]["written"], 1);
    let absences = w.absences_of(w.user);
    assert_eq!(absences.len(), 2);
    assert!(absences.contains(&of_first[0]));
    let listed = w.get("/absences").await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["date"], w.day(2).to_string());
    w.assert_one_way_and_once();
}
