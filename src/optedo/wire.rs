//! Optedo's JSON (docs/optedo-api.yaml).

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::domain::absence;
use crate::domain::ids::{AbsenceId, AbsenceTypeId, UserId};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    id: UserId,
    first_name: String,
    last_name: String,
    #[serde(default = "active_by_default")]
    active: bool,
}

fn active_by_default() -> bool {
    true
}

impl From<User> for absence::User {
    fn from(User { id, first_name, last_name, active }: User) -> Self {
        Self { id, first_name, last_name, active }
    }
}

#[derive(Deserialize)]
pub(super) struct AbsenceType {
    id: AbsenceTypeId,
    description: String,
}

impl From<AbsenceType> for absence::AbsenceType {
    fn from(AbsenceType { id, description }: AbsenceType) -> Self {
        Self { id, description }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewAbsence {
    user_id: UserId,
    absence_type_id: AbsenceTypeId,
    start: DateTime,
    end: DateTime,
    all_day: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_reference: Option<String>,
}

impl From<&absence::NewAbsence> for NewAbsence {
    fn from(absence: &absence::NewAbsence) -> Self {
        let absence::NewAbsence { user_id, absence_type_id, start, end, all_day, external_reference } =
            absence.clone();
        Self { user_id, absence_type_id, start, end, all_day, external_reference }
    }
}

#[derive(Deserialize)]
pub(super) struct Absence {
    pub(super) id: AbsenceId,
    #[serde(flatten)]
    content: NewAbsence,
}

impl From<Absence> for absence::Absence {
    fn from(Absence { id, content }: Absence) -> Self {
        let NewAbsence { user_id, absence_type_id, start, end, all_day, external_reference } = content;
        let content =
            absence::NewAbsence { user_id, absence_type_id, start, end, all_day, external_reference };
        Self { id, content }
    }
}
