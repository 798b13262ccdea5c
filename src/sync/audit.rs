//! The audit: compares the absences in Optedo with what Officient says, person by person. It writes nothing to Optedo.
//!
//! A difference is restored by the reconciliation of its person: the audit, or the admin's click, only asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use sqlx::PgConnection;
use tokio::time::sleep;

use super::engine::{Engine, Result, SyncError};
use super::observe::{Observation, Scope};
use crate::clock::time_zone;
use crate::config::OnDifference;
use crate::db::connection::Connection;
use crate::db::differences::{self, StoredDifference};
use crate::db::people::{self, Person};
use crate::db::{self, absences, attention, queue};
use crate::domain::absence::{Absence, FULL_LIST};
use crate::domain::attention::{AttentionItem, AttentionKind, Cause};
use crate::domain::difference::{Comparison, Difference, DifferenceKind, Placement, differences};
use crate::domain::ids::{AbsenceId, CompanyId, EventId, PersonId, UserId};
use crate::domain::matching::PersonMatch;
use crate::domain::plan::{Change, WrittenAbsence, event_of_reference};
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::officient::rate_limiter::Priority;

/// How many people are compared at a time. Officient's rate limit bounds them where its answers are quick.
const SIDE_BY_SIDE: usize = 8;
/// Who could not be compared is tried again so often, after a pause.
const ROUNDS: usize = 3;
const BETWEEN_ROUNDS: Duration = Duration::from_secs(5);
/// While an upstream fails for everybody, the audit waits.
const WHILE_FAILING: Duration = Duration::from_secs(2);

/// What the audit of one person found.
pub struct Audited {
    pub person: PersonId,
    /// When the comparison began. What was written later may not be in it.
    compared_at: Timestamp,
    /// Whether the whole calendar was understood. If not, a difference that was not found may still be there.
    is_complete: bool,
    pub differences: Vec<Difference>,
}

/// What an audit found, and who could not be compared.
#[derive(Default)]
pub struct Audit {
    pub people: Vec<Audited>,
    pub failed: Vec<(PersonId, SyncError)>,
}

/// Absences of Optedo that were listed.
type Listed = BTreeMap<AbsenceId, Placement>;

impl Engine {
    /// Whether the daily audit is due, one was requested, or one did not come to its end.
    pub async fn is_audit_due(&self, company: CompanyId, connection: &Connection) -> Result<bool> {
        let audit = differences::audit(&self.db, Some(company)).await?;
        let Some(time) = self.config.sync.audit_at else { return Ok(audit.is_under_way()) };
        let now = self.clock.now().to_zoned(time_zone());
        let today = now.date().to_datetime(time).to_zoned(time_zone()).ok();
        let latest = today.map(|at| if at <= now { at } else { at.saturating_sub(1.day()) });
        let last = audit.started_at.max(connection.connected_at);
        let is_daily = latest.zip(last).is_some_and(|(latest, last)| last < latest.timestamp());
        Ok(is_daily || audit.is_under_way())
    }

    /// Audits everybody, and stores what differs.
    pub async fn audit(&self, company: CompanyId) -> Result<()> {
        let started_at = self.clock.now();
        differences::begin_audit(&self.db, company, started_at).await?;
        self.reference_data.refresh().await;
        let Audit { people, failed } = self.compare_people(company, None).await?;
        // Another leader may have audited meanwhile.
        if !self.work_signal.is_leading() {
            return Err(SyncError::NotLeading);
        }
        for audited in &people {
            self.store_audited(company, audited).await?;
        }
        for (person, error) in &failed {
            tracing::warn!(person.id = %person, %error, "Could not audit person {person}");
        }
        let count = i64::try_from(failed.len()).unwrap_or(i64::MAX);
        differences::finish_audit(&self.db, company, started_at, count, self.clock.now()).await?;
        let differences: usize = people.iter().map(|audited| audited.differences.len()).sum();
        tracing::info!(people = people.len(), failed = failed.len(), differences, "Finished the audit");
        Ok(())
    }

    /// Audits one person, and stores what differs.
    async fn audit_again(&self, company: CompanyId, person: PersonId) -> Result<()> {
        let Audit { people, failed } = self.compare_people(company, Some(person)).await?;
        for audited in &people {
            self.store_audited(company, audited).await?;
        }
        failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Compares everybody, or one person. Of an absence that is gone at one user, it is known where it went only if
    /// that user was listed too.
    pub async fn compare_people(&self, company: CompanyId, only: Option<PersonId>) -> Result<Audit> {
        let mut audit = Audit::default();
        let mut listed = Listed::new();
        let mut people = people::all(&self.db, company).await?;
        people.retain(|person| only.is_none_or(|only| only == person.id));
        for round in 1..=ROUNDS {
            audit.failed.clear();
            // One person is asked for by somebody who waits.
            let (audited, failed) = self.compare_round(company, &people, only.is_none(), &mut listed).await?;
            audit.people.extend(audited);
            people.retain(|person| failed.iter().any(|(id, _)| *id == person.id));
            audit.failed = failed;
            if people.is_empty() || only.is_some() || round == ROUNDS {
                break;
            }
            self.unless_stopping(sleep(BETWEEN_ROUNDS)).await?;
        }
        for difference in audit.people.iter_mut().flat_map(|audited| &mut audited.differences) {
            let elsewhere = difference.absence_id.and_then(|absence| listed.get(&absence));
            if let (DifferenceKind::Missing, Some(found)) = (difference.kind, elsewhere) {
                difference.kind = DifferenceKind::Changed;
                difference.found = Some(found.clone());
            }
        }
        Ok(audit)
    }

    async fn compare_round(
        &self,
        company: CompanyId,
        people: &[Person],
        is_patient: bool,
        listed: &mut Listed,
    ) -> Result<(Vec<Audited>, Vec<(PersonId, SyncError)>)> {
        let (mut all, mut failed) = (Vec::new(), Vec::new());
        let mut comparisons = stream::iter(people.to_vec())
            .map(|person| async move {
                while is_patient && self.fails_for_everybody() {
                    sleep(WHILE_FAILING).await;
                }
                (person.id, self.compare_person(company, &person).await)
            })
            .buffered(SIDE_BY_SIDE);
        while let Some((person, compared)) = self.unless_stopping(comparisons.next()).await? {
            match compared {
                Ok((audited, of_user)) => {
                    all.push(audited);
                    listed.extend(of_user);
                }
                Err(error) => failed.push((person, error)),
            }
        }
        Ok((all, failed))
    }

    async fn compare_person(&self, company: CompanyId, person: &Person) -> Result<(Audited, Listed)> {
        let compared_at = self.clock.now();
        let mut audited = Audited { person: person.id, compared_at, is_complete: true, differences: Vec::new() };
        if person.archived {
            return Ok((audited, Listed::new()));
        }
        let permit = self.officient.permit(Priority::Import).await?;
        let request = SyncRequest { reason: SyncReason::Audit, at: compared_at, webhook_received_at: None };
        let observation = self.observe(person.clone(), Scope::whole(request), permit).await?;
        let Some(PersonMatch::Matched(user)) = observation.person_match else { return Ok((audited, Listed::new())) };
        let before = absences::of_person(&self.db, company, person.id, observation.window, &[]).await?;
        let listed = self.absences_in(observation.window, user).await?;
        let of_user = our_placements(&listed);
        audited.is_complete = observation.is_calendar_understood();
        audited.differences = self.differences(&observation, &before, &listed).await?;
        if listed.len() >= FULL_LIST {
            self.look_up_missing(user, &mut audited.differences).await?;
        }
        // What was written meanwhile may not be in the list.
        let now = absences::of_person(&self.db, company, person.id, observation.window, &[]).await?;
        audited.differences.retain(|difference| {
            let row = |rows: &[WrittenAbsence]| rows.iter().find(|row| row.event == difference.event_id).cloned();
            row(&before) == row(&now)
        });
        Ok((audited, of_user))
    }

    async fn differences(
        &self,
        observation: &Observation,
        rows: &[WrittenAbsence],
        listed: &[Absence],
    ) -> Result<Vec<Difference>> {
        let company = observation.company;
        let references = listed.iter().filter_map(|absence| absence.content.external_reference.as_deref());
        let ours: Vec<i64> =
            references.filter_map(|reference| event_of_reference(company, reference)).map(|event| event.0).collect();
        let known: BTreeSet<EventId> =
            absences::with_row(&self.db, company, &ours).await?.into_iter().map(EventId).collect();
        let changing = observation.plan.changes.iter().map(Change::event).collect();
        Ok(differences(&Comparison {
            company,
            person: observation.person,
            window: observation.window,
            classifications: &observation.classifications,
            changing: &changing,
            rows,
            listed,
            known: observation.is_calendar_understood().then_some(&known),
        }))
    }

    /// A long list may not be the whole one: what it does not contain is asked for by its day.
    async fn look_up_missing(&self, user: UserId, differences: &mut Vec<Difference>) -> Result<()> {
        let missing = differences.iter_mut().filter(|difference| difference.kind == DifferenceKind::Missing);
        for difference in missing {
            let listed = self.optedo.absences(user, difference.date, difference.date).await?;
            let found = listed.iter().find(|listed| Some(listed.id) == difference.absence_id);
            difference.found = found.map(|found| Placement::from(&found.content));
            if difference.found.is_some() {
                difference.kind = DifferenceKind::Changed;
            }
        }
        differences.retain(|difference| difference.found != difference.expected);
        Ok(())
    }

    /// Stores the differences of a person, with their attention item. If the settings say so, what somebody deleted or
    /// changed is restored.
    async fn store_audited(&self, company: CompanyId, audited: &Audited) -> Result<()> {
        let (person, now) = (audited.person, self.clock.now());
        let mut tx = db::begin(&self.db).await?;
        if !people::lock(&mut tx, company, person).await? {
            return Ok(());
        }
        // A reconciliation that ends at the same time stores its outcome before or after this.
        attention::lock_counts(&mut tx).await?;
        for difference in &audited.differences {
            differences::save(&mut *tx, company, difference, audited.compared_at, now).await?;
        }
        if audited.is_complete {
            let events: Vec<i64> = audited.differences.iter().map(|difference| difference.event_id.0).collect();
            differences::resolve_others(&mut *tx, company, person, &events, audited.compared_at, now).await?;
        }
        differences::resolve_written(&mut *tx, company, person, now).await?;
        self.count_differences(&mut tx, company, person).await?;
        tx.commit().await?;
        if self.settings().await?.on_difference == OnDifference::Restore {
            let mut open = differences::open_of_person(&self.db, company, person).await?;
            open.retain(|difference| difference.kind != DifferenceKind::Unexplained.into_str());
            if !open.is_empty() {
                self.request_rewrites(company, &open, SyncReason::Audit).await?;
            }
        }
        Ok(())
    }

    /// Brings the attention item about the differences of a person up to date.
    pub async fn count_differences(&self, tx: &mut PgConnection, company: CompanyId, person: PersonId) -> Result<()> {
        let now = self.clock.now();
        let count = differences::count_open(&mut *tx, company, person).await?;
        if count == 0 {
            let subject_id = person.to_string();
            return Ok(attention::resolve(&mut *tx, AttentionKind::DiffersInOptedo, &subject_id, now).await?);
        }
        let name = people::find(&mut *tx, company, person).await?.map_or_else(String::new, |person| person.name());
        let item = AttentionItem::of_person(person, &name, Cause::DiffersInOptedo { count }, None);
        Ok(attention::open(&mut *tx, &item, count, now).await?)
    }

    /// Restores what Officient says where Optedo still contains what the difference shows. Where it does not, the
    /// people are audited again. Returns how many differences were restored.
    pub async fn restore(&self, company: CompanyId, wanted: Vec<StoredDifference>) -> Result<usize> {
        let listed = self.list_places(&wanted).await?;
        let is_unchanged = |difference: &StoredDifference| {
            let now = difference.absence_id.and_then(|absence| listed.get(&absence));
            now == difference.found.as_ref()
        };
        let (unchanged, changed): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_unchanged);
        self.request_rewrites(company, &unchanged, SyncReason::Manual).await?;
        let people: BTreeSet<PersonId> = changed.iter().map(|difference| difference.person_id).collect();
        for person in people {
            self.audit_again(company, person).await?;
        }
        Ok(unchanged.len())
    }

    /// Lets the next reconciliation write, or delete, the absences of these differences.
    async fn request_rewrites(
        &self,
        company: CompanyId,
        differences: &[StoredDifference],
        reason: SyncReason,
    ) -> Result<()> {
        let now = self.clock.now();
        let mut tx = db::begin(&self.db).await?;
        for difference in differences {
            if !people::lock(&mut tx, company, difference.person_id).await? {
                continue;
            }
            match (&difference.expected, &difference.found) {
                (Some(_), _) => differences::rewrite(&mut *tx, company, difference.event_id, now).await?,
                (None, Some(found)) => differences::take_unexplained(&mut *tx, company, difference, found).await?,
                (None, None) => {}
            }
        }
        let people: BTreeSet<i64> = differences.iter().map(|difference| difference.person_id.0).collect();
        let people: Vec<i64> = people.into_iter().collect();
        let request = SyncRequest { reason, at: now, webhook_received_at: None };
        queue::request_sync(&mut *tx, company, &people, request).await?;
        tx.commit().await?;
        self.work_signal.notify(&self.db).await;
        Ok(())
    }

    /// What Optedo lists now for the users of these differences.
    async fn list_places(&self, differences: &[StoredDifference]) -> Result<Listed> {
        let placements = differences.iter().flat_map(|difference| [&difference.found, &difference.expected]);
        let places: BTreeSet<(UserId, Date)> =
            placements.flatten().map(|placement| (placement.user_id, placement.start.date())).collect();
        let users: BTreeSet<UserId> = places.iter().map(|(user, _)| *user).collect();
        let window = self.window().await?;
        let mut all = Vec::new();
        for user in users {
            let listed = self.absences_in(window, user).await?;
            if listed.len() >= FULL_LIST {
                for (_, day) in places.iter().filter(|(other, _)| *other == user) {
                    all.extend(self.optedo.absences(user, *day, *day).await?);
                }
            }
            all.extend(listed);
        }
        Ok(all.iter().map(|absence| (absence.id, Placement::from(&absence.content))).collect())
    }
}

fn our_placements(listed: &[Absence]) -> Listed {
    let ours = listed.iter().filter(|absence| absence.content.external_reference.is_some());
    ours.map(|absence| (absence.id, Placement::from(&absence.content))).collect()
}
