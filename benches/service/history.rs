//! (e) Full tables: two services side by side, one with years of use in its tables. They are measured by turns, so that other
//! activity of the machine affects both.

use std::time::Duration;

use super::report::{Report, at_least, log, median};
use super::sut::{AT_THE_LIMIT, Sut, WITHOUT_LIMIT};
use super::{acknowledge, imported_company, propagation, sweep};

const ROUNDS: usize = 5;
/// One pair differs from the next by more than a tenth, so there are more pairs. Each service is first equally often.
const WEBHOOK_ROUNDS: usize = 12;

pub async fn measure(report: &mut Report) {
    let (mut empty, mut full) = (imported_company().await, imported_company().await);
    log("filling the tables");
    fill(&full).await;
    report.section("With 1,000,000 absences and 10,000,000 old webhooks in the tables");

    // A sweep that the restart interrupts would continue at the limit, which takes minutes.
    empty.wait_for_import().await;
    full.wait_for_import().await;
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
    report_time(report, "propagation, median, ms", without, with);

    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.push(sweep::seconds(&empty).await);
        with.push(sweep::seconds(&full).await);
    }
    report_time(report, "a sweep over 500 people, s", without, with);
    empty.stop().await;
    full.stop().await;
}

async fn webhooks(empty: &Sut, full: &Sut, report: &mut Report) {
    let (mut without, mut with) = (0.0, 0.0);
    for round in 0..WEBHOOK_ROUNDS {
        let is_full_first = round % 2 == 1;
        for is_full in [is_full_first, !is_full_first] {
            let (sut, sum) = if is_full { (full, &mut with) } else { (empty, &mut without) };
            *sum += acknowledge::per_second(sut, 64).await / WEBHOOK_ROUNDS as f64;
        }
    }
    let measured = format!("{with:.0}, empty: {without:.0}");
    report.row("webhooks per second at 64 connections", measured, Some(with / without), at_least(0.9));
}

fn report_time(report: &mut Report, label: &str, mut without: Vec<f64>, mut with: Vec<f64>) {
    let (without, with) = (median(&mut without), median(&mut with));
    let measured = format!("{with:.2}, empty: {without:.2}");
    report.row(label, measured, Some(without / with), at_least(0.9));
}

/// A million past absences and ten million processed webhooks, none of them old enough to be deleted.
async fn fill(sut: &Sut) {
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
        sqlx::raw_sql(statement).execute(&sut.db).await.unwrap();
    }
}
