//! (e) Full tables: two services side by side, one of which has years of use in its tables, measured by turns, so that what
//! the machine does meanwhile happens to both.

use std::time::Duration;

use super::report::{Report, at_least, median, say};
use super::subject::{AT_THE_LIMIT, Subject, WITHOUT_LIMIT};
use super::{acknowledge, company, propagation, sweep};

const ROUNDS: usize = 5;
/// One pair differs from the next by more than a tenth: more of them, each service first as often as the other.
const WEBHOOK_ROUNDS: usize = 12;

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
    webhooks(&empty, &full, report).await;

    empty.restart_with(WITHOUT_LIMIT).await;
    full.restart_with(WITHOUT_LIMIT).await;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for week in 0..ROUNDS {
        without.extend(propagation::times(&empty, Duration::ZERO, week).await);
        with.extend(propagation::times(&full, Duration::ZERO, week).await);
    }
    say_time(report, "propagation, median, ms", without, with);

    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.push(sweep::seconds(&empty).await);
        with.push(sweep::seconds(&full).await);
    }
    say_time(report, "a sweep over 500 people, s", without, with);
    empty.stop().await;
    full.stop().await;
}

async fn webhooks(empty: &Subject, full: &Subject, report: &mut Report) {
    let (mut without, mut with) = (0.0, 0.0);
    for round in 0..WEBHOOK_ROUNDS {
        let is_full_first = round % 2 == 1;
        for is_full in [is_full_first, !is_full_first] {
            let (subject, sum) = if is_full { (full, &mut with) } else { (empty, &mut without) };
            *sum += acknowledge::a_second(subject, 64).await / WEBHOOK_ROUNDS as f64;
        }
    }
    let shown = format!("{with:.0} against {without:.0} empty");
    report.row("webhooks a second at 64 connections", shown, Some(with / without), at_least(0.9));
}

fn say_time(report: &mut Report, what: &str, mut without: Vec<f64>, mut with: Vec<f64>) {
    let (without, with) = (median(&mut without), median(&mut with));
    let shown = format!("{with:.2} against {without:.2} empty");
    report.row(what, shown, Some(without / with), at_least(0.9));
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
