//! Names of campaigns, ad squads and ads, which stats do not tell; read once a connection and account.

use std::collections::{HashMap, HashSet};

use super::answers::Entities;
use super::{Snapchat, address, plain_id};
use crate::connector::{Level, PullError};

/// Entities of one kind at most; beyond it names are left out, figures never.
const ENTITIES_MAX: usize = 200_000;

/// The name of an entity, and what it is a part of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entity {
    pub(super) name: String,
    pub(super) parent: String,
}

/// The names known so far, by id.
#[derive(Default)]
pub(super) struct Names {
    known: HashSet<(String, &'static str)>,
    pub(super) campaigns: HashMap<String, Entity>,
    pub(super) squads: HashMap<String, Entity>,
    pub(super) ads: HashMap<String, Entity>,
}

impl Names {
    fn of(&mut self, kind: &str) -> &mut HashMap<String, Entity> {
        match kind {
            "campaigns" => &mut self.campaigns,
            "adsquads" => &mut self.squads,
            _ => &mut self.ads,
        }
    }
}

impl Snapchat {
    /// Reads the names that rows of this level need, where they are not known yet.
    pub(super) async fn learn_names(&self, account: &str, level: Level) -> Result<(), PullError> {
        let kinds: &[&'static str] = match level {
            Level::Ad => &["campaigns", "adsquads", "ads"],
            Level::Campaign | Level::Country | Level::Device => &["campaigns"],
        };
        for kind in kinds {
            let key = (account.to_owned(), *kind);
            if !self.names.lock().known.contains(&key) {
                self.learn(account, kind).await?;
                self.names.lock().known.insert(key);
            }
        }
        Ok(())
    }

    async fn learn(&self, account: &str, kind: &'static str) -> Result<(), PullError> {
        let path = format!("adaccounts/{}/{kind}", plain_id(account)?);
        let mut cursor: Option<String> = None;
        loop {
            let mut parameters = vec![("limit", "1000")];
            parameters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page: Entities = self.get(address(&self.url, &path, &parameters)?).await?;
            cursor = page.next_cursor()?;
            let mut names = self.names.lock();
            let known = names.of(kind);
            known.extend(page.into_entities());
            if cursor.is_none() || known.len() >= ENTITIES_MAX {
                return Ok(());
            }
        }
    }
}
