//! Ten minutes to the first real message.
#![doc = ""]
#![doc = include_str!("guide.md")]
