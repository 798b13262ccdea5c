//! Failures that last become attention items: about an upstream, or about one person while others succeed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use strum::VariantArray as _;

use super::engine::{Engine, Result};
use super::job::JobName;
use crate::clock::after;
use crate::db::{self, attention, connection, people, queue};
use crate::domain::attention::{AttentionItem, AttentionKind, Cause, LastingFailure};
use crate::domain::company::Names;
use crate::domain::failure::Upstream;
use crate::domain::ids::CompanyId;

/// The jobs of the worker that fail because of an upstream, besides reconciling people.
#[derive(Default)]
pub struct FailingJobs(BTreeMap<JobName, LastingFailure>);

impl FailingJobs {
    /// Notes how a run of the job ended.
    pub fn note<T>(&mut self, job: JobName, result: &Result<T>, now: Timestamp) {
        match result {
            Err(error) if error.kind().upstream().is_some() && error.waits_for().is_none() => {
                let since = self.0.get(&job).map_or(now, |before| before.since);
                self.0.insert(job, LastingFailure { failure: error.kind(), error: error.to_string(), since });
            }
            Ok(_) | Err(_) => drop(self.0.remove(&job)),
        }
    }
}

impl Engine {
    /// Opens the item about a pause. Whoever resumes at the same moment resolves it afterwards.
    pub async fn report_pause(&self, now: Timestamp) -> Result<()> {
        let mut tx = db::begin(&self.db).await?;
        if let Some(since) = connection::hold_pause(&mut tx).await? {
            attention::open(&mut *tx, &AttentionItem::paused(since), 0, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Nobody is reconciled, so nothing fails: an admin must connect or sign in first.
    pub async fn resolve_failures(&self) -> Result<()> {
        use AttentionKind::{OfficientFailing, OptedoFailing, Paused, PersonFailing};
        for kind in [OfficientFailing, OptedoFailing, PersonFailing, Paused] {
            attention::resolve_others(&self.db, kind, &[], self.clock.now()).await?;
        }
        Ok(())
    }

    /// Opens and resolves the items about failures that last. Returns whether anything fails, however short.
    pub async fn report_failures(&self, company: CompanyId, jobs: &FailingJobs) -> Result<bool> {
        let now = self.clock.now();
        let lasts = |failure: &LastingFailure| after(failure.since, self.config.sync.failing_after) <= now;
        let people = people::failing(&self.db, company).await?;
        let is_failing = !people.is_empty() || !jobs.0.is_empty();
        let mut of_upstreams: Vec<LastingFailure> = jobs.0.values().filter(|failure| lasts(failure)).cloned().collect();
        let mut alone = Vec::new();
        for person in people.into_iter().filter(|person| lasts(&person.lasting)) {
            let is_of_optedo = person.lasting.failure.is_of_optedo();
            let breaker = if is_of_optedo { &self.optedo_breaker } else { &self.officient_breaker };
            if !person.others_succeeded || breaker.is_open() {
                of_upstreams.push(person.lasting);
                continue;
            }
            let name = person.names.as_ref().map_or_else(|| format!("#{}", person.id), Names::full);
            let item = AttentionItem::of_person(person.id, &name, Cause::PersonFailing(person.lasting), None);
            attention::open(&self.db, &item, 0, now).await?;
            alone.push(item.subject_id);
        }
        attention::resolve_others(&self.db, AttentionKind::PersonFailing, &alone, now).await?;
        for (upstream, kind) in
            Upstream::VARIANTS.iter().zip([AttentionKind::OfficientFailing, AttentionKind::OptedoFailing])
        {
            let failures = of_upstreams.iter().filter(|failure| failure.failure.upstream() == Some(*upstream));
            match failures.min_by_key(|failure| failure.since) {
                Some(failure) => {
                    let waiting = queue::count(&self.db).await?;
                    let item = AttentionItem::upstream_failing(*upstream, failure.clone());
                    attention::open(&self.db, &item, waiting.waiting + waiting.retrying, now).await?;
                }
                None => attention::resolve_others(&self.db, kind, &[], now).await?,
            }
        }
        Ok(is_failing)
    }
}
