//! What a session costs, and how near the store's estimate is to that.

use harness::desk::user;
use harness::records;
use tokio::runtime::Builder;
use vimbiso_state::MemoryStore;

/// The bytes that each of so many sessions takes after so many commits, and those that the store
/// counts.
fn measure(users: usize, commits: usize, data: &str) -> (usize, usize) {
    let store = MemoryStore::new();
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let taken = allocation_counter::measure(|| {
        runtime.block_on(async {
            for n in 0..users {
                for _ in 0..commits {
                    let record = records::record("weigh", None, 1, data);
                    records::put(&store, &user(n), record).await;
                }
            }
        });
    });
    let taken = usize::try_from(taken.bytes_current).unwrap();
    (taken / users, store.bytes() / users)
}

fn assert_near(taken: usize, counted: usize) {
    let error = taken.abs_diff(counted) * 100 / taken;
    assert!(error <= 25, "{taken} bytes taken, {counted} counted");
}

#[test]
fn session_costs_450_bytes_beside_its_data_at_most() {
    for length in [0, 644, 4000] {
        let data = format!(r#"{{"note":"{}"}}"#, "x".repeat(length));
        let (taken, counted) = measure(10_000, 1, &data);
        let beside = taken - data.len();
        println!(
            "a session of {} bytes of data: {beside} bytes beside it, {counted} counted in all",
            data.len()
        );
        assert!(beside <= 450, "{beside} bytes beside the data");
        assert_near(taken, counted);
    }
}

#[test]
fn recorded_commit_id_costs_about_120_bytes() {
    let (one, _) = measure(1000, 1, "{}");
    for commits in [8, 28] {
        let (taken, counted) = measure(1000, commits, "{}");
        let each = (taken - one) / (commits - 1);
        println!("{commits} commits: {each} bytes a recorded commit id, {counted} counted in all");
        assert!((60..=180).contains(&each), "{each} bytes a commit id");
        assert_near(taken, counted);
    }
}
