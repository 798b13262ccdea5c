//! Names and types that were repaired. Nobody announces that, so while leave waits for one it is looked for every minute.
//!
//! That is few calls: Optedo's two lists, Officient's leave types where a type is waited for, and some names. Only people
//! whose cause is gone are looked at again; whatever the admin ignores is not asked about.

use std::collections::{BTreeMap, HashSet};

use super::reference_data::Fresh;
use super::{Engine, SyncError};
use crate::db::attention::Awaited;
use crate::db::people::Person;
use crate::db::{attention, people, queue};
use crate::domain::attention::AttentionKind;
use crate::domain::ids::{CompanyId, PersonId};
use crate::domain::mapping::{Description, Mapping, describe_type, look_up};
use crate::domain::matching::{PersonMatch, match_person};
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::officient::limiter::Priority;

/// Names read at a time, of those who wait the ones read longest ago.
const NAMES: i64 = 10;

/// What was repaired: kind and subject of its item.
pub type Repaired = HashSet<(AttentionKind, String)>;

impl Engine {
    /// Asks for everybody whose leave waits for what is no longer missing, but for what was found `before`: that is on its
    /// way, or something else holds it back.
    pub async fn find_repairs(&self, company: CompanyId, before: &Repaired) -> Result<Repaired, SyncError> {
        let awaited = attention::awaited(&self.db, company).await?;
        if awaited.is_empty() {
            return Ok(Repaired::default());
        }
        let at = self.clock.now();
        let (for_people, for_types): (Vec<Awaited>, Vec<Awaited>) =
            awaited.into_iter().partition(|awaited| {
                matches!(awaited.kind, AttentionKind::UnmatchedPerson | AttentionKind::AmbiguousPerson)
            });
        let mut gone = self.matched_by_now(company, for_people, Fresh(at)).await?;
        gone.extend(self.mapped_by_now(company, for_types, Fresh(at)).await?);
        let is_new = |awaited: &&Awaited| !before.contains(&key(awaited));
        let people: Vec<i64> =
            gone.iter().filter(is_new).flat_map(|awaited| awaited.people.clone()).collect();
        if !people.is_empty() {
            let request = SyncRequest { reason: SyncReason::Import, at, webhook_received_at: None };
            queue::request_sync(&self.db, company, &people, request).await?;
            self.work_signal.notify(&self.db).await;
        }
        Ok(gone.iter().map(key).collect())
    }

    /// Those of these who are by now one person and one user.
    async fn matched_by_now(
        &self,
        company: CompanyId,
        awaited: Vec<Awaited>,
        fresh: Fresh,
    ) -> Result<Vec<Awaited>, SyncError> {
        if awaited.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = awaited.iter().flat_map(|awaited| awaited.people.clone()).collect();
        let oldest = people::names_read_longest_ago(&self.db, company, &ids, NAMES).await?;
        let reads = oldest.into_iter().map(|person| self.read_names_again(company, person, fresh));
        // Both to their end: a call to Officient is not broken off, for it may be refreshing the token.
        let (users, _read) = tokio::join!(self.reference.users(fresh), futures_util::future::join_all(reads));
        let users = users?;
        let names = people::names(&self.db, company, &ids).await?;
        let mut matched = Vec::new();
        for awaited in awaited {
            // The item of a name is of one person.
            let Some(id) = awaited.people.first().map(|id| PersonId(*id)) else { continue };
            let Some(names) = names.get(&id) else { continue };
            let is_a_user = matches!(match_person(id, names, 0, &users), PersonMatch::Matched(_));
            if is_a_user && people::namesakes(&self.db, company, id, names).await?.is_empty() {
                matched.push(awaited);
            }
        }
        Ok(matched)
    }

    /// One person's failure leaves the others' repairs to be found.
    async fn read_names_again(&self, company: CompanyId, person: Person, fresh: Fresh) {
        let priority = Priority::Sweep;
        let id = person.id;
        if let Err(error) = self.with_names(company, person, priority, priority.into(), Some(fresh.0)).await {
            tracing::debug!(person.id = %id, %error, "Could not read the names of person {id} again");
        }
    }

    /// Those of these types whose description is by now one absence type's, in every year that has them.
    async fn mapped_by_now(
        &self,
        company: CompanyId,
        awaited: Vec<Awaited>,
        fresh: Fresh,
    ) -> Result<Vec<Awaited>, SyncError> {
        if awaited.is_empty() {
            return Ok(Vec::new());
        }
        let absence_types = self.reference.absence_types(fresh).await?;
        // Officient's types by year, and the built-in ones, which are described as they were.
        let mut described: BTreeMap<String, Vec<Description>> = BTreeMap::new();
        for awaited in awaited.iter().filter(|awaited| is_built_in(awaited)) {
            let (type_id, text) = (awaited.subject_id.clone(), awaited.subject.clone().unwrap_or_default());
            described.insert(type_id.clone(), vec![Description { type_id, text, is_chosen: false }]);
        }
        if !awaited.iter().all(is_built_in) {
            for year in self.window().years() {
                for kind in self.reference.leave_types(company, year, Priority::Sweep, fresh).await?.iter() {
                    let description = describe_type(kind, &self.config.officient.integration_app);
                    described.entry(description.type_id.clone()).or_default().push(description);
                }
            }
        }
        let is_mapped = |awaited: &Awaited| {
            let is_found = |text: &Description| matches!(look_up(text, &absence_types), Mapping::To(_));
            described.get(&awaited.subject_id).is_some_and(|texts| texts.iter().all(is_found))
        };
        Ok(awaited.into_iter().filter(is_mapped).collect())
    }
}

fn key(awaited: &Awaited) -> (AttentionKind, String) {
    (awaited.kind, awaited.subject_id.clone())
}

/// Officient's own types have a number, the built-in ones a word.
fn is_built_in(awaited: &Awaited) -> bool {
    awaited.subject_id.parse::<i64>().is_err()
}
