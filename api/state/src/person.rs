//! Questions to the state store in the search for a person.

use stratum_models::store::StoreError;

use super::store_error;
use super::work::TenantWork;

const PSEUDONYM_DIGITS: usize = 32;

impl TenantWork {
    /// The calling codes that phone numbers of the tenant's events may have been given.
    pub async fn calling_codes(&mut self) -> Result<Vec<u16>, StoreError> {
        let rows = sqlx::query_file!("sql/select_calling_codes.sql", self.key);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(rows.into_iter().filter_map(|row| u16::try_from(row.calling_code).ok()).collect())
    }

    /// A name for a person in the audit log, which tells nothing to who has no key.
    pub fn pseudonym(&self, name: &[u8]) -> String {
        let digits: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let hash = self.tools.seal.lookup("audit.person", &digits);
        let mut pseudonym: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        pseudonym.truncate(PSEUDONYM_DIGITS);
        pseudonym
    }
}
