//! The voice of the Kafka client: its log lines to `tracing`, its errors in the terms of a store.

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use stratum_models::store::{StoreError, StoreErrorKind};

use crate::log::STORE;

/// Log lines of the producer and the admin client.
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        log_line(level, facility, text);
    }

    fn error(&self, error: KafkaError, text: &str) {
        tracing::debug!(kafka.error = %error, kafka.text = text, "kafka client error");
    }
}

pub(super) fn log_line(level: RDKafkaLogLevel, facility: &str, text: &str) {
    match level {
        RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::debug!(kafka.facility = facility, kafka.text = text, "kafka client");
        }
        _ => tracing::warn!(kafka.facility = facility, kafka.text = text, "kafka client"),
    }
}

/// The error of the client, in the terms of a store.
pub(super) fn failed(what: &str, error: KafkaError) -> StoreError {
    use RDKafkaErrorCode as Code;
    let code = match &error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    };
    let kind = match code {
        Some(
            Code::MessageSizeTooLarge
            | Code::InvalidTopic
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::PolicyViolation
            | Code::InvalidReplicationFactor
            | Code::InvalidArgument
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature,
        ) => StoreErrorKind::Invalid,
        Some(
            Code::NotLeaderForPartition
            | Code::LeaderNotAvailable
            | Code::RebalanceInProgress
            | Code::PollExceeded,
        ) => StoreErrorKind::Transient,
        None if matches!(error, KafkaError::ClientConfig(..)) => StoreErrorKind::Invalid,
        _ => StoreErrorKind::Unavailable,
    };
    let what = match code {
        Some(Code::UnsupportedVersion) => "the broker is older than group_protocol asks for",
        _ => what,
    };
    StoreError::new(kind, STORE, format!("{what}: {error}")).caused_by(error)
}
