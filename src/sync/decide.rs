//! What the admin decides about absences whose leave is gone: they are deleted, or they stay in Optedo.
//!
//! A decision is one transaction, under the lock under which deletions are counted. So two decisions follow each other,
//! and no deletion is allowed while it is rejected. The reconciliation of each person concerned does the rest.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use utoipa::ToSchema;

use super::engine::{Engine, Result};
use crate::db::audit_log::{self, Act, Actor};
use crate::db::{self, absences, attention, decisions, queue};
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::domain::ids::{CompanyId, PersonId};

/// A decision about more people is in the audit log with their number, instead of their ids.
const MOST_NAMED: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, ToSchema)]
#[schema(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    Delete,
    Keep,
}

/// What becomes of the absences of these people, or of everybody whom the item is about.
pub struct Decision {
    pub action: Action,
    pub people: Option<Vec<i64>>,
}

/// The outcome of a decision. Unless it was made, nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// About an item of this kind.
    Made(AttentionKind),
    NoSuchItem,
    /// The item is resolved, or of a kind that asks for no decision.
    NothingToDecide,
    /// Nothing of one of the people waits for it.
    NothingOfPerson,
}

impl Engine {
    /// Decides about what waits for this attention item. Who is to be deleted and has nothing that waits, but something
    /// that was kept before: its deletion is proposed again, also when the item is resolved.
    pub async fn decide(&self, company: CompanyId, item: i64, decision: &Decision, actor: &Actor) -> Result<Decided> {
        let mut tx = db::begin(&self.db).await?;
        absences::lock_deletions(&mut tx).await?;
        attention::lock_counts(&mut tx).await?;
        let Some((kind, is_open)) = attention::find(&mut *tx, item).await? else { return Ok(Decided::NoSuchItem) };
        let Some(kind @ (AttentionKind::DeletionsHeld | AttentionKind::ArchivedPeople)) = kind else {
            return Ok(Decided::NothingToDecide);
        };
        let mut decided = Vec::new();
        if is_open {
            let is_archived = kind == AttentionKind::ArchivedPeople;
            decided = self.decide_about_waiting(&mut tx, company, is_archived, decision, actor).await?;
        }
        let people = decision.people.as_deref().unwrap_or_default();
        let is_undecided = |decided: &[i64], person: &i64| !decided.contains(person);
        if decision.action == Action::Delete {
            let others: Vec<i64> = people.iter().copied().filter(|person| is_undecided(&decided, person)).collect();
            decided.extend(self.propose_deletions(&mut tx, company, &others, actor).await?);
        }
        if decided.is_empty() && (people.is_empty() || !is_open) {
            // An item about people who were erased since is resolved by this.
            tx.commit().await?;
            return Ok(Decided::NothingToDecide);
        }
        if people.iter().any(|person| is_undecided(&decided, person)) {
            return Ok(Decided::NothingOfPerson);
        }
        tx.commit().await?;
        self.work_signal.notify(&self.db).await;
        Ok(Decided::Made(kind))
    }

    /// Proposes the deletion of what was kept of this person again. False when nothing was.
    pub async fn propose_again(&self, company: CompanyId, person: PersonId, actor: &Actor) -> Result<bool> {
        let mut tx = db::begin(&self.db).await?;
        absences::lock_deletions(&mut tx).await?;
        let proposed = self.propose_deletions(&mut tx, company, &[person.0], actor).await?;
        tx.commit().await?;
        self.work_signal.notify(&self.db).await;
        Ok(!proposed.is_empty())
    }

    async fn decide_about_waiting(
        &self,
        tx: &mut PgConnection,
        company: CompanyId,
        is_archived: bool,
        decision: &Decision,
        actor: &Actor,
    ) -> Result<Vec<i64>> {
        let (people, now) = (decision.people.as_deref(), self.clock.now());
        let events = if is_archived {
            decisions::take_archived_events(&mut *tx, company, people).await?
        } else {
            decisions::held_events(&mut *tx, company, people).await?
        };
        let (act, decided) = match (decision.action, is_archived) {
            (Action::Keep, _) => (Act::DeletionsRejected, decisions::keep(&mut *tx, company, &events, now).await?),
            (Action::Delete, false) => (Act::DeletionsConfirmed, decisions::confirm(&mut *tx, company, &events).await?),
            (Action::Delete, true) => {
                (Act::ArchivedDeleted, decisions::request_deletion(&mut *tx, company, &events, now).await?)
            }
        };
        self.count_held_deletions(tx, company).await?;
        let archived = (AttentionKind::ArchivedPeople.into_str().to_owned(), AttentionItem::ARCHIVED.to_owned());
        attention::recount(&mut *tx, [archived], now).await?;
        self.record_decision(tx, company, act, &decided, actor).await?;
        Ok(decided)
    }

    async fn propose_deletions(
        &self,
        tx: &mut PgConnection,
        company: CompanyId,
        people: &[i64],
        actor: &Actor,
    ) -> Result<Vec<i64>> {
        let (window, now) = (self.window().await?, self.clock.now());
        let proposed = decisions::propose_again(&mut *tx, company, people, window.from, now).await?;
        self.record_decision(tx, company, Act::DeletionsProposed, &proposed, actor).await?;
        Ok(proposed)
    }

    /// Writes the audit log, and requests that the people are reconciled. `decided`: the person of each absence.
    async fn record_decision(
        &self,
        tx: &mut PgConnection,
        company: CompanyId,
        act: Act,
        decided: &[i64],
        actor: &Actor,
    ) -> Result<()> {
        if decided.is_empty() {
            return Ok(());
        }
        let people: Vec<i64> = decided.iter().copied().collect::<BTreeSet<i64>>().into_iter().collect();
        queue::request_sync(&mut *tx, company, &people, self.manual_request()).await?;
        let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
        let of = if ids.len() > MOST_NAMED { format!("{} people", ids.len()) } else { ids.join(", ") };
        let detail = format!("{} deletions: {of}", decided.len());
        Ok(audit_log::insert(tx, act, Some(&detail), actor, self.clock.now()).await?)
    }
}
