//! A channel for a [`Bot`](vimbiso_state::bot::Bot): WhatsApp (the Cloud API of Meta's Graph).
#![forbid(unsafe_code)]
