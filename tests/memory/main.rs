//! What only the memory store does.

mod bounds;
