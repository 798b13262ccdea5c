//! The dry run: what a sweep would create, change and delete in Optedo, and why the rest would not be written. It
//! writes nothing to Optedo.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::engine::{Engine, Result, SyncError, priority_of};
use super::observe::{Observation, Proposal, Scope};
use crate::clock::wall_clock;
use crate::db;
use crate::db::people::{self, Person};
use crate::db::preview::{self, Line};
use crate::domain::absence::Times;
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::domain::ids::{AbsenceId, AbsenceTypeId, CompanyId, EventId, PersonId, UserId};
use crate::domain::plan::{Change, Creation};
use crate::domain::sync_request::{SyncReason, SyncRequest};

/// What a sweep would do to the absences in Optedo.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    pub create: Vec<PreviewedAbsence>,
    pub change: Vec<PreviewedAbsence>,
    pub delete: Vec<PreviewedAbsence>,
    /// Existing absences that would be adopted as they are.
    pub take_over: Vec<PreviewedAbsence>,
    /// Leave that would not be written, and why.
    #[schema(value_type = Vec<SkippedInShort>)]
    pub skipped: Vec<Skipped>,
    /// People who could not be observed.
    pub failed: Vec<Failed>,
    /// The number of absences that are right as they are.
    pub unchanged: usize,
}

/// An absence that would be written, adopted or deleted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewedAbsence {
    pub person_id: PersonId,
    /// The Officient calendar event that the absence represents.
    pub event_id: EventId,
    pub user_id: UserId,
    /// The id in Optedo, if the absence exists already.
    pub absence_id: Option<AbsenceId>,
    pub absence_type_id: AbsenceTypeId,
    pub date: Date,
    /// Wall clock.
    #[schema(schema_with = wall_clock)]
    pub start: DateTime,
    /// Wall clock, exclusive.
    #[schema(schema_with = wall_clock)]
    pub end: DateTime,
    pub all_day: bool,
}

/// Leave that would not be written.
#[derive(Debug)]
pub struct Skipped {
    pub person_id: PersonId,
    pub event_id: EventId,
    pub item: AttentionItem,
}

/// The JSON of [`Skipped`].
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Skipped)]
struct SkippedInShort {
    person_id: PersonId,
    event_id: EventId,
    #[schema(value_type = AttentionKind)]
    kind: &'static str,
    /// The person's name, or the description looked for.
    subject: Option<String>,
    detail: String,
    hint: Option<String>,
}

impl Serialize for Skipped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let item = &self.item;
        let in_short = SkippedInShort {
            person_id: self.person_id,
            event_id: self.event_id,
            kind: item.kind().into_str(),
            subject: item.subject.clone(),
            detail: item.detail(),
            hint: item.hint.as_ref().map(ToString::to_string),
        };
        in_short.serialize(serializer)
    }
}

/// A person who could not be observed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    pub person_id: PersonId,
    pub error: String,
}

/// Whose calendars are read at which priority, and with which choice.
#[derive(Clone, Copy)]
pub struct PreviewRequest<'a> {
    pub reason: SyncReason,
    /// What is not found in the cached lists is read again once after this time, not for each person.
    pub at: Timestamp,
    pub proposal: Option<Proposal<'a>>,
}

impl Engine {
    /// Makes the preview that the page requested: one person after the other, stored person by person. Ends early when
    /// another one was requested.
    pub async fn work_out_preview(&self, company: CompanyId) -> Result<()> {
        let requested = preview::progress(&self.db).await?;
        let now = self.clock.now();
        self.list_people(company, SyncReason::Import).await?;
        let mut people = people::all(&self.db, company).await?;
        people.retain(|person| requested.proposal.as_ref().is_none_or(|change| change.concerns(person.archived)));
        let mut tx = db::begin(&self.db).await?;
        let count = i64::try_from(people.len()).unwrap_or(i64::MAX);
        if !preview::begin(&mut tx, requested.asked_at, count, now).await? {
            return Ok(());
        }
        tx.commit().await?;
        let asked = PreviewRequest {
            reason: SyncReason::Import,
            at: now,
            proposal: requested.proposal.as_ref().map(Proposal::Change),
        };
        for person in &people {
            let mut found = Preview::default();
            tokio::select! {
                () = self.preview(company, person, asked, &mut found) => (),
                () = self.stop.cancelled() => return Err(SyncError::ShuttingDown),
            }
            if !self.store_preview(company, person.id, requested.asked_at, &found).await? {
                return Ok(());
            }
        }
        preview::finish(&self.db, requested.asked_at, self.clock.now()).await?;
        tracing::info!(people = people.len(), "Worked out a preview");
        Ok(())
    }

    /// False: another preview was requested meanwhile, and nothing is stored.
    async fn store_preview(
        &self,
        company: CompanyId,
        person: PersonId,
        asked_at: Option<Timestamp>,
        found: &Preview,
    ) -> Result<bool> {
        let mut tx = db::begin(&self.db).await?;
        if !people::lock(&mut tx, company, person).await? {
            return Ok(true);
        }
        if !preview::count_person(&mut *tx, asked_at, i64::try_from(found.unchanged).unwrap_or(i64::MAX)).await? {
            return Ok(false);
        }
        let lists = [
            ("create", &found.create),
            ("change", &found.change),
            ("delete", &found.delete),
            ("take_over", &found.take_over),
        ];
        for (action, absences) in lists {
            for absence in absences {
                let times = Some(Times { start: absence.start, end: absence.end, all_day: absence.all_day });
                let (person, event) = (absence.person_id, Some(absence.event_id));
                preview::insert_line(&mut *tx, &Line { person, event, action, times, item: None }).await?;
            }
        }
        for skipped in &found.skipped {
            let item = Some(preview::insert_item(&mut *tx, &skipped.item).await?);
            let (person, event) = (skipped.person_id, Some(skipped.event_id));
            preview::insert_line(&mut *tx, &Line { person, event, action: "skip", times: None, item }).await?;
        }
        for failed in &found.failed {
            let line = Line { person: failed.person_id, event: None, action: "fail", times: None, item: None };
            preview::insert_line(&mut *tx, &line).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Adds to `preview` what reconciling this person would do.
    pub async fn preview(&self, company: CompanyId, person: &Person, asked: PreviewRequest<'_>, preview: &mut Preview) {
        let outcome = async {
            let PreviewRequest { reason, at, proposal } = asked;
            let permit = self.officient.permit(priority_of(reason)).await?;
            let request = SyncRequest { reason, at, webhook_received_at: None };
            let scope = Scope { proposal, ..Scope::whole(request) };
            let mut observation = self.observe(person.clone(), scope, permit).await?;
            self.preview_observation(company, &mut observation, preview).await?;
            observation.calendar.incomplete.map_or(Ok(()), |error| Err(SyncError::Officient(error)))
        };
        if let Err(error) = outcome.await {
            preview.failed.push(Failed { person_id: person.id, error: error.to_string() });
        }
    }

    async fn preview_observation(
        &self,
        company: CompanyId,
        observation: &mut Observation,
        preview: &mut Preview,
    ) -> Result<()> {
        let existing = self.existing_absences(observation).await?;
        preview.unchanged += observation.plan.kept;
        for change in &observation.plan.changes {
            let (list, absence_id) = match change {
                Change::Create { desired, begun } => {
                    match self.creation(company, desired, begun.as_ref(), &existing).await? {
                        Creation::Write => (&mut preview.create, None),
                        Creation::Change(id) => (&mut preview.change, Some(id)),
                        Creation::Adopt(id) => (&mut preview.take_over, Some(id)),
                    }
                }
                Change::Update { absence, .. } => (&mut preview.change, Some(*absence)),
                Change::Delete { written } => match written.absence_in(company, &existing) {
                    Some(absence) => (&mut preview.delete, Some(absence)),
                    None => continue,
                },
            };
            let (user_id, absence_type_id, Times { start, end, all_day }) = change.content();
            let (event_id, date) = (change.event(), change.date());
            list.push(PreviewedAbsence {
                person_id: observation.person,
                event_id,
                user_id,
                absence_id,
                absence_type_id,
                date,
                start,
                end,
                all_day,
            });
        }
        preview.skipped.extend(observation.plan.blocked.iter().map(|(event, item)| Skipped {
            person_id: observation.person,
            event_id: *event,
            item: item.clone(),
        }));
        Ok(())
    }
}
