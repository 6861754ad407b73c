//! Platforms' words for one destination.

use stratum_models::connector::Credentials;
use stratum_models::delivery::{DeliveryMode, Destination};
use stratum_wire::dialect::{PlatformAnswer, PlatformFormat, PlatformReply, RequestHead};
use stratum_wire::envelope::OutboundEvent;

use super::platform::DeliveryPlatform;
use super::sender::PlatformWords;

/// A platform's words for a destination.
pub struct DestinationWords {
    /// The platform's format.
    pub format: &'static dyn PlatformFormat,
    remote_id: String,
    /// The code that events are shown under among test events.
    test_code: Option<String>,
    /// The credentials, which the platform's answers may repeat.
    credentials: Credentials,
}

impl DestinationWords {
    /// The words for a destination at a platform: with its test code where it is tested.
    pub fn of(destination: &Destination, platform: &DeliveryPlatform) -> DestinationWords {
        let is_test = destination.mode == DeliveryMode::Test;
        DestinationWords {
            format: platform.format,
            remote_id: destination.remote_id.clone(),
            test_code: destination.test_code.clone().filter(|_| is_test),
            credentials: destination.credentials.clone(),
        }
    }
}

impl PlatformWords for DestinationWords {
    fn speak(&self, events: &[&OutboundEvent<'_>]) -> Vec<u8> {
        let head = RequestHead { remote_id: &self.remote_id, test_code: self.test_code.as_deref() };
        self.format.speak(events, &head)
    }

    fn hear(&self, reply: &PlatformReply, events: usize) -> PlatformAnswer {
        let mut answer = self.format.hear(reply, events);
        let hide = |message: &mut String| *message = self.credentials.hidden_from(message);
        match &mut answer {
            PlatformAnswer::NeedsCredentials(refusal) | PlatformAnswer::Refused { refusal, .. } => {
                hide(&mut refusal.message)
            }
            PlatformAnswer::PartlyTaken { refused } => {
                refused.iter_mut().for_each(|(_, refusal)| hide(&mut refusal.message));
            }
            PlatformAnswer::Taken { .. }
            | PlatformAnswer::Throttled { .. }
            | PlatformAnswer::Down { .. } => {}
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
