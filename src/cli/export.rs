use super::{CommandError, Outcome, open_database, print_json};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::audit_log::{self, Act, Actor};
use crate::db::erasure;
use crate::domain::ids::PersonId;

pub(super) async fn run(config: &Config, person: PersonId) -> Outcome {
    let db = open_database(config).await?;
    let stored = erasure::export(&db, person).await?.ok_or(CommandError::NothingStored(person))?;
    let (detail, now) = (format!("person {person}"), Clock::default().now());
    audit_log::insert(&db, Act::PersonExported, Some(&detail), &Actor::command(), now).await?;
    print_json(&stored);
    Ok(true)
}
