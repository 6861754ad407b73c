//! Appends that wait for room.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_full_log_is_waited_for_as_long_as_is_said() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::Delay(Duration::from_millis(700)));
    let appender = start(&log, AppendConfig { rows_pending_max: 10, ..config() });
    let begun = Instant::now();
    let first = enqueue(&appender, 0, 10).unwrap();
    let more = || enqueue(&appender, 10, 20);
    let early = appender.enqueue_when_free(begun + Duration::from_millis(300), more).await;
    assert_eq!(early.err(), Some(Overloaded::Rows));
    assert_eq!(begun.elapsed(), Duration::from_millis(300));
    let ticket = appender.enqueue_when_free(begun + Duration::from_secs(3), more).await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_millis(700));
    first.durable().await.unwrap();
    ticket.durable().await.unwrap();
    assert_eq!(numbers(&log), (0..20).collect::<Vec<_>>());
    appender.drain().await;
    let closed = appender.enqueue_when_free(begun + Duration::from_secs(9), more).await;
    assert_eq!(closed.err(), Some(Overloaded::Closed));
}

#[tokio::test(start_paused = true)]
async fn many_reports_are_appended_in_order_and_are_durable_then() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::Delay(Duration::from_millis(50)));
    let appender = start(&log, AppendConfig { rows_pending_max: REPORT_ROWS, ..config() });
    let rows = vec![ad_report(1, 1); REPORT_ROWS * 2 + 1];
    let until = Instant::now() + Duration::from_secs(5);
    appender.append_ad_reports(&rows, &[country(ad_report(1, 1))], until).await.unwrap();
    let count = |kind| {
        let found = batches(&log, Topic::AdReports, kind);
        found.iter().map(|(_, batch)| batch.num_rows()).sum::<usize>()
    };
    assert_eq!(count(RecordKind::AdReports), rows.len());
    assert_eq!(count(RecordKind::AdReportSplits), 1);
}
