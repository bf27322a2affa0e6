//! The points before and after the calls of a store.

use async_trait::async_trait;
use harness::hooked::{Call, Hook};
use proof::payments::event::Point;
use vimbiso_state::store::Taken;
use vimbiso_state::{StoreError, UserId};

use super::points::Points;

#[async_trait]
impl Hook for Points {
    async fn before(&self, call: Call, _: &UserId) -> Result<(), StoreError> {
        match call {
            Call::Commit | Call::CommitWith => self.reach(Point::BeforeCommit),
            Call::Settle => self.reach(Point::BeforeSettle),
            _ => {}
        }
        Ok(())
    }

    async fn after(&self, call: Call, _: &UserId) -> Result<(), StoreError> {
        match call {
            Call::Commit | Call::CommitWith => self.reach(Point::AfterCommit),
            Call::Settle => self.reach(Point::AfterSettle),
            _ => {}
        }
        Ok(())
    }

    fn taken(&self, taken: &Taken) {
        if let Taken::Work(_) = taken {
            self.reach(Point::AfterTake);
        }
    }
}
