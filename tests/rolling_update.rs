//! Two versions on one database: this one beside the next one's schema, and a real older program beside this one.

use reqwest::{Method, StatusCode};

use crate::support::world::World;

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
