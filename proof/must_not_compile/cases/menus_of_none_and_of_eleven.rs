//! A menu offers one to ten choices, under a name that can be stored.
use vimbiso_state::{Direction, MenuOptions};

static EMPTY: MenuOptions<Direction> = MenuOptions::new("empty", &[]);
static ELEVEN: MenuOptions<Direction> = MenuOptions::new("eleven", &[(Direction::In, "again"); 11]);
static NAMELESS: MenuOptions<Direction> = MenuOptions::new("no name", &[(Direction::In, "in")]);

fn main() {}
