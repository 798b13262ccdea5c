//! Cached lists that change seldom: Optedo's users and absence types, Officient's leave types.
//!
//! The caller says how fresh the answer must be ([`Fresh`]): a comparison may use an older list than a write, and what
//! was not found is read again, so that a repaired name counts at once. Callers who need the same list at the same time
//! share one call.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use crate::clock::Clock;
use crate::domain::absence::AbsenceType;
use crate::domain::calendar::LeaveType;
use crate::domain::ids::CompanyId;
use crate::domain::matching::UserDirectory;
use crate::officient::rate_limiter::Priority;
use crate::officient::{Officient, OfficientError};
use crate::optedo::{Optedo, OptedoError};

/// A page is shown with older lists rather than later than this.
const PAGE_TIMEOUT: Duration = Duration::from_secs(2);

/// How fresh an answer must be: read at this time or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fresh(pub Timestamp);

impl Fresh {
    /// For a page, perhaps just after a repair.
    pub fn to_show(clock: &Clock) -> Self {
        Self::within(clock, SignedDuration::from_secs(10))
    }

    /// To see that nothing changed: a sweep with nothing to do makes no call to Optedo.
    pub fn to_compare(clock: &Clock) -> Self {
        Self::within(clock, SignedDuration::from_hours(1))
    }

    /// To write absences.
    pub fn to_write(clock: &Clock) -> Self {
        Self::within(clock, SignedDuration::from_mins(5))
    }

    /// What changes once a year, and is looked at now and then.
    pub fn to_look_ahead(clock: &Clock) -> Self {
        Self::within(clock, SignedDuration::from_hours(24))
    }

    fn within(clock: &Clock, age: SignedDuration) -> Self {
        Self(clock.now().saturating_sub(age).unwrap_or(Timestamp::MIN))
    }
}

/// Everything that a comparison needs besides the person's calendar.
#[derive(Clone)]
pub struct Snapshot {
    pub users: Arc<UserDirectory>,
    pub absence_types: Arc<Vec<AbsenceType>>,
    /// By year.
    pub leave_types: BTreeMap<i16, Arc<Vec<LeaveType>>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ReferenceDataError {
    #[error(transparent)]
    Officient(#[from] OfficientError),
    #[error(transparent)]
    Optedo(#[from] OptedoError),
}

/// A list for a page.
pub struct Shown<T> {
    pub value: Arc<T>,
    /// When the list was read, if no newer one could be read in time.
    pub stale_since: Option<Timestamp>,
}

/// One list and when it was read.
struct Cached<T> {
    value: Mutex<Option<(Timestamp, Arc<T>)>>,
    /// The list is another one than before.
    has_changed: AtomicBool,
    /// Held during a call: others who need the list wait for its answer.
    reading: tokio::sync::Mutex<()>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { value: Mutex::default(), has_changed: AtomicBool::default(), reading: tokio::sync::Mutex::default() }
    }
}

impl<T: PartialEq> Cached<T> {
    fn last(&self) -> Option<(Timestamp, Arc<T>)> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn last_if(&self, fresh: Fresh) -> Option<Arc<T>> {
        self.last().filter(|(read_at, _)| *read_at >= fresh.0).map(|(_, value)| value)
    }

    async fn get<E>(&self, fresh: Fresh, clock: &Clock, read: impl Future<Output = Result<T, E>>) -> Result<Arc<T>, E> {
        if let Some(value) = self.last_if(fresh) {
            return Ok(value);
        }
        let _reading = self.reading.lock().await;
        if let Some(value) = self.last_if(fresh) {
            return Ok(value);
        }
        let read_at = clock.now();
        let value = Arc::new(read.await?);
        let before = self.value.lock().unwrap_or_else(PoisonError::into_inner).replace((read_at, Arc::clone(&value)));
        if before.is_some_and(|(_, before)| before != value) {
            self.has_changed.store(true, Ordering::Relaxed);
        }
        Ok(value)
    }

    /// As fresh as can be had in time, otherwise what was last read; `None`: never read.
    async fn show<E>(&self, clock: &Clock, read: impl Future<Output = Result<T, E>>) -> Option<Shown<T>> {
        match timeout(PAGE_TIMEOUT, self.get(Fresh::to_show(clock), clock, read)).await {
            Ok(Ok(value)) => Some(Shown { value, stale_since: None }),
            Ok(Err(_)) | Err(_) => self.last().map(|(read_at, value)| Shown { value, stale_since: Some(read_at) }),
        }
    }
}

/// By company and year.
type LeaveTypes = HashMap<(CompanyId, i16), Arc<Cached<Vec<LeaveType>>>>;

pub struct ReferenceData {
    officient: Officient,
    optedo: Optedo,
    clock: Clock,
    users: Cached<UserDirectory>,
    absence_types: Cached<Vec<AbsenceType>>,
    leave_types: Mutex<LeaveTypes>,
}

impl ReferenceData {
    pub fn new(officient: Officient, optedo: Optedo, clock: Clock) -> Self {
        Self {
            officient,
            optedo,
            clock,
            users: Cached::default(),
            absence_types: Cached::default(),
            leave_types: Mutex::default(),
        }
    }

    /// Everything that a comparison of these years needs.
    pub async fn snapshot(
        &self,
        company: CompanyId,
        years: &[i16],
        fresh: Fresh,
    ) -> Result<Snapshot, ReferenceDataError> {
        let types = years.iter().map(|year| self.leave_types(company, *year, fresh));
        let (users, absence_types, types) =
            tokio::try_join!(self.users(fresh), self.absence_types(fresh), try_join_all(types))?;
        Ok(Snapshot { users, absence_types, leave_types: years.iter().copied().zip(types).collect() })
    }

    /// Drops all lists, because the admin may have changed any of them, and reads Optedo's again. A list that cannot be
    /// read now is read when it is needed, as Officient's leave types are.
    pub async fn refresh(&self) {
        self.leave_types.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let fresh = Fresh(self.clock.now());
        let _read_when_needed = tokio::join!(self.users(fresh), self.absence_types(fresh));
    }

    pub async fn users(&self, fresh: Fresh) -> Result<Arc<UserDirectory>, ReferenceDataError> {
        Ok(self.users.get(fresh, &self.clock, self.read_users()).await?)
    }

    pub async fn absence_types(&self, fresh: Fresh) -> Result<Arc<Vec<AbsenceType>>, ReferenceDataError> {
        Ok(self.absence_types.get(fresh, &self.clock, self.optedo.absence_types()).await?)
    }

    /// The read is urgent whoever needs it, because a webhook about somebody else may wait for its answer too.
    pub async fn leave_types(
        &self,
        company: CompanyId,
        year: i16,
        fresh: Fresh,
    ) -> Result<Arc<Vec<LeaveType>>, ReferenceDataError> {
        let read = self.officient.leave_types(Priority::Urgent, year);
        Ok(self.cached_leave_types(company, year).get(fresh, &self.clock, read).await?)
    }

    /// `None`: never read, and Optedo does not answer.
    pub async fn show_users(&self) -> Option<Shown<UserDirectory>> {
        self.users.show(&self.clock, self.read_users()).await
    }

    pub async fn show_absence_types(&self) -> Option<Shown<Vec<AbsenceType>>> {
        self.absence_types.show(&self.clock, self.optedo.absence_types()).await
    }

    pub async fn show_leave_types(&self, company: CompanyId, year: i16) -> Option<Shown<Vec<LeaveType>>> {
        let read = self.officient.leave_types(Priority::Urgent, year);
        // Boxed: the handler that awaits it would be too large for its thread's stack otherwise.
        Box::pin(self.cached_leave_types(company, year).show(&self.clock, read)).await
    }

    /// Whether a list of leave types or absence types that was read since the last call is another one than before.
    pub fn take_changed_types(&self) -> bool {
        let leave_types = self.leave_types.lock().unwrap_or_else(PoisonError::into_inner);
        let lists = leave_types.values().map(|list| &list.has_changed).chain([&self.absence_types.has_changed]);
        lists.filter(|list| list.swap(false, Ordering::Relaxed)).count() > 0
    }

    async fn read_users(&self) -> Result<UserDirectory, OptedoError> {
        Ok(UserDirectory::new(self.optedo.users().await?))
    }

    fn cached_leave_types(&self, company: CompanyId, year: i16) -> Arc<Cached<Vec<LeaveType>>> {
        let mut leave_types = self.leave_types.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(leave_types.entry((company, year)).or_default())
    }
}
