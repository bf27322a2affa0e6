//! The targets without a fuzzer: their seeds, and thousands of inputs made from them, the same in
//! every run.

use std::path::Path;

use fuzz::TARGETS;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

const INPUTS: usize = 5_000;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// A seed with some bytes inserted, removed or replaced, or cut and followed by the end of
/// another seed.
fn changed(seeds: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    let mut input = seeds[random.random_range(0..seeds.len())].clone();
    for _ in 0..random.random_range(0..6) {
        let at = random.random_range(0..=input.len());
        match random.random_range(0..4) {
            0 => input.insert(at, random.random()),
            1 if at < input.len() => drop(input.remove(at)),
            2 if at < input.len() => input[at] = random.random(),
            _ => {
                let other = &seeds[random.random_range(0..seeds.len())];
                input.truncate(at);
                input.extend_from_slice(&other[random.random_range(0..=other.len())..]);
            }
        }
    }
    input
}

#[test]
fn no_input_breaks_an_invariant() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        let mut random = StdRng::seed_from_u64(1);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        seeds.iter().for_each(|seed| target(seed));
        for _ in 0..INPUTS {
            target(&changed(&seeds, &mut random));
            let mut noise = vec![0; random.random_range(0..64)];
            random.fill_bytes(&mut noise);
            target(&noise);
        }
        println!("{name}: {} seeds, {} inputs", seeds.len(), 2 * INPUTS);
    }
}
