//! The promises of the warehouse's ports, a case a sentence. Every adapter passes all of them:
//!
//! ```text
//! // `fresh` answers an empty warehouse each time.
//! stratum_testing::warehouse_contract!(fresh);
//! ```
#![expect(
    clippy::expect_used,
    missing_docs,
    reason = "test support: a broken promise ends the test, and each case is named after its promise"
)]

pub mod rows;
pub mod writing;
pub mod reading;
pub mod campaigns;
pub mod breakdown;
pub mod quality;
pub mod arrival;
pub mod person;
pub mod versions;

use stratum_models::person::PersonStore;
use stratum_models::warehouse::{DataVersions, WarehouseReader, WarehouseWriter};

/// Every side of a warehouse.
pub trait Warehouse: WarehouseWriter + WarehouseReader + PersonStore + DataVersions {}

impl<T: WarehouseWriter + WarehouseReader + PersonStore + DataVersions> Warehouse for T {}

/// Makes a test of every case. The argument is the path of an `async fn() -> impl Warehouse` that
/// answers an empty one each time.
#[macro_export]
macro_rules! warehouse_contract {
    ($fresh:path) => {
        $crate::warehouse_contract! { $fresh;
            writing::a_partition_begins_at_zero,
            writing::a_commit_moves_the_checkpoint,
            writing::the_newest_claim_holds,
            writing::of_claims_at_once_one_holds,
            writing::claims_of_a_partition_follow_one_another,
            writing::partitions_and_topics_keep_their_own_checkpoints,
            writing::a_range_that_is_not_next_is_refused,
            writing::ranges_of_several_partitions_land_together,
            writing::a_partition_taken_over_is_left_out_of_a_commit,
            writing::a_worker_left_behind_adds_nothing,
            writing::partitions_committed_at_once_add_up,
            writing::a_range_without_rows_moves_the_checkpoint,
            writing::seen_keys_are_those_of_the_window,
            reading::both_ends_of_a_range_of_days_count,
            reading::a_restated_report_replaces_the_earlier_one,
            reading::an_older_version_that_comes_late_does_not_win,
            reading::of_equal_versions_the_later_in_the_log_wins,
            reading::currencies_stand_apart,
            reading::reported_and_tracked_stand_side_by_side,
            reading::an_account_leaves_tracked_events_out,
            reading::groups_come_by_currency_and_then_by_what_was_asked,
            reading::a_campaign_has_the_name_of_its_newest_day,
            reading::an_account_that_is_written_in_two_ways_is_one,
            reading::filters_narrow_the_sums,
            reading::partial_rows_add_up,
            reading::parts_of_a_day_count_only_by_the_day_itself,
            reading::sums_are_wider_than_their_parts,
            reading::tenants_with_the_same_ids_never_mix,
            breakdown::campaigns_and_accounts_are_summed_from_reports,
            breakdown::an_ad_set_is_the_sum_of_its_ads_where_only_they_are_reported,
            breakdown::countries_and_devices_stand_beside_what_events_show,
            breakdown::amounts_of_parts_are_converted_by_the_rates_of_their_days,
            breakdown::parts_of_tenants_never_mix,
            campaigns::reported_campaigns_are_as_their_newest_day_says,
            campaigns::reported_campaigns_come_by_platform_and_id_a_part_at_a_time,
            campaigns::campaigns_not_reported_since_are_left_out,
            arrival::masks_are_told_by_the_days_of_a_zone,
            arrival::repairs_are_told_by_version_and_hour,
            arrival::refused_events_are_counted_by_minute_and_told,
            campaigns::campaign_groups_are_of_the_named_campaigns,
            campaigns::campaign_groups_are_told_by_day_with_what_events_show,
            campaigns::campaigns_of_tenants_never_mix,
            reading::campaign_days_are_the_newest_versions_in_order,
            quality::masks_add_up_and_stay_apart,
            quality::hours_count_from_the_first_to_before_the_last,
            quality::quality_filters_narrow_the_counts,
            quality::events_of_no_platform_count_as_such,
            quality::texts_are_only_texts,
            quality::invalid_identifiers_count_by_key_and_reason,
            quality::ingest_counts_add_up_by_dataset_and_kind,
            quality::rejections_come_most_first_and_at_most_a_hundred,
            quality::a_rejection_counts_for_all_its_rows_and_names_no_platform_it_does_not_know,
            quality::freshness_is_that_of_what_landed,
            quality::counts_of_tenants_never_mix,
            person::a_persons_events_come_by_receipt_and_in_parts,
            person::a_persons_days_and_own_names_are_known_and_names_are_taken_away,
            person::a_person_leads_to_their_strong_identifiers,
            person::a_person_is_known_by_key_and_seal,
            person::a_forgotten_person_is_in_no_event_and_in_every_sum,
            person::a_person_is_forgotten_by_one_tenant_only,
            versions::a_version_moves_with_what_lands_for_the_tenant,
            versions::every_lane_moves_a_version,
            versions::a_range_that_is_fenced_moves_no_version,
        }
    };
    ($fresh:path; $($module:ident::$case:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $case() {
            let warehouse = $fresh().await;
            $crate::warehouse_contract::$module::$case(&warehouse).await;
        })*
    };
}
