//! Names and types that blocked leave waits for. Nobody announces their repair, so they are read again every minute
//! while leave is blocked: Optedo's two lists, Officient's leave types if a type is waited for, and some names.
//!
//! Only people whose cause is gone are reconciled. What the admin ignores is not read.

use std::collections::{BTreeMap, HashSet};

use super::engine::{Engine, Result};
use super::reference_data::Fresh;
use crate::db::attention::Awaited;
use crate::db::people::Person;
use crate::db::{attention, leave_types, people, person_choices, queue};
use crate::domain::attention::AttentionKind;
use crate::domain::ids::{CompanyId, PersonId};
use crate::domain::mapping::{Description, Mapping, MappingRules, describe_type, look_up};
use crate::domain::matching::{PersonMatch, match_person};
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::officient::rate_limiter::Priority;

/// Names read at a time, beginning with those read longest ago.
const NAMES: i64 = 10;

/// Causes that are gone: kind and subject of their attention items.
pub type Unblocked = HashSet<(AttentionKind, String)>;

impl Engine {
    /// Requests everybody whose leave waits for a cause that is gone, except for causes found `before`: those people
    /// are requested already, or something else blocks their leave.
    pub async fn unblock(&self, company: CompanyId, before: &Unblocked) -> Result<Unblocked> {
        let awaited = attention::awaited(&self.db, company).await?;
        if awaited.is_empty() {
            return Ok(Unblocked::default());
        }
        let at = self.clock.now();
        let (for_people, for_types): (Vec<Awaited>, Vec<Awaited>) = awaited.into_iter().partition(|awaited| {
            matches!(
                awaited.kind,
                AttentionKind::UnmatchedPerson | AttentionKind::AmbiguousPerson | AttentionKind::LinkBroken
            )
        });
        let mut gone = self.matched_by_now(company, for_people, Fresh(at)).await?;
        gone.extend(self.mapped_by_now(company, for_types, Fresh(at)).await?);
        let is_new = |awaited: &&Awaited| !before.contains(&key(awaited));
        let people: Vec<i64> = gone.iter().filter(is_new).flat_map(|awaited| awaited.people.clone()).collect();
        if !people.is_empty() {
            let request = SyncRequest { reason: SyncReason::Import, at, webhook_received_at: None };
            queue::request_sync(&self.db, company, &people, request).await?;
            self.work_signal.notify(&self.db).await;
        }
        Ok(gone.iter().map(key).collect())
    }

    /// The causes about people who match exactly one user by now.
    async fn matched_by_now(&self, company: CompanyId, awaited: Vec<Awaited>, fresh: Fresh) -> Result<Vec<Awaited>> {
        if awaited.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = awaited.iter().flat_map(|awaited| awaited.people.clone()).collect();
        let oldest = people::names_read_longest_ago(&self.db, company, &ids, NAMES).await?;
        let reads = oldest.into_iter().map(|person| self.read_names_again(person, fresh));
        // Neither is cancelled when the other fails: a call to Officient may be refreshing the token.
        let (users, _read) = tokio::join!(self.reference_data.users(fresh), futures_util::future::join_all(reads));
        let users = users?;
        let names = people::names(&self.db, Some(company), &ids).await?;
        let choices = person_choices::choices(&self.db, company).await?;
        let mut matched = Vec::new();
        for awaited in awaited {
            // An item about a name is about one person.
            let Some(id) = awaited.people.first().map(|id| PersonId(*id)) else { continue };
            let Some(names) = names.get(&id) else { continue };
            let namesakes = people::namesakes(&self.db, company, id, names).await?.len();
            if let PersonMatch::Matched(_) = match_person(id, names, namesakes, &users, &choices) {
                matched.push(awaited);
            }
        }
        Ok(matched)
    }

    async fn read_names_again(&self, person: Person, fresh: Fresh) {
        let priority = Priority::Sweep;
        let id = person.id;
        if let Err(error) = self.with_names(person, priority, priority.into(), Some(fresh.0)).await {
            tracing::debug!(person.id = %id, %error, "Could not read the names of person {id} again");
        }
    }

    /// The causes about types whose description is that of exactly one absence type by now, in every year that has
    /// them.
    async fn mapped_by_now(&self, company: CompanyId, awaited: Vec<Awaited>, fresh: Fresh) -> Result<Vec<Awaited>> {
        if awaited.is_empty() {
            return Ok(Vec::new());
        }
        let absence_types = self.reference_data.absence_types(fresh).await?;
        // Officient's types by year, and the built-in types, whose description cannot change.
        let mut described: BTreeMap<String, Vec<Description>> = BTreeMap::new();
        for awaited in awaited.iter().filter(|awaited| is_built_in(awaited)) {
            let (type_id, text) = (awaited.subject_id.clone(), awaited.subject.clone().unwrap_or_default());
            described.insert(type_id.clone(), vec![Description { type_id, text, is_chosen: false }]);
        }
        if !awaited.iter().all(is_built_in) {
            for year in self.window().await?.years() {
                for kind in self.reference_data.leave_types(company, year, fresh).await?.iter() {
                    if let Some(description) = describe_type(kind, &self.config.officient.integration_app) {
                        described.entry(description.type_id.clone()).or_default().push(description);
                    }
                }
            }
        }
        let choices = leave_types::choices(&self.db, company).await?;
        let rules = MappingRules::new(&self.config, &choices, &absence_types);
        let is_mapped = |awaited: &Awaited| {
            if let Some(choice) = rules.choice(&awaited.subject_id) {
                return !matches!(rules.apply(choice, &awaited.subject_id, ""), Mapping::Blocked(_));
            }
            let is_found = |text: &Description| matches!(look_up(text, &absence_types), Mapping::To(_));
            described.get(&awaited.subject_id).is_some_and(|texts| texts.iter().all(is_found))
        };
        Ok(awaited.into_iter().filter(is_mapped).collect())
    }
}

fn key(awaited: &Awaited) -> (AttentionKind, String) {
    (awaited.kind, awaited.subject_id.clone())
}

/// The company's own types have a number, the built-in types a word.
fn is_built_in(awaited: &Awaited) -> bool {
    awaited.subject_id.parse::<i64>().is_err()
}
