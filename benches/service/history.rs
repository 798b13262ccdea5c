//! (e) Full tables: two services side by side, one of which has years of use in its tables, measured by turns, so that what
//! the machine does meanwhile happens to both.

use std::time::Duration;

use super::report::{Report, at_least, median, say};
use super::subject::{AT_THE_LIMIT, Subject, WITHOUT_LIMIT};
use super::{acknowledge, company, propagation, sweep};

const ROUNDS: usize = 5;

pub async fn measure(report: &mut Report) {
    let (mut empty, mut full) = (company().await, company().await);
    say("filling the tables");
    fill(&full).await;
    report.part("With 1,000,000 absences and 10,000,000 old webhooks in the tables");

    // A sweep that a restart interrupts goes on at the limit, which takes minutes.
    empty.import().await;
    full.import().await;
    empty.restart_with(AT_THE_LIMIT).await;
    full.restart_with(AT_THE_LIMIT).await;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        before.push(acknowledge::a_second(&empty, 64).await);
        after.push(acknowledge::a_second(&full, 64).await);
    }
    let (before, after) = (median(&mut before), median(&mut after));
    let shown = format!("{after:.0} against {before:.0} empty");
    report.row("webhooks a second at 64 connections", shown, Some(after / before), at_least(0.9));

    empty.restart_with(WITHOUT_LIMIT).await;
    full.restart_with(WITHOUT_LIMIT).await;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for week in 0..ROUNDS {
        before.extend(propagation::times(&empty, Duration::ZERO, week).await);
        after.extend(propagation::times(&full, Duration::ZERO, week).await);
    }
    let (before, after) = (median(&mut before), median(&mut after));
    let shown = format!("{after:.1} ms against {before:.1} ms empty");
    report.row("propagation, median", shown, Some(before / after), at_least(0.9));

    let (mut before, mut after) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        before.push(sweep::seconds(&empty).await);
        after.push(sweep::seconds(&full).await);
    }
    let (before, after) = (median(&mut before), median(&mut after));
    let shown = format!("{after:.2} s against {before:.2} s empty");
    report.row("a sweep over 500 people", shown, Some(before / after), at_least(0.9));
    empty.stop().await;
    full.stop().await;
}

/// A million absences of the past and ten million webhooks that were dealt with, none so old that it is deleted.
async fn fill(subject: &Subject) {
    let statements = [
        "insert into webhook_events (received_at, event_type, related_object_id, processed_at)
         select now() - interval '20 days' + n * interval '0.1 second', 'calendar_event_updated', (n % 500)::text, now()
         from generate_series(1, 10000000) n",
        "insert into absences (company_id, event_id, person_id, date, optedo_user_id, optedo_absence_id, absence_type_id,
             starts_at, ends_at, all_day, written_at)
         select c.company_id, 1000000000 + n, p.person_id, d.date, coalesce(p.optedo_user_id, 1), 1000000000 + n, 1,
             d.date, d.date + 1, true, now()
         from connection c, generate_series(1, 1000000) n
         join lateral (select current_date - 100 - (n / 1800) as date) d on true
         join (select person_id, optedo_user_id, row_number() over (order by person_id) - 1 as no from people) p on p.no = n % 500",
        "vacuum analyze",
        "checkpoint",
    ];
    for statement in statements {
        sqlx::raw_sql(statement).execute(&subject.db).await.unwrap();
    }
}
