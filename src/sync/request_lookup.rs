//! Who asked for a calendar request, and who asked for the newest ones. Officient documents neither the order of its
//! list of requests nor whether ids of people, events and requests can be equal.
//!
//! Who asked for a request never changes, so answers are cached. An answer is not used once somebody's data was erased
//! after it was read: it may name that person.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::db::erasure::Reading;
use crate::domain::calendar::ListedRequest;
use crate::domain::ids::{PersonId, RequestId};
use crate::officient::rate_limiter::Priority;
use crate::officient::{Officient, OfficientError};

/// "No such request" is asked again after this long: the request may exist by then.
const NOT_FOUND_FOR: SignedDuration = SignedDuration::from_mins(1);
/// More cached requests than this are dropped and read again when needed.
const CACHE_SIZE: usize = 10_000;
/// No list of requests has more pages than this.
const MAX_PAGES: u32 = 2_000;

pub struct RequestLookup {
    officient: Officient,
    clock: Clock,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    reading: Option<Reading>,
    requesters: HashMap<RequestId, (Timestamp, Option<PersonId>)>,
    /// Requests that were in the list before.
    listed: HashSet<RequestId>,
    /// The last page of the list, once it was found.
    last_page: Option<u32>,
}

impl Cache {
    /// The cache, emptied if it belongs to another company or may name an erased person.
    fn current(&mut self, reading: Reading) -> &mut Self {
        let is_full = self.requesters.len() >= CACHE_SIZE || self.listed.len() >= CACHE_SIZE;
        if self.reading != Some(reading) || is_full {
            *self = Self { reading: Some(reading), ..Self::default() };
        }
        self
    }
}

impl RequestLookup {
    pub fn new(officient: Officient, clock: Clock) -> Self {
        Self { officient, clock, cache: Mutex::default() }
    }

    /// The cached requester of this request; `None`: Officient must be asked. `Some(None)`: there is no such request.
    pub async fn known(&self, id: RequestId, reading: Reading) -> Option<Option<PersonId>> {
        let mut cache = self.cache.lock().await;
        let (read_at, requester) = *cache.current(reading).requesters.get(&id)?;
        let is_fresh = self.clock.now().duration_since(read_at) < NOT_FOUND_FOR;
        (requester.is_some() || is_fresh).then_some(requester)
    }

    /// Asks Officient who asked for this request; `None`: there is no such request. One call.
    pub async fn read(
        &self,
        id: RequestId,
        reading: Reading,
        priority: Priority,
    ) -> Result<Option<PersonId>, OfficientError> {
        let read_at = self.clock.now();
        let requester = self.officient.requester(priority, id).await?;
        let mut cache = self.cache.lock().await;
        cache.current(reading).requesters.insert(id, (read_at, requester));
        Ok(requester)
    }

    /// Who asked for requests that were not in the list before. Reads both ends of the list, for the newest requests
    /// are at one of them: two or three calls, more when the last page is not known yet.
    pub async fn new_requesters(&self, reading: Reading) -> Result<Vec<PersonId>, OfficientError> {
        let known_last = self.cache.lock().await.current(reading).last_page;
        let first = self.page(0).await?;
        let mut requests = first.clone();
        let last_page = match known_last {
            _ if first.len() < Officient::PAGE_SIZE => 0,
            Some(last) => self.follow_end(last, &mut requests).await?,
            None => self.find_end(&mut requests).await?,
        };
        let mut cache = self.cache.lock().await;
        let cache = cache.current(reading);
        cache.last_page = Some(last_page);
        let new = requests.into_iter().filter(|request| cache.listed.insert(request.id));
        let mut requesters: Vec<PersonId> = new.map(|request| request.requester).collect();
        requesters.sort_unstable();
        requesters.dedup();
        Ok(requesters)
    }

    /// Reads the page that was the last one, and the next when that one is full. Returns the last page.
    async fn follow_end(&self, last: u32, requests: &mut Vec<ListedRequest>) -> Result<u32, OfficientError> {
        let page = self.page(last).await?;
        let is_full = page.len() == Officient::PAGE_SIZE;
        requests.extend(page.iter().copied());
        if !is_full {
            return Ok(last);
        }
        let next = self.page(last + 1).await?;
        let has_more = !next.is_empty() && next != page;
        requests.extend(next);
        Ok(if has_more { last + 1 } else { last })
    }

    /// Finds the last page: in steps that double, then by halving. Every page past the end looks the same: empty or,
    /// from a server that repeats its last page, equal to that one.
    async fn find_end(&self, requests: &mut Vec<ListedRequest>) -> Result<u32, OfficientError> {
        // Invariant: page `high` equals `end`; page `low`, if it is not 0, does not.
        let (mut low, mut high) = (0, 1);
        let mut end = self.page(high).await?;
        while !end.is_empty() && high < MAX_PAGES {
            let next = self.page(high * 2).await?;
            if next == end {
                break;
            }
            (low, high, end) = (high, high * 2, next);
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.page(middle).await? == end { high = middle } else { low = middle }
        }
        let last = if end.is_empty() { low } else { high };
        requests.extend(if end.is_empty() { self.page(last).await? } else { end });
        Ok(last)
    }

    async fn page(&self, page: u32) -> Result<Vec<ListedRequest>, OfficientError> {
        self.officient.requests_page(Priority::Urgent, page).await
    }
}
