//! The turn of the year: Officient's leave types are those of one year. Once next year's types exist, those that are
//! used, and would map to nothing then, become attention items before the first leave of that year.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::engine::{Engine, Result};
use super::reference_data::Fresh;
use crate::db::{attention, leave_types};
use crate::domain::ids::CompanyId;
use crate::domain::mapping::{MappingRules, unmapped_next_year};

/// A type counts as used if it had leave within this many months.
const USED_WITHIN_MONTHS: i32 = 12;

impl Engine {
    /// Reads next year's types with an import, so that the sweeps of that day need no call for them.
    pub(super) async fn look_ahead(&self, company: CompanyId) {
        let (year, fresh) = (self.clock.today().year().saturating_add(1), Fresh::to_look_ahead(&self.clock));
        if let Err(error) = self.reference_data.leave_types(company, year, fresh).await {
            tracing::debug!(%error, "Could not read the leave types of {year}");
        }
    }

    /// Opens and resolves the items about next year's leave types, as read at `fresh` or later.
    pub async fn check_next_year(&self, company: CompanyId, fresh: Fresh) -> Result<()> {
        let (now, today): (_, Date) = (self.clock.now(), self.clock.today());
        let year = today.year().saturating_add(1);
        let since = today.saturating_sub(USED_WITHIN_MONTHS.months());
        let used = leave_types::used_since(&self.db, company, since).await?;
        let mut items = Vec::new();
        if !used.is_empty() {
            let this_year = self.reference_data.leave_types(company, today.year(), fresh).await?;
            let next_year = self.reference_data.leave_types(company, year, fresh).await?;
            let absence_types = self.reference_data.absence_types(fresh).await?;
            let choices = leave_types::choices(&self.db, company).await?;
            let rules = MappingRules::new(&self.config, &choices, &absence_types);
            items = unmapped_next_year(year, (&this_year, &next_year), &used, rules);
        }
        for item in &items {
            attention::open(&self.db, item, 0, now).await?;
        }
        let subjects: Vec<String> = items.into_iter().map(|item| item.subject_id).collect();
        Ok(attention::resolve_next_year(&self.db, &subjects, now).await?)
    }
}
