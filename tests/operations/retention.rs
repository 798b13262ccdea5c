//! How long data is kept, and that a long history slows nothing down.

use crate::support::prelude::*;

async fn count(w: &World, what: &str) -> i64 {
    let count = sqlx::AssertSqlSafe(format!("select count(*) from {what}"));
    sqlx::query_scalar(count).fetch_one(&w.db).await.unwrap()
}

#[tokio::test]
async fn old_rows_are_deleted_in_batches_and_rows_in_use_stay() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.webhook().await;
    w.sql("insert into webhook_events (received_at, event_type, processed_at)
             select now() - interval '31 days', 'old', now() from generate_series(1, 2500);
         insert into webhook_events (received_at, event_type, processed_at)
             select now() - interval '29 days', 'recent', now() from generate_series(1, 3);
         insert into attention (kind, subject_id, detail, first_seen_at, last_seen_at, resolved_at)
             select 'invalid_event', n::text, 'old', now(), now(), now() - interval '31 days' from generate_series(1, 2500) n;
         insert into attention (kind, subject_id, detail, first_seen_at, last_seen_at, resolved_at)
             values ('invalid_event', '1', 'recent', now(), now(), now() - interval '29 days');
         insert into audit_log (at, action) values (now() - interval '4 years', 'old'), (now() - interval '2 years', 'recent');
         insert into absences (company_id, event_id, person_id, date, optedo_user_id, optedo_absence_id, absence_type_id,
                 starts_at, ends_at, all_day)
             select 60002, 900000 + n, 900, current_date - 1100, 1, 900000 + n, 1, now() - interval '1 day', now(), true
             from generate_series(1, 2500) n;
         insert into absences (company_id, event_id, person_id, date, optedo_user_id, optedo_absence_id, absence_type_id,
                 starts_at, ends_at, all_day)
             values (60002, 990000, 901, current_date - 1000, 1, 990000, 1, now() - interval '1 day', now(), true);
         insert into people (company_id, person_id, first_name, last_name, archived, attempted_at) values
             (60002, 900, 'Lang', 'Geleden', true, now() - interval '4 years'),
             (60002, 901, 'Heeft', 'Verlof', true, now() - interval '4 years'),
             (60002, 902, 'Pas', 'Vertrokken', true, now() - interval '1 year'),
             (60002, 903, null, null, true, now() - interval '31 days'),
             (60002, 904, null, null, true, now() - interval '1 day')",
    )
    .await;
    // The next clean-up.
    w.advance(SignedDuration::from_mins(11)).await;
    w.until("the old people are gone", async || count(&w, "people where person_id in (900, 903)").await == 0).await;
    assert_eq!(count(&w, "webhook_events where event_type = 'old'").await, 0);
    assert_eq!(count(&w, "webhook_events where event_type = 'recent'").await, 3);
    assert_eq!(count(&w, "attention where detail = 'old'").await, 0);
    assert_eq!(count(&w, "attention where detail = 'recent'").await, 1);
    assert_eq!(count(&w, "audit_log where action = 'old'").await, 0);
    assert_eq!(count(&w, "audit_log where action = 'recent'").await, 1);
    assert_eq!(count(&w, "absences where person_id = 900").await, 0);
    assert_eq!(count(&w, "absences where person_id = 901").await, 1);
    assert_eq!(count(&w, "people where person_id in (901, 902, 904)").await, 3);
    assert!(w.absence_of(event).is_some());
    assert_eq!(w.optedo.writes(), 1, "Optedo is not touched");
    w.finish(&[]).await;
}

#[tokio::test]
async fn unprocessed_webhooks_are_kept_however_old_they_are() {
    let w = options().world().await;
    for _ in 0..3 {
        w.receive("calendar_event_added", w.jan).await;
    }
    w.advance(SignedDuration::from_hours(24 * 40)).await;
    w.advance(SignedDuration::from_mins(11)).await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert!(w.absence_of(event).is_some());
    assert_eq!(count(&w, "webhook_events where processed_at is not null").await, 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn with_a_long_history_no_statement_reads_a_whole_table() {
    let mut w = options().set("retention.absences", "9y").connected().await;
    let first = w.take_leave(0);
    w.webhook().await;
    // What a session did is counted when it ends.
    w.app.stop().await;
    w.app.app.engine.db.close().await;
    w.sql("insert into absences (company_id, event_id, person_id, date, optedo_user_id, optedo_absence_id, absence_type_id,
                 starts_at, ends_at, all_day)
             select 60002, 1000000 + n, 1000 + n % 500, current_date - n % 1000, 1, 1000000 + n, 1, now() - interval '1 day', now(), true
             from generate_series(1, 100000) n;
         insert into webhook_events (received_at, event_type, related_object_id, processed_at)
             select now() - n * interval '20 seconds', 'x', n::text, now() from generate_series(1, 100000) n;
         insert into history (at, company_id, person_id, event_id, action, reason)
             select now() - n * interval '20 seconds', 60002, 1000 + n % 500, n, 'created', 'webhook' from generate_series(1, 100000) n;
         analyze",
    )
    .await;
    w.sql("select pg_stat_force_next_flush()").await;
    w.sql("select pg_stat_reset()").await;
    w.app.restart().await;
    let second = w.take_leave(1);
    w.webhook().await;
    w.officient.delete_event(first);
    w.webhook().await;
    w.webhook_about("calendar_event_added", 77_777).await;
    w.sweep().await;
    w.advance(SignedDuration::from_mins(11)).await;
    w.get("/status").await;
    w.get("/absences?page=1").await;
    w.get("/attention").await;
    assert!(w.absence_of(second).is_some());
    assert_eq!(w.status().await["absences"]["written"], 100_001);
    w.app.stop().await;
    w.app.app.engine.db.close().await;
    let read: Vec<(String, i64)> = sqlx::query_as(
        "select relname::text, seq_scan from pg_stat_user_tables
         where relname in ('absences', 'webhook_events', 'history') and seq_scan > 0",
    )
    .fetch_all(&w.db)
    .await
    .unwrap();
    assert!(read.is_empty(), "read as a whole: {read:?}");
    // Nor does anything read much of an index, or many rows by one.
    let read: Vec<(String, i64)> = sqlx::query_as(
        "select indexrelname::text, greatest(idx_tup_read, idx_tup_fetch) from pg_stat_user_indexes
         where relname in ('absences', 'webhook_events', 'history') and idx_tup_read > 3000",
    )
    .fetch_all(&w.db)
    .await
    .unwrap();
    assert!(read.is_empty(), "read by the thousand: {read:?}");
}
