//! A menu offers one to ten choices, and its name must be a wire name.
use vimbiso_state::{Direction, MenuOptions};

static EMPTY: MenuOptions<Direction> = MenuOptions::new("empty", &[]);
static ELEVEN: MenuOptions<Direction> = MenuOptions::new("eleven", &[(Direction::In, "in"); 11]);
static NAMELESS: MenuOptions<Direction> = MenuOptions::new("no name", &[(Direction::In, "in")]);

fn main() {}
