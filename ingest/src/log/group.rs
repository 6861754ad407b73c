//! Groups of readers within one process: every partition has at most one owner.
//!
//! Members take turns in order of joining: partition `p` is due to member `p mod members`. A partition
//! changes hands only after its owner has let go of it, which it does at its own next read or by
//! leaving; so no two members ever read one partition.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use stratum_models::log::{PartitionId, Topic};

/// All groups of a log.
#[derive(Default)]
pub(super) struct Groups {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    groups: BTreeMap<(Topic, String), Group>,
    joined: u64,
}

#[derive(Default)]
struct Group {
    members: Vec<u64>,
    owners: BTreeMap<PartitionId, u64>,
}

/// The partitions that one member holds.
pub(super) struct MemberPartitions {
    /// The partitions that are its own now.
    pub ours: BTreeSet<PartitionId>,
    /// Whether it let go of some, so that others should look again.
    pub released: bool,
}

/// A member's place in its group.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    topic: Topic,
    group: String,
    member: u64,
}

impl Groups {
    /// Joins the group, which begins to exist if it does not.
    pub(super) fn join(&self, topic: Topic, group: &str) -> Membership {
        let mut state = self.state.lock();
        state.joined += 1;
        let member = state.joined;
        state.groups.entry((topic, group.into())).or_default().members.push(member);
        Membership { topic, group: group.into(), member }
    }

    /// Leaves the group; what was owned is free.
    pub(super) fn leave(&self, membership: &Membership) {
        let mut state = self.state.lock();
        let key = (membership.topic, membership.group.clone());
        let Some(group) = state.groups.get_mut(&key) else { return };
        group.members.retain(|member| *member != membership.member);
        group.owners.retain(|_, owner| *owner != membership.member);
        if group.members.is_empty() {
            state.groups.remove(&key);
        }
    }

    /// Lets go of what is due to others, takes what is due to this member and free.
    pub(super) fn settle(&self, membership: &Membership, partitions: u32) -> MemberPartitions {
        let mut state = self.state.lock();
        let key = (membership.topic, membership.group.clone());
        let Some(group) = state.groups.get_mut(&key) else {
            return MemberPartitions { ours: BTreeSet::new(), released: false };
        };
        let me = membership.member;
        let (members, owners) = (&group.members, &mut group.owners);
        let due = |partition: PartitionId| members[partition.0 as usize % members.len()] == me;
        let owned = owners.len();
        owners.retain(|partition, owner| *owner != me || due(*partition));
        let released = owners.len() < owned;
        for partition in (0..partitions).map(PartitionId).filter(|partition| due(*partition)) {
            owners.entry(partition).or_insert(me);
        }
        let ours = owners.iter().filter(|(_, owner)| **owner == me).map(|(p, _)| *p).collect();
        MemberPartitions { ours, released }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(settled: &MemberPartitions) -> Vec<u32> {
        settled.ours.iter().map(|partition| partition.0).collect()
    }

    #[test]
    fn a_partition_changes_hands_only_once_it_was_let_go() {
        let groups = Groups::default();
        let first = groups.join(Topic::Events, "pipeline");
        assert_eq!(numbers(&groups.settle(&first, 4)), [0, 1, 2, 3]);
        let second = groups.join(Topic::Events, "pipeline");
        assert_eq!(numbers(&groups.settle(&second, 4)), [0u32; 0]);
        let settled = groups.settle(&first, 4);
        assert_eq!((numbers(&settled), settled.released), (vec![0, 2], true));
        assert_eq!(numbers(&groups.settle(&second, 4)), [1, 3]);
        groups.leave(&first);
        assert_eq!(numbers(&groups.settle(&second, 4)), [0, 1, 2, 3]);
    }

    #[test]
    fn groups_and_topics_are_apart_and_more_members_than_partitions_idle() {
        let groups = Groups::default();
        let members: Vec<_> = (0..3).map(|_| groups.join(Topic::Events, "a")).collect();
        let held: Vec<_> = members.iter().map(|m| numbers(&groups.settle(m, 2))).collect();
        assert_eq!(held, [vec![0], vec![1], vec![]]);
        for other in [groups.join(Topic::AdReports, "a"), groups.join(Topic::Events, "b")] {
            assert_eq!(numbers(&groups.settle(&other, 2)), [0, 1]);
        }
    }
}
