//! Who may do what: one table of permissions by role, one of operations by permission. An operation
//! without a row is refused to everybody, and fails the test below.

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use stratum_state::api_key::ApiKeyScope;
use stratum_state::user::Role;

/// One thing a caller may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub enum Permission {
    /// See campaigns and creative assets.
    #[serde(rename = "campaigns.read")]
    CampaignsRead,
    /// Make and change them.
    #[serde(rename = "campaigns.write")]
    CampaignsWrite,
    /// Delete them.
    #[serde(rename = "campaigns.delete")]
    CampaignsDelete,
    /// Ask for KPIs and match quality.
    #[serde(rename = "analytics.read")]
    AnalyticsRead,
    /// Take data away in bulk.
    #[serde(rename = "analytics.export")]
    AnalyticsExport,
    /// Take away what tells who people are.
    #[serde(rename = "identifiers.export")]
    IdentifiersExport,
    /// See predictions.
    #[serde(rename = "predictions.read")]
    PredictionsRead,
    /// Plan budgets and simulate.
    #[serde(rename = "predictions.run")]
    PredictionsRun,
    /// See rules and what they did.
    #[serde(rename = "rules.read")]
    RulesRead,
    /// Make, change and delete rules.
    #[serde(rename = "rules.write")]
    RulesWrite,
    /// Try rules out on past days.
    #[serde(rename = "rules.run")]
    RulesRun,
    /// See tracking configurations, API keys and connectors.
    #[serde(rename = "integrations.read")]
    IntegrationsRead,
    /// Change them.
    #[serde(rename = "integrations.write")]
    IntegrationsWrite,
    /// Apply one-click fixes and take them back.
    #[serde(rename = "fixes.apply")]
    FixesApply,
    /// See users and the tenant's settings.
    #[serde(rename = "tenant.read")]
    TenantRead,
    /// Change them; answer and carry out requests about personal data.
    #[serde(rename = "tenant.write")]
    TenantWrite,
    /// Read the audit log.
    #[serde(rename = "audit.read")]
    AuditRead,
}

use Permission::*;

/// The rights of a role.
pub const fn role_permissions(role: Role) -> &'static [Permission] {
    match role {
        Role::Admin => &[
            CampaignsRead,
            CampaignsWrite,
            CampaignsDelete,
            AnalyticsRead,
            AnalyticsExport,
            IdentifiersExport,
            PredictionsRead,
            PredictionsRun,
            RulesRead,
            RulesWrite,
            RulesRun,
            IntegrationsRead,
            IntegrationsWrite,
            FixesApply,
            TenantRead,
            TenantWrite,
            AuditRead,
        ],
        Role::Manager => &[
            CampaignsRead,
            CampaignsWrite,
            AnalyticsRead,
            AnalyticsExport,
            PredictionsRead,
            PredictionsRun,
            RulesRead,
            RulesWrite,
            RulesRun,
            IntegrationsRead,
            FixesApply,
            TenantRead,
        ],
        Role::Analyst => &[
            CampaignsRead,
            AnalyticsRead,
            AnalyticsExport,
            PredictionsRead,
            PredictionsRun,
            RulesRead,
        ],
        Role::Viewer => &[CampaignsRead, AnalyticsRead, PredictionsRead, RulesRead],
    }
}

/// The rights of a script with a key of this scope, beside sending.
pub const fn key_permissions(scope: ApiKeyScope) -> &'static [Permission] {
    match scope {
        ApiKeyScope::Ingest => &[],
        ApiKeyScope::Read => &[CampaignsRead, AnalyticsRead, PredictionsRead, RulesRead],
        ApiKeyScope::Export => &[CampaignsRead, AnalyticsRead, AnalyticsExport],
        ApiKeyScope::ExportIdentifiers => {
            &[CampaignsRead, AnalyticsRead, AnalyticsExport, IdentifiersExport]
        }
    }
}

/// Whom an operation is open to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody; no token is read.
    Open,
    /// Every user who has signed in, no API key.
    User,
    /// Who has this permission.
    With(Permission),
    /// The vendor's own door checks: API keys in its form.
    Door,
    /// Whoever has the operator's token; no user, no API key.
    Operator,
}

use Access::{Door, Open, Operator, User, With};

const GET: &str = "GET";
const POST: &str = "POST";
const PUT: &str = "PUT";
const PATCH: &str = "PATCH";
const DELETE: &str = "DELETE";

/// Every operation: method, path as in the document, access.
pub const RIGHTS: &[(&str, &str, Access)] = &[
    // Sign-in
    (POST, "/api/v1/auth/register", Open),
    (POST, "/api/v1/auth/confirm", Open),
    (POST, "/api/v1/auth/login", Open),
    (POST, "/api/v1/auth/refresh", Open),
    (POST, "/api/v1/auth/logout", User),
    (POST, "/api/v1/auth/forgot-password", Open),
    (POST, "/api/v1/auth/reset-password", Open),
    (POST, "/api/v1/auth/change-password", User),
    (GET, "/api/v1/auth/sessions", User),
    (DELETE, "/api/v1/auth/sessions", User),
    (DELETE, "/api/v1/auth/sessions/{id}", User),
    (GET, "/api/v1/auth/second-factor", User),
    (POST, "/api/v1/auth/second-factor", User),
    (POST, "/api/v1/auth/second-factor/confirm", User),
    (POST, "/api/v1/auth/second-factor/remove", User),
    (POST, "/api/v1/auth/second-factor/recovery-codes", User),
    (GET, "/api/v1/auth/me", User),
    (PATCH, "/api/v1/auth/me", User),
    (GET, "/api/v1/config", Open),
    // Users and invitations
    (GET, "/api/v1/users", With(TenantRead)),
    (POST, "/api/v1/users", With(TenantWrite)),
    (GET, "/api/v1/users/{id}", With(TenantRead)),
    (PATCH, "/api/v1/users/{id}", With(TenantWrite)),
    (DELETE, "/api/v1/users/{id}", With(TenantWrite)),
    (GET, "/api/v1/users/invitations", With(TenantRead)),
    (POST, "/api/v1/users/invitations", With(TenantWrite)),
    (DELETE, "/api/v1/users/invitations/{id}", With(TenantWrite)),
    (POST, "/api/v1/auth/invitation", Open),
    (POST, "/api/v1/auth/accept-invitation", Open),
    // The tenant
    (GET, "/api/v1/tenant", With(TenantRead)),
    (PATCH, "/api/v1/tenant", With(TenantWrite)),
    (GET, "/api/v1/api-keys", With(IntegrationsRead)),
    (POST, "/api/v1/api-keys", With(IntegrationsWrite)),
    (PATCH, "/api/v1/api-keys/{id}", With(IntegrationsWrite)),
    (DELETE, "/api/v1/api-keys/{id}", With(IntegrationsWrite)),
    (GET, "/api/v1/audit", With(AuditRead)),
    // Personal data
    (POST, "/api/v1/gdpr/export", With(TenantWrite)),
    (POST, "/api/v1/gdpr/anonymize", With(TenantWrite)),
    // Campaigns
    (GET, "/api/v1/campaigns", With(CampaignsRead)),
    (POST, "/api/v1/campaigns", With(CampaignsWrite)),
    (GET, "/api/v1/campaigns/totals", With(CampaignsRead)),
    (GET, "/api/v1/campaigns/labels", With(CampaignsRead)),
    (POST, "/api/v1/campaigns/bulk", With(CampaignsWrite)),
    (GET, "/api/v1/campaigns/{id}/changes", With(CampaignsRead)),
    (GET, "/api/v1/campaigns/{id}", With(CampaignsRead)),
    (PUT, "/api/v1/campaigns/{id}", With(CampaignsWrite)),
    (PATCH, "/api/v1/campaigns/{id}", With(CampaignsWrite)),
    (DELETE, "/api/v1/campaigns/{id}", With(CampaignsDelete)),
    (GET, "/api/v1/campaigns/{id}/metrics", With(CampaignsRead)),
    // Creative assets
    (GET, "/api/v1/assets", With(CampaignsRead)),
    (POST, "/api/v1/assets", With(CampaignsWrite)),
    (GET, "/api/v1/assets/{id}", With(CampaignsRead)),
    (PATCH, "/api/v1/assets/{id}", With(CampaignsWrite)),
    (DELETE, "/api/v1/assets/{id}", With(CampaignsDelete)),
    // Datasets and tracking configurations
    (GET, "/api/v1/datasets", With(IntegrationsRead)),
    (POST, "/api/v1/datasets", With(IntegrationsWrite)),
    (PATCH, "/api/v1/datasets/{dataset}", With(IntegrationsWrite)),
    (GET, "/api/v1/tracking", With(IntegrationsRead)),
    (GET, "/api/v1/tracking/{dataset}", With(IntegrationsRead)),
    (PUT, "/api/v1/tracking/{dataset}", With(IntegrationsWrite)),
    (PATCH, "/api/v1/tracking/{dataset}", With(IntegrationsWrite)),
    (GET, "/api/v1/tracking/{dataset}/versions", With(IntegrationsRead)),
    // Exchange rates
    (GET, "/api/v1/fx-rates", With(AnalyticsRead)),
    (PUT, "/api/v1/fx-rates", With(TenantWrite)),
    (DELETE, "/api/v1/fx-rates/{date}/{currency}", With(TenantWrite)),
    // Notes, views, what needs attention
    (GET, "/api/v1/notes", With(AnalyticsRead)),
    (POST, "/api/v1/notes", With(CampaignsWrite)),
    (PATCH, "/api/v1/notes/{id}", With(CampaignsWrite)),
    (DELETE, "/api/v1/notes/{id}", With(CampaignsWrite)),
    (GET, "/api/v1/views", User),
    (POST, "/api/v1/views", User),
    (PATCH, "/api/v1/views/{id}", User),
    (DELETE, "/api/v1/views/{id}", User),
    (GET, "/api/v1/attention", With(AnalyticsRead)),
    (POST, "/api/v1/attention/dismissals", With(CampaignsWrite)),
    (DELETE, "/api/v1/attention/dismissals/{concern}", With(CampaignsWrite)),
    // Imports: who may change campaigns may bring the figures they are judged by; no API key, which
    // sends to the front door.
    (GET, "/api/v1/imports/ad-reports", With(CampaignsWrite)),
    (POST, "/api/v1/imports/ad-reports", With(CampaignsWrite)),
    // Connectors
    (GET, "/api/v1/connectors", With(IntegrationsRead)),
    (POST, "/api/v1/connectors", With(IntegrationsWrite)),
    (GET, "/api/v1/connectors/kinds", With(IntegrationsRead)),
    (GET, "/api/v1/connectors/{id}", With(IntegrationsRead)),
    (PATCH, "/api/v1/connectors/{id}", With(IntegrationsWrite)),
    (DELETE, "/api/v1/connectors/{id}", With(IntegrationsWrite)),
    (POST, "/api/v1/connectors/{id}/test", With(IntegrationsWrite)),
    (POST, "/api/v1/connectors/{id}/pull", With(IntegrationsWrite)),
    (POST, "/api/v1/connectors/{id}/backfill", With(IntegrationsWrite)),
    (GET, "/api/v1/connectors/{id}/runs", With(IntegrationsRead)),
    (DELETE, "/api/v1/connectors/{id}/runs/{run}", With(IntegrationsWrite)),
    // Destinations
    (GET, "/api/v1/destinations", With(IntegrationsRead)),
    (POST, "/api/v1/destinations", With(IntegrationsWrite)),
    (GET, "/api/v1/destinations/{id}", With(IntegrationsRead)),
    (PATCH, "/api/v1/destinations/{id}", With(IntegrationsWrite)),
    (DELETE, "/api/v1/destinations/{id}", With(IntegrationsWrite)),
    (POST, "/api/v1/destinations/{id}/test", With(IntegrationsWrite)),
    (GET, "/api/v1/destinations/{id}/delivery", With(IntegrationsRead)),
    (GET, "/api/v1/destinations/{id}/dead-letters", With(IntegrationsRead)),
    (GET, "/api/v1/destinations/{id}/requests", With(IntegrationsRead)),
    (POST, "/api/v1/destinations/{id}/replay", With(IntegrationsWrite)),
    (GET, "/api/v1/ad-accounts", With(IntegrationsRead)),
    // Analytics
    (GET, "/api/v1/analytics/kpis", With(AnalyticsRead)),
    (GET, "/api/v1/analytics/platforms", With(AnalyticsRead)),
    (GET, "/api/v1/analytics/series", With(AnalyticsRead)),
    (GET, "/api/v1/analytics/breakdown", With(AnalyticsRead)),
    (GET, "/api/v1/analytics/ingest", With(AnalyticsRead)),
    // Exports: columns that identify people take `IdentifiersExport` besides (`routes/exports/asked.rs`).
    (GET, "/api/v1/analytics/export/stream", With(AnalyticsExport)),
    (GET, "/api/v1/analytics/export", With(AnalyticsExport)),
    (POST, "/api/v1/analytics/export", With(AnalyticsExport)),
    (GET, "/api/v1/analytics/export/kinds", With(AnalyticsExport)),
    (GET, "/api/v1/analytics/export/{id}", With(AnalyticsExport)),
    (DELETE, "/api/v1/analytics/export/{id}", With(AnalyticsExport)),
    (GET, "/api/v1/analytics/export/{id}/download", With(AnalyticsExport)),
    (POST, "/api/v1/analytics/export/estimate", With(AnalyticsExport)),
    (POST, "/api/v1/analytics/export/{id}/link", With(AnalyticsExport)),
    (GET, "/api/v1/analytics/export/schedules", With(AnalyticsExport)),
    (POST, "/api/v1/analytics/export/schedules", With(AnalyticsExport)),
    (PATCH, "/api/v1/analytics/export/schedules/{id}", With(AnalyticsExport)),
    (DELETE, "/api/v1/analytics/export/schedules/{id}", With(AnalyticsExport)),
    // The link's secret is asked for instead.
    (GET, "/api/v1/downloads/{token}", Open),
    // Match quality
    (GET, "/api/v1/emq/score", With(AnalyticsRead)),
    (GET, "/api/v1/emq/coverage", With(AnalyticsRead)),
    (GET, "/api/v1/emq/history", With(AnalyticsRead)),
    (GET, "/api/v1/emq/diagnostics", With(AnalyticsRead)),
    (GET, "/api/v1/qa/fixes/suggestions", With(AnalyticsRead)),
    (POST, "/api/v1/qa/fixes/apply", With(FixesApply)),
    (GET, "/api/v1/qa/fixes/run/{id}", With(AnalyticsRead)),
    (GET, "/api/v1/qa/fixes/history", With(AnalyticsRead)),
    (POST, "/api/v1/qa/fixes/run/{id}/rollback", With(FixesApply)),
    // Unusual days
    (GET, "/api/v1/anomalies", With(AnalyticsRead)),
    // Live
    (GET, "/api/v1/events/stream", With(AnalyticsRead)),
    (GET, "/api/v1/events/recent", With(AnalyticsRead)),
    (GET, "/api/v1/events/arrivals", With(AnalyticsRead)),
    // Predictions
    (GET, "/api/v1/predictions/roas", With(PredictionsRead)),
    (POST, "/api/v1/predictions/budget-optimize", With(PredictionsRun)),
    (POST, "/api/v1/simulate", With(PredictionsRun)),
    (POST, "/api/v1/predictions/response", With(PredictionsRun)),
    (GET, "/api/v1/plans", With(PredictionsRead)),
    (POST, "/api/v1/plans", With(PredictionsRun)),
    (GET, "/api/v1/plans/{id}", With(PredictionsRead)),
    (DELETE, "/api/v1/plans/{id}", With(PredictionsRun)),
    // Rules
    (GET, "/api/v1/rules", With(RulesRead)),
    (POST, "/api/v1/rules", With(RulesWrite)),
    (POST, "/api/v1/rules/test", With(RulesRun)),
    (GET, "/api/v1/rules/executions", With(RulesRead)),
    (GET, "/api/v1/rules/{id}", With(RulesRead)),
    (PUT, "/api/v1/rules/{id}", With(RulesWrite)),
    (PATCH, "/api/v1/rules/{id}", With(RulesWrite)),
    (DELETE, "/api/v1/rules/{id}", With(RulesWrite)),
    (POST, "/api/v1/rules/{id}/test", With(RulesRun)),
    (GET, "/api/v1/rules/{id}/executions", With(RulesRead)),
    // Operation
    (GET, "/api/v1/health/detail", With(TenantWrite)),
    (GET, "/health", Open),
    (GET, "/health/live", Open),
    (GET, "/health/ready", Open),
    (GET, "/metrics", Operator),
    // The front door
    (POST, "/{version}/{dataset_id}/events", Door),
    (POST, "/capi/{dataset_id}/events", Door),
    (POST, "/{version}/ad_accounts/{ad_account_id}/events", Door),
    (POST, "/open_api/{version}/event/track/", Door),
    (POST, "/open_api/{version}/pixel/track/", Door),
    (POST, "/open_api/{version}/pixel/batch/", Door),
    (POST, "/v1/{call}", Door),
    (POST, "/api/s/{call}", Door),
    (POST, "/api/s/s2s/{call}", Door),
    (POST, "/batch", Door),
    (POST, "/mp/collect", Door),
    (POST, "/rest/conversionEvents", Door),
    (POST, "/v2/conversionEvents", Door),
    (POST, "/v3/{asset_id}/events/validate", Door),
    (POST, "/v2/conversion", Door),
    (POST, "/v2/conversion/validate", Door),
    (POST, "/debug/mp/collect", Door),
    (POST, "/api/v1/ad-reports", Door),
];

/// Whom an operation is open to; `None` for one without a row.
pub fn access(method: &Method, path: &str) -> Option<Access> {
    let method = if method == Method::HEAD { GET } else { method.as_str() };
    let row = RIGHTS.iter().find(|(row_method, row, _)| *row == path && *row_method == method);
    row.map(|(_, _, access)| *access)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_who_people_are_is_for_admins_and_for_keys_made_for_it() {
        let roles =
            Role::ALL.iter().filter(|role| role_permissions(**role).contains(&IdentifiersExport));
        assert_eq!(roles.collect::<Vec<_>>(), [&Role::Admin]);
        let may = |scope: &&ApiKeyScope| key_permissions(**scope).contains(&IdentifiersExport);
        let scopes: Vec<_> = ApiKeyScope::ALL.iter().filter(may).collect();
        assert_eq!(scopes, [&ApiKeyScope::ExportIdentifiers]);
    }

    #[test]
    fn each_role_may_do_what_the_next_lower_one_may() {
        let roles = [Role::Admin, Role::Manager, Role::Analyst, Role::Viewer];
        for pair in roles.windows(2) {
            for permission in role_permissions(pair[1]) {
                assert!(role_permissions(pair[0]).contains(permission), "{pair:?} {permission:?}");
            }
        }
    }
}
