//! Matching people with users: only equal names match; everybody else is blocked, with a hint.

use crate::support::prelude::*;

/// Nothing is written for a name that is nearly Optedo's "Jan Peeters", and the hint names the difference.
#[tokio::test]
async fn a_nearly_equal_name_does_not_match_and_the_hint_names_the_difference() {
    for (first_name, last_name, difference) in [
        ("jan", "Peeters", "case"),
        ("Jan", "Peeters ", "space"),
        ("Ján", "Peeters", "accent"),
        ("Peeters", "Jan", "other way round"),
    ] {
        let w = World::start().await;
        w.officient.rename_person(w.jan, first_name, last_name);
        w.take_leave(0);
        w.take_leave(1);
        w.connect_and_import().await;
        assert_eq!(w.absences(), [], "{difference}");
        let item = w.item("unmatched_person").await;
        assert_eq!(item["subject"], format!("{first_name} {last_name}"));
        assert_eq!((&item["subjectId"], &item["waiting"]), (&json!(w.jan.to_string()), &json!(2)));
        let hint = item["hint"].to_string();
        assert!(hint.contains("Jan Peeters") && hint.to_lowercase().contains(difference), "{hint}");

        // Corrected in Officient: a webhook about that person is enough.
        w.officient.rename_person(w.jan, "Jan", "Peeters");
        w.webhook().await;
        assert_eq!(w.absences().len(), 2, "{difference}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_name_like_no_other_is_reported_without_a_hint() {
    let w = World::start().await;
    let other = w.officient.add_person("Zoë", "Quisquater");
    w.officient.add_event(other, w.leave(0));
    w.connect_and_import().await;
    assert_eq!(w.item("unmatched_person").await["hint"], json!(null));
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn a_corrected_name_is_noticed_by_a_sweep_and_by_retry() {
    for (corrected_in, noticed_by) in [("Officient", "sweep"), ("Optedo", "sweep"), ("Optedo", "retry")] {
        let w = options().set("sync.sweep_interval", "15m").world().await;
        let rename = |first_name| match corrected_in {
            "Officient" => w.officient.rename_person(w.jan, first_name, "Peeters"),
            _ => w.optedo.rename_user(w.user, first_name, "Peeters"),
        };
        rename("JAN");
        let event = w.take_leave(0);
        w.connect_and_import().await;
        w.finish(&["unmatched_person"]).await;
        rename("Jan");
        if noticed_by == "sweep" {
            w.periodic_sweep().await;
        } else {
            w.retry(&w.item("unmatched_person").await).await;
        }
        assert_eq!(w.times_of(event), whole_day(w.day(0)), "corrected in {corrected_in}, {noticed_by}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn for_two_users_with_the_same_name_nothing_is_written_until_one_is_renamed() {
    let w = World::start().await;
    let twin = w.optedo.add_user("Jan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.item("ambiguous_person").await["waiting"], 1);
    w.optedo.rename_user(twin, "Jan", "Peeters-Claes");
    w.sweep().await;
    assert_eq!(w.absence_of(event).unwrap().content.user_id, w.user);
    w.finish(&[]).await;
}

#[tokio::test]
async fn for_two_people_with_the_same_name_nothing_is_written_or_deleted_until_one_is_renamed() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let twin = w.officient.add_person("Jan", "Peeters");
    w.officient.add_event(twin, w.leave(1));
    w.make_partial(event, 9, 60);
    w.webhook_about("person_added", twin).await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)), "written before: neither changed nor deleted");
    assert_eq!(w.absences().len(), 1);
    w.finish(&["ambiguous_person", "ambiguous_person"]).await;

    w.officient.rename_person(twin, "Jan", "Claes");
    w.sweep().await;
    assert_ne!(w.times_of(event), whole_day(w.day(0)));
    assert_eq!(w.absences().len(), 1);
    assert_eq!(w.item("unmatched_person").await["subject"], "Jan Claes");
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn an_archived_namesake_does_not_make_a_name_ambiguous() {
    let w = World::start().await;
    let twin = w.officient.add_person("Jan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.finish(&["ambiguous_person"]).await;
    w.officient.archive_person(twin);
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_inactive_user_does_not_match_and_the_hint_says_so() {
    let w = World::start().await;
    w.optedo.set_user_active(w.user, false);
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    assert!(w.item("unmatched_person").await["hint"].to_string().contains("inactive"));
    let successor = w.optedo.add_user("Jan", "Peeters");
    w.sweep().await;
    assert_eq!(w.absence_of(event).unwrap().content.user_id, successor);
    w.finish(&[]).await;
}

#[tokio::test]
async fn absences_move_when_a_renamed_person_matches_another_user() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let absence = w.absence_of(event).unwrap();
    let claes = w.optedo.add_user("Jan", "Claes");
    w.officient.rename_person(w.jan, "Jan", "Claes");
    w.sweep().await;
    let moved = w.absence_of(event).unwrap();
    assert_eq!((moved.id, moved.content.user_id), (absence.id, claes));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_who_no_longer_matches_keeps_their_absences() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.rename_person(w.jan, "Jan", "Claes");
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&["unmatched_person"]).await;
    // The event is deleted: that is evidence, not a problem.
    w.officient.delete_event(event);
    w.webhook().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_archived_person_keeps_their_absences_and_the_attention_item_says_so() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.archive_person(w.jan);
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    assert!(w.item("archived_people").await["detail"].to_string().to_lowercase().contains("archiv"));
    w.officient.set_archived(w.jan, false);
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    assert_eq!(w.optedo.writes(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_deleted_in_officient_keeps_their_absences() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.delete_person(w.jan);
    w.webhook_about("person_deleted", w.jan).await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.sweep().await;
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    assert_eq!(w.queue("retrying").await, 0);
    w.finish(&["archived_people"]).await;
}

#[tokio::test]
async fn an_unmatched_person_without_leave_is_listed_but_opens_no_attention_item() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    w.connect_and_import().await;
    let people = w.get("/people").await;
    assert_eq!(people[0]["state"], "unmatched", "{people}");
    assert!(people[0]["hint"].to_string().contains("Jan Peeters"), "{people}");
    w.finish(&[]).await;
}
