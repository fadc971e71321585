//! Lists in pages: by number, or by a cursor whose cost does not depend on the position.

use axum::http::header::LINK;
use axum::http::{HeaderName, HeaderValue};
use serde::Serialize;

use super::{CursorKey, Error, Query};
use crate::domain::Start;

const DEFAULT_LIMIT: u32 = 10;
const MAX_LIMIT: u32 = 100;
/// The maximum number of items before a page that is requested by number, because they are read to skip them. Beyond it
/// a client must use a cursor.
const MAX_OFFSET: u64 = 10_000;

/// The requested part of a list.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// The beginning of the page.
    pub start: Start,
    /// The maximum number of items.
    pub limit: u32,
    /// The number of the page, if it was requested by number.
    page: Option<u32>,
    /// The maximum number of items before a page that is requested by number.
    reach: u64,
    /// The URL of the whole list.
    list: String,
}

/// The position of a page in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The number of the page, from 1. `null` if the request had a `cursor`.
    #[schema(required, minimum = 1, example = 1)]
    pub page: Option<u32>,
    /// The maximum number of items on a page.
    #[schema(minimum = 1, maximum = 100, example = 10)]
    pub limit: u32,
    /// The number of items in the whole list. `null` in a search, which does not count them.
    #[schema(required, example = 42)]
    pub total: Option<u64>,
    /// The number of pages in the whole list. `null` if `total` is.
    #[schema(required, example = 5)]
    pub total_pages: Option<u64>,
    /// The `cursor` of the next page. `null` on the last page.
    #[schema(required, example = "AZMaPlscfD2OTxorPE1ebw")]
    pub next_cursor: Option<String>,
}

impl ListRequest {
    /// Reads `page`, `limit` and `cursor`, and [finishes](Query::finish) the query.
    ///
    /// `list` is the URL of the list, with every parameter that selects or orders its items.
    pub fn read(query: Query, list: String, cursors: &CursorKey) -> Result<Self, Error> {
        Self::read_within(MAX_OFFSET, query, list, cursors)
    }

    /// Does the same for a list that continues only by `cursor`: the first page is the only one with a number.
    pub fn read_on(query: Query, list: String, cursors: &CursorKey) -> Result<Self, Error> {
        Self::read_within(0, query, list, cursors)
    }

    fn read_within(reach: u64, mut query: Query, list: String, cursors: &CursorKey) -> Result<Self, Error> {
        let limit = query.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT);
        let page = query.number("page", 1, u32::MAX, 0);
        let cursor = query.text("cursor");
        let offset = u64::from(page.max(1) - 1) * u64::from(limit);
        let (start, page) = match cursor {
            // The first page is allowed, because it is the default of `page` and some clients send defaults.
            Some(_) if page > 1 => {
                query.wrong::<()>("cursor", "cannot be used together with a page after the first");
                (Start::Offset(0), None)
            }
            Some(cursor) => {
                let position = cursors.open(&list, &cursor);
                if position.is_none() {
                    query.wrong::<()>("cursor", "is not a nextCursor of this list");
                }
                (position.map_or(Start::Offset(0), Start::After), None)
            }
            None if offset > reach => {
                let bound = match reach {
                    0 => "must be 1".to_owned(),
                    _ => format!("must begin within the first {reach} items"),
                };
                query.wrong::<()>("page", bound + "; use cursor for later pages");
                (Start::Offset(0), None)
            }
            None => (Start::Offset(u32::try_from(offset).unwrap_or(u32::MAX)), Some(page.max(1))),
        };
        query.finish()?;
        Ok(Self { start, limit, page, reach, list })
    }

    /// Returns the page's `Link` header, and its position in a list of `total` items, if they were counted. `next` is
    /// the position of the next page.
    #[must_use]
    pub fn paginate(
        &self,
        next: Option<&str>,
        total: impl Into<Option<u64>>,
        cursors: &CursorKey,
    ) -> ([(HeaderName, HeaderValue); 1], Pagination) {
        let total = total.into();
        let pagination = Pagination {
            page: self.page,
            limit: self.limit,
            total,
            total_pages: total.map(|total| total.div_ceil(u64::from(self.limit))),
            next_cursor: next.and_then(|position| cursors.seal(&self.list, position)),
        };
        ([(LINK, self.links(&pagination))], pagination)
    }

    fn links(&self, pagination: &Pagination) -> HeaderValue {
        let last_page = pagination.total_pages.map(|pages| pages.max(1));
        let link = |rel: &str, start: String| {
            let join = if self.list.contains('?') { '&' } else { '?' };
            format!("<{}{join}{start}limit={}>; rel=\"{rel}\"", self.list, self.limit)
        };
        let page_link = |rel: &str, page: u64| link(rel, format!("page={page}&"));
        let mut links = vec![page_link("first", 1)];
        if let Some(page) = self.page.map(u64::from) {
            if page > 1 {
                links.push(page_link("prev", (page - 1).min(last_page.unwrap_or(u64::MAX))));
            }
            if pagination.next_cursor.is_some() && self.is_in_reach(page + 1) {
                links.push(page_link("next", page + 1));
            } else if let Some(cursor) = &pagination.next_cursor {
                links.push(link("next", format!("cursor={cursor}&")));
            }
            if let Some(page) = last_page.filter(|page| self.is_in_reach(*page)) {
                links.push(page_link("last", page));
            }
        } else if let Some(cursor) = &pagination.next_cursor {
            links.push(link("next", format!("cursor={cursor}&")));
        }
        // The list's URL is percent-encoded, so the header is ASCII.
        HeaderValue::try_from(links.join(", ")).unwrap_or(HeaderValue::from_static(""))
    }

    fn is_in_reach(&self, page: u64) -> bool {
        (page - 1) * u64::from(self.limit) <= self.reach
    }
}
