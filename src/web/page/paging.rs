//! Paging through long lists: by page number, or from the newest entry to older ones.

use crate::web::request::query_value;

/// An address with the query's parameters, except the notice and those in `without`, followed by `pairs`.
pub(super) fn address(path: &str, query: Option<&str>, without: &[&str], pairs: &[(&str, &str)]) -> String {
    let mut address = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if name != "notice" && !without.contains(&&*name) {
            address.append_pair(&name, &value);
        }
    }
    format!("{path}?{}", address.extend_pairs(pairs).finish())
}

/// A page of a list, by number.
pub(super) struct Paging {
    pub(super) page: usize,
    pub(super) pages: usize,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl Paging {
    /// Returns the page that the query asks for (`?page=`), and the range of the `count` entries that it shows.
    pub(super) fn new(
        path: &str,
        query: Option<&str>,
        count: usize,
        size: usize,
    ) -> (Self, std::ops::Range<usize>) {
        let pages = count.div_ceil(size).max(1);
        let asked = query_value(query, "page").and_then(|page| page.parse().ok());
        let page: usize = asked.unwrap_or(1_usize).clamp(1, pages);
        let address = |page: usize| address(path, query, &["page", "lang"], &[("page", &page.to_string())]);
        let previous = (page > 1).then(|| address(page - 1));
        let next = (page < pages).then(|| address(page + 1));
        let first = (page - 1) * size;
        (Self { page, pages, previous, next }, first..count.min(first + size))
    }
}

const ENTRIES_PER_PAGE: usize = 50;

/// A page of a list with the newest entry first: the next page begins before the last entry of this one.
pub(super) struct NewestFirst {
    /// The page shows entries with a lower id.
    pub(super) before: i64,
    /// The number of entries to read: one more than a page has shows whether there are older ones.
    pub(super) limit: i64,
    /// The address of the next page, if there are older entries.
    pub(super) older: Option<String>,
    /// The address of the first page, unless this is it.
    pub(super) newest: Option<String>,
    path: String,
    query: Option<String>,
}

impl NewestFirst {
    /// The page that the query asks for (`?before=`).
    pub(super) fn new(path: String, query: Option<&str>) -> Self {
        let before = query_value(query, "before").and_then(|before| before.parse().ok());
        Self {
            before: before.unwrap_or(i64::MAX),
            limit: i64::try_from(ENTRIES_PER_PAGE + 1).unwrap_or(i64::MAX),
            older: None,
            newest: before.map(|_| address(&path, query, &["before", "lang"], &[])),
            path,
            query: query.map(str::to_owned),
        }
    }

    /// Keeps the entries of this page, of those that were read.
    pub(super) fn page<T>(&mut self, mut entries: Vec<T>, id: impl Fn(&T) -> i64) -> Vec<T> {
        let has_older = entries.len() > ENTRIES_PER_PAGE;
        entries.truncate(ENTRIES_PER_PAGE);
        self.older = entries.last().filter(|_| has_older).map(|last| {
            let before = id(last).to_string();
            address(&self.path, self.query.as_deref(), &["before", "lang"], &[("before", &before)])
        });
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beyond_the_last_is_the_last() {
        let (paging, range) = Paging::new("/people", Some("q=an&page=99&notice=x"), 120, 50);
        assert_eq!((paging.page, paging.pages, range), (3, 3, 100..120));
        assert_eq!(paging.previous.as_deref(), Some("/people?q=an&page=2"));
        assert_eq!(paging.next, None);
        let (paging, range) = Paging::new("/people", Some("page=-1"), 0, 50);
        assert_eq!((paging.page, paging.pages, range), (1, 1, 0..0));
    }

    #[test]
    fn the_next_page_begins_before_the_last_entry_of_a_page() {
        let mut list = NewestFirst::new("/history".into(), Some("person=7&before=90&lang=fr"));
        assert_eq!((list.before, list.newest.as_deref()), (90, Some("/history?person=7")));
        let entries: Vec<i64> = (0..list.limit).map(|number| 89 - number).collect();
        let page = list.page(entries, |entry| *entry);
        assert_eq!((page.len(), page.last()), (50, Some(&40)));
        assert_eq!(list.older.as_deref(), Some("/history?person=7&before=40"));

        let mut whole = NewestFirst::new("/history".into(), None);
        assert_eq!((whole.before, whole.newest.clone()), (i64::MAX, None));
        assert_eq!(whole.page(vec![2, 1], |entry| *entry), [2, 1]);
        assert_eq!(whole.older, None);
    }
}
