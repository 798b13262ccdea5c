//! *Vraagt aandacht*, *Personen*, *Verloftypes* and the verdict say the same. `tests/simulation/page.rs` compares them
//! too, after everything that can happen.

use crate::page::tabs::tab;
use crate::support::prelude::*;

const NOTHING: &str = "Niets. Alles wat in Optedo hoort te staan, staat er.";

async fn shown(w: &World, under: &str) -> String {
    Browser::signed_in(w).await.open(&tab(under)).await.ok().text()
}

/// The state of Jan on the tab and in the API, which must be the same.
async fn state_of_jan(w: &World) -> &'static str {
    let page = Browser::signed_in(w).await.open(&tab("/people")).await.ok().body;
    let chip = page.split("<span class=\"chip ").nth(1).unwrap().split("</span>").next().unwrap();
    let texts = [(">gekoppeld", "matched"), (">geen gebruiker", "unmatched"), (">met de hand gekoppeld", "linked")];
    let (_, state) = texts.into_iter().find(|(text, _)| chip.ends_with(text)).unwrap();
    assert_eq!(w.get("/people").await[0]["state"], state);
    state
}

#[tokio::test]
async fn a_user_who_is_renamed_changes_people_and_attention_together_as_soon_as_an_admin_looks() {
    let w = World::connected().await;
    w.take_leave(0);
    w.webhook().await;
    let calendar = w.officient.hold("/1.0/calendar/", 0);
    w.optedo.rename_user(w.user, "Johan", "Peeters");
    w.advance(SignedDuration::from_secs(61)).await;
    // Nobody compared Jan's leave yet, so no tab says more than the others.
    assert_eq!(state_of_jan(&w).await, "matched");
    assert_eq!(w.attention().await, [] as [Value; 0]);
    assert!(!shown(&w, "/attention").await.contains(NOTHING), "Jan is about to be reconciled");
    drop(calendar);
    w.settle().await;
    assert_eq!(state_of_jan(&w).await, "unmatched");
    w.item("unmatched_person").await;

    w.optedo.rename_user(w.user, "Jan", "Peeters");
    w.advance(SignedDuration::from_secs(61)).await;
    shown(&w, "/people").await;
    w.settle().await;
    assert_eq!(state_of_jan(&w).await, "matched");
    assert!(shown(&w, "/attention").await.contains(NOTHING));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_choice_changes_people_and_attention_together() {
    let w = World::start().await;
    let user = w.optedo.add_user("Johan", "Peeters");
    w.optedo.rename_user(w.user, "Piet", "Pieters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let calendar = w.officient.hold("/1.0/calendar/", 0);
    let linked = w.api(Method::PUT, &format!("/people/{}/link", w.jan)).json(&json!({"userId": user})).send().await;
    assert_eq!(linked.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(state_of_jan(&w).await, "linked");
    assert_eq!(w.attention().await, [] as [Value; 0]);
    assert!(!shown(&w, "/attention").await.contains(NOTHING), "Jan is about to be reconciled");
    drop(calendar);
    w.settle().await;
    assert_eq!(state_of_jan(&w).await, "linked");
    assert!(w.absence_of(event).is_some());
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_that_is_in_optedo_waits_on_no_tab() {
    let w = World::connected().await;
    let written = [0, 1, 2].map(|day| w.take_leave(day));
    w.webhook().await;
    w.optedo.rename_user(w.user, "Johan", "Peeters");
    w.advance(SignedDuration::from_hours(2)).await;
    w.sweep().await;
    assert_eq!(w.item("unmatched_person").await["waiting"], 0);
    for under in ["/attention", "/people"] {
        let text = shown(&w, under).await;
        assert!(text.contains("3 van 3 afwezigheden staan in Optedo"), "{under}: {text}");
        assert!(!text.contains("afwezigheden wachten") && !text.contains("Hierop wacht"), "{under}: {text}");
    }
    // What changes since does wait.
    w.make_partial(written[0], 9, 120);
    w.take_leave(3);
    w.webhook().await;
    assert_eq!(w.item("unmatched_person").await["waiting"], 2);
    assert!(shown(&w, "/attention").await.contains("Hierop wachten 2 afwezigheden."));
    assert!(shown(&w, "/people").await.contains("2 afwezigheden wachten"));
    w.optedo.rename_user(w.user, "Jan", "Peeters");
    w.advance(SignedDuration::from_mins(2)).await;
    w.settle().await;
    w.until("it is resolved", async || w.attention().await.is_empty()).await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_of_a_type_that_is_in_optedo_waits_on_no_tab() {
    let w = World::connected().await;
    w.take_leave(0);
    w.webhook().await;
    let kind = w.optedo.absence_types()[0].id;
    let name = w.optedo.absence_types()[0].description.clone();
    w.optedo.rename_absence_type(kind, "Hernoemd");
    w.advance(SignedDuration::from_secs(61)).await;
    shown(&w, "/leave-types").await;
    w.settle().await;
    assert_eq!(w.item("unmapped_leave_type").await["waiting"], 0);
    let text = shown(&w, "/leave-types").await;
    assert!(text.contains("niet gevonden") && !text.contains("afwezigheid wacht"), "{text}");
    w.optedo.rename_absence_type(kind, &name);
    w.advance(SignedDuration::from_mins(2)).await;
    w.until("it is resolved", async || w.attention().await.is_empty()).await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn only_a_good_verdict_says_that_nothing_is_missing() {
    let w = World::connected().await;
    w.take_leave(0);
    w.webhook().await;
    for under in ["", "/attention"] {
        assert!(shown(&w, under).await.contains(NOTHING), "{under}");
    }
    let calendar = w.officient.hold("/1.0/calendar/", 0);
    w.receive("calendar_event_updated", w.jan).await;
    for under in ["", "/attention"] {
        let text = shown(&w, under).await;
        assert!(text.contains("Loopt achter") && !text.contains(NOTHING), "{under}: {text}");
    }
    drop(calendar);
    w.settle().await;
    w.finish(&[]).await;
}
