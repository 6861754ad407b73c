//! Which column of a file is which of ours: by what the user says, by the headers a platform's export
//! screen writes, by our own names.

use std::collections::BTreeMap;

use stratum_models::money::Currency;
use stratum_models::platform::Platform;

use super::{ImportRequest, Unreadable, google, linkedin, meta, pinterest, snapchat, tiktok};
use stratum_wire::ad_reports::Column;

/// The meaning of a column of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// A column of an ad report.
    Of(Column),
    /// The last day a row tells of; with another first day it is no day's row.
    LastDay,
    /// Of what kind a row's results are.
    ResultKind,
}

impl Field {
    const LAST_DAY: &'static str = "last_day";
    const RESULT_KIND: &'static str = "result_kind";

    fn of(name: &str) -> Option<Field> {
        let ours = [(Field::LAST_DAY, Field::LastDay), (Field::RESULT_KIND, Field::ResultKind)];
        let ours = ours.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        ours.map(|(_, field)| field).or_else(|| Column::of(name).map(Field::Of))
    }

    /// The column's name in a mapping.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Field::Of(column) => column.name(),
            Field::LastDay => Field::LAST_DAY,
            Field::ResultKind => Field::RESULT_KIND,
        }
    }
}

/// The headers of a platform's export screen in lower case, of those for one field the preferred first.
pub(super) type Headers = &'static [(&'static str, Field)];

/// A platform's headers, and those no other platform's file has.
pub(super) struct PlatformHeaders {
    pub(super) platform: Platform,
    pub(super) headers: Headers,
    pub(super) telltales: &'static [&'static str],
}

/// Every platform.
const KNOWN: [PlatformHeaders; 6] =
    [meta::KNOWN, google::KNOWN, tiktok::KNOWN, snapchat::KNOWN, linkedin::KNOWN, pinterest::KNOWN];

/// Columns of a file that are looked at.
const COLUMNS_MAX: usize = 500;
/// Columns of a line that must be known for it to be the line of headers.
pub(super) const HEADERS_MIN: usize = 3;

/// A header without what varies: case, spaces, a currency in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    name: String,
    currency: Option<Currency>,
}

impl Header {
    pub(super) fn of(text: &str) -> Header {
        let words: Vec<&str> = text.trim_matches('\u{feff}').split_whitespace().collect();
        let name = words.join(" ");
        let bracketed = name.strip_suffix(')').and_then(|name| name.rsplit_once('('));
        // `(all)` is no amount in Albanian lek.
        let told = bracketed.filter(|(_, code)| code.bytes().all(|byte| byte.is_ascii_uppercase()));
        if let Some((before, code)) = told
            && let Some(currency) = Currency::parse(code)
        {
            return Header { name: before.trim().to_lowercase(), currency: Some(currency) };
        }
        Header { name: name.to_lowercase(), currency: None }
    }

    fn field(&self) -> Option<Field> {
        let named = KNOWN.iter().find_map(|known| find(known.headers, &self.name));
        named.or_else(|| Field::of(&self.name))
    }
}

fn find(headers: Headers, name: &str) -> Option<Field> {
    headers.iter().find(|(header, _)| *header == name).map(|(_, field)| *field)
}

/// The number of these texts that are headers of some platform or names of ours.
pub(super) fn known_headers<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    texts.take(COLUMNS_MAX).filter(|text| Header::of(text).field().is_some()).count()
}

/// Where each field is.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapping {
    /// Field and index of its column, in the file's order.
    pub(super) fields: Vec<(Field, usize)>,
    /// The currency that the header of the amounts tells.
    pub(super) currency: Option<Currency>,
    /// The platform that the headers tell.
    pub(super) platform: Option<Platform>,
    /// Whether conversions are a column of results, which may be of any kind.
    pub(super) counts_results: bool,
}

/// The headers of a column of results.
const RESULTS: [&str; 2] = ["results", "ergebnisse"];

impl Mapping {
    /// The mapping of a file with these headers.
    pub(super) fn of(texts: &[String], request: &ImportRequest) -> Result<Mapping, Unreadable> {
        let headers: Vec<Header> =
            texts.iter().take(COLUMNS_MAX).map(|text| Header::of(text)).collect();
        let mut mapping = Mapping { platform: recognise(&headers), ..Mapping::default() };
        let unused = mapping.told(texts, &headers, &request.mapping)?;
        let platform = request.platform.or(mapping.platform);
        let free = |index: &usize| !unused.contains(index);
        if let Some(known) = KNOWN.iter().find(|known| Some(known.platform) == platform) {
            mapping.guess(&headers, known.headers, &free);
        }
        for (index, header) in headers.iter().enumerate().filter(|(index, _)| free(index)) {
            if let Some(field) = Field::of(&header.name) {
                mapping.put(field, index);
            }
        }
        if platform.is_none() {
            KNOWN.iter().for_each(|known| mapping.guess(&headers, known.headers, &free));
        }
        mapping.fields.sort_by_key(|(_, index)| *index);
        mapping.find_twins(texts, &headers, &free)?;
        let conversions = mapping.index(Field::Of(Column::Conversions));
        let header = conversions.and_then(|index| headers.get(index));
        mapping.counts_results = header.is_some_and(|header| RESULTS.contains(&&*header.name));
        let spend = mapping.index(Field::Of(Column::Spend));
        mapping.currency = spend.and_then(|index| headers.get(index)?.currency);
        Ok(mapping)
    }

    /// Takes what the user said; the columns that are not to be used.
    fn told(
        &mut self,
        texts: &[String],
        headers: &[Header],
        told: &BTreeMap<String, Option<String>>,
    ) -> Result<Vec<usize>, Unreadable> {
        let mut unused = Vec::new();
        for (column, name) in told {
            let wanted = Header::of(column);
            let exact = texts.iter().position(|text| text == column);
            let index = exact.or_else(|| headers.iter().position(|header| *header == wanted));
            let index =
                index.ok_or_else(|| Unreadable::mapping("names a column that the file has not"))?;
            match name.as_deref().map(Field::of) {
                None => unused.push(index),
                Some(Some(field)) if self.index(field).is_none() => {
                    self.fields.push((field, index))
                }
                Some(Some(field)) => return Err(self.told_twice(texts, field, index)),
                Some(None) => return Err(Unreadable::mapping("names a field that is not known")),
            }
        }
        Ok(unused)
    }

    fn told_twice(&self, texts: &[String], field: Field, index: usize) -> Unreadable {
        let name = |index: usize| texts.get(index).map_or("", |text| text.trim());
        let first = self.index(field).unwrap_or(index);
        let (field, first, second) = (field.name(), name(first), name(index));
        Unreadable::mapping(&format!("gives {field} two columns, {first:?} and {second:?}"))
    }

    /// Refuses a file with two columns of one field that nothing tells apart.
    fn find_twins(
        &self,
        texts: &[String],
        headers: &[Header],
        free: &dyn Fn(&usize) -> bool,
    ) -> Result<(), Unreadable> {
        for (field, index) in &self.fields {
            let Some(header) = headers.get(*index) else { continue };
            let own = Field::of(&header.name) == Some(*field);
            let is_twin = |(at, other): &(usize, &Header)| {
                let same =
                    other.name == header.name || (own && Field::of(&other.name) == Some(*field));
                at != index && free(at) && same && self.fields.iter().all(|(_, used)| used != at)
            };
            if let Some((at, _)) = headers.iter().enumerate().find(is_twin) {
                let name = |at: usize| texts.get(at).map_or("", |text| text.trim());
                let message = format!(
                    "gives {} two columns, {:?} and {:?} (columns {} and {}); say which one counts: null for the other",
                    field.name(),
                    name(*index),
                    name(at),
                    index + 1,
                    at + 1
                );
                return Err(Unreadable::mapping(&message));
            }
        }
        Ok(())
    }

    fn guess(&mut self, headers: &[Header], known: Headers, free: &dyn Fn(&usize) -> bool) {
        for (name, field) in known {
            let index = headers.iter().position(|header| header.name == *name);
            if let Some(index) = index.filter(free) {
                self.put(*field, index);
            }
        }
    }

    /// Of a field that has a column, and of a column that has a field, the first stays.
    fn put(&mut self, field: Field, index: usize) {
        let taken = self.fields.iter().any(|(is, at)| *is == field || *at == index);
        if !taken {
            self.fields.push((field, index));
        }
    }

    /// The column of a field.
    pub(super) fn index(&self, field: Field) -> Option<usize> {
        self.fields.iter().find(|(is, _)| *is == field).map(|(_, index)| *index)
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.index(Field::Of(column)).is_some()
    }
}

/// The platform whose telltale headers are there, where it is only one.
fn recognise(headers: &[Header]) -> Option<Platform> {
    let tells = |known: &&PlatformHeaders| {
        known.telltales.iter().any(|tale| headers.iter().any(|header| header.name == *tale))
    };
    let mut told = KNOWN.iter().filter(tells);
    let first = told.next()?;
    told.next().is_none().then_some(first.platform)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(headers: &str, mapping: &[(&str, Option<&str>)]) -> Result<Mapping, Unreadable> {
        let texts: Vec<String> = headers.split(',').map(str::to_owned).collect();
        let mapping =
            mapping.iter().map(|(a, b)| ((*a).to_owned(), b.map(str::to_owned))).collect();
        Mapping::of(&texts, &ImportRequest { mapping, ..ImportRequest::default() })
    }

    fn names(mapping: &Mapping) -> Vec<(&'static str, usize)> {
        mapping.fields.iter().map(|(field, index)| (field.name(), *index)).collect()
    }

    #[test]
    fn the_headers_of_each_platform_are_in_lower_case_and_once() {
        for known in KNOWN {
            let mut names: Vec<&str> = known.headers.iter().map(|(name, _)| *name).collect();
            for name in names.iter().chain(known.telltales) {
                assert_eq!(Header::of(name).name, **name, "{}", known.platform);
            }
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}", known.platform);
        }
    }

    #[test]
    fn metas_headers_are_known_with_their_currency() {
        let headers = "Campaign name,Campaign ID,Reporting starts,Reporting ends,Amount spent (EUR),Impressions,Link clicks,Clicks (all),CTR (all)";
        let mapping = mapped(headers, &[]).unwrap();
        assert_eq!(mapping.platform, Some(Platform::Meta));
        assert_eq!(mapping.currency, Some(Currency::EUR));
        let expected = [
            ("campaign_name", 0),
            ("campaign_id", 1),
            ("date", 2),
            ("last_day", 3),
            ("spend", 4),
            ("impressions", 5),
            ("clicks", 7),
        ];
        assert_eq!(names(&mapping), expected);
    }

    #[test]
    fn what_the_user_says_comes_first() {
        let headers = "Campaign name,Day,Amount spent (EUR),Link clicks,Clicks (all)";
        let told = [
            ("Link clicks", Some("clicks")),
            ("campaign name", Some("campaign_id")),
            ("Day", None),
        ];
        let mapping = mapped(headers, &told).unwrap();
        assert_eq!(names(&mapping), [("campaign_id", 0), ("spend", 2), ("clicks", 3)]);
        for wrong in [
            [("Nothing", Some("clicks"))].as_slice(),
            &[("Day", Some("nothing"))],
            &[("Day", Some("clicks")), ("Link clicks", Some("clicks"))],
        ] {
            assert!(mapped(headers, wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn our_own_names_are_known_without_a_platform() {
        let mapping =
            mapped("platform,campaign_id,date,spend,impressions,clicks,adset_id", &[]).unwrap();
        assert_eq!(mapping.fields.len(), 7);
        assert_eq!(mapping.platform, None);
    }
}
