//! How many letters were caused, by allowances that are known by keyed hashes.

use stratum_models::store::StoreError;

use super::store_error;
use super::work::SystemWork;
use crate::mail::limit::Allowance;

/// What the hashes are of.
const ALLOWANCE: &str = "letter_counts.allowance";

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
