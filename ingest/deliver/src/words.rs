//! Platforms' words for one destination.

use stratum_models::connector::Credentials;
use stratum_models::delivery::{DeliveryMode, Destination};
use stratum_wire::dialect::PlatformAnswer;
use stratum_wire::dialect::meta::{SPOKEN_EVENTS_MAX, SpokenRequest, hear};
use stratum_wire::envelope::OutboundEvent;

use super::sender::{PlatformWords, Reply};

/// Events that one request to Meta holds.
pub const EVENTS_MAX: usize = SPOKEN_EVENTS_MAX;

/// Meta's words for a destination.
pub struct MetaWords {
    /// The code that events are shown under among test events.
    test_code: Option<String>,
    /// What Meta was shown, which its answers may repeat.
    credentials: Credentials,
}

impl MetaWords {
    /// The words for a destination: with its test code where it is tested.
    pub fn of(destination: &Destination) -> MetaWords {
        let is_test = destination.mode == DeliveryMode::Test;
        MetaWords {
            test_code: destination.test_code.clone().filter(|_| is_test),
            credentials: destination.credentials.clone(),
        }
    }
}

impl PlatformWords for MetaWords {
    fn speak(&self, events: &[&OutboundEvent<'_>]) -> Vec<u8> {
        let mut request = SpokenRequest::default();
        events.iter().for_each(|event| request.push(event));
        request.finish(self.test_code.as_deref())
    }

    fn hear(&self, reply: &Reply, events: usize) -> PlatformAnswer {
        let mut answer = hear(reply.status, reply.retry_after, &reply.body, events);
        if let PlatformAnswer::NeedsCredentials(refusal) | PlatformAnswer::Refused { refusal, .. } =
            &mut answer
        {
            refusal.message = self.credentials.hidden_from(&refusal.message);
        }
        answer
    }
}

/// About how many bytes an event has in a request.
pub fn spoken_bytes(event: &OutboundEvent<'_>) -> usize {
    let texts = [event.source_url, event.custom_data, event.order_id];
    let texts: usize = texts.into_iter().flatten().map(str::len).sum();
    let ids: usize = event.ids.iter().map(|id| id.value.len() + 32).sum();
    320 + event.event_id.len() + event.event_name.len() + texts + ids + event.hashes.len() * 72
}
