//! The limit of streams that run, in all and of each tenant.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use stratum_models::id::TenantId;

/// The streams of this process.
pub struct StreamLimit {
    streams_max: usize,
    per_tenant_max: usize,
    running: Mutex<HashMap<TenantId, usize>>,
}

/// The right to run one; it ends with this.
pub struct StreamPermit {
    limit: Arc<StreamLimit>,
    tenant: TenantId,
}

impl StreamLimit {
    /// So many, and so many of one tenant.
    pub fn new(streams_max: usize, per_tenant_max: usize) -> Arc<StreamLimit> {
        Arc::new(StreamLimit { streams_max, per_tenant_max, running: Mutex::default() })
    }

    /// A turn of this tenant, which runs `elsewhere` exports beside; `None` where there is none.
    pub fn take(self: &Arc<Self>, tenant: TenantId, elsewhere: usize) -> Option<StreamPermit> {
        let mut running = self.running.lock();
        let all: usize = running.values().sum();
        let own = running.get(&tenant).copied().unwrap_or_default();
        if all >= self.streams_max || own.saturating_add(elsewhere) >= self.per_tenant_max {
            return None;
        }
        running.insert(tenant, own + 1);
        Some(StreamPermit { limit: self.clone(), tenant })
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut running = self.limit.running.lock();
        match running.get_mut(&self.tenant) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(running.remove(&self.tenant)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_its_share_and_all_have_the_whole() {
        let (limit, one, other) = (StreamLimit::new(3, 2), TenantId(1), TenantId(2));
        let held = [limit.take(one, 0), limit.take(one, 0)];
        assert!(held.iter().all(Option::is_some));
        assert!(limit.take(one, 0).is_none());
        assert!(limit.take(other, 2).is_none(), "its jobs count");
        let third = limit.take(other, 0);
        assert!(third.is_some() && limit.take(TenantId(3), 0).is_none());
        drop(held);
        assert!(limit.take(one, 1).is_some());
        drop(third);
        assert!(limit.running.lock().is_empty());
    }
}
