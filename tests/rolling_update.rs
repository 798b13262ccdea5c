//! Two versions on one database: this one beside the next one's schema, and a real older program beside this one.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::commands::program_of;
use crate::processes::{Copy, Dice, change, free_port, port_of, standing, wanted, without_service};
use crate::support::world::{World, options};

#[tokio::test]
async fn a_running_copy_is_not_disturbed_by_the_schema_of_the_next_version() {
    let w = World::connected().await;
    // Everything was asked of the database once, so every statement is prepared.
    let first = w.take_leave(0);
    w.announce().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables
         where table_schema = 'public' and table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&w.db)
    .await
    .unwrap();
    for table in tables {
        let expand = format!("alter table {table} add column of_the_next_version text default 'x'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(expand)).execute(&w.db).await.unwrap();
    }
    let second = w.take_leave(1);
    w.announce().await;
    assert!(w.absence_of(second).is_some());
    w.officient.delete_event(first);
    w.announce().await;
    w.sweep().await;
    assert_eq!(w.absence_of(first), None);
    assert_eq!(w.api(Method::GET, "/people").send().await.unwrap().status(), StatusCode::OK);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_copy_of_the_previous_version_can_start_again_beside_the_next_one() {
    let mut w = World::connected().await;
    // The next version has migrated the database: a version that this one does not know.
    sqlx::raw_sql(
        "alter table people add column of_the_next_version text;
         insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (29990101000000, 'of the next version', true, ''::bytea, 1)",
    )
    .execute(&w.db)
    .await
    .unwrap();
    w.app.restart().await;
    let event = w.take_leave(0);
    w.announce().await;
    assert!(w.absence_of(event).is_some());
    w.finish(&[]).await;
}

/// Leave of everybody changes, twenty times, and every change is announced: to the copy that Officient knows by Officient,
/// to this one by us.
async fn a_day(w: &World, people: &[(i64, i64)], dice: &mut Dice, also: &Copy) {
    let path = w.officient.subscriptions()[0].target_url.clone();
    let path = path.strip_prefix(&w.url).unwrap();
    for _ in 0..20 {
        change(w, people, dice);
        tokio::time::sleep(Duration::from_millis(u64::try_from(dice.below(30)).unwrap())).await;
    }
    let body = json!({"event_type": "calendar_event_updated", "related_object_id": people[0].0.to_string()});
    let answer = w.http.post(format!("{}{path}", also.url)).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
#[ignore = "scripts/rolling-update: builds the version before"]
async fn a_real_previous_version_and_this_one_share_a_database_during_an_update() {
    #[expect(clippy::disallowed_methods, reason = "said by scripts/rolling-update")]
    let said = |name| std::env::var(name);
    let previous = said("PREVIOUS").expect("PREVIOUS: run scripts/rolling-update");
    let is_taken_back = said("BACK").is_ok();
    let patient = options().officient(|options| options.first_redelivery = Duration::from_millis(50));
    let w = without_service(patient.set("sync.max_deletions", "1000")).await;
    let (environment, port) = (w.environment(), port_of(&w));
    // The previous version makes its own schema, and connects.
    sqlx::raw_sql("drop schema public cascade; create schema public").execute(&w.db).await.unwrap();
    for webhook in w.officient.subscriptions() {
        w.officient.remove_subscription(webhook.id);
    }
    let old = async |port| {
        let serve = program_of(&previous, &environment, &["serve"]);
        Copy::start_with(&w, serve, port).await
    };
    let new = async |port| Copy::start(&w, &environment, port).await;
    let migrations = async || {
        let count = sqlx::query_scalar::<_, i64>("select count(*) from _sqlx_migrations");
        count.fetch_one(&w.db).await.unwrap()
    };
    let first = old(port).await;
    w.connect_and_import().await;
    let before = migrations().await;
    let mut people = vec![(w.jan, w.user)];
    people.extend((0..4).map(|number| w.hire("Piet", &format!("Pieters{number}"))));
    let mut dice = Dice(5);
    w.officient.set_notify(true);
    a_day(&w, &people, &mut dice, &first).await;

    // The update: a new copy beside the old one, which still does the syncing, on the next schema.
    let second = new(free_port()).await;
    assert!(is_taken_back || migrations().await > before, "no schema of a next version: nothing is shown");
    a_day(&w, &people, &mut dice, &second).await;
    w.until_optedo("the old copy brings it about", || standing(&w) == wanted(&w, &people)).await;
    first.kill();
    let mut third = new(port).await;
    a_day(&w, &people, &mut dice, &third).await;

    if is_taken_back {
        // Old copies on the new schema, and then the update is made again.
        let fourth = old(free_port()).await;
        a_day(&w, &people, &mut dice, &fourth).await;
        third.kill();
        let fifth = old(port).await;
        a_day(&w, &people, &mut dice, &fifth).await;
        w.until_optedo("somebody brings it about", || standing(&w) == wanted(&w, &people)).await;
        fifth.kill();
        third = new(port).await;
    }
    a_day(&w, &people, &mut dice, &third).await;
    w.officient.webhooks_delivered().await;
    w.until_optedo("everything stands as it should", || standing(&w) == wanted(&w, &people)).await;
    w.settle().await;
    w.sweep().await;
    assert_eq!(standing(&w), wanted(&w, &people));
    w.finish(&[]).await;
}
