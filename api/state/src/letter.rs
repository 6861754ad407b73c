//! Counts of the letters that were caused, by allowances that are known by keyed hashes.

use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::store_error;
use super::work::SystemWork;

/// The purpose of the hashes.
const ALLOWANCE: &str = "letter_counts.allowance";

/// One allowance: how many letters, since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The thing it is of; holds an address in clear.
    pub of: String,
    /// The beginning of the hour or day.
    pub since: UnixMillis,
    /// At most.
    pub letters_max: u32,
}

impl SystemWork {
    /// Uses one of each allowance; false where one of them was used up: then the work is to be left without
    /// committing, so that nothing is used.
    pub async fn use_allowances(&mut self, allowances: &[Allowance]) -> Result<bool, StoreError> {
        let keys: Vec<Vec<u8>> = allowances
            .iter()
            .map(|one| self.tools.seal.lookup(ALLOWANCE, &one.of).to_vec())
            .collect();
        let since: Vec<_> = allowances.iter().map(|one| one.since.to_utc()).collect();
        let statement = sqlx::query_file!("sql/count_letter.sql", &keys, &since);
        let rows = statement.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(rows.iter().all(|row| {
            let at = keys.iter().position(|key| *key == row.allowance);
            let most = at.and_then(|at| allowances.get(at)).map_or(0, |one| one.letters_max);
            row.letters <= i64::from(most)
        }))
    }
}
