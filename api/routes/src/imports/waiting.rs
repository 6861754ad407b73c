//! Files on their way: the bytes that arrive, wait or are read, of all tenants and of each.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use futures::StreamExt as _;
use parking_lot::Mutex;
use stratum_http::answer::Refusal;
use stratum_http::edge::pace::TooSlow;
use stratum_models::id::TenantId;

/// The bytes of all files on their way.
pub(super) struct WaitingBytes {
    all_max: usize,
    per_tenant_max: usize,
    held: Mutex<HeldBytes>,
}

#[derive(Default)]
struct HeldBytes {
    all: usize,
    by_tenant: HashMap<TenantId, usize>,
}

/// Whose bytes are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Full {
    Tenant,
    All,
}

/// A file on its way; its bytes are given back with it.
pub(super) struct WaitingFile {
    waiting: Arc<WaitingBytes>,
    tenant: TenantId,
    held: usize,
    content: Vec<u8>,
}

impl WaitingBytes {
    pub(super) fn new(all_max: usize, per_tenant_max: usize) -> Arc<WaitingBytes> {
        Arc::new(WaitingBytes { all_max, per_tenant_max, held: Mutex::default() })
    }

    /// A file of a tenant of which nothing has come.
    pub(super) fn begin(self: &Arc<Self>, tenant: TenantId) -> WaitingFile {
        WaitingFile { waiting: self.clone(), tenant, held: 0, content: Vec::new() }
    }

    fn take(&self, tenant: TenantId, bytes: usize) -> Result<(), Full> {
        let mut held = self.held.lock();
        let own = held.by_tenant.get(&tenant).copied().unwrap_or_default();
        if own.saturating_add(bytes) > self.per_tenant_max {
            return Err(Full::Tenant);
        }
        if held.all.saturating_add(bytes) > self.all_max {
            return Err(Full::All);
        }
        held.all += bytes;
        held.by_tenant.insert(tenant, own + bytes);
        Ok(())
    }

    fn give_back(&self, tenant: TenantId, bytes: usize) {
        let mut held = self.held.lock();
        held.all -= bytes;
        match held.by_tenant.get_mut(&tenant) {
            Some(own) if *own > bytes => *own -= bytes,
            _ => drop(held.by_tenant.remove(&tenant)),
        }
    }
}

impl WaitingFile {
    /// Takes the body in, up to the bound.
    pub(super) async fn fill(&mut self, body: Body, bytes_max: usize) -> Result<(), Refusal> {
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| match TooSlow::caused(&error) {
                true => Refusal::too_slow(),
                false => Refusal::malformed("the body was cut short", Vec::new()),
            })?;
            if self.content.len() + piece.len() > bytes_max {
                let message = format!("a file may have {bytes_max} bytes at most; split it");
                return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message));
            }
            self.add(&piece).map_err(|full| match full {
                Full::Tenant => Refusal::busy(
                    "the files of your organisation that are being read are too large together; try again",
                ),
                Full::All => Refusal::unavailable("too many files are being read; try again"),
            })?;
        }
        Ok(())
    }

    fn add(&mut self, piece: &[u8]) -> Result<(), Full> {
        self.waiting.take(self.tenant, piece.len())?;
        self.held += piece.len();
        self.content.extend_from_slice(piece);
        Ok(())
    }

    /// The bytes that have come. They stay held as long as the file is.
    pub(super) fn bytes(&mut self) -> Bytes {
        std::mem::take(&mut self.content).into()
    }
}

impl Drop for WaitingFile {
    fn drop(&mut self) {
        self.waiting.give_back(self.tenant, self.held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_its_share_and_gives_it_back() {
        let waiting = WaitingBytes::new(10, 6);
        let (one, other) = (TenantId(1), TenantId(2));
        let (mut first, mut second) = (waiting.begin(one), waiting.begin(one));
        assert_eq!((first.add(b"1234"), second.add(b"12")), (Ok(()), Ok(())));
        assert_eq!(second.add(b"3"), Err(Full::Tenant));
        let (mut third, mut fourth) = (waiting.begin(other), waiting.begin(TenantId(3)));
        assert_eq!((third.add(b"1234"), fourth.add(b"1")), (Ok(()), Err(Full::All)));
        assert_eq!((first.bytes().len(), second.add(b"3")), (4, Err(Full::Tenant)));
        drop(first);
        assert_eq!((second.add(b"3456"), fourth.add(b"1")), (Ok(()), Err(Full::All)));
        drop((second, third, fourth));
        let held = waiting.held.lock();
        assert!(held.all == 0 && held.by_tenant.is_empty());
    }
}
