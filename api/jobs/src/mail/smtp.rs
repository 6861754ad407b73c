//! Letters by SMTP.

use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport as _, Message, Tokio1Executor};
use tokio::time::timeout;
use uuid::Uuid;

use super::{DeliveryError, MailConfig, MailSecurity, MailTransport};

/// A configuration that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// A password would travel in clear.
    #[error("[mail] security = \"none\" with a password is for a server on this machine only")]
    PasswordInClear,
    /// The name cannot be that of a certificate, or there are no roots to trust.
    #[error("[mail] host is not a name that a certificate can be checked for")]
    Tls,
}

/// An SMTP server; each letter has a connection of its own.
pub struct SmtpMail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    patience: Duration,
}

impl SmtpMail {
    /// The configured server. It is not asked before the first letter.
    pub fn new(config: &MailConfig) -> Result<SmtpMail, SmtpError> {
        let parameters = || TlsParameters::new(config.host.clone()).map_err(|_| SmtpError::Tls);
        let tls = match config.security {
            MailSecurity::Tls => Tls::Wrapper(parameters()?),
            MailSecurity::StartTls => Tls::Required(parameters()?),
            MailSecurity::None if config.password.is_empty() || is_local(&config.host) => Tls::None,
            MailSecurity::None => return Err(SmtpError::PasswordInClear),
        };
        let patience = Duration::from_millis(config.send_ms_max);
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls)
            .timeout(Some(patience));
        let builder = match config.user.is_empty() {
            true => builder,
            false => {
                let password = config.password.expose().to_owned();
                builder.credentials(Credentials::new(config.user.clone(), password))
            }
        };
        Ok(SmtpMail { transport: builder.build(), patience })
    }
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[async_trait]
impl MailTransport for SmtpMail {
    async fn send(&self, _id: Uuid, message: &Message) -> Result<(), DeliveryError> {
        let (envelope, text) = (message.envelope(), message.formatted());
        let sent = timeout(self.patience, self.transport.send_raw(envelope, &text)).await;
        match sent {
            Ok(Ok(_)) => Ok(()),
            // Its text may quote the addressee: only the code is kept.
            Ok(Err(error)) => Err(kind(&error)),
            Err(_) => Err(DeliveryError::Later(None)),
        }
    }
}

fn kind(error: &Error) -> DeliveryError {
    let code = error.status().map(u16::from);
    if error.is_permanent() { DeliveryError::Refused(code) } else { DeliveryError::Later(code) }
}

#[cfg(test)]
mod tests {
    use stratum_models::secret::Secret;

    use super::*;

    #[test]
    fn a_password_travels_in_clear_on_this_machine_only() {
        let config = |host: &str, security| MailConfig {
            host: host.to_owned(),
            security,
            user: "post".into(),
            password: Secret::new("hunter2".into()),
            ..MailConfig::default()
        };
        assert!(SmtpMail::new(&config("127.0.0.1", MailSecurity::None)).is_ok());
        assert!(SmtpMail::new(&config("localhost", MailSecurity::None)).is_ok());
        let refused = SmtpMail::new(&config("mail.example.com", MailSecurity::None)).err();
        assert!(matches!(refused, Some(SmtpError::PasswordInClear)));
        assert!(SmtpMail::new(&config("mail.example.com", MailSecurity::StartTls)).is_ok());
    }
}
