//! What changes seldom and is asked for often: users, absence types, leave types, requesters. Kept for a short while.
//!
//! Who asks says how fresh the answer must be ([`Fresh`]): a mere comparison may use an older one, a write may not, and
//! what was not found is read again, so that a name or a type repaired a second ago is seen. Reads are shared: many who
//! ask at the same time cause one call.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::ids::{CompanyId, PersonId, RequestId};
use crate::limiter::Priority;
use crate::officient::{LeaveType, ListedRequest, Officient, OfficientError};
use crate::optedo::{AbsenceType, Optedo, OptedoError, User};

/// How fresh an answer must be: read at this time or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fresh(pub Timestamp);

impl Fresh {
    /// Good enough to see that nothing changed.
    pub fn to_compare(clock: &Clock) -> Self {
        Self::within(clock, SignedDuration::from_hours(1))
    }

    /// Good enough to write by.
    pub fn to_write(clock: &Clock) -> Self {
        Self::within(clock, SignedDuration::from_mins(5))
    }

    fn within(clock: &Clock, age: SignedDuration) -> Self {
        Self(clock.now().saturating_sub(age).unwrap_or(Timestamp::MIN))
    }
}

/// How long the answer to "who asked for this request" holds. Who asked never changes, but a request can come to be.
const FOUND_LIFE: SignedDuration = SignedDuration::from_hours(1);
const NOT_FOUND_LIFE: SignedDuration = SignedDuration::from_mins(1);
const MOST_REQUESTS: usize = 10_000;

/// Everything that a comparison needs besides the calendar.
#[derive(Clone)]
pub struct Snapshot {
    /// Optedo's users.
    pub users: Arc<Vec<User>>,
    /// Optedo's absence types.
    pub absence_types: Arc<Vec<AbsenceType>>,
    /// Officient's leave types by year.
    pub leave_types: BTreeMap<i16, Arc<Vec<LeaveType>>>,
}

/// Why reference data could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Of Officient.
    #[error(transparent)]
    Officient(#[from] OfficientError),
    /// Of Optedo.
    #[error(transparent)]
    Optedo(#[from] OptedoError),
}

/// One value and when it was read.
#[derive(Default)]
struct Cached<T> {
    value: Mutex<Option<(Timestamp, Arc<T>)>>,
}

impl<T> Cached<T> {
    async fn get<E>(
        &self,
        fresh: Fresh,
        clock: &Clock,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        // Held while reading: those who ask meanwhile get this answer.
        let mut value = self.value.lock().await;
        if let Some((read_at, cached)) = &*value
            && *read_at >= fresh.0
        {
            return Ok(Arc::clone(cached));
        }
        let read_at = clock.now();
        let new = Arc::new(read.await?);
        *value = Some((read_at, Arc::clone(&new)));
        Ok(new)
    }
}

/// Who asked for a request, and when that was read.
#[derive(Clone, Copy)]
struct Requester {
    read_at: Timestamp,
    person: Option<PersonId>,
}

/// The leave types of a company's years.
type LeaveTypes = HashMap<(CompanyId, i16), Arc<Cached<Vec<LeaveType>>>>;

/// The caches.
pub struct Reference {
    officient: Officient,
    optedo: Optedo,
    clock: Clock,
    users: Cached<Vec<User>>,
    absence_types: Cached<Vec<AbsenceType>>,
    leave_types: Mutex<LeaveTypes>,
    requesters: Mutex<HashMap<(CompanyId, RequestId), Requester>>,
    seen_requests: Mutex<HashSet<(CompanyId, RequestId)>>,
}

impl Reference {
    /// Empty caches in front of these two.
    pub fn new(officient: Officient, optedo: Optedo, clock: Clock) -> Self {
        Self {
            officient,
            optedo,
            clock,
            users: Cached::default(),
            absence_types: Cached::default(),
            leave_types: Mutex::default(),
            requesters: Mutex::default(),
            seen_requests: Mutex::default(),
        }
    }

    /// Everything that a comparison of these years needs.
    pub async fn snapshot(
        &self,
        company: CompanyId,
        years: &[i16],
        priority: Priority,
        fresh: Fresh,
    ) -> Result<Snapshot, ReferenceError> {
        let mut types = Vec::new();
        for year in years {
            types.push(self.leave_types(company, *year, priority, fresh));
        }
        let types = futures_util::future::try_join_all(types);
        let (users, absence_types, types) =
            tokio::try_join!(self.users(fresh), self.absence_types(fresh), types)?;
        Ok(Snapshot {
            users,
            absence_types,
            leave_types: years.iter().copied().zip(types).collect(),
        })
    }

    /// Optedo's users.
    pub async fn users(&self, fresh: Fresh) -> Result<Arc<Vec<User>>, ReferenceError> {
        Ok(self.users.get(fresh, &self.clock, self.optedo.users()).await?)
    }

    /// Optedo's absence types.
    pub async fn absence_types(&self, fresh: Fresh) -> Result<Arc<Vec<AbsenceType>>, ReferenceError> {
        Ok(self
            .absence_types
            .get(fresh, &self.clock, self.optedo.absence_types())
            .await?)
    }

    /// Officient's leave types of a year.
    pub async fn leave_types(
        &self,
        company: CompanyId,
        year: i16,
        priority: Priority,
        fresh: Fresh,
    ) -> Result<Arc<Vec<LeaveType>>, ReferenceError> {
        let cached = Arc::clone(self.leave_types.lock().await.entry((company, year)).or_default());
        Ok(cached
            .get(fresh, &self.clock, self.officient.leave_types(priority, year))
            .await?)
    }

    /// Who asked for this request, if a recent answer is known.
    pub async fn known_requester(&self, company: CompanyId, id: RequestId) -> Option<Option<PersonId>> {
        let known = *self.requesters.lock().await.get(&(company, id))?;
        let life = if known.person.is_some() {
            FOUND_LIFE
        } else {
            NOT_FOUND_LIFE
        };
        (self.clock.now().duration_since(known.read_at) < life).then_some(known.person)
    }

    /// Who asked for this request; `None`: there is none.
    pub async fn requester(
        &self,
        company: CompanyId,
        id: RequestId,
    ) -> Result<Option<PersonId>, OfficientError> {
        if let Some(known) = self.known_requester(company, id).await {
            return Ok(known);
        }
        let read_at = self.clock.now();
        let person = self.officient.requester(Priority::Urgent, id).await?;
        let mut requesters = self.requesters.lock().await;
        if requesters.len() >= MOST_REQUESTS {
            requesters.clear();
        }
        requesters.insert((company, id), Requester { read_at, person });
        Ok(person)
    }

    /// Who asked for the newest requests: of those not seen before, or of all when none is new.
    pub async fn newest_requesters(&self, company: CompanyId) -> Result<Vec<PersonId>, OfficientError> {
        let (unseen, known) = self.read_newest_requests(company).await?;
        Ok(requesters(if unseen.is_empty() { known } else { unseen }))
    }

    /// Who asked for those of the newest requests that were not seen before.
    pub async fn unseen_requesters(&self, company: CompanyId) -> Result<Vec<PersonId>, OfficientError> {
        let (unseen, _known) = self.read_newest_requests(company).await?;
        Ok(requesters(unseen))
    }

    /// The newest requests: those not seen before, and the others.
    async fn read_newest_requests(
        &self,
        company: CompanyId,
    ) -> Result<(Vec<ListedRequest>, Vec<ListedRequest>), OfficientError> {
        let requests = self.officient.newest_requests(Priority::Urgent).await?;
        let mut seen = self.seen_requests.lock().await;
        if seen.len() >= MOST_REQUESTS {
            seen.clear();
        }
        Ok(requests
            .into_iter()
            .partition(|request| seen.insert((company, request.id))))
    }
}

fn requesters(requests: Vec<ListedRequest>) -> Vec<PersonId> {
    let mut requesters: Vec<PersonId> = requests.into_iter().map(|request| request.requester).collect();
    requesters.sort_unstable();
    requesters.dedup();
    requesters
}
