//! Everything that is known of one person: to erase it, and to export it (GDPR art. 15 and 17).
//!
//! A new table or column with personal data must be added here; a test compares with the whole database.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;

use super::{Db, Result, attention};
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::domain::ids::{CompanyId, PersonId};

/// A company from which people are about to be read, and how many people were erased before. If the number is the same
/// when what was read is stored, it contains nobody who was erased meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub company: CompanyId,
    erased: i64,
}

pub async fn begin_reading(db: impl Db<'_>, company: CompanyId) -> Result<Reading> {
    let erased = scalar!(fetch_one(db), "select count from forgettings")?;
    Ok(Reading { company, erased })
}

/// Prevents erasures until the transaction ends; false if somebody was erased since the reading began.
pub async fn prevent(tx: &mut PgConnection, reading: Reading) -> Result<bool> {
    let erased = scalar!(fetch_one(tx), "select count from forgettings for share")?;
    Ok(erased == reading.erased)
}

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Whether there was such a person, in any company.
    pub was_known: bool,
    /// Whether Officient still has this person, who is then read again.
    pub is_in_officient: bool,
    /// Absences that stay in Optedo and that this service no longer knows.
    pub standing: i64,
}

/// Erases a person: names, event ids, choice, absences, history, blocked leave, differences, attention items, webhooks,
/// previews.
/// Optedo is not touched.
pub async fn erase(tx: &mut PgConnection, person: PersonId, now: Timestamp) -> Result<Erased> {
    // A transaction that is adding people ends first. One that read its list before this, and stores it later, reads it
    // again.
    execute!(&mut *tx, "update forgettings set count = count + 1")?;
    // A transaction that is storing something about this person ends first, and is erased too. A later one finds
    // nobody.
    let (known, is_in_officient, standing) = rows!(fetch_one(&mut *tx),
        r#"with them as (select archived from people where person_id = $1 for update)
           select count(*) as "known!", coalesce(bool_or(not archived), false) as "present!",
               (select count(*) from absences
                where person_id = $1 and optedo_absence_id is not null and deleted_at is null) as "standing!"
           from them"#;
        person.0 => |row| (row.known, row.present, row.standing))?;
    // Each part sees the rows as they were before the statement, so their order does not matter.
    execute!(&mut *tx,
        "with events as (
             select event_id from absences where person_id = $1
             union select event_id from held_back where person_id = $1
             union select event_id from history where person_id = $1
             union select unnest(event_ids) from people where person_id = $1),
         items as (
             delete from attention
             where (subject_id = $1::bigint::text
                     and kind in ('unmatched_person', 'ambiguous_person', 'link_broken', 'person_failing',
                         'differs_in_optedo'))
                 or (kind in ('invalid_event', 'rejected_by_optedo')
                     and (subject_id = 'person-' || $1 or subject_id in (select event_id::text from events)))),
         webhooks as (
             delete from webhook_events
             where related_object_id = $1::bigint::text or related_object_id in (select event_id::text from events)),
         previewed as (
             delete from preview_items
             where (kind in ('unmatched_person', 'ambiguous_person', 'link_broken') and subject_id = $1::bigint::text)
                 or (kind in ('invalid_event', 'rejected_by_optedo')
                     and id in (select item from preview_lines where person_id = $1))),
         lines as (delete from preview_lines where person_id = $1),
         chosen as (delete from person_choices where person_id = $1),
         differing as (delete from differences where person_id = $1),
         held as (delete from held_back where person_id = $1),
         entries as (delete from history where person_id = $1),
         rows as (delete from absences where person_id = $1)
         delete from people where person_id = $1";
        person.0)?;
    // This item is about several people, and stays for the others.
    let archived = (AttentionKind::ArchivedPeople.into_str().to_owned(), AttentionItem::ARCHIVED.to_owned());
    attention::recount(tx, [archived], now).await?;
    Ok(Erased { was_known: known > 0 || standing > 0, is_in_officient, standing })
}

/// Everything that is stored about a person, table by table; `None` when that is nothing.
pub async fn export(db: impl Db<'_>, person: PersonId) -> Result<Option<Value>> {
    let all = scalar!(fetch_one(db),
        r#"with events as (
             select event_id from absences where person_id = $1
             union select event_id from held_back where person_id = $1
             union select event_id from history where person_id = $1
             union select unnest(event_ids) from people where person_id = $1)
         select jsonb_build_object(
             'people', to_jsonb(array(select to_jsonb(t) - 'listed_name_digest' from people t where person_id = $1)),
             'choice', to_jsonb(array(select to_jsonb(t) from person_choices t where person_id = $1)),
             'absences', to_jsonb(array(select to_jsonb(t) from absences t where person_id = $1 order by date, id)),
             'history', to_jsonb(array(select to_jsonb(t) from history t where person_id = $1 order by id)),
             'heldBack', to_jsonb(array(select to_jsonb(t) from held_back t where person_id = $1 order by event_id)),
             'preview', to_jsonb(array(select to_jsonb(t) from preview_lines t where person_id = $1 order by id)),
             'attention', to_jsonb(array(
                 select to_jsonb(t) from attention t
                 where (subject_id = $1::bigint::text
                         and kind in ('unmatched_person', 'ambiguous_person', 'link_broken', 'person_failing',
                             'differs_in_optedo'))
                     or (kind in ('invalid_event', 'rejected_by_optedo')
                         and (subject_id = 'person-' || $1 or subject_id in (select event_id::text from events)))
                 order by id)),
             'differences', to_jsonb(array(select to_jsonb(t) from differences t where person_id = $1 order by id)),
             'webhookEvents', to_jsonb(array(
                 select to_jsonb(t) from webhook_events t
                 where related_object_id = $1::bigint::text or related_object_id in (select event_id::text from events)
                 order by id))
         ) as "all!""#;
        person.0)?;
    let is_empty = |rows: &Value| rows.as_array().is_none_or(Vec::is_empty);
    let has_any = all.as_object().is_some_and(|tables| !tables.values().all(is_empty));
    Ok(has_any.then_some(all))
}
