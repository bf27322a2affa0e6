//! A real Chromium without a window, and what the tests do with a page.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::program::Program;

const WAIT: Duration = Duration::from_secs(20);

/// The program, its page, and the browser that shows it.
pub struct Page {
    pub client: Client,
    pub program: Program,
    driver: Driver,
}

struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the driver on a free port, and returns the port.
fn driver() -> (Driver, String) {
    let program = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
    let mut child = Command::new(&program)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|why| {
            panic!(
                "{program} does not start ({why}): install the packages chromium and \
                 chromium-driver, or name the driver in CHROMEDRIVER"
            )
        });
    let stdout = child.stdout.take().unwrap();
    let driver = Driver(child);
    for line in BufReader::new(stdout).lines() {
        let line = line.unwrap();
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return (driver, port.trim_end_matches('.').to_owned());
        }
    }
    panic!("{program} has ended");
}

impl Page {
    /// Opens the page of a program with these flags, in a window of this size.
    pub async fn open(flags: &[&str], (width, height): (u32, u32)) -> Self {
        let program = Program::start(flags);
        let (driver, port) = driver();
        // No sandbox: the tests may run as root in a container.
        let mut options = json!({"args": [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
            "--hide-scrollbars", "--force-prefers-reduced-motion",
            format!("--window-size={width},{height}"),
        ]});
        if width < 500 {
            // No window can be as narrow as a phone.
            let size = json!({"width": width, "height": height, "pixelRatio": 2, "touch": true});
            options["mobileEmulation"] = json!({"deviceMetrics": size});
        }
        let capabilities = [("goog:chromeOptions".to_owned(), options)];
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.into_iter().collect())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        let page = Self {
            client,
            program,
            driver,
        };
        page.client.goto(&page.program.url()).await.unwrap();
        page.text_of("#live-text", "live").await;
        page
    }

    pub async fn find(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(WAIT);
        wait.for_element(Locator::Css(css)).await.unwrap()
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Types a message and sends it with the enter key.
    pub async fn say(&self, text: &str) {
        let field = self.find("#text").await;
        field.send_keys(&format!("{text}\u{e007}")).await.unwrap();
    }

    /// Clicks the button of this text below the newest message of the bot.
    pub async fn tap(&self, title: &str) {
        let newest = "(//*[@data-kind='out'])[last()]";
        self.click_xpath(&format!("{newest}//button[contains(., '{title}')]"))
            .await;
    }

    /// Opens the list of the newest message, and clicks a row.
    pub async fn choose(&self, row: &str) {
        self.tap("Choose").await;
        self.click_xpath(&format!("//dialog[@open]//button[contains(., '{row}')]"))
            .await;
    }

    async fn click_xpath(&self, path: &str) {
        let wait = self.client.wait().at_most(WAIT);
        let found = wait.for_element(Locator::XPath(path)).await;
        let found = found.unwrap_or_else(|why| panic!("{path}: {why}"));
        found
            .click()
            .await
            .unwrap_or_else(|why| panic!("{path}: {why}"));
    }

    /// Waits until the script, an expression, is true.
    pub async fn until(&self, script: &str) {
        let end = tokio::time::Instant::now() + WAIT;
        while self.run(&format!("return Boolean({script})")).await != json!(true) {
            let text = "return document.body.innerText";
            assert!(
                tokio::time::Instant::now() < end,
                "not so: {script}\n{}",
                self.run(text).await.as_str().unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the element shows this text.
    pub async fn text_of(&self, css: &str, text: &str) {
        let (css, text) = (json!(css), json!(text));
        self.until(&format!(
            "document.querySelector({css})?.textContent.includes({text})"
        ))
        .await;
    }

    /// Waits until the bot has sent so many messages, and the newest one has this text.
    pub async fn reply(&self, count: usize, text: &str) {
        let text = json!(text);
        self.until(&format!(
            "(all => all.length === {count} && all.at(-1).textContent.includes({text}))\
             ([...document.querySelectorAll('[data-kind=out]')])"
        ))
        .await;
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Keeps a picture of the page under the target folder.
    pub async fn picture(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page");
        std::fs::create_dir_all(&folder).unwrap();
        let png = self.client.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }

    /// Ends the browser. The console must hold no error.
    pub async fn close(self) {
        let errors = self.run("return window.errors ?? []").await;
        assert_eq!(errors, json!([]));
        self.client.close().await.unwrap();
        drop(self.driver);
    }
}
