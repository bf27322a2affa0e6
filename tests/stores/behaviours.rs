//! Every store that ships keeps the contract: the conformance suite, run on each.

macro_rules! on_each {
    ($($(#[$when:meta])* $store:ident: $fixture:expr, can: $can:tt;)*) => {
        $($(#[$when])* mod $store {
            use crate::shipped::*;

            vimbiso_state::conformance_tests! { $fixture, can: $can }
        })*
    };
}
each_store! { on_each }

/// On several threads at once, as the stores of other processes are called.
mod memory_on_a_real_clock {
    use crate::shipped::*;

    vimbiso_state::conformance_tests! { Shipped::memory, can: [Tokens, Outbox] }
}
