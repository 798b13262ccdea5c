//! One page of a long list, and the addresses of the pages beside it.

use url::form_urlencoded::Serializer;

/// So many a page.
pub(super) const PAGE: usize = 50;

/// Which part of a list is shown.
#[derive(Debug)]
pub(super) struct Pager {
    pub(super) total: usize,
    pub(super) page: usize,
    pub(super) pages: usize,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl Pager {
    /// The page asked for, from 1, or the nearest that exists; its neighbours keep these parameters.
    pub(super) fn new(total: usize, asked: usize, path: &str, parameters: &[(&str, &str)]) -> Self {
        let pages = total.div_ceil(PAGE).max(1);
        let page = asked.clamp(1, pages);
        let address = |page: usize| {
            let number = page.to_string();
            link(path, &[parameters, &[("page", &number)]].concat())
        };
        Self {
            total,
            page,
            pages,
            previous: (page > 1).then(|| address(page - 1)),
            next: (page < pages).then(|| address(page + 1)),
        }
    }

    /// What is on this page.
    pub(super) fn of<T>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        items.into_iter().skip((self.page - 1) * PAGE).take(PAGE).collect()
    }
}

/// An address with those parameters that are not empty.
pub(super) fn link(path: &str, parameters: &[(&str, &str)]) -> String {
    let given = parameters.iter().filter(|(_, value)| !value.is_empty());
    let query = Serializer::new(String::new()).extend_pairs(given).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Whether a name holds what was searched for, without regard to case.
pub(super) fn is_found(name: &str, wanted: &str) -> bool {
    name.to_lowercase().contains(&wanted.trim().to_lowercase())
}
