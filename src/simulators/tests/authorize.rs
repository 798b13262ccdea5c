use url::Url;

use super::Officient;
use super::browser::{Browser, Page};
use crate::simulators::OfficientSim;
use crate::simulators::officient::OfficientOptions;

const REDIRECT_URI: &str = "https://acme.example/back?x=1";

async fn officient() -> OfficientSim {
    let redirect_uri = Some(REDIRECT_URI.to_owned());
    OfficientSim::start(OfficientOptions { redirect_uri, ..OfficientOptions::default() }).await.unwrap()
}

/// The address of the authorization request, as the service makes it.
fn authorization_url(sim: &OfficientSim) -> String {
    let fields = [
        ("response_type", "code"),
        ("client_id", sim.client_id()),
        ("redirect_uri", REDIRECT_URI),
        ("state", "s&1\"<"),
    ];
    Url::parse_with_params(&format!("{}/authorize", sim.url()), fields).unwrap().to_string()
}

fn is_consent_page(page: &Page) -> bool {
    page.body.contains(">Geef toegang</button>") && page.body.contains(">Weigeren</button>")
}

#[tokio::test]
async fn sign_in_precedes_consent_and_keeps_the_authorization_request() {
    let sim = officient().await;
    let mut browser = Browser::new();
    let sign_in = browser.open(&authorization_url(&sim)).await;
    assert!(!is_consent_page(&sign_in) && sign_in.body.contains("type=\"password\""));
    let consent = browser.press(&sign_in, "Aanmelden", &[]).await;
    let consent = browser.follow(&consent).await;
    assert_eq!(consent.url.as_str(), authorization_url(&sim), "the same request");
    assert!(is_consent_page(&consent));
    for permission in ["basic", "personal info", "webhooks", "calendar"] {
        assert!(consent.body.contains(permission), "{permission}");
    }

    let back = browser.press(&consent, "Geef toegang", &[]).await.location.unwrap();
    assert!(back.as_str().starts_with("https://acme.example/back?x=1&code="), "{back}");
    let parameters: Vec<_> = back.query_pairs().skip(1).map(|(name, _)| name.into_owned()).collect();
    assert_eq!(parameters, ["code", "state"]);
    assert_eq!(back.query_pairs().last().unwrap().1, "s&1\"<");
    let back = browser.press(&consent, "Weigeren", &[]).await.location.unwrap();
    assert_eq!(back.as_str(), "https://acme.example/back?x=1&error=access_denied&state=s%261%22%3C");
}

#[tokio::test]
async fn a_browser_stays_signed_in_until_it_signs_out() {
    let sim = officient().await;
    let mut browser = Browser::new();
    let sign_in = browser.open(&authorization_url(&sim)).await;
    browser.press(&sign_in, "Aanmelden", &[("email", "an@acme.example"), ("password", "x")]).await;
    let consent = browser.open(&authorization_url(&sim)).await;
    assert!(is_consent_page(&consent) && consent.body.contains("an@acme.example"));
    assert!(!is_consent_page(&Browser::new().open(&authorization_url(&sim)).await), "another browser is not signed in");

    let sign_in = browser.press(&consent, "Afmelden", &[]).await;
    let sign_in = browser.follow(&sign_in).await;
    assert_eq!(sign_in.url.as_str(), authorization_url(&sim));
    assert!(!is_consent_page(&sign_in));
}

#[tokio::test]
async fn nobody_gives_access_without_signing_in() {
    let sim = officient().await;
    let mut browser = Browser::new();
    let sign_in = browser.open(&authorization_url(&sim)).await;
    for wrong in [("email", ""), ("password", "")] {
        let again = browser.press(&sign_in, "Aanmelden", &[wrong]).await;
        assert!(!is_consent_page(&again) && again.body.contains("role=\"alert\""));
        assert!(!is_consent_page(&browser.open(&authorization_url(&sim)).await));
    }
    let fields = [("client_id", sim.client_id()), ("redirect_uri", REDIRECT_URI), ("answer", "allow")];
    let refused = browser.post(&format!("{}/authorize", sim.url()), &fields).await;
    assert!(refused.location.as_ref().unwrap().as_str().starts_with(&sim.url()), "{:?}", refused.location);
    assert!(!is_consent_page(&browser.follow(&refused).await));
}

#[tokio::test]
async fn signing_in_redirects_to_the_authorization_page_only() {
    let sim = officient().await;
    let mut browser = Browser::new();
    let evil = "https://evil.example/";
    for path in ["sign-in", "sign-out"] {
        let fields = [
            ("email", "an@acme.example"),
            ("password", "x"),
            ("client_id", sim.client_id()),
            ("redirect_uri", evil),
            ("next", evil),
        ];
        let response = browser.post(&format!("{}/{path}", sim.url()), &fields).await;
        assert!(response.location.as_ref().unwrap().as_str().starts_with(&format!("{}/authorize?", sim.url())));
        let refused = browser.follow(&response).await;
        assert_eq!(refused.status, 400, "{path}");
        assert!(!refused.body.contains("<form"));
    }
}

#[tokio::test]
async fn an_invalid_authorization_request_is_refused_before_the_sign_in() {
    let sim = officient().await;
    let url = format!("{}/authorize", sim.url());
    for wrong in [
        [("client_id", "x"), ("redirect_uri", REDIRECT_URI)],
        [("client_id", sim.client_id()), ("redirect_uri", "https://evil.example")],
        [("client_id", sim.client_id()), ("response_type", "token")],
    ] {
        let address = Url::parse_with_params(&url, wrong).unwrap();
        assert_eq!(Browser::new().open(address.as_str()).await.status, 400, "{wrong:?}");
    }
}

#[tokio::test]
async fn the_token_call_must_have_the_redirect_address_of_the_authorization_request() {
    let officient = Officient::start().await;
    let url = officient.sim.url();
    let (id, secret) = (officient.sim.client_id(), officient.sim.client_secret());
    let mut browser = Browser::new();
    let fields = [("client_id", id), ("redirect_uri", "https://a.example/")];
    let request = Url::parse_with_params(&format!("{url}/authorize"), fields).unwrap();
    let sign_in = browser.open(request.as_str()).await;
    browser.press(&sign_in, "Aanmelden", &[]).await;
    for (redirect_uri, expected) in [("https://a.example/", 200), ("https://b.example/", 400)] {
        let consent = browser.open(request.as_str()).await;
        let back = browser.press(&consent, "Geef toegang", &[]).await.location.unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("client_secret", secret),
            ("code", &code),
            ("redirect_uri", redirect_uri),
        ];
        assert_eq!(browser.post(&format!("{url}/1.0/token"), &fields).await.status, expected);
    }
}
