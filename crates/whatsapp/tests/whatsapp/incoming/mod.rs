//! What comes in: the shapes of the webhook reference, the routes over real connections, and users
//! whose number or id changes.

mod corpus;
mod deliveries;
mod id_changes;
mod notices;
mod order;
mod properties;
mod shapes;
