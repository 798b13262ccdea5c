use std::fmt::{self, Display};

use super::sync::list_unless_known;
use super::{CommandError, Outcome, build_app, print, print_error, print_json};
use crate::app::App;
use crate::config::Config;
use crate::db::people;
use crate::domain::difference::{Difference, Placement};
use crate::domain::ids::PersonId;
use crate::sync::audit::Audit;
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;

/// Fails when something differs, or when somebody could not be compared.
pub(super) async fn run(config: Config, person: Option<PersonId>, json: bool) -> Outcome {
    let app = build_app(config).await?;
    let audited = audit(&app, person).await;
    app.close().await;
    let Audit { people, failed } = audited?;
    let differences: Vec<&Difference> = people.iter().flat_map(|audited| &audited.differences).collect();
    for (person, error) in &failed {
        print_error(&format!("person {person} could not be compared: {error}"));
    }
    if json {
        print_json(&differences);
    } else {
        differences.iter().for_each(print);
        print(&format!("{} people compared, {} differences", people.len(), differences.len()));
    }
    Ok(differences.is_empty() && failed.is_empty())
}

async fn audit(app: &App, person: Option<PersonId>) -> Result<Audit, CommandError> {
    let engine = &*app.engine;
    let company = connected_company(engine).await?;
    if let Some(person) = person {
        list_unless_known(engine, company, person).await?;
        if people::find(&engine.db, company, person).await?.is_none() {
            return Err(CommandError::NoSuchPerson(person));
        }
    }
    Ok(engine.compare_people(company, person).await.map_err(WebError::from)?)
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, person_id, event_id, absence_id, date, expected, found } = self;
        write!(f, "{kind:<11}  {date}  person {person_id} event {event_id}")?;
        if let Some(absence) = absence_id {
            write!(f, " absence {absence}")?;
        }
        for (side, placement) in [("Officient", expected), ("Optedo", found)] {
            match placement {
                Some(Placement { user_id, absence_type_id, start, end, .. }) => {
                    write!(f, "  {side}: user {user_id} type {absence_type_id} {start} – {end}")?;
                }
                None => write!(f, "  {side}: nothing")?,
            }
        }
        Ok(())
    }
}
