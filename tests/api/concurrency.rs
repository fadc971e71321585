//! Many clients create, rename, publish, hide and delete the same few resources at once, and the table stays
//! consistent.

use std::cell::{Cell, RefCell};

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::random::Random;
use tests::{App, Call, Client, Process, fsck, post, problem};
use tokio::sync::Notify;

const CLIENTS: u64 = 32;
const OPERATIONS: usize = 20;

/// The number of names: small, so that most clients collide with another one.
const NAMES: u8 = 12;

/// The URLs of the resources that the clients created, and the count of each status.
#[derive(Default)]
struct Traffic {
    posts: RefCell<Vec<String>>,
    problems: RefCell<Vec<String>>,
    statuses: RefCell<Vec<u16>>,
    answered: Cell<usize>,
    enough: Notify,
}

impl Traffic {
    /// Runs one client until all its operations are done or the API stops answering.
    async fn of(&self, client: &Client, seed: u64) {
        let random = Random::seeded(seed);
        for n in 0..OPERATIONS {
            let done = match random.bytes() {
                [0..60, name, choice, _] => {
                    let (path, made, body) = self.creation(name, choice);
                    // A request without a key is sent once.
                    let key = (choice < 100).then(|| format!("{seed}-{n}"));
                    self.create(|| client.post(path, &body), key.as_deref(), made).await
                }
                [60..80, _, choice, which] => {
                    let (_, made, _) = self.creation(0, choice);
                    match chosen(made, which) {
                        Some(url) => self.send(client.delete(&url)).await.map(drop),
                        None => Some(()),
                    }
                }
                [80..100, name, choice, which] => {
                    let (_, made, body) = self.creation(name, choice);
                    match chosen(made, which) {
                        Some(url) => self.replace_as_read(client, &url, &body).await,
                        None => Some(()),
                    }
                }
                [_, name, choice, which] => {
                    let (_, made, _) = self.creation(name, choice);
                    match chosen(made, which) {
                        Some(url) => {
                            self.send(client.patch(&url, &change(&url, name, choice))).await.map(drop)
                        }
                        None => Some(()),
                    }
                }
            };
            if done.is_none() {
                return;
            }
        }
    }

    /// Returns the path, the list of URLs and the body for a new post or problem.
    fn creation(&self, name: u8, choice: u8) -> (&'static str, &RefCell<Vec<String>>, Value) {
        if choice.is_multiple_of(2) {
            ("/api/posts", &self.posts, post(&title(name)))
        } else {
            ("/api/problems", &self.problems, problem(&title(name)))
        }
    }

    /// Creates a resource. With a key the request is sent twice, and both answers must be equal if the first succeeded.
    async fn create(
        &self,
        call: impl Fn() -> Call,
        key: Option<&str>,
        made: &RefCell<Vec<String>>,
    ) -> Option<()> {
        let keyed = || key.map_or_else(&call, |key| call().header("idempotency-key", key));
        let answer = self.send(keyed()).await?;
        if answer.status != 201 {
            return Some(());
        }
        made.borrow_mut().push(answer.header("location").to_owned());
        if key.is_some() {
            let again = self.send(keyed()).await?;
            if again.status != 503 {
                assert_eq!((again.status, &again.body), (201, &answer.body), "{again:?}");
            }
        }
        Some(())
    }

    /// Replaces a resource as it was read, unless another client was faster.
    async fn replace_as_read(&self, client: &Client, url: &str, body: &Value) -> Option<()> {
        let read = self.send(client.get(url)).await?;
        if read.status == 200 {
            self.send(client.put(url, body).header("if-match", read.header("etag"))).await?;
        }
        Some(())
    }

    async fn send(&self, call: Call) -> Option<tests::Answer> {
        let answer = call.try_send().await?;
        assert!([200, 201, 204, 404, 409, 412, 503].contains(&answer.status), "{answer:?}");
        self.statuses.borrow_mut().push(answer.status);
        self.answered.set(self.answered.get() + 1);
        if self.answered.get() == usize::try_from(CLIENTS).unwrap() * 4 {
            self.enough.notify_one();
        }
        Some(answer)
    }

    fn count(&self, status: u16) -> usize {
        self.statuses.borrow().iter().filter(|found| **found == status).count()
    }
}

fn title(name: u8) -> String {
    format!("The name with number {}", name % NAMES)
}

fn change(url: &str, name: u8, choice: u8) -> Value {
    match choice % 6 {
        0 | 1 if url.starts_with("/api/posts") => json!({"title": title(name)}),
        2 => json!({"published": true, "category": format!("Category {}", name % 3)}),
        4 => json!({"published": false}),
        3 => json!({"difficulty": "hard"}),
        _ if url.starts_with("/api/posts") => json!({"content": title(name)}),
        _ => json!({"name": title(name)}),
    }
}

/// Picks one of the newest resources. Another client may have removed it.
fn chosen(made: &RefCell<Vec<String>>, which: u8) -> Option<String> {
    let made = made.borrow();
    let newest = made.len().checked_sub(1 + usize::from(which) % made.len().clamp(1, 16))?;
    made.get(newest).cloned()
}

#[tokio::test]
async fn many_clients_at_once_leave_a_table_that_is_whole() {
    let app = App::start().await;
    let (traffic, admin) = (Traffic::default(), app.admin());
    join_all((0..CLIENTS).map(|seed| traffic.of(&admin, seed))).await;
    let counts = [200, 201, 204, 404, 409, 412, 503].map(|status| (status, traffic.count(status)));
    // The clients must have collided, and most operations must have succeeded.
    for (status, least) in [(200, 50), (201, 50), (204, 10), (409, 10)] {
        assert!(traffic.count(status) >= least, "{counts:?}");
    }
    assert!(traffic.count(503) * 10 < traffic.statuses.borrow().len(), "{counts:?}");
    app.expect_whole().await;
}

#[tokio::test]
async fn a_process_that_is_killed_amid_many_clients_leaves_a_table_that_is_whole() {
    let data = tempfile::tempdir().unwrap();
    for round in 0..2 {
        let process = Process::start(data.path()).await;
        let (traffic, author) = (Traffic::default(), process.caller());
        let clients = join_all((0..CLIENTS).map(|client| traffic.of(&author, 1000 * (round + 1) + client)));
        let kill = async {
            traffic.enough.notified().await;
            process.kill().await;
        };
        tokio::join!(clients, kill);
        assert!(traffic.count(201) > 0, "{:?}", traffic.statuses);
        fsck(&["--data-dir", data.path().to_str().unwrap()]).await.expect(0);
    }
    let process = Process::start(data.path()).await;
    process.caller().get("/api/posts").await.expect(200);
    fsck(&["--data-dir", data.path().to_str().unwrap()]).await.expect(0);
}
