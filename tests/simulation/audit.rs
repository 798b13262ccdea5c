//! The audit in the simulation: what was edited by hand in Optedo is found, and nothing else, whatever went wrong
//! before.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::simulators::optedo::Absence;
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::Value;

use super::company::{Company, ensure};
use super::oracle::{self, Expected};

/// An event and how its absence differs.
type Differences = BTreeSet<(i64, &'static str)>;

fn event_and_kind(difference: &Value) -> (i64, &'static str) {
    let kind = match difference["kind"].as_str().unwrap() {
        "missing" => "missing",
        "changed" => "changed",
        _ => "unexplained",
    };
    (difference["eventId"].as_i64().unwrap(), kind)
}

impl Company<'_> {
    /// Audits everybody while all works. The audit restores what was found if the settings say so. Otherwise the admin
    /// restores some of it, and keeps the rest.
    pub(super) async fn audit(&mut self) -> Result<(), String> {
        let before = self.expected_differences().await;
        self.audit_everybody().await?;
        self.settle("what an audit restored").await?;
        let open = self.differences("open").await?;
        let kept = self.differences("kept").await?;
        let found: Differences = open.iter().chain(&kept).map(event_and_kind).collect();
        let expected = self.expected_differences().await;
        ensure(found == expected, || format!("an audit found {found:?} instead of {expected:?}"))?;
        let mut restored = Differences::new();
        if self.is_set("onDifference", "restore") {
            let kept: Differences = kept.iter().map(event_and_kind).collect();
            let is_restored = |(event, kind): &&(i64, &str)| *kind != "unexplained" && !kept.contains(&(*event, kind));
            restored = before.iter().filter(is_restored).copied().collect();
            for (event, _) in &restored {
                self.memory.event_changed(*event, false);
            }
        }
        for difference in &open {
            let id = difference["id"].as_i64().unwrap();
            let (event, kind) = event_and_kind(difference);
            let is_kept = id % 3 == 0;
            if kind == "unexplained" && !is_kept {
                self.event_may_go(event);
            }
            let (decision, done) =
                if is_kept { ("keep", StatusCode::NO_CONTENT) } else { ("restore", StatusCode::ACCEPTED) };
            let decided = self.post(&format!("/differences/{id}/{decision}")).await;
            ensure(decided == done, || format!("{decision} of {difference}: {decided}"))?;
            if !is_kept {
                self.memory.event_changed(event, false);
                restored.insert((event, kind));
            }
        }
        self.settle("what the admin restored").await?;
        self.confirm_deletions().await?;
        let left = self.expected_differences().await;
        let wrong: Vec<_> = left.intersection(&restored).collect();
        ensure(wrong.is_empty(), || format!("restored, and still different: {wrong:?}"))
    }

    async fn audit_everybody(&mut self) -> Result<(), String> {
        for _ in 0..5 {
            let asked = self.post("/audit").await;
            ensure(asked == StatusCode::ACCEPTED, || format!("an audit was not accepted: {asked}"))?;
            let is_under_way = "select count(*) from audits where requested_at is not null or started_at > coalesce(finished_at, 'epoch')";
            self.until_none(is_under_way, "an audit").await?;
            // On a busy machine, a call may take too long.
            if self.database.number("select people_failed from audits").await == 0 {
                return Ok(());
            }
            self.clock.advance(SignedDuration::from_mins(20));
        }
        Err("an audit could not compare everybody although nothing is broken".to_owned())
    }

    async fn differences(&self, state: &str) -> Result<Vec<Value>, String> {
        let all = self.get(&format!("/differences?state={state}")).await?;
        all.as_array().cloned().ok_or_else(|| format!("no differences: {all}"))
    }

    async fn expected_differences(&mut self) -> Differences {
        let rows = self.database.numbers("select event_id from absences where deleted_at is null").await;
        let ours: BTreeMap<i64, Absence> = self
            .optedo
            .absences()
            .into_iter()
            .filter(|absence| self.window.contains(absence.content.start.date()))
            .filter_map(|absence| Some((oracle::event_of(&absence)?, absence)))
            .collect();
        let of_leave = oracle::expected(self).into_iter().filter_map(|(event, expected)| {
            let Expected::Exactly(wanted) = expected else { return None };
            match ours.get(&event) {
                None => Some((event, "missing")),
                Some(absence) => (absence.content != wanted).then_some((event, "changed")),
            }
        });
        let mut differences: Differences = of_leave.collect();
        for (event, absence) in &ours {
            let is_of_others = self.memory.of_others.iter().any(|other| other.id == absence.id);
            let is_explained = rows.contains(event) || is_of_others;
            if let Some(person) = self.person_of_user(absence.content.user_id)
                && !is_explained
                && !self.officient.events_of(person).iter().any(|known| known.id == *event)
            {
                differences.insert((*event, "unexplained"));
            }
        }
        differences
    }

    /// The person whom this user matches.
    fn person_of_user(&self, user: i64) -> Option<i64> {
        let mut present = self.people.iter().filter(|person| !person.is_archived);
        present.find(|person| oracle::user_of(self, person) == Some(user)).map(|person| person.id)
    }
}
