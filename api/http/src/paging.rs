//! Pages of lists: the first one of 20 where nothing is said, at most 100 items each.
//!
//! A list without filters takes [`PageParams`]. One with filters has `page` and `page_size` among its
//! own parameters, because unknown parameters are refused, and reads them with [`read_page`].
//!
//! ```text
//! let page = params.read()?;
//! let (items, total) = work.things(page).await?; // LIMIT page.limit() OFFSET page.offset()
//! Ok(Answer::page(items, page.of(total)))
//! ```

use serde::Deserialize;
use stratum_state::page::Page;
use utoipa::IntoParams;

use super::fields::Fields;
use crate::answer::{Fault, Refusal};

const SIZE: u32 = 20;
const SIZE_MAX: u32 = 100;
/// Far beyond what anybody turns to, and no offset overflows.
const NUMBER_MAX: u32 = 10_000_000;

/// Which part of a list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// The number of the page, from 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10000000)]
    page: Option<String>,
    /// Items per page, 20 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    page_size: Option<String>,
}

impl PageParams {
    /// The page; 400 where it cannot be read.
    pub fn read(&self) -> Result<Page, Refusal> {
        let mut fields = Fields::default();
        let page = read_page(&mut fields, self.page.as_deref(), self.page_size.as_deref());
        fields.finish()?;
        Ok(page)
    }
}

/// The page that the parameters `page` and `page_size` ask for; what is wrong with them is left
/// in `fields`.
pub fn read_page(fields: &mut Fields, number: Option<&str>, size: Option<&str>) -> Page {
    read_page_of(fields, number, size, SIZE_MAX)
}

/// The same where a page may have up to `size_max` items.
pub fn read_page_of(
    fields: &mut Fields,
    number: Option<&str>,
    size: Option<&str>,
    size_max: u32,
) -> Page {
    let mut bounded = |name, text, default, most| {
        let value: Option<u32> = fields.optional(name, text);
        match value {
            None => default,
            Some(value) if (1..=most).contains(&value) => value,
            Some(_) => {
                let message = format!("must be a number from 1 to {most}");
                fields.fault(name, Fault::range(1, most, message));
                default
            }
        }
    };
    let number = bounded("page", number, 1, NUMBER_MAX);
    Page::new(number, bounded("page_size", size, SIZE, size_max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(number: Option<&str>, size: Option<&str>) -> Result<Page, Refusal> {
        let (page, page_size) = (number.map(str::to_owned), size.map(str::to_owned));
        PageParams { page, page_size }.read()
    }

    #[test]
    fn a_page_is_counted_from_one_and_bounded() {
        let page = read(None, None).unwrap();
        assert_eq!((page.limit(), page.offset()), (20, 0));
        let page = read(Some("3"), Some("100")).unwrap();
        assert_eq!((page.limit(), page.offset()), (100, 200));
        for (number, size) in [("0", "20"), ("-1", "20"), ("1", "0"), ("1", "101"), ("x", "1")] {
            assert_eq!(
                read(Some(number), Some(size)).unwrap_err().status(),
                400,
                "{number} {size}"
            );
        }
    }
}
