//! What changes seldom and is asked for often: users, absence types, leave types, requesters. Kept for a short while.
//!
//! Who asks says how fresh the answer must be ([`Fresh`]): a mere comparison may use an older one, a write may not, and
//! what was not found is read again, so that a name or a type repaired a second ago is seen. Reads are shared: many who
//! ask at the same time cause one call.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::db::erasure::ErasureCount;
use crate::domain::absence::AbsenceType;
use crate::domain::calendar::{LeaveType, ListedRequest};
use crate::domain::ids::{CompanyId, PersonId, RequestId};
use crate::domain::matching::UserDirectory;
use crate::officient::rate_limiter::Priority;
use crate::officient::{Officient, OfficientError};
use crate::optedo::{Optedo, OptedoError};

/// How fresh an answer must be: read at this time or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fresh(pub Timestamp);

impl Fresh {
    /// Good enough for somebody who looks at a page, perhaps just after a repair.
    pub fn to_show(clock: &Clock) -> Self {
        Self::within(clock, SignedDuration::from_secs(10))
    }

    fn within(clock: &Clock, age: SignedDuration) -> Self {
        Self(clock.now().saturating_sub(age).unwrap_or(Timestamp::MIN))
    }
}

/// How fresh the parts of a [`Snapshot`] must be: Officient's calls are counted, Optedo's are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Users and absence types.
    pub optedo: Fresh,
    /// Leave types.
    pub officient: Fresh,
}

impl Freshness {
    /// Both read at this time or later.
    pub fn since(at: Timestamp) -> Self {
        Self { optedo: Fresh(at), officient: Fresh(at) }
    }

    /// Good enough to see that nothing changed.
    pub fn to_compare(clock: &Clock) -> Self {
        let hour = Fresh::within(clock, SignedDuration::from_hours(1));
        Self { optedo: hour, officient: hour }
    }

    /// Good enough to write by. What somebody waits for goes by users and types as they were when it was asked for, so
    /// that a name that was just spoilt or repaired counts; those who wait together share one reading.
    pub fn to_write(clock: &Clock, priority: Priority, requested_at: Timestamp) -> Self {
        let recent = Fresh::within(clock, SignedDuration::from_mins(5));
        let optedo = if priority == Priority::Urgent { Fresh(requested_at) } else { recent };
        Self { optedo, officient: recent }
    }
}

/// How long the answer to "who asked for this request" holds. Who asked never changes, but a request can come to be.
const FOUND_LIFE: SignedDuration = SignedDuration::from_hours(1);
const NOT_FOUND_LIFE: SignedDuration = SignedDuration::from_mins(1);
/// So many ids are looked up as requests in such a time; with more, a page of requests or everybody is cheaper.
const LOOK_UPS: usize = 10;
const LOOK_UP_PERIOD: SignedDuration = SignedDuration::from_secs(10);
const MOST_REQUESTS: usize = 10_000;

/// Everything that a comparison needs besides the calendar.
#[derive(Clone)]
pub struct Snapshot {
    /// Optedo's users.
    pub users: Arc<UserDirectory>,
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

/// A value to be shown.
pub struct Shown<T> {
    /// The value.
    pub value: Arc<T>,
    /// When it was read, where nothing newer could be had.
    pub stale_since: Option<Timestamp>,
}

/// Nobody looks at an empty page for longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// One value and when it was read.
struct Cached<T> {
    value: std::sync::Mutex<Option<(Timestamp, Arc<T>)>>,
    /// Held while reading: those who ask meanwhile get this answer.
    reading: Mutex<()>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { value: std::sync::Mutex::default(), reading: Mutex::default() }
    }
}

impl<T> Cached<T> {
    /// What was last read.
    fn last(&self) -> Option<(Timestamp, Arc<T>)> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As fresh as can be had soon, else what was last read.
    async fn show<E>(&self, clock: &Clock, read: impl Future<Output = Result<T, E>>) -> Option<Shown<T>> {
        let read = self.get(Fresh::to_show(clock), clock, read);
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(Ok(value)) => Some(Shown { value, stale_since: None }),
            Ok(Err(_)) | Err(_) => {
                self.last().map(|(read_at, value)| Shown { value, stale_since: Some(read_at) })
            }
        }
    }

    async fn get<E>(
        &self,
        fresh: Fresh,
        clock: &Clock,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let fresh_enough =
            || self.last().filter(|(read_at, _)| *read_at >= fresh.0).map(|(_, cached)| cached);
        if let Some(cached) = fresh_enough() {
            return Ok(cached);
        }
        let _reading = self.reading.lock().await;
        if let Some(cached) = fresh_enough() {
            return Ok(cached);
        }
        let read_at = clock.now();
        let new = Arc::new(read.await?);
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) = Some((read_at, Arc::clone(&new)));
        Ok(new)
    }
}

/// Who asked for a request, and when that was read. Not told once somebody was forgotten since: it may be they.
#[derive(Clone, Copy)]
struct Requester {
    read_at: Timestamp,
    noted: ErasureCount,
    person: Option<PersonId>,
}

/// The page of the newest requests: when it was last read, and which requests were on it at any time since somebody was
/// last forgotten. Whom it named before, nobody may have stored.
#[derive(Default)]
struct NewestRequests {
    read_at: Option<Timestamp>,
    noted: Option<ErasureCount>,
    seen: HashSet<(CompanyId, RequestId)>,
}

/// The leave types of a company's years.
type LeaveTypes = HashMap<(CompanyId, i16), Arc<Cached<Vec<LeaveType>>>>;

/// The caches.
pub struct Reference {
    officient: Officient,
    optedo: Optedo,
    clock: Clock,
    users: Cached<UserDirectory>,
    absence_types: Cached<Vec<AbsenceType>>,
    leave_types: Mutex<LeaveTypes>,
    requesters: Mutex<HashMap<(CompanyId, RequestId), Requester>>,
    looked_up_at: Mutex<VecDeque<Timestamp>>,
    newest_requests: Mutex<NewestRequests>,
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
            looked_up_at: Mutex::default(),
            newest_requests: Mutex::default(),
        }
    }

    /// Everything that a comparison of these years needs.
    pub async fn snapshot(
        &self,
        company: CompanyId,
        years: &[i16],
        priority: Priority,
        fresh: Freshness,
    ) -> Result<Snapshot, ReferenceError> {
        let mut types = Vec::new();
        for year in years {
            types.push(self.leave_types(company, *year, priority, fresh.officient));
        }
        let types = futures_util::future::try_join_all(types);
        let (users, absence_types, types) =
            tokio::try_join!(self.users(fresh.optedo), self.absence_types(fresh.optedo), types)?;
        Ok(Snapshot { users, absence_types, leave_types: years.iter().copied().zip(types).collect() })
    }

    /// Reads beforehand what a snapshot this fresh needs of Optedo; should that fail, the snapshot says so.
    pub async fn prefetch(&self, fresh: Fresh) {
        let _said_by_the_snapshot = tokio::join!(self.users(fresh), self.absence_types(fresh));
    }

    /// Officient's leave types are read again when they are next asked for: the admin may have changed them.
    pub async fn forget_leave_types(&self) {
        self.leave_types.lock().await.clear();
    }

    /// Optedo's users.
    pub async fn users(&self, fresh: Fresh) -> Result<Arc<UserDirectory>, ReferenceError> {
        Ok(self.users.get(fresh, &self.clock, self.read_users()).await?)
    }

    /// Optedo's users, to be shown; `None`: never read, and Optedo does not answer.
    pub async fn show_users(&self) -> Option<Shown<UserDirectory>> {
        self.users.show(&self.clock, self.read_users()).await
    }

    async fn read_users(&self) -> Result<UserDirectory, OptedoError> {
        Ok(UserDirectory::new(self.optedo.users().await?))
    }

    /// Optedo's absence types, to be shown.
    pub async fn show_absence_types(&self) -> Option<Shown<Vec<AbsenceType>>> {
        self.absence_types.show(&self.clock, self.optedo.absence_types()).await
    }

    /// Officient's leave types of a year, to be shown.
    pub async fn show_leave_types(&self, company: CompanyId, year: i16) -> Option<Shown<Vec<LeaveType>>> {
        let cached = Arc::clone(self.leave_types.lock().await.entry((company, year)).or_default());
        Box::pin(cached.show(&self.clock, self.officient.leave_types(Priority::Urgent, year))).await
    }

    /// Optedo's absence types.
    pub async fn absence_types(&self, fresh: Fresh) -> Result<Arc<Vec<AbsenceType>>, ReferenceError> {
        Ok(self.absence_types.get(fresh, &self.clock, self.optedo.absence_types()).await?)
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
        Ok(cached.get(fresh, &self.clock, self.officient.leave_types(priority, year)).await?)
    }

    /// Who asked for each of these requests; `None`: there is no such request.
    ///
    /// Nothing at all when that would take more calls than a few in a while: a burst is not looked up id by id.
    pub async fn requesters(
        &self,
        company: CompanyId,
        ids: &BTreeSet<i64>,
        noted: ErasureCount,
    ) -> Result<Option<BTreeMap<i64, Option<PersonId>>>, OfficientError> {
        let mut known = BTreeMap::new();
        let mut unknown = Vec::new();
        for id in ids {
            match self.known_requester(company, RequestId(*id), noted).await {
                Some(requester) => drop(known.insert(*id, requester)),
                None => unknown.push(*id),
            }
        }
        if !self.may_look_up(unknown.len()).await {
            return Ok(None);
        }
        let mut reads = Vec::new();
        for id in &unknown {
            reads.push(self.read_requester(company, RequestId(*id), noted));
        }
        let read = futures_util::future::try_join_all(reads).await?;
        known.extend(unknown.into_iter().zip(read));
        Ok(Some(known))
    }

    async fn known_requester(
        &self,
        company: CompanyId,
        id: RequestId,
        noted: ErasureCount,
    ) -> Option<Option<PersonId>> {
        let known = *self.requesters.lock().await.get(&(company, id))?;
        let life = if known.person.is_some() { FOUND_LIFE } else { NOT_FOUND_LIFE };
        let is_fresh = self.clock.now().duration_since(known.read_at) < life && known.noted >= noted;
        is_fresh.then_some(known.person)
    }

    /// Whether so many more look-ups are affordable, and if so counts them.
    pub async fn may_look_up(&self, count: usize) -> bool {
        let now = self.clock.now();
        let mut looked_up = self.looked_up_at.lock().await;
        looked_up.retain(|at| now.duration_since(*at) < LOOK_UP_PERIOD);
        let is_affordable = count == 0 || looked_up.len() + count <= LOOK_UPS;
        if is_affordable {
            looked_up.extend(std::iter::repeat_n(now, count));
        }
        is_affordable
    }

    async fn read_requester(
        &self,
        company: CompanyId,
        id: RequestId,
        noted: ErasureCount,
    ) -> Result<Option<PersonId>, OfficientError> {
        let read_at = self.clock.now();
        let person = self.officient.requester(Priority::Urgent, id).await?;
        let mut requesters = self.requesters.lock().await;
        if requesters.len() >= MOST_REQUESTS {
            requesters.clear();
        }
        requesters.insert((company, id), Requester { read_at, noted, person });
        Ok(person)
    }

    /// Who asked for the newest requests: of those not seen before, or of all when none is new.
    pub async fn newest_requesters(
        &self,
        company: CompanyId,
        noted: ErasureCount,
    ) -> Result<Vec<PersonId>, OfficientError> {
        let (unseen, known) = self.read_newest_requests(company, noted).await?;
        Ok(requesters(if unseen.is_empty() { known } else { unseen }))
    }

    /// Who asked for those of the newest requests that were not seen before; nobody if they were read since.
    pub async fn unseen_requesters(
        &self,
        company: CompanyId,
        since: Timestamp,
        noted: ErasureCount,
    ) -> Result<Vec<PersonId>, OfficientError> {
        let is_read_since =
            |newest: &NewestRequests| newest.read_at >= Some(since) && newest.noted >= Some(noted);
        if is_read_since(&*self.newest_requests.lock().await) {
            return Ok(Vec::new());
        }
        let (unseen, _known) = self.read_newest_requests(company, noted).await?;
        Ok(requesters(unseen))
    }

    /// The newest requests: those not seen before, and the others.
    async fn read_newest_requests(
        &self,
        company: CompanyId,
        noted: ErasureCount,
    ) -> Result<(Vec<ListedRequest>, Vec<ListedRequest>), OfficientError> {
        let read_at = self.clock.now();
        let requests = self.officient.newest_requests(Priority::Urgent).await?;
        let mut newest = self.newest_requests.lock().await;
        newest.read_at = Some(read_at);
        if newest.noted < Some(noted) || newest.seen.len() >= MOST_REQUESTS {
            newest.noted = newest.noted.max(Some(noted));
            newest.seen.clear();
        }
        Ok(requests.into_iter().partition(|request| newest.seen.insert((company, request.id))))
    }
}

fn requesters(requests: Vec<ListedRequest>) -> Vec<PersonId> {
    let mut requesters: Vec<PersonId> = requests.into_iter().map(|request| request.requester).collect();
    requesters.sort_unstable();
    requesters.dedup();
    requesters
}
