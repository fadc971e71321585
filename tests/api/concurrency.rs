//! Many clients create, rename, publish, hide and delete the same few resources at once, and the table stays
//! consistent.

use std::cell::{Cell, RefCell};

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::random::Random;
use tests::{App, Call, Client, Process, fsck, post, problem, user};
use tokio::sync::Notify;

const CLIENTS: u64 = 32;
const OPERATIONS: usize = 20;

/// The number of names: small, so that most clients collide with another one.
const NAMES: u8 = 12;

/// A kind of resource: the path of its collection, a whole body with one of the names, and a change.
struct Kind {
    path: &'static str,
    body: fn(u8) -> Value,
    change: fn(u8, u8) -> Value,
}

const KINDS: &[Kind] = &[
    Kind { path: "/api/posts", body: |name| post(&title(name)), change: change_of_post },
    Kind { path: "/api/problems", body: |name| problem(&title(name)), change: change_of_problem },
    Kind { path: "/api/users", body: |name| user(&email(name)), change: change_of_user },
];

/// The kinds and URLs of the resources that the clients created, and the count of each status.
#[derive(Default)]
struct Traffic {
    first_name: u8,
    made: RefCell<Vec<(&'static str, String)>>,
    statuses: RefCell<Vec<u16>>,
    answered: Cell<usize>,
    enough: Notify,
}

impl Traffic {
    /// Runs one client until all its operations are done or the API stops answering.
    async fn of(&self, client: &Client, seed: u64) {
        let random = Random::seeded(seed);
        for n in 0..OPERATIONS {
            let [operation, name, choice, which] = random.bytes();
            let name = self.first_name + name % NAMES;
            let kind = &KINDS[usize::from(choice) % KINDS.len()];
            let chosen = self.chosen(kind, which);
            let done = match (operation, chosen) {
                (0..60, _) => {
                    // A request without a key is sent once.
                    let key = (choice < 100).then(|| format!("{seed}-{n}"));
                    let body = (kind.body)(name);
                    self.create(kind, || client.post(kind.path, &body), key.as_deref()).await
                }
                (_, None) => Some(()),
                (60..80, Some(url)) => self.send(client.delete(&url)).await.map(drop),
                (80..100, Some(url)) => self.replace_as_read(client, &url, &(kind.body)(name)).await,
                (_, Some(url)) => self.send(client.patch(&url, &(kind.change)(name, which))).await.map(drop),
            };
            if done.is_none() {
                return;
            }
        }
    }

    /// Creates a resource. With a key the request is sent twice, and both answers must be equal if the first succeeded.
    async fn create(&self, kind: &Kind, call: impl Fn() -> Call, key: Option<&str>) -> Option<()> {
        let keyed = || key.map_or_else(&call, |key| call().header("idempotency-key", key));
        let answer = self.send(keyed()).await?;
        if answer.status != 201 {
            return Some(());
        }
        self.made.borrow_mut().push((kind.path, answer.header("location").to_owned()));
        if key.is_some() {
            let again = self.send(keyed()).await?;
            if again.status != 503 {
                assert_eq!((again.status, &again.body), (201, &answer.body), "{again:?}");
            }
        }
        Some(())
    }

    /// Picks one of the newest resources of a kind. Another client may have removed it.
    fn chosen(&self, kind: &Kind, which: u8) -> Option<String> {
        let made = self.made.borrow();
        let mut newest = made.iter().rev().filter(|(path, _)| *path == kind.path).take(16);
        let count = newest.clone().count();
        newest.nth(usize::from(which).checked_rem(count)?).map(|(_, url)| url.clone())
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
    format!("The name with number {name}")
}

fn email(name: u8) -> String {
    format!("user{name}@example.com")
}

fn change_of_post(name: u8, choice: u8) -> Value {
    match choice % 4 {
        0 => json!({"title": title(name)}),
        1 => json!({"published": true, "category": format!("Category {}", name % 3)}),
        2 => json!({"published": false}),
        _ => json!({"content": title(name)}),
    }
}

fn change_of_problem(name: u8, choice: u8) -> Value {
    if choice.is_multiple_of(2) { json!({"name": title(name)}) } else { json!({"difficulty": "hard"}) }
}

fn change_of_user(name: u8, choice: u8) -> Value {
    if choice.is_multiple_of(2) { json!({"email": email(name)}) } else { json!({"name": title(name)}) }
}

#[tokio::test]
async fn many_clients_at_once_leave_a_table_that_is_whole() {
    let app = App::start().await;
    let (traffic, admin) = (Traffic::default(), app.admin());
    join_all((0..CLIENTS).map(|seed| traffic.of(&admin, seed))).await;
    let counts = [200, 201, 204, 404, 409, 412, 503].map(|status| (status, traffic.count(status)));
    // The clients must have collided, and most operations must have succeeded.
    let all = traffic.statuses.borrow().len();
    for (status, least) in [(200, all / 20), (201, all / 20), (204, all / 100), (409, all / 100)] {
        assert!(traffic.count(status) > least, "{counts:?}");
    }
    assert!(traffic.count(503) * 10 < all, "{counts:?}");
    app.expect_whole().await;
}

#[tokio::test]
async fn a_process_that_is_killed_amid_many_clients_leaves_a_table_that_is_whole() {
    let data = tempfile::tempdir().unwrap();
    for round in 0..2 {
        let process = Process::start(data.path()).await;
        // The names of the round before are taken.
        let traffic = Traffic { first_name: round * NAMES, ..Traffic::default() };
        let (seed, admin) = (1000 * (u64::from(round) + 1), process.admin().await);
        let clients = join_all((0..CLIENTS).map(|client| traffic.of(&admin, seed + client)));
        let kill = async {
            traffic.enough.notified().await;
            process.kill().await;
        };
        tokio::join!(clients, kill);
        assert!(traffic.count(201) > 0, "{:?}", traffic.statuses);
        fsck(&["--data-dir", data.path().to_str().unwrap()]).await.expect(0);
    }
    let process = Process::start(data.path()).await;
    process.admin().await.get("/api/users").await.expect(200);
    fsck(&["--data-dir", data.path().to_str().unwrap()]).await.expect(0);
}
