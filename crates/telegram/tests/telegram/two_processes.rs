//! Several workers, and several bots, on one Redis.

use std::time::Duration;

use harness::server::Server;
use vimbiso_state::bot::Bot;
use vimbiso_state::{RedisStore, StateManager};
use vimbiso_telegram::simulated::SimulatedApi;
use vimbiso_telegram::{Telegram, Token};

use crate::shop::{Shop, Till};
use crate::world::{LONG, SECRET, TOKEN, client_of, post, serve};

async fn telegram(redis: &str, api: &SimulatedApi, token: &str, till: &Till) -> Telegram<Shop> {
    let store = RedisStore::builder().namespace("two").connect(redis).await;
    let client = client_of(&api.url(), token);
    let bot = Bot::builder(StateManager::new(store.unwrap()), till.clone())
        .channel(client.clone())
        .poll(Duration::from_millis(100))
        .build()
        .unwrap();
    tokio::spawn(bot.clone().work());
    Telegram::new(bot, client).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_deliveries_to_two_workers_are_one_send() {
    let redis = Server::start();
    let api = SimulatedApi::start(Token::new(TOKEN).unwrap())
        .await
        .unwrap();
    let till = Till::default();
    let mut urls = Vec::new();
    for _ in 0..2 {
        let worker = telegram(&redis.raw_url(), &api, TOKEN, &till).await;
        urls.push(serve(&worker).await);
    }
    let message = |id: i64, text: &str| {
        serde_json::json!({ "update_id": id, "message": {
            "from": { "id": 42 }, "chat": { "id": 42, "type": "private" }, "text": text,
        }})
        .to_string()
    };
    for (id, text) in [(1, "hi"), (2, "1"), (3, "2")] {
        let posts: Vec<_> = (0..20)
            .map(|nth: usize| {
                let url = urls[nth % 2].clone();
                let body = message(id, text);
                tokio::spawn(async move { post(&url, Some(SECRET), body).await })
            })
            .collect();
        for post in posts {
            assert_eq!(post.await.unwrap(), 200);
        }
        let replies = usize::try_from(id).unwrap();
        assert_eq!(api.sent_at_least(replies, LONG).await.len(), replies);
        // A typed answer that pays counts once its question is known to be sent.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let texts: Vec<_> = api.sent().into_iter().map(|sent| sent.text).collect();
    assert_eq!(texts, ["What would you like?", "Teas: 1", "Paid 1."]);
    assert_eq!(till.paid.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bots_share_a_redis_and_no_session() {
    let redis = Server::start();
    let till = Till::default();
    let mut apis = Vec::new();
    for token in ["111:a", "222:b"] {
        let api = SimulatedApi::start(Token::new(token).unwrap())
            .await
            .unwrap();
        let bot = telegram(&redis.raw_url(), &api, token, &till).await;
        tokio::spawn(async move { bot.poll(std::future::pending()).await });
        apis.push(api);
    }
    // The same user and the same update ids on both.
    for api in &apis {
        api.write(42, "hi");
    }
    for api in &apis {
        api.sent_at_least(1, LONG).await;
    }
    apis[0].press(42, "Tea").unwrap();
    apis[0].sent_at_least(2, LONG).await;
    apis[1].press(42, "Tea").unwrap();
    for api in &apis {
        let sent = api.sent_at_least(2, LONG).await;
        let texts: Vec<_> = sent.iter().map(|sent| sent.text.as_str()).collect();
        assert_eq!(texts, ["What would you like?", "Teas: 1"]);
    }
}
