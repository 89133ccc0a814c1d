//! The conformance suite: every test runs on SQLite, and on PostgreSQL when a server is named.

mod audit;
mod backtests;
mod behind;
mod concurrent;
mod evidence;
mod jobs;
mod numbers;
mod orders;
mod random_edits;
mod records;
mod sealed;
mod tamper;

/// Makes a test per database of each function that takes a fixture.
macro_rules! on_both {
    ($($module:ident::$test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                Box::pin(crate::fixture::sqlite(super::$module::$test)).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                Box::pin(crate::fixture::postgres(super::$module::$test)).await;
            })*
        }
    };
}

on_both! {
    records::reports_come_back_as_stored,
    records::cases_are_listed_by_urgency_page_by_page,
    records::a_case_knows_its_report_and_lead,
    records::clocks_run_until_money_is_held,
    records::plans_have_versions,
    records::institutions_are_replaced,
    records::people_and_sessions,
    records::what_is_undone_leaves_nothing,
    records::readers_cannot_write,
    records::a_reader_sees_one_state,
    records::blobs_are_kept_by_their_digest,
    records::the_outbox_gives_each_effect_until_it_is_sent,
    records::feed_numbers_have_no_gaps,
    records::idempotency_keys,
    backtests::backtests_are_worked_on_in_order,
    orders::orders_move_only_from_the_stored_step,
    orders::orders_are_found,
    orders::orders_are_listed,
    orders::every_state_can_be_stored,
    orders::holds_fall_due,
    numbers::money_is_counted_by_what_became_of_it,
    numbers::orders_of_before_are_summed_at_the_start,
    orders::answers_are_kept_once,
    orders::foreign_keys_hold,
    evidence::evidence_and_its_chain_come_back,
    jobs::a_job_runs_once,
    jobs::an_expired_lease_can_be_claimed_again,
    jobs::one_job_of_a_key_waits_and_one_runs,
    jobs::retries_end_in_burial,
    jobs::a_dying_worker_does_not_keep_a_job_for_ever,
    jobs::workers_share_the_queue,
    jobs::a_restarted_worker_takes_up_its_own_jobs_only,
    audit::entries_come_back,
    audit::proofs_verify_against_signed_checkpoints,
    audit::personal_values_can_be_erased,
    audit::fractions_are_refused,
    audit::checkpoints_are_made_at_intervals,
    sealed::personal_columns_are_encrypted_and_keys_rotate,
    tamper::every_change_behind_the_back_is_found,
    random_edits::random_changes_are_found,
    random_edits::a_change_written_over_is_found,
    random_edits::rows_are_bound_once,
    concurrent::nothing_is_lost_with_locks,
    concurrent::nothing_is_lost_with_compare_and_set,
    concurrent::case_numbers_are_given_once,
}
