//! Blocked leave is unblocked within a minute after its cause is gone, without a webhook.

use crate::support::prelude::*;

/// A minute passes; nothing tells the service what changed in it.
async fn a_minute(w: &World) {
    w.advance(SignedDuration::from_secs(61)).await;
}

#[tokio::test]
async fn a_name_corrected_in_optedo_is_noticed_within_a_minute_without_a_webhook() {
    let w = World::start().await;
    w.optedo.rename_user(w.user, "jan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.finish(&["unmatched_person"]).await;
    a_minute(&w).await;
    w.optedo.rename_user(w.user, "Jan", "Peeters");
    a_minute(&w).await;
    w.until("the leave is written", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_name_corrected_in_officient_is_noticed_within_a_minute_without_a_webhook() {
    let w = World::start().await;
    // Two people have the same name: one of them is entered wrongly.
    let (namesake, _) = w.hire("Johanna", "Peeters");
    w.officient.rename_person(namesake, "Jan", "Peeters");
    let event = w.take_leave(0);
    let hers = w.officient.add_event(namesake, w.leave(1));
    w.connect_and_import().await;
    w.finish(&["ambiguous_person", "ambiguous_person"]).await;
    w.officient.rename_person(namesake, "Johanna", "Peeters");
    a_minute(&w).await;
    w.until("the leave of both is written", async || w.absence_of(event).is_some() && w.absence_of(hers).is_some())
        .await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_type_added_in_optedo_or_mapped_in_officient_is_noticed_within_a_minute() {
    let w = World::start().await;
    let [renamed, remapped] = [("Ziekte", 0), ("Thuiswerk", 1)].map(|(name, day)| {
        let id = w.officient.add_leave_type(name, Some("Onbekend"));
        (id, w.take(w.leave(day).of_type(LeaveType::Custom(id))))
    });
    w.officient.set_leave_type_code(renamed.0, Some("Nieuw"));
    w.connect_and_import().await;
    w.finish(&["unmapped_leave_type", "unmapped_leave_type"]).await;
    w.optedo.add_absence_type("Nieuw");
    a_minute(&w).await;
    w.until("leave of the added type is written", async || w.absence_of(renamed.1).is_some()).await;
    w.officient.set_leave_type_code(remapped.0, Some("Vakantie"));
    a_minute(&w).await;
    w.until("leave of the mapped type is written", async || w.absence_of(remapped.1).is_some()).await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn no_call_checks_for_corrections_while_nothing_waits_or_the_item_is_ignored() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    w.take_leave(0);
    w.connect_and_import().await;
    w.ignore(&w.item("unmatched_person").await).await;
    w.officient.clear_calls();
    w.optedo.clear_calls();
    for _ in 0..3 {
        a_minute(&w).await;
        w.until_idle().await;
    }
    assert!(w.officient.calls().is_empty(), "{:?}", w.officient.calls());
    assert!(w.optedo.calls().is_empty(), "{:?}", w.optedo.calls());
    w.finish(&[]).await;
}

#[tokio::test]
async fn checking_for_corrections_costs_few_calls_and_reconciles_nobody_in_vain() {
    let w = World::start().await;
    let people: Vec<i64> = (0..40).map(|number| w.officient.add_person("Piet", &format!("Onbekend{number}"))).collect();
    for person in &people {
        w.officient.add_event(*person, w.leave(0));
    }
    w.connect_and_import().await;
    w.officient.clear_calls();
    w.optedo.clear_calls();
    a_minute(&w).await;
    w.until("ten names are read again", async || w.officient.calls_to("/1.0/people/") == 10).await;
    w.settle().await;
    assert_eq!(w.officient.calls().len(), 10, "{:?}", w.officient.calls());
    assert!(w.optedo.calls().len() <= 2, "{:?}", w.optedo.calls());
    w.until("everybody's names are read", async || {
        a_minute(&w).await;
        people.iter().all(|person| w.officient.calls_to(&format!("/1.0/people/{person}/")) > 0)
    })
    .await;
}
