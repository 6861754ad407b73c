//! The closed set of actions of the audit log. Chains are hashed over the stored words: never change one.

use stratum_models::name_set;

name_set! {
    /// An action of the audit log: the thing and what was done to it.
    AuditAction {
        /// A file of ad reports was imported.
        AdReportsImported = "ad_reports.imported",
        /// An API key was created.
        ApiKeyCreated = "api_key.created",
        /// An API key was renamed.
        ApiKeyRenamed = "api_key.renamed",
        /// An API key was revoked.
        ApiKeyRevoked = "api_key.revoked",
        /// A creative asset was created.
        AssetCreated = "asset.created",
        /// A creative asset was deleted.
        AssetDeleted = "asset.deleted",
        /// A creative asset was changed.
        AssetUpdated = "asset.updated",
        /// Old rows of the audit log were replaced by one that seals them.
        AuditSealed = "audit.sealed",
        /// A campaign was created.
        CampaignCreated = "campaign.created",
        /// A campaign was deleted.
        CampaignDeleted = "campaign.deleted",
        /// A campaign was changed.
        CampaignUpdated = "campaign.updated",
        /// Campaigns that ad reports name were created.
        CampaignsAdopted = "campaigns.adopted",
        /// A concern was put aside for a while.
        ConcernDismissed = "concern.dismissed",
        /// A concern that was put aside shows again.
        ConcernRestored = "concern.restored",
        /// A connector was created.
        ConnectorCreated = "connector.created",
        /// A connector was deleted.
        ConnectorDeleted = "connector.deleted",
        /// The platform renewed the credentials of a connector.
        ConnectorRenewed = "connector.renewed",
        /// The status of a connector changed.
        ConnectorStatus = "connector.status",
        /// A connector was tested.
        ConnectorTested = "connector.tested",
        /// A connector was changed.
        ConnectorUpdated = "connector.updated",
        /// A dataset was created.
        DatasetCreated = "dataset.created",
        /// A dataset was changed.
        DatasetUpdated = "dataset.updated",
        /// A destination was created.
        DestinationCreated = "destination.created",
        /// A destination was deleted.
        DestinationDeleted = "destination.deleted",
        /// Events were asked to be sent to a destination once more.
        DestinationReplayed = "destination.replayed",
        /// A destination was tested.
        DestinationTested = "destination.tested",
        /// A destination was changed.
        DestinationUpdated = "destination.updated",
        /// An export was requested.
        ExportAsked = "export.asked",
        /// An export was cancelled, or its file was deleted.
        ExportDeleted = "export.deleted",
        /// The file of an export was downloaded.
        ExportDownloaded = "export.downloaded",
        /// An export ended: finished, failed or cancelled.
        ExportEnded = "export.ended",
        /// A schedule of exports was made.
        ExportScheduleCreated = "export.schedule_created",
        /// A schedule of exports was deleted.
        ExportScheduleDeleted = "export.schedule_deleted",
        /// A schedule of exports was let rest, or go on.
        ExportScheduleUpdated = "export.schedule_updated",
        /// An export was streamed.
        ExportStreamed = "export.streamed",
        /// A one-click fix was applied, or its guide was begun.
        FixApplied = "fix.applied",
        /// The run of a fix came to its end.
        FixEnded = "fix.ended",
        /// A fix was taken back.
        FixRolledBack = "fix.rolled_back",
        /// An exchange rate was deleted.
        FxRateDeleted = "fx_rate.deleted",
        /// Exchange rates were written.
        FxRatesUpdated = "fx_rates.updated",
        /// An invitation was accepted.
        InvitationAccepted = "invitation.accepted",
        /// A user was invited.
        InvitationCreated = "invitation.created",
        /// An invitation was withdrawn.
        InvitationWithdrawn = "invitation.withdrawn",
        /// A forecast model was trained.
        ModelTrained = "model.trained",
        /// A note was written.
        NoteCreated = "note.created",
        /// A note was deleted.
        NoteDeleted = "note.deleted",
        /// A note was changed.
        NoteUpdated = "note.updated",
        /// Operations were refused because a role or scope does not allow them.
        OperationRefused = "operation.refused",
        /// The data of a person was erased.
        PersonAnonymized = "person.anonymized",
        /// The data of a person was exported.
        PersonExported = "person.exported",
        /// Personal data was encrypted with the current key.
        PersonalDataResealed = "personal_data.resealed",
        /// A budget plan was created.
        PlanCreated = "plan.created",
        /// A budget plan was deleted.
        PlanDeleted = "plan.deleted",
        /// A pull was requested.
        PullAsked = "pull.asked",
        /// A pull was cancelled.
        PullCancelled = "pull.cancelled",
        /// A registration was requested.
        RegistrationAsked = "registration.asked",
        /// A rule acted on campaigns.
        RuleActed = "rule.acted",
        /// A rule was created.
        RuleCreated = "rule.created",
        /// A rule was deleted.
        RuleDeleted = "rule.deleted",
        /// A rule was changed.
        RuleUpdated = "rule.updated",
        /// A session was ended by its user.
        SessionEnded = "session.ended",
        /// All other sessions were ended by their user.
        SessionOthersEnded = "session.others_ended",
        /// A spent refresh token was used again.
        SessionRefreshReused = "session.refresh_reused",
        /// A tenant was created at the command line.
        TenantCreated = "tenant.created",
        /// The limits of a tenant were set.
        TenantPlanSet = "tenant.plan_set",
        /// A tenant was created by a registration.
        TenantRegistered = "tenant.registered",
        /// The settings of a tenant were changed.
        TenantUpdated = "tenant.updated",
        /// A tracking configuration was changed.
        TrackingUpdated = "tracking.updated",
        /// A user was created.
        UserCreated = "user.created",
        /// A user lost the right to sign in.
        UserDeactivated = "user.deactivated",
        /// An account was locked after too many wrong passwords.
        UserLockedOut = "user.locked_out",
        /// A user changed their password.
        UserPasswordChanged = "user.password_changed",
        /// A user confirmed an action with their password.
        UserPasswordProved = "user.password_proved",
        /// A password was set with a token from an e-mail.
        UserPasswordReset = "user.password_reset",
        /// A user renewed their recovery codes.
        UserRecoveryCodesRenewed = "user.recovery_codes_renewed",
        /// An e-mail for setting a new password was requested.
        UserResetAsked = "user.reset_asked",
        /// A user began to set up a second factor.
        UserSecondFactorBegun = "user.second_factor_begun",
        /// A second factor was removed.
        UserSecondFactorRemoved = "user.second_factor_removed",
        /// A user set up a second factor.
        UserSecondFactorSet = "user.second_factor_set",
        /// A user signed in.
        UserSignedIn = "user.signed_in",
        /// A user signed out.
        UserSignedOut = "user.signed_out",
        /// A user was changed.
        UserUpdated = "user.updated",
        /// A view was saved.
        ViewCreated = "view.created",
        /// A view was deleted.
        ViewDeleted = "view.deleted",
        /// A view was changed.
        ViewUpdated = "view.updated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_actions_are_sorted() {
        let words: Vec<&str> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
        assert!(words.is_sorted_by(|one, next| one < next), "each once, in alphabetical order");
    }
}
