//! Parts of lists: a page of a list, and what an answer says of it.

use serde::Serialize;
use utoipa::ToSchema;

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pagination {
    /// The number of the page, from 1.
    pub page: u32,
    /// Items of a full page.
    pub page_size: u32,
    /// Items of the whole list.
    pub total: u64,
    /// Pages of the whole list.
    pub total_pages: u64,
}

/// A page that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    number: u32,
    size: u32,
}

impl Page {
    /// The page of this number, from 1, of `size` items; a number or size of 0 counts as 1.
    pub fn new(number: u32, size: u32) -> Page {
        Page { number: number.max(1), size: size.max(1) }
    }

    /// Items at most.
    pub fn limit(self) -> i64 {
        i64::from(self.size)
    }

    /// Items before it.
    pub fn offset(self) -> i64 {
        i64::from(self.number - 1) * i64::from(self.size)
    }

    /// The page's part of a whole list.
    pub fn cut<T>(self, all: Vec<T>) -> impl Iterator<Item = T> {
        let place = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        all.into_iter().skip(place(self.offset())).take(place(self.limit()))
    }

    /// The paging of an answer with this page, of a list of `total` items.
    pub fn of(self, total: u64) -> Pagination {
        let total_pages = total.div_ceil(u64::from(self.size));
        Pagination { page: self.number, page_size: self.size, total, total_pages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_may_be_short() {
        let page = Page::new(2, 10);
        let pages = |total| page.of(total).total_pages;
        assert_eq!([pages(0), pages(1), pages(10), pages(11)], [0, 1, 1, 2]);
        let cut: Vec<u32> = page.cut((0..13).collect()).collect();
        assert_eq!(cut, [10, 11, 12]);
    }
}
