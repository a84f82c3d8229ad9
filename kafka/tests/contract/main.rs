//! The contract of a log, written once and held against every home of it.
//!
//! A test is an async function over a [`home::Home`]: a place that a log can be opened at, again and again, in
//! this process and in others. A new home of the log joins by a line at the end of this file.

#![allow(clippy::unwrap_used, reason = "a panic is a test's report, in the functions that tests call too")]

mod appending;
mod declaring;
mod following;
mod groups;
mod home;
mod processes;
mod reading;
mod records;
mod schemas_topic;
mod worker;

/// Every story of the contract, on one home.
macro_rules! contract {
    ($home:ident: $make:expr; $($module:ident { $($story:ident),+ $(,)? })+) => {
        mod $home {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    let home = $make;
                    crate::$module::$story(&home).await;
                })+
            })+
        }
    };
}

contract! {
    embedded: crate::home::Home::embedded();
    declaring { missing_topics_are_made, what_differs_is_reported_and_stays, half_a_declaration_is_none }
    appending {
        offsets_count_up_in_each_partition, what_was_acknowledged_is_there_after_opening_again,
        concurrent_appends_leave_no_hole, append_all_keeps_the_order, null_keys_take_turns,
        keys_go_where_the_java_client_sends_them, an_unknown_topic_is_named,
    }
    records {
        all_parts_come_back, null_and_empty_are_different, a_large_record_passes, a_larger_one_is_refused,
        dead_letters_hold_the_largest_record,
    }
    reading {
        limits_hold_and_one_record_always_comes, the_end_is_empty_and_beyond_it_is_an_error,
        unknown_places_are_named, the_offset_at_a_time_is_the_first_at_or_after,
        a_hundred_thousand_records_come_back_in_order,
    }
    following {
        a_follower_waits_and_wakes, a_follower_reads_from_the_middle, giving_up_takes_nothing,
        many_followers_see_the_same, what_is_wrong_is_said_at_once,
    }
    groups {
        one_member_has_all, two_members_share, nothing_moves_before_it_is_released, leaving_frees_at_once,
        dropping_is_a_crash, a_quiet_member_stays, a_name_is_taken_once, a_heartbeat_has_to_fit_its_session, progress_is_what_was_published_last,
    }
    processes {
        another_process_follows, two_processes_append, killing_one_loses_nothing_acknowledged,
        groups_span_processes, a_killed_member_is_replaced, a_stopped_member_is_replaced_and_told,
    }
    schemas_topic {
        schemas_are_published_once, an_unknown_writer_is_learnt, one_that_comes_in_time_is_waited_for,
        garbage_waits_no_more_than_once,
    }
}
