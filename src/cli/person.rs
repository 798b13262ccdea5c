//! What the law asks for: erasing, and printing, everything that is stored about a person.

use super::{CommandError, open_database, print, print_json};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::audit_log::{self, Act, Actor};
use crate::db::{self, erasure};
use crate::domain::ids::PersonId;

pub(super) async fn export(config: &Config, person: PersonId) -> Result<(), CommandError> {
    let db = open_database(config).await?;
    let stored = erasure::export(&db, person).await?.ok_or(CommandError::NothingStored(person))?;
    let (detail, now) = (format!("person {person}"), Clock::default().now());
    audit_log::insert(&db, Act::PersonExported, Some(&detail), &Actor::command(), now).await?;
    print_json(&stored);
    Ok(())
}

pub(super) async fn forget(config: &Config, person: PersonId) -> Result<(), CommandError> {
    let db = open_database(config).await?;
    let now = Clock::default().now();
    let mut tx = db::begin(&db).await?;
    let erased = erasure::erase(&mut tx, person, now).await?;
    if erased.was_known {
        let detail = format!("person {person}");
        audit_log::insert(&mut *tx, Act::PersonForgotten, Some(&detail), &Actor::command(), now).await?;
    }
    // Committed for an unknown person too: a list that is being read now may contain them, and must not bring them in.
    tx.commit().await?;
    if !erased.was_known {
        return Err(CommandError::NothingStored(person));
    }
    print(&format!("Erased everything stored here about person {person}."));
    if erased.standing > 0 {
        print(&format!(
            "{} of their absences stay in Optedo; this service no longer changes or deletes them. \
             Delete them in Optedo.",
            erased.standing
        ));
    }
    if erased.is_in_officient {
        print(&"The last list of Officient still contained this person: erase them in Officient, or they come back.");
    }
    Ok(())
}
