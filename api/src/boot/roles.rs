//! Roles of a process, and the stores that they take.

use super::stores::Needs;

/// The role of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Takes events and ad reports.
    Ingest,
    /// Moves them into the warehouse.
    Pipeline,
    /// Answers.
    Api,
    /// Pulls from ad platforms, clears up, and makes the campaigns that ad reports name.
    Jobs,
    /// Hands events on to ad platforms.
    Deliver,
}

/// The roles of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    /// Every role, on embedded stores where no URL says otherwise.
    Every,
    /// One role, on shared stores.
    One(Role),
}

impl Roles {
    /// Whether a role is among them.
    pub(super) fn has(self, role: Role) -> bool {
        self == Roles::Every || self == Roles::One(role)
    }

    /// Whether requests with keys come to one of them.
    pub(super) fn has_door(self) -> bool {
        self.has(Role::Ingest) || self.has(Role::Api)
    }

    /// The stores that these roles work on.
    pub(super) fn needs(self) -> Needs {
        let (ingest, pipeline) = (self.has(Role::Ingest), self.has(Role::Pipeline));
        let (api, jobs) = (self.has(Role::Api), self.has(Role::Jobs));
        let deliver = self.has(Role::Deliver);
        Needs {
            log: true,
            warehouse: pipeline || api || jobs,
            state: ingest || api || jobs || deliver,
            embedded: self == Roles::Every,
        }
    }
}
