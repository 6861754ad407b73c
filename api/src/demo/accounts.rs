//! Sign-ins of the demo tenants. They are kept in the data folder, so that a later start can offer them.

use std::path::Path;

use anyhow::{Context as _, Result};
use stratum_account::config::DemoAccount;
use stratum_models::secret::Secret;

use crate::boot::write_private;

/// Adds the users made just now to those that are kept, and returns all.
pub(super) fn keep(
    data: &Path,
    seed: u64,
    made: &[(String, String, Secret)],
) -> Result<Vec<DemoAccount>> {
    let path = data.join("secrets").join(format!("demo_accounts_{seed}"));
    let mut accounts: Vec<DemoAccount> = match std::fs::read(&path) {
        Ok(kept) => serde_json::from_slice(&kept)
            .with_context(|| format!("{} is not as it was written", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    for (tenant, email, password) in made {
        let (tenant, email) = (tenant.clone(), email.clone());
        accounts.retain(|one| one.email != email);
        accounts.push(DemoAccount { tenant, email, password: password.expose().to_owned() });
    }
    if !made.is_empty() {
        write_private(&path, &serde_json::to_string(&accounts)?)?;
    }
    Ok(accounts)
}
