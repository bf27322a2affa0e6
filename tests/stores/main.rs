//! Every store that ships keeps the contract, and a manager keeps its promises on each.

#[cfg(feature = "testing")]
#[macro_use]
mod shipped;

#[cfg(feature = "testing")]
mod behaviours;
mod reference_model;
#[cfg(feature = "testing")]
mod turns;
mod without_tokens;
