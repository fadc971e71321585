//! The check of a table: it finds and repairs every kind of damage, and reports nothing for a consistent table.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{
    FileAttributes, Payer, PaymentStatus, PostAttributes, ProblemAttributes, Role, Timestamp, UserAttributes,
    UserId,
};
use shared::http::{QuotaPolicy, RateLimits, Scale};
use shared::random::Random;
use shared::store::check::{Check, Code, Damage, Outcome, Report};
use shared::store::{IdempotencyRecord, Payments, RefreshFamilies, Sessions, WeatherCache};
use tests::App;

mod unknown;

/// A table with items of every kind, which tests damage.
struct Table {
    app: App,
    author: UserId,
}

impl Table {
    async fn filled() -> Self {
        let app = App::start().await;
        let (users, posts, problems) = (app.users(), app.posts(), app.problems());
        let attributes =
            UserAttributes { email: "ada@example.com".parse().unwrap(), name: None, role: Role::User };
        let ada = users.create(attributes.clone(), None).await.unwrap().into_parts().0;
        let moved = UserAttributes { email: "Lovelace@example.com".parse().unwrap(), ..attributes };
        let ada = users.replace(&ada, moved).await.unwrap();
        let record = IdempotencyRecord::new("posts", &ada.id, &"key".parse().unwrap(), &[0; 32]);
        posts.create(ada.id, post("On engines", true), Some(&record)).await.unwrap();
        let draft = posts.create(ada.id, post("On looms", false), None).await.unwrap().into_parts().0;
        posts.replace(&draft, post("On threads", true)).await.unwrap();
        for name in ["Two Sum", "Straße"] {
            let problem = problems.create(ada.id, problem(name), None).await.unwrap().into_parts().0;
            problems.replace(&problem, self::problem(&format!("{name}, again"))).await.unwrap();
        }
        let (clock, random) = (Clock::system(), Random::system());
        Sessions::new(app.table(), clock.clone(), random.clone()).begin(ada.id, 0, None).await.unwrap();
        RefreshFamilies::new(app.table(), clock.clone(), random.clone()).begin(&ada, None).await.unwrap();
        let payments = Payments::new(app.table(), clock.clone(), random);
        for (n, payer) in
            [Some(Payer::User(ada.id)), Some(Payer::Email(ada.attributes.email)), None].iter().enumerate()
        {
            let event = format!("evt_{n}").parse().unwrap();
            payments.record(&event, &payment(n), payer.as_ref()).await.unwrap();
        }
        let files = app.files();
        let file = files.begin(ada.id, file(), None).await.unwrap().into_parts().0;
        files.begin(ada.id, self::file(), None).await.unwrap();
        files.complete(&file, "07".repeat(32).parse().unwrap(), None).await.unwrap();
        let report = shared::domain::Report { fetched_at: clock.now(), weather: None };
        WeatherCache::new(&app.table()).keep(&"Atlantis".parse().unwrap(), &report).await.unwrap();
        let limits = RateLimits::new(&app.table(), clock, Scale::parse("1").unwrap());
        limits.take(QuotaPolicy::WRITE, ada.id).await.unwrap();
        Self { app, author: ada.id }
    }

    async fn check(&self, repair: bool) -> Report {
        Check::new(&self.app.table(), Random::system(), 3).run(repair, |_| ()).await.unwrap()
    }

    /// Repairs the table and returns the damage that was found. Each damage is gone afterwards, or is reported every
    /// time.
    async fn mends(&self) -> Vec<(Code, String)> {
        let found = self.check(false).await;
        assert!(found.damage.iter().all(|damage| damage.outcome == Outcome::Found), "{found:?}");
        let mended = self.check(true).await;
        let name = |report: &Report| -> Vec<(Code, String)> { report.damage.iter().map(name).collect() };
        assert_eq!(name(&found), name(&mended), "{found:?} {mended:?}");
        let left: Vec<Damage> =
            mended.damage.into_iter().filter(|damage| damage.outcome != Outcome::Mended).collect();
        let again = self.check(true).await;
        assert_eq!(name(&again), left.iter().map(self::name).collect::<Vec<_>>(), "{again:?}");
        assert!(again.unsettled.is_empty(), "{again:?}");
        name(&found)
    }

    /// Returns the items whose partition key begins with this prefix.
    fn items(&self, prefix: &str) -> Vec<Value> {
        let mut items = self.app.items();
        items.retain(|item| item["pk"]["S"].as_str().unwrap().starts_with(prefix));
        items.sort_by_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
        items
    }

    fn item(&self, prefix: &str) -> Value {
        self.items(prefix).swap_remove(0)
    }

    fn put(&self, item: &Value) {
        let request = json!({"TableName": self.app.stack.table_name(), "Item": item});
        self.app.stack.dynamodb().database().put_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    fn delete(&self, item: &Value) {
        let key = json!({"pk": item["pk"], "sk": item["sk"]});
        let request = json!({"TableName": self.app.stack.table_name(), "Key": key});
        self.app.stack.dynamodb().database().delete_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    /// Sets an attribute of the item, or removes it.
    fn change(&self, item: &Value, attribute: &str, value: Option<Value>) {
        let mut item = item.clone();
        match value {
            Some(value) => item[attribute] = value,
            None => drop(item.as_object_mut().unwrap().remove(attribute)),
        }
        self.put(&item);
    }
}

/// Returns the code, and the first part of the key.
fn name(damage: &Damage) -> (Code, String) {
    (damage.code, damage.pk.split('#').next().unwrap().to_owned())
}

fn named(expected: &[(Code, &str)]) -> Vec<(Code, String)> {
    expected.iter().map(|(code, kind)| (*code, (*kind).to_owned())).collect()
}

fn post(title: &str, published: bool) -> PostAttributes {
    PostAttributes {
        title: title.parse().unwrap(),
        content: "What it says.".parse().unwrap(),
        category: Some("Tech".parse().unwrap()),
        published,
    }
}

fn problem(name: &str) -> ProblemAttributes {
    let difficulty = shared::domain::Difficulty::Easy;
    ProblemAttributes { name: name.parse().unwrap(), description: None, difficulty }
}

fn file() -> FileAttributes {
    FileAttributes {
        name: "a.png".parse().unwrap(),
        kind: "image/png".to_owned().try_into().unwrap(),
        size: 1024.try_into().unwrap(),
        sha256: None,
    }
}

fn payment(n: usize) -> shared::domain::Payment {
    shared::domain::Payment {
        id: format!("cs_{n}").parse().unwrap(),
        amount_total: 1999,
        currency: "eur".parse().unwrap(),
        status: PaymentStatus::Paid,
        livemode: false,
        payment_intent: None,
        created_at: Timestamp::from_millis(1000),
        paid_at: Timestamp::from_millis(2000),
    }
}

#[tokio::test]
async fn what_the_stores_write_is_whole() {
    let table = Table::filled().await;
    let report = table.check(true).await;
    assert!(report.damage.is_empty() && report.unsettled.is_empty(), "{report:?}");
    let kinds: Vec<&str> = report.items.keys().map(String::as_str).collect();
    let all = [
        "COUNT", "EMAIL", "FILE", "IDEM", "PAYMENT", "POST", "PROBLEM", "RATE", "SESSIONS", "STRIPE",
        "TITLE", "USAGE", "USER", "WEATHER",
    ];
    assert_eq!(kinds, all);
    assert_eq!(report.items.values().sum::<u64>(), table.app.items().len() as u64);
}

#[tokio::test]
async fn an_empty_table_is_whole() {
    let app = App::start().await;
    let report = Check::new(&app.table(), Random::system(), 1).run(true, |_| ()).await.unwrap();
    assert!(report.damage.is_empty() && report.items.is_empty(), "{report:?}");
}

#[tokio::test]
async fn a_lock_that_is_missing_is_written_again() {
    for (lock, attribute) in [("TITLE", "postId"), ("EMAIL", "userId")] {
        let table = Table::filled().await;
        let item = table.item(lock);
        table.delete(&item);
        assert_eq!(table.mends().await, named(&[(Code::Missing, lock)]));
        assert_eq!(table.item(lock)[attribute], item[attribute]);
    }
}

#[tokio::test]
async fn a_lock_for_nobody_is_removed() {
    let nobody = json!({"S": "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f"});
    for (lock, attribute) in [("TITLE", "postId"), ("EMAIL", "userId")] {
        let table = Table::filled().await;
        let mut item = table.item(lock);
        item["pk"] = json!({"S": format!("{lock}#left behind")});
        table.put(&item);
        assert_eq!(table.mends().await, named(&[(Code::Orphan, lock)]), "of an entity that has another");
        item[attribute] = nobody.clone();
        table.put(&item);
        assert_eq!(table.mends().await, named(&[(Code::Orphan, lock)]), "of an entity that is gone");
    }
}

#[tokio::test]
async fn a_lock_that_is_held_for_somebody_else_is_given_back() {
    let table = Table::filled().await;
    let titles = table.items("TITLE");
    table.change(&titles[0], "postId", Some(titles[1]["postId"].clone()));
    assert_eq!(table.mends().await, named(&[(Code::Orphan, "TITLE"), (Code::Missing, "TITLE")]));
    assert_eq!(table.items("TITLE"), titles);
}

#[tokio::test]
async fn two_entities_with_one_title_are_left_to_an_operator() {
    let table = Table::filled().await;
    let (posts, titles) = (table.items("POST"), table.items("TITLE"));
    table.change(&posts[0], "title", Some(posts[1]["title"].clone()));
    let found = table.mends().await;
    assert!(found.contains(&(Code::Taken, "TITLE".to_owned())), "{found:?}");
    assert_eq!(table.items("TITLE").len(), titles.len() - 1, "the one that nobody has any more is free");
}

#[tokio::test]
async fn a_password_of_another_epoch_is_left_as_it_is() {
    let table = Table::filled().await;
    let email = table.item("EMAIL");
    table.change(&email, "authEpoch", Some(json!({"N": "3"})));
    assert_eq!(table.mends().await, named(&[(Code::Wrong, "EMAIL")]));
    assert_eq!(table.item("EMAIL")["authEpoch"], json!({"N": "3"}));
}

#[tokio::test]
async fn index_keys_and_excerpts_are_computed_again() {
    for (kind, attribute) in [
        ("POST", "gsi1pk"),
        ("POST", "gsi4sk"),
        ("POST", "gsi5pk"),
        ("POST", "excerpt"),
        ("USER", "gsi1sk"),
        ("PROBLEM", "gsi1sk"),
        ("PAYMENT", "gsi1sk"),
        ("FILE", "gsi1pk"),
        ("IDEM", "expiresAt"),
        ("RATE", "expiresAt"),
        ("WEATHER", "expiresAt"),
    ] {
        let table = Table::filled().await;
        let is_it = |item: &&Value| item.get(attribute).is_some() && item["sk"]["S"] == kind;
        let item = table.items(&format!("{kind}#")).iter().find(is_it).unwrap().clone();
        let other = if attribute == "expiresAt" { json!({"N": "7"}) } else { json!({"S": "another"}) };
        table.change(&item, attribute, Some(other));
        assert_eq!(table.mends().await, named(&[(Code::Wrong, kind)]), "{attribute}");
        assert!(table.items(kind).contains(&item), "{kind} {attribute}");
    }
    let table = Table::filled().await;
    let sessions = table.items("SESSIONS#");
    assert_eq!(sessions.len(), 2, "a browser's, and a family of tokens");
    for session in sessions {
        table.change(&session, "expiresAt", Some(json!({"N": "7"})));
        assert_eq!(table.mends().await, named(&[(Code::Wrong, "SESSIONS")]));
        assert!(table.items("SESSIONS#").contains(&session));
    }
    let post = table.item("POST#");
    table.change(&post, "gsi2pk", None);
    assert_eq!(table.mends().await, named(&[(Code::Wrong, "POST")]));
    assert!(table.items("POST#").contains(&post));
}

#[tokio::test]
async fn what_nobody_can_compute_is_left() {
    let table = Table::filled().await;
    table.change(&table.item("POST#"), "colour", Some(json!({"S": "blue"})));
    assert_eq!(table.mends().await, named(&[(Code::Wrong, "POST")]));
}

#[tokio::test]
async fn postings_follow_the_name() {
    let is_row = |item: &Value| item["sk"]["S"].as_str().unwrap().starts_with("GRAM#");
    let damages: [fn(&Table, &Value); 4] = [
        |table, row| table.delete(row),
        |table, row| table.change(row, "name", Some(json!({"S": "Another"}))),
        |table, row| {
            let index = (1..=5).find(|n| row.get(format!("gsi{n}pk")).is_some()).unwrap();
            table.change(row, &format!("gsi{index}pk"), Some(json!({"S": "GRAM#xyz"})));
        },
        |table, row| table.change(row, "sk", Some(json!({"S": "GRAM#42"}))),
    ];
    for damage in damages {
        let table = Table::filled().await;
        let row = table.items("PROBLEM").into_iter().find(is_row).unwrap();
        damage(&table, &row);
        assert_eq!(table.mends().await, named(&[(Code::Postings, "PROBLEM")]));
        let search = table.app.problem_search();
        for (text, found) in [("again", 2), ("two", 1), ("another", 0), ("xyz", 0)] {
            let page =
                search.page(&text.parse().unwrap(), &shared::domain::Start::Offset(0), 10).await.unwrap();
            assert_eq!(page.items.len(), found, "{text}");
        }
    }
}

#[tokio::test]
async fn rows_of_a_problem_that_is_gone_are_removed() {
    let table = Table::filled().await;
    let problem = table.item("PROBLEM#");
    let problem = table.items(problem["pk"]["S"].as_str().unwrap());
    let entity = problem.iter().find(|item| item["sk"]["S"] == "PROBLEM").unwrap();
    table.delete(entity);
    let found = table.mends().await;
    let orphans = found.iter().filter(|(code, _)| *code == Code::Orphan).count();
    assert_eq!((orphans, found.len()), (problem.len() - 1, problem.len()), "{found:?}");
    assert_eq!(table.items(entity["pk"]["S"].as_str().unwrap()), Vec::<Value>::new());
}

#[tokio::test]
async fn counters_and_usage_are_counted_again() {
    let number = |n: i64| Some(json!({"N": n.to_string()}));
    for (counter, attribute) in [("COUNT", "n"), ("USAGE", "fileCount"), ("USAGE", "byteCount")] {
        let table = Table::filled().await;
        let before = table.items(counter);
        table.change(&before[0], attribute, number(41));
        assert_eq!(table.mends().await, named(&[(Code::Count, counter)]));
        assert_eq!(table.items(counter), before);
        table.delete(&before[0]);
        assert_eq!(table.mends().await, named(&[(Code::Count, counter)]));
        assert_eq!(table.items(counter), before);
    }
    let table = Table::filled().await;
    let key = json!({"pk": {"S": format!("COUNT#AUTHOR#{}", table.author)}, "sk": {"S": "SHARD#99"}, "n": {"N": "3"}});
    table.put(&key);
    assert_eq!(table.mends().await, named(&[(Code::Count, "COUNT")]));
}

#[tokio::test]
async fn an_item_that_nobody_can_read_is_listed_and_nothing_of_it_is_touched() {
    let table = Table::filled().await;
    table.change(&table.item("POST#"), "content", None);
    let before = table.app.items();
    let found = table.mends().await;
    assert_eq!(found[0], (Code::Unreadable, "POST".to_owned()));
    assert!(found[1..].iter().all(|(code, _)| *code == Code::Count) && found.len() == 4, "{found:?}");
    assert_eq!(table.app.items(), before);
}
