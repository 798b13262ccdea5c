//! Everything that is known of one person: to erase it, and to hand it out (GDPR art. 15 and 17).
//!
//! A new table or column that says something about a person belongs in here; a test compares with the whole database.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

use crate::domain::ids::PersonId;

/// How often somebody was forgotten. Noted before it is read who there is, it tells whether that may be stored: it may
/// name somebody who was forgotten meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErasureCount(i64);

/// How often somebody was forgotten until now.
pub async fn count(db: impl PgExecutor<'_>) -> Result<ErasureCount, sqlx::Error> {
    sqlx::query_scalar!("select count from forgettings").fetch_one(db).await.map(ErasureCount)
}

/// Sees to it that nobody is forgotten before the transaction ends; false where somebody was since `noted`.
pub async fn lock_count(tx: &mut PgConnection, noted: ErasureCount) -> Result<bool, sqlx::Error> {
    let count = sqlx::query_scalar!("select count from forgettings for share").fetch_one(tx).await?;
    Ok(ErasureCount(count) == noted)
}

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Whether there was such a person, in any company.
    pub was_known: bool,
    /// Whether Officient still has them, so that they come back.
    pub is_in_officient: bool,
    /// Absences that stand in Optedo and that this service no longer knows.
    pub standing: i64,
}

/// Forgets a person: names, event ids, absences, history, what is held back, attention items, webhooks, previews.
/// Optedo is not touched.
pub async fn forget(tx: &mut PgConnection, person: PersonId) -> Result<Erased, sqlx::Error> {
    // Whoever adds people now ends first; who read before of whom there is, and comes later, reads again.
    sqlx::query!("update forgettings set count = count + 1").execute(&mut *tx).await?;
    // Whoever stores something about them now ends first, and is erased too; whoever comes later finds nobody.
    let found = sqlx::query!(
        r#"with them as (select archived from people where person_id = $1 for update)
           select count(*) as "known!", coalesce(bool_or(not archived), false) as "present!",
               (select count(*) from absences where person_id = $1 and optedo_absence_id is not null and deleted_at is null)
                   as "standing!"
           from them"#,
        person.0
    )
    .fetch_one(&mut *tx)
    .await?;
    // First what is found by the ids of the person's events, then those ids.
    sqlx::query!(
        "with events as (
             select event_id from absences where person_id = $1
             union select event_id from held_back where person_id = $1
             union select event_id from history where person_id = $1
             union select unnest(event_ids) from people where person_id = $1),
         items as (
             delete from attention
             where (kind in ('unmatched_person', 'ambiguous_person') and subject_id = $1::bigint::text)
                 or (kind in ('invalid_event', 'rejected_by_optedo')
                     and subject_id in (select event_id::text from events)))
         delete from webhook_events
         where related_object_id = $1::bigint::text or related_object_id in (select event_id::text from events)",
        person.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "with items as (delete from preview_items where kind in ('unmatched_person', 'ambiguous_person') and subject_id = $1::bigint::text
                 or id in (select item from preview_lines where person_id = $1)
                     and kind in ('invalid_event', 'rejected_by_optedo')),
             lines as (delete from preview_lines where person_id = $1),
             held as (delete from held_back where person_id = $1),
             entries as (delete from history where person_id = $1),
             rows as (delete from absences where person_id = $1)
         delete from people where person_id = $1",
        person.0
    )
    .execute(&mut *tx)
    .await?;
    Ok(Erased {
        was_known: found.known > 0 || found.standing > 0,
        is_in_officient: found.present,
        standing: found.standing,
    })
}

/// Everything that is stored about a person, table by table; `None` when that is nothing.
pub async fn export(db: impl PgExecutor<'_>, person: PersonId) -> Result<Option<Value>, sqlx::Error> {
    let all = sqlx::query_scalar!(
        r#"with events as (
             select event_id from absences where person_id = $1
             union select event_id from held_back where person_id = $1
             union select event_id from history where person_id = $1
             union select unnest(event_ids) from people where person_id = $1)
         select jsonb_build_object(
             'people', (select coalesce(jsonb_agg(to_jsonb(t) - 'listed_name_digest'), '[]') from people t where person_id = $1),
             'absences', (select coalesce(jsonb_agg(to_jsonb(t) order by t.date, t.id), '[]') from absences t where person_id = $1),
             'history', (select coalesce(jsonb_agg(to_jsonb(t) order by t.id), '[]') from history t where person_id = $1),
             'heldBack', (select coalesce(jsonb_agg(to_jsonb(t) order by t.event_id), '[]') from held_back t where person_id = $1),
             'preview', (select coalesce(jsonb_agg(to_jsonb(t) order by t.id), '[]') from preview_lines t where person_id = $1),
             'attention', (select coalesce(jsonb_agg(to_jsonb(t) order by t.id), '[]') from attention t
                 where (kind in ('unmatched_person', 'ambiguous_person') and subject_id = $1::bigint::text)
                     or (kind in ('invalid_event', 'rejected_by_optedo') and subject_id in (select event_id::text from events))),
             'webhookEvents', (select coalesce(jsonb_agg(to_jsonb(t) order by t.id), '[]') from webhook_events t
                 where related_object_id = $1::bigint::text or related_object_id in (select event_id::text from events))
         ) as "all!""#,
        person.0
    )
    .fetch_one(db)
    .await?;
    let is_empty = all
        .as_object()
        .is_none_or(|tables| tables.values().all(|rows| rows.as_array().is_none_or(Vec::is_empty)));
    Ok((!is_empty).then_some(all))
}
