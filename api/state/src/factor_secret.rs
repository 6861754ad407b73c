//! The second factor of sign-in: codes of the moment (TOTP, RFC 6238) that an app makes of a secret, and
//! recovery codes for somebody who has lost the device.

use stratum_models::time::UnixMillis;
use totp_rs::{Builder, Secret, Totp};

use stratum_models::entropy::{Entropy, token};

/// 160 bits, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// Recovery codes of a user.
pub const RECOVERY_CODES: usize = 10;
/// Letters and digits of a recovery code, in groups of four: 95 bits.
const RECOVERY_CHARS: usize = 16;
/// Longest text that may be a code.
pub const CODE_BYTES_MAX: usize = 64;

/// A secret that codes are made of. Whoever has it has the factor: never printed, hence no `Debug`.
pub struct FactorSecret(Secret);

impl FactorSecret {
    /// A new one.
    pub fn make(entropy: &dyn Entropy) -> FactorSecret {
        let mut bytes = [0; SECRET_BYTES];
        entropy.fill(&mut bytes);
        FactorSecret(Secret::new_stack(bytes))
    }

    /// Reads [`FactorSecret::to_base32`]; `None` where it is none.
    pub fn parse(text: &str) -> Option<FactorSecret> {
        let secret = Secret::try_from_base32(text).ok()?;
        (secret.as_bytes().len() == SECRET_BYTES).then_some(FactorSecret(secret))
    }

    /// As a person types it into an app.
    pub fn to_base32(&self) -> String {
        self.0.to_base32()
    }

    /// As an app reads it off a picture. Only letters, digits and `@.-_` of the address are shown.
    pub fn uri(&self, email: &str) -> String {
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '-' | '_');
        let name: String = email.chars().filter(plain).collect();
        format!("otpauth://totp/Stratum:{name}?secret={}&issuer=Stratum", self.to_base32())
    }

    /// The step that a code belongs to; `None` for a wrong one. One step of 30 s before and after counts,
    /// for clocks that differ.
    pub fn step(&self, code: &str, now: UnixMillis) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let is_plain = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = u64::try_from(now.0.div_euclid(1000)).ok().filter(|_| is_plain)?;
        self.totp().check(&code, seconds).and_then(|step| i64::try_from(step).ok())
    }

    fn totp(&self) -> Totp {
        Builder::new().with_secret(self.0.clone()).build_noncompliant()
    }
}

/// New recovery codes.
pub fn recovery_codes(entropy: &dyn Entropy) -> Vec<String> {
    let code = || {
        let letters = token(entropy, RECOVERY_CHARS);
        let groups: Vec<&str> =
            (0..RECOVERY_CHARS).step_by(4).filter_map(|at| letters.get(at..at + 4)).collect();
        groups.join("-")
    };
    std::iter::repeat_with(code).take(RECOVERY_CODES).collect()
}

/// A recovery code as it was made, whatever was typed around its letters; `None` where it cannot be one.
pub fn recovery_code(text: &str) -> Option<String> {
    let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    (letters.len() == RECOVERY_CHARS).then_some(letters)
}

#[cfg(test)]
mod tests {
    use stratum_testing::entropy::CountingEntropy;

    use super::*;

    /// RFC 6238, appendix B, the last six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = FactorSecret(Secret::new_stack(*b"12345678901234567890"));
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000_i64, "353130"),
        ] {
            let at = |late_s: i64| UnixMillis((seconds + late_s) * 1000);
            assert_eq!(secret.step(code, at(0)), Some(seconds / 30), "{seconds}");
            assert_eq!(
                secret.step(&format!(" {} {}", &code[..3], &code[3..]), at(30)),
                Some(seconds / 30)
            );
            assert_eq!(secret.step(code, at(90)), None);
        }
        for wrong in ["", "28708", "2870822", "28708a", "+28708", "287083"] {
            assert_eq!(secret.step(wrong, UnixMillis(59_000)), None, "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_read_as_it_was_written() {
        let secret = FactorSecret::make(&CountingEntropy::default());
        let text = secret.to_base32();
        assert_eq!(FactorSecret::parse(&text).unwrap().to_base32(), text);
        assert!(FactorSecret::parse("MFRGG").is_none() && FactorSecret::parse("?").is_none());
        let uri = secret.uri("ana+1@example.com?x=y");
        assert_eq!(
            uri,
            format!("otpauth://totp/Stratum:ana1@example.comxy?secret={text}&issuer=Stratum")
        );
    }

    #[test]
    fn recovery_codes_differ_and_are_read_as_typed() {
        let codes = recovery_codes(&CountingEntropy::default());
        assert_eq!(codes.len(), RECOVERY_CODES);
        assert_ne!(codes[0], codes[1]);
        assert!(codes.iter().all(|code| code.len() == 19), "{codes:?}");
        let typed = codes[0].replace('-', " ");
        assert_eq!(recovery_code(&typed), recovery_code(&codes[0]));
        assert_eq!(recovery_code("123456"), None);
    }
}
