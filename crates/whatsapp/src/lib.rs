//! A channel for a [`Bot`](vimbiso_state::bot::Bot): WhatsApp (the Cloud API of Meta's Graph).
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod rekey;
mod router;
mod verify;
pub mod webhook;

pub use rekey::OnIdChange;
pub use router::Webhook;
pub use verify::{AppSecret, InvalidAppSecret, InvalidSignature, verify};
