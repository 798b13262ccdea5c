//! (e) What years of use leave in the tables.

use super::subject::Subject;

/// A million absences of the past, ten million webhooks that were dealt with.
pub async fn fill(subject: &Subject) {
    let statements = [
        "insert into webhook_events (received_at, event_type, related_object_id, processed_at)
         select now() - interval '20 days' + n * interval '0.1 second', 'calendar_event_updated', (n % 500)::text, now()
         from generate_series(1, 10000000) n",
        "insert into absences (company_id, event_id, person_id, date, optedo_user_id, optedo_absence_id, absence_type_id,
             starts_at, ends_at, all_day, written_at)
         select c.company_id, 1000000000 + n, p.person_id, d.date, coalesce(p.optedo_user_id, 1), 1000000000 + n, 1,
             d.date, d.date + 1, true, now()
         from connection c, generate_series(1, 1000000) n
         join lateral (select current_date - 100 - (n / 500) as date) d on true
         join (select person_id, optedo_user_id, row_number() over (order by person_id) - 1 as no from people) p on p.no = n % 500",
        "vacuum analyze",
    ];
    for statement in statements {
        sqlx::raw_sql(statement).execute(&subject.db).await.unwrap();
    }
}
