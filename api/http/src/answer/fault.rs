//! Faults of a request: each a code that does not change, what it leaves open, and the same in words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use stratum_models::name_set;
use utoipa::ToSchema;

name_set! {
    /// The code of what is wrong with a field or a request. It does not change.
    FaultCode {
        /// None of the others: the message says it.
        Other = "other",
        /// It is required.
        Missing = "missing",
        /// It has another form than the one wanted.
        WrongForm = "wrong_form",
        /// There is no such field here.
        UnknownField = "unknown_field",
        /// It is there twice.
        Twice = "twice",
        /// Must be a text of 1 to `max` characters on one line.
        TextLength = "text_length",
        /// Has more than `max` characters.
        TooLong = "too_long",
        /// Must have at most `max` entries.
        TooMany = "too_many",
        /// Must be a number from `min` to `max`.
        OutOfRange = "out_of_range",
        /// Must be a day from `min` to `max`, which are years.
        YearOutOfRange = "year_out_of_range",
        /// Must not lie before `other`, a field.
        BeforeOther = "before_other",
        /// Must not lie in the future.
        InFuture = "in_future",
        /// The range has more than `max` days.
        TooManyDays = "too_many_days",
        /// It is no ISO 4217 currency.
        NoCurrency = "no_currency",
        /// It is no time zone.
        NoTimeZone = "no_time_zone",
        /// It is no language.
        NoLanguage = "no_language",
        /// It is no phone number.
        NoPhone = "no_phone",
        /// It is no e-mail address.
        NoEmail = "no_email",
        /// It is no http or https address, or has a password in it.
        NoUrl = "no_url",
        /// There is no such campaign.
        NoCampaign = "no_campaign",
        /// There is no such dataset.
        NoDataset = "no_dataset",
        /// There is one already.
        Exists = "exists",
        /// A user has this address already.
        AddressTaken = "address_taken",
        /// There are `max` already, which is the most.
        LimitReached = "limit_reached",
        /// It was changed by somebody else meanwhile.
        ChangedMeanwhile = "changed_meanwhile",
        /// It cannot be changed.
        Fixed = "fixed",
        /// A campaign cannot go from the status `from` to the status `to`.
        StatusChange = "status_change",
        /// There is no budget to change.
        NoBudget = "no_budget",
        /// Nothing is said to change.
        NoChange = "no_change",
        /// The link or token has ended, or was used.
        TokenEnded = "token_ended",
        /// The e-mail address, the password or the code is wrong.
        WrongSignIn = "wrong_sign_in",
        /// It is not the caller's password.
        WrongPassword = "wrong_password",
        /// The code is wrong, or was used.
        WrongCode = "wrong_code",
        /// A password has at least `min` and at most `max` characters.
        PasswordLength = "password_length",
        /// The password is made of the account's own words.
        PasswordOwn = "password_own",
        /// The password is among the first that are guessed.
        PasswordWeak = "password_weak",
        /// There is a second factor already.
        SecondFactorExists = "second_factor_exists",
        /// No second factor is set up.
        NoSecondFactor = "no_second_factor",
        /// The tenant wants every user to have a second factor.
        SecondFactorRequired = "second_factor_required",
        /// The user is the last admin of the tenant.
        LastAdmin = "last_admin",
        /// No ad account is named.
        NoAccount = "no_account",
        /// Credentials are missing: `names`.
        NoCredentials = "no_credentials",
        /// The goal needs a target above 0.
        NoTarget = "no_target",
        /// The constraints contradict each other.
        ConstraintsClash = "constraints_clash",
        /// There is not data enough.
        InsufficientData = "insufficient_data",
        /// The file is not made yet.
        NotReady = "not_ready",
        /// There is no file.
        NoFile = "no_file",
        /// No row of the file can be taken.
        NoRows = "no_rows",
        /// `rows` rows break a rule.
        FaultyRows = "faulty_rows",
    }
}

/// The fault of a request or field: its code, what the code leaves open, and the same in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    code: FaultCode,
    values: BTreeMap<&'static str, Value>,
    message: Cow<'static, str>,
}

impl Fault {
    /// A fault of this code, in words.
    pub fn new(code: FaultCode, message: impl Into<Cow<'static, str>>) -> Fault {
        Fault { code, values: BTreeMap::new(), message: message.into() }
    }

    /// The same with one thing more that its code leaves open.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Fault {
        self.values.insert(name, value.into());
        self
    }

    /// A number that is not from `min` to `max`, in words.
    pub fn range(
        min: impl Into<Value>,
        max: impl Into<Value>,
        message: impl Into<Cow<'static, str>>,
    ) -> Fault {
        Fault::new(FaultCode::OutOfRange, message).with("min", min).with("max", max)
    }

    /// More than `max` of what the code names, in words.
    pub fn above(
        code: FaultCode,
        max: impl Into<Value>,
        message: impl Into<Cow<'static, str>>,
    ) -> Fault {
        Fault::new(code, message).with("max", max)
    }

    /// The same in English.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<&'static str> for Fault {
    fn from(message: &'static str) -> Fault {
        Fault::new(FaultCode::Other, message)
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Fault {
        Fault::new(FaultCode::Other, message)
    }
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Detail {
    /// The query parameter or body field; empty if the whole request is meant.
    pub field: String,
    /// The message: what is wrong with it, in English.
    pub message: String,
    /// The same as a code.
    pub code: FaultCode,
    /// Values that the code leaves open, such as a bound, by name.
    #[serde(rename = "params")]
    #[schema(value_type = BTreeMap<String, Value>)]
    values: BTreeMap<&'static str, Value>,
}

impl Detail {
    /// The fault of a field.
    pub fn of(field: impl Into<String>, fault: impl Into<Fault>) -> Detail {
        let Fault { code, values, message } = fault.into();
        Detail { field: field.into(), message: message.into_owned(), code, values }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fault_is_told_by_its_code_with_what_the_code_leaves_open() {
        let fault = Fault::range(1, 90, "must be from 1 to 90");
        let told = serde_json::to_value(Detail::of("days", fault)).unwrap();
        let range = json!({"min": 1, "max": 90});
        assert_eq!(
            told,
            json!({"field": "days", "message": "must be from 1 to 90", "code": "out_of_range", "params": range})
        );
        // What has no code of its own is told in words alone.
        assert_eq!(Detail::of("", "no").code, FaultCode::Other);
    }
}
