//! Two versions on one database: this one beside the next one's schema, and a real older program beside this one.

use crate::support::changes::{Dice, change, standing, until_equal, wanted};
use crate::support::prelude::*;
use crate::support::program::{Replica, program_of};

#[tokio::test]
async fn a_running_replica_works_on_the_schema_of_the_next_version() {
    let w = World::connected().await;
    // Everything was asked of the database once, so every statement is prepared.
    let first = w.take_leave(0);
    w.webhook().await;
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
    w.webhook().await;
    assert!(w.absence_of(second).is_some());
    w.officient.delete_event(first);
    w.webhook().await;
    w.sweep().await;
    assert_eq!(w.absence_of(first), None);
    assert_eq!(w.api(Method::GET, "/people").send().await.unwrap().status(), StatusCode::OK);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_replica_can_restart_on_the_schema_of_the_next_version() {
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
    w.webhook().await;
    assert!(w.absence_of(event).is_some());
    w.finish(&[]).await;
}

/// Leave changes twenty times. Officient delivers its webhooks to the replica that it knows; the test delivers one to
/// this replica.
async fn twenty_changes(w: &World, people: &[(i64, i64)], dice: &mut Dice, also: &Replica) {
    let path = w.officient.subscriptions()[0].target_url.clone();
    let path = path.strip_prefix(&w.url).unwrap();
    for _ in 0..20 {
        change(w, people, dice);
        tokio::time::sleep(Duration::from_millis(u64::try_from(dice.below(30)).unwrap())).await;
    }
    let body = json!({"event_type": "calendar_event_updated", "related_object_id": people[0].0.to_string()});
    let response = w.http.post(format!("{}{path}", also.url)).json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
#[ignore = "scripts/rolling-update: builds the version before"]
async fn the_previous_version_and_this_one_share_a_database_during_an_update() {
    #[expect(clippy::disallowed_methods, reason = "set by scripts/rolling-update")]
    let variable = |name| std::env::var(name);
    let previous = variable("PREVIOUS").expect("PREVIOUS: run scripts/rolling-update");
    let is_taken_back = variable("BACK").is_ok();
    let patient = options().officient(|options| options.first_redelivery = Duration::from_millis(50));
    let w = patient.set("sync.max_deletions", "1000").connected_without_service().await;
    let (environment, port) = (w.environment(), w.port());
    // The previous version makes its own schema, and connects.
    sqlx::raw_sql("drop schema public cascade; create schema public").execute(&w.db).await.unwrap();
    for webhook in w.officient.subscriptions() {
        w.officient.remove_subscription(webhook.id);
    }
    let old = async |port| {
        let serve = program_of(&previous, &environment, &["serve"]);
        Replica::start_with(&w, serve, port).await
    };
    let new = async |port| Replica::start(&w, &environment, port).await;
    let migrations = async || {
        let count = sqlx::query_scalar::<_, i64>("select count(*) from _sqlx_migrations");
        count.fetch_one(&w.db).await.unwrap()
    };
    let first = old(port).await;
    w.connect_and_import().await;
    let before = migrations().await;
    let people = [vec![(w.jan, w.user)], w.hire_people(4)].concat();
    let mut dice = Dice(5);
    w.officient.set_notify(true);
    twenty_changes(&w, &people, &mut dice, &first).await;

    // The update: a new replica beside the old one, which still leads, on the next schema.
    let second = new(free_port()).await;
    assert!(is_taken_back || migrations().await > before, "no schema of a next version: nothing is shown");
    twenty_changes(&w, &people, &mut dice, &second).await;
    until_equal(&w, &people).await;
    first.kill();
    let mut third = new(port).await;
    twenty_changes(&w, &people, &mut dice, &third).await;

    if is_taken_back {
        // The update is taken back: old replicas on the new schema; then it is made again.
        let fourth = old(free_port()).await;
        twenty_changes(&w, &people, &mut dice, &fourth).await;
        third.kill();
        let fifth = old(port).await;
        twenty_changes(&w, &people, &mut dice, &fifth).await;
        until_equal(&w, &people).await;
        fifth.kill();
        third = new(port).await;
    }
    twenty_changes(&w, &people, &mut dice, &third).await;
    w.officient.webhooks_delivered().await;
    until_equal(&w, &people).await;
    w.settle().await;
    w.sweep().await;
    assert_eq!(standing(&w), wanted(&w, &people));
    w.finish(&[]).await;
}
