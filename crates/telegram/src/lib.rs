//! A channel for a [`Bot`](vimbiso_state::bot::Bot): Telegram (the Bot API).
#![forbid(unsafe_code)]
