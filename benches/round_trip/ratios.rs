//! Latency and throughput of our turns, relative to a GET and a SET EX.

use std::time::Instant;

use crate::candidate::{Operation, USERS, user};
use crate::candidates::Candidates;
use crate::median;
use crate::menu::Data;

/// One task, the median of a turn.
pub async fn print_latency(candidates: &Candidates) {
    let Candidates {
        five_keys, one_key, ..
    } = candidates;
    let measured = [
        &five_keys.cold,
        &five_keys.warm,
        &one_key.cold,
        &one_key.warm,
        &candidates.pair,
        &candidates.specification,
    ];
    // A hundred turns of each candidate, many times over, so that noise of the machine hits all.
    let mut times = measured.map(|_| Vec::new());
    let data = Data::of(655);
    for round in 0..60 {
        for (candidate, times) in measured.iter().zip(&mut times) {
            for n in 0..100 {
                let user = user((round * 100 + n) % USERS);
                let begin = Instant::now();
                candidate.turn(&user, &data).await;
                times.push(begin.elapsed());
            }
        }
    }
    let [cold, warm, one_cold, one_warm, pair, specification] =
        times.map(median).map(|time| time.as_secs_f64());
    println!("1 task, median of a turn; GET + SET {:.1} µs", pair * 1e6);
    print("five keys, cold / (GET + SET)", cold / pair, "at most 1.35");
    print("five keys, warm / (GET + SET)", warm / pair, "");
    print("one key, cold / (GET + SET)", one_cold / pair, "");
    print("one key, warm / (GET + SET)", one_warm / pair, "");
    let ratio = specification / cold;
    print("(5 GET + 3 SET) / five keys, cold", ratio, "at least 3");
}

/// 64 tasks, turns a second.
pub async fn print_throughput(candidates: &Candidates) {
    let Candidates {
        five_keys, one_key, ..
    } = candidates;
    let measured = [
        &five_keys.cold,
        &five_keys.warm,
        &one_key.cold,
        &one_key.warm,
        &candidates.pair,
    ];
    let mut rates = measured.map(|_| Vec::new());
    for _ in 0..15 {
        for (candidate, rates) in measured.iter().zip(&mut rates) {
            let time = candidate.time(Operation::Turn, 64, 6400).await;
            rates.push(6400.0 / time.as_secs_f64());
        }
    }
    let [cold, warm, one_cold, one_warm, pair] = rates.map(median);
    println!("64 tasks, turns a second; GET + SET {pair:.0} pairs a second");
    let at_least = ["at least 0.30", "at least 0.45", "at least 0.65"];
    print("five keys, cold / (GET + SET)", cold / pair, at_least[0]);
    print("five keys, warm / (GET + SET)", warm / pair, at_least[1]);
    print("one key, cold / (GET + SET)", one_cold / pair, "");
    print("one key, warm / (GET + SET)", one_warm / pair, at_least[2]);
}

fn print(what: &str, ratio: f64, target: &str) {
    match target {
        "" => println!("  {what:<34} = {ratio:.2}"),
        target => println!("  {what:<34} = {ratio:.2}  ({target})"),
    }
}
