//! The channel of the page's workers: WhatsApp behind a gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use vimbiso_state::bot::{Channel, Outgoing, Sent};
use vimbiso_whatsapp::WhatsApp;
use vimbisopay::BotFlow;

/// While it is shut, a worker that is to be killed sends nothing.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<AtomicBool>);

impl Gate {
    pub(super) fn shut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(super) fn open(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

pub(super) struct GatedChannel {
    pub(super) whatsapp: WhatsApp,
    pub(super) gate: Gate,
}

#[async_trait]
impl Channel<BotFlow> for GatedChannel {
    async fn send(&self, outgoing: &Outgoing<BotFlow>) -> Sent {
        if self.gate.0.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.whatsapp.send(outgoing).await
    }

    async fn was_sent(&self, outgoing: &Outgoing<BotFlow>) -> Option<bool> {
        self.whatsapp.was_sent(outgoing).await
    }
}
