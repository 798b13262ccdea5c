//! The command `check`: a healthy installation has no findings; each fault has its own, and the rest is checked as
//! well.

use crate::support::prelude::*;
use crate::support::program::{run, run_in, with};

/// The exit code, and the findings as (check, outcome, detail, remedy).
async fn check(world: &World) -> (Option<i32>, Vec<[String; 4]>) {
    let ended = run(&world.app, &["check", "--json"]).await;
    (ended.code, findings(&ended.out))
}

fn findings(out: &str) -> Vec<[String; 4]> {
    let report: Value = serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|it| ["check", "outcome", "detail", "remedy"].map(|key| text(&it[key]))).collect()
}

fn of<'a>(found: &'a [[String; 4]], check: &str) -> Vec<&'a [String; 4]> {
    found.iter().filter(|finding| finding[0] == check).collect()
}

/// A dump of the database without the calls to Officient, which every command reserves there.
fn without_calls(dump: &str) -> Vec<String> {
    dump.lines().filter(|line| !line.starts_with("officient_calls")).map(str::to_owned).collect()
}

fn problems(found: &[[String; 4]]) -> Vec<&str> {
    found.iter().filter(|finding| finding[1] == "problem").map(|finding| finding[0].as_str()).collect()
}

#[tokio::test]
async fn a_healthy_installation_has_no_findings_and_nothing_is_written() {
    let world = World::connected().await;
    world.take_leave(1);
    world.webhook().await;
    let (writes, dump) = (world.optedo.writes(), world.dump().await);
    let subscriptions = world.officient.subscriptions().len();
    let (code, found) = check(&world).await;
    assert_eq!(code, Some(0), "{found:?}");
    assert!(found.iter().all(|finding| finding[1] == "ok" && finding[3].is_empty()), "{found:?}");
    for check in [
        "configuration",
        "database",
        "migrations",
        "secrets",
        "officient",
        "officient.connection",
        "officient.people",
        "officient.person",
        "officient.calendar",
        "officient.requests",
        "officient.leave_types",
        "officient.webhooks",
        "optedo.users",
        "optedo.absence_types",
        "optedo.absences",
        "people",
        "leave_types",
    ] {
        assert!(!of(&found, check).is_empty(), "{check} in {found:?}");
    }
    assert_eq!(world.optedo.writes(), writes);
    assert_eq!(world.officient.subscriptions().len(), subscriptions);
    assert_eq!(without_calls(&world.dump().await), without_calls(&dump), "only calls are set aside");
    let ended = run(&world.app, &["check"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.ends_with("0 problems, 0 warnings\n"), "{}", ended.out);
    world.finish(&[]).await;
}

#[tokio::test]
async fn a_check_with_a_new_key_or_without_a_webhook_token_writes_nothing() {
    let world = World::connected().await;
    let off = with(world.environment(), "log.filter", "off");
    let rotated = with(off.clone(), "security.encryption_key", OTHER_KEY);
    let rotated = with(rotated, "security.previous_encryption_keys", KEY);
    let before = world.dump().await;
    let ended = run_in(rotated, &["check", "--json"]).await;
    assert_eq!((ended.code, problems(&findings(&ended.out))), (Some(0), vec![]), "{ended:?}");
    assert_eq!(without_calls(&world.dump().await), without_calls(&before));

    let fresh = create_database().await;
    let environment = with(off, "DATABASE_URL", &fresh);
    assert_eq!(run_in(environment.clone(), &["migrate"]).await.code, Some(0));
    let ended = run_in(environment, &["check", "--json"]).await;
    assert_eq!(problems(&findings(&ended.out)), ["officient.connection"], "{ended:?}");
    let pool = sqlx::PgPool::connect(&fresh).await.unwrap();
    let has_token = sqlx::query_scalar("select webhook_token is not null from connection");
    let has_token: bool = has_token.fetch_one(&pool).await.unwrap();
    assert!(!has_token);
    pool.close().await;
}

#[tokio::test]
async fn people_and_types_that_do_not_match_are_warnings_with_a_remedy() {
    let world = World::start().await;
    let els = world.officient.add_person("Els", "De Smet");
    world.optedo.add_user("Els", "de Smet");
    let adv = world.officient.add_leave_type("adv", None);
    world.optedo.add_absence_type("ADV");
    world.connect_and_import().await;
    let (code, found) = check(&world).await;
    assert_eq!(code, Some(0), "{found:?}");
    let warning = |check: &str| {
        let warnings: Vec<_> = of(&found, check).into_iter().filter(|it| it[1] == "warning").collect();
        assert_eq!(warnings.len(), 1, "{found:?}");
        warnings[0].clone()
    };
    let person = warning("people");
    assert!(person[2].contains(&format!("person {els}:")) && person[2].contains("de Smet"), "{person:?}");
    let kind = warning("leave_types");
    assert!(kind[2].contains(&format!("leave type {adv} (adv)")) && kind[2].contains("“ADV”"), "{kind:?}");
    assert!(!person[3].is_empty() && !kind[3].is_empty());
}

#[tokio::test]
async fn each_missing_permission_is_named_and_the_rest_is_checked() {
    let world = World::connected().await;
    let paths = [
        ("/1.0/people/list", "officient.people", "basic"),
        (&*format!("/1.0/people/{}/", world.jan), "officient.person", "personal info"),
        (&*format!("/1.0/calendar/{}/", world.jan), "officient.calendar", "calendar"),
        ("/1.0/calendar/requests", "officient.requests", "calendar"),
        ("/1.0/calendar/events/types", "officient.leave_types", "calendar"),
        ("/1.0/webhooks", "officient.webhooks", "webhooks"),
    ];
    for (path, name, permission) in paths {
        world.officient.fault_on(path, Fault::Status(403), 20);
        let (code, found) = check(&world).await;
        world.officient.clear_faults();
        assert_eq!(code, Some(1), "{found:?}");
        assert_eq!(problems(&found), [name]);
        let remedy = &of(&found, name)[0][3];
        assert!(remedy.contains(&format!("(read: {permission})")), "{remedy}");
        assert!(!of(&found, "optedo.users").is_empty(), "{found:?}");
    }
}

#[tokio::test]
async fn missing_duplicated_stale_and_refused_subscriptions_are_distinguished() {
    let world = World::start().await;
    world.officient.refuse_event_names(&["calendar_event_deleted"]);
    world.connect_and_import().await;
    let url = world.webhook_url();
    let standing = world.officient.subscriptions();
    let id_of = |event: &str| standing.iter().find(|it| it.event == event).unwrap().id;
    world.officient.remove_subscription(id_of("person_added"));
    world.officient.add_subscription("person_deleted", &url);
    world.officient.add_subscription("calendar_event_added", &(url.clone() + "x"));
    let (code, found) = check(&world).await;
    assert_eq!(code, Some(1), "{found:?}");
    let outcome_of = |event: &str| {
        let webhooks = of(&found, "officient.webhooks");
        let mut webhooks = webhooks.into_iter().filter(|it| it[2].starts_with(&format!("{event} ")));
        let finding = webhooks.next().unwrap();
        (finding[1].clone(), finding[2].clone())
    };
    let expected = [
        ("person_added", "problem", "is missing"),
        ("person_deleted", "warning", "more than once"),
        ("calendar_event_added", "warning", "former address too"),
        ("calendar_event_updated", "ok", "is registered"),
        ("calendar_event_deleted", "warning", "was refused"),
    ];
    for (event, outcome, detail) in expected {
        let (is, says) = outcome_of(event);
        assert!(is == outcome && says.contains(detail), "{event}: {is} {says}");
    }
    assert!(!format!("{found:?}").contains(&world.webhook_secret()));
}

#[tokio::test]
async fn the_service_that_refuses_our_token_is_named_and_the_other_is_checked() {
    let world = World::connected().await;
    world.optedo.revoke_token();
    let (code, found) = check(&world).await;
    assert_eq!(code, Some(1));
    assert_eq!(problems(&found), ["optedo.users", "optedo.absence_types"]);
    assert!(of(&found, "optedo.users")[0][3].contains("optedo.api_token"));
    assert!(!of(&found, "officient.calendar").is_empty());

    let world = World::connected().await;
    world.officient.revoke_all_tokens();
    let (code, found) = check(&world).await;
    assert_eq!(code, Some(1));
    assert!(problems(&found).iter().all(|check| check.starts_with("officient.")), "{found:?}");
    let (_, found) = check(&world).await;
    assert_eq!(problems(&found), ["officient.connection"]);
    assert_eq!(of(&found, "optedo.users")[0][1], "ok");
}

#[tokio::test]
async fn a_missing_connection_and_an_unreachable_service_are_reported() {
    let world = World::start().await;
    let (code, found) = check(&world).await;
    assert_eq!((code, problems(&found)), (Some(1), vec!["officient.connection"]));
    assert!(of(&found, "officient.connection")[0][3].contains("sign in"));

    world.officient.stop().await;
    world.optedo.stop().await;
    let (code, found) = check(&world).await;
    assert_eq!(code, Some(1));
    assert_eq!(problems(&found), ["officient", "optedo.users", "optedo.absence_types"]);
}

#[tokio::test]
async fn a_service_that_does_not_respond_does_not_block_the_check() {
    let world =
        crate::support::world::options().set("officient.timeout", "1s").set("optedo.timeout", "1s").connected().await;
    let _silence = (world.officient.hold("/", 0), world.optedo.hold("/", 0));
    let (code, found) = check(&world).await;
    assert_eq!(code, Some(1));
    assert_eq!(problems(&found), ["officient", "optedo.users", "optedo.absence_types"]);
}

#[tokio::test]
async fn faults_of_the_database_are_reported_and_it_is_not_migrated() {
    let world = World::connected().await;
    let off = with(world.environment(), "log.filter", "off");
    let empty = create_database().await;
    let ended = run_in(with(off.clone(), "DATABASE_URL", &empty), &["check", "--json"]).await;
    assert_eq!((ended.code, problems(&findings(&ended.out))), (Some(1), vec!["migrations"]));
    let pool = sqlx::PgPool::connect(&empty).await.unwrap();
    let tables: i64 =
        sqlx::query_scalar("select count(*) from information_schema.tables where table_schema = 'public'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(tables, 0);

    let nowhere = "postgres://optedo:hunter2hunter2@127.0.0.1:1/acme";
    let ended = run_in(with(off.clone(), "DATABASE_URL", nowhere), &["check", "--json"]).await;
    let found = findings(&ended.out);
    assert_eq!((ended.code, problems(&found)), (Some(1), vec!["database"]));
    assert!(!ended.out.contains("hunter2") && of(&found, "optedo.users")[0][1] == "ok", "{found:?}");

    let ended = run_in(with(off.clone(), "security.encryption_key", OTHER_KEY), &["check", "--json"]).await;
    assert_eq!((ended.code, problems(&findings(&ended.out))), (Some(1), vec!["secrets"]));

    sqlx::query("insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (99990101000000, 'next', true, '', 0)")
        .execute(&world.db)
        .await
        .unwrap();
    let (code, found) = check(&world).await;
    assert_eq!((code, of(&found, "migrations")[0][1].as_str()), (Some(0), "warning"));

    let ended = run_in(with(off, "log.format", "xml"), &["check"]).await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
}
