//! The cost of each request in `DynamoDB`, as `DynamoDB` itself reports it, against the limits of the design.
//! docs/data-model.md shows the same table; `UPDATE_DOCS=1 make test` writes it there.

use std::fmt::Write;
use std::path::Path;

use shared::clock::Clock;
use shared::cost::Cost;
use shared::domain::{Order, PostAttributes, PostSort, Role, Start, UserAttributes, UserId};
use shared::http::{QuotaPolicy, RateLimits, Scale};
use shared::store::{IdempotencyRecord, PostList, Posts, Users};
use tests::App;
use tokio::try_join;

use self::row::{Row, measure};

mod accounts;
mod examples;
mod files;
mod payments;
mod problems;
mod row;

/// The number of posts in the table while costs are measured: far more than a page.
const POSTS: usize = 2_000;

#[tokio::test]
async fn every_request_costs_what_the_documentation_says_and_no_more_than_the_design_allows() {
    let app = App::start().await;
    let (posts, users) = (app.posts(), app.users());
    let author: UserId = app.caller().id().parse().unwrap();
    app.import_posts(author, (0..POSTS).map(attributes));

    let mut rows = user_rows(&users).await;
    rows.extend(post_rows(&posts, author).await);
    rows.extend(list_rows(&posts, author).await);
    rows.extend(problems::rows().await);
    rows.extend(accounts::rows().await);
    rows.extend(files::rows().await);
    rows.extend(payments::rows(app.table(), &users).await);
    let examples = examples::rows(&rows).await;
    rows.extend(examples);
    let limits = RateLimits::new(&app.table(), Clock::system(), Scale::parse("1").unwrap());
    let ((), limit) = measure(
        "each change, for its rate limit, besides",
        (1, 0.0, 1.0),
        limits.take(QuotaPolicy::WRITE, author),
    )
    .await;
    rows.push(limit);
    let admin: UserId = app.admin().id().parse().unwrap();
    let (_, account) =
        measure("each right of an admin, for the account, besides", (1, 1.0, 0.0), users.get_latest(admin))
            .await;
    rows.push(account);
    for Row { request, limit, measured } in &rows {
        assert!(
            measured.rcu <= limit.rcu && measured.wcu <= limit.wcu && measured.calls <= limit.calls,
            "{request}: {measured:?}, may cost {limit:?}"
        );
        assert!(measured.calls > 0, "{request}: nothing was measured");
    }
    compare_with_docs(&rows);
}

#[tokio::test]
async fn a_page_costs_the_same_wherever_a_cursor_points() {
    let app = App::start().await;
    let posts = app.posts();
    app.import_posts(app.caller().id().parse().unwrap(), (0..POSTS).map(attributes));
    let list = PostList::Published(PostSort::CreatedAt);
    let (mut start, mut costs) = (Start::Offset(0), Vec::new());
    loop {
        let (page, cost) = Cost::of(posts.list(&list, Order::Desc, &start, 10)).await;
        costs.push(cost);
        match page.unwrap().next {
            Some(next) => start = Start::After(next),
            None => break,
        }
    }
    assert_eq!(costs.len(), POSTS / 10);
    // The last page may cost less, because it reads no eleventh item.
    assert!(costs.iter().all(|cost| cost.calls == 1 && cost.rcu <= costs[0].rcu), "{costs:?}");
}

/// Returns a post whose content has 1,024 characters.
fn attributes(n: usize) -> PostAttributes {
    PostAttributes {
        title: format!("A title of usual length, number {n}").parse().unwrap(),
        content: "The engine weaves algebra. "
            .repeat(38)
            .chars()
            .take(1024)
            .collect::<String>()
            .parse()
            .unwrap(),
        category: Some("computing".parse().unwrap()),
        published: true,
    }
}

async fn user_rows(users: &Users) -> Vec<Row> {
    let attributes = UserAttributes {
        email: "ada@example.com".parse().unwrap(),
        name: Some("Ada Lovelace".parse().unwrap()),
        role: Role::User,
    };
    let moved = UserAttributes { email: "lovelace@example.com".parse().unwrap(), ..attributes.clone() };
    let (user, create) = measure("POST /api/users", (1, 0.0, 8.0), users.create(attributes, None)).await;
    let (user, _) = user.into_parts();
    let (_, get) = measure("GET /api/users/{id}", (1, 0.5, 0.0), users.get(user.id)).await;
    let (_, list) = measure("GET /api/users", (2, 1.5, 0.0), async {
        try_join!(users.list(&Start::Offset(0), 10), users.count())
    })
    .await;
    let (user, update) = measure("PATCH /api/users/{id}, another e-mail", (3, 2.0, 8.0), async {
        let user = users.get_latest(user.id).await?.unwrap();
        users.replace(&user, moved).await
    })
    .await;
    let ((), delete) = measure("DELETE /api/users/{id}", (2, 1.0, 8.0), async {
        let user = users.get_latest(user.id).await?.unwrap();
        users.delete(&user).await
    })
    .await;
    vec![create, get, list, update, delete]
}

async fn post_rows(posts: &Posts, author: UserId) -> Vec<Row> {
    let renamed = PostAttributes { title: "Another title of usual length".parse().unwrap(), ..attributes(0) };
    let hidden = PostAttributes { published: false, ..renamed.clone() };
    let (post, create) = measure(
        "POST /api/posts, 1 KB, published, with a category",
        (1, 0.0, 24.0),
        posts.create(author, attributes(POSTS), None),
    )
    .await;
    let (post, _) = post.into_parts();
    let record = IdempotencyRecord::new("posts", &author, &"key".parse().unwrap(), &[0; 32]);
    let again = PostAttributes { title: "A title of usual length, twice".parse().unwrap(), ..attributes(0) };
    let (again, keyed) = measure(
        "POST /api/posts, the same with an Idempotency-Key",
        (1, 0.0, 24.0),
        posts.create(author, again, Some(&record)),
    )
    .await;
    posts.delete(&again.into_parts().0).await.unwrap();
    let (_, get) = measure("GET /api/posts/{id}, 1 KB", (1, 0.5, 0.0), posts.get(post.id)).await;
    let (_, rename) = measure("PATCH /api/posts/{id}, another title", (2, 1.0, 24.0), async {
        let post = posts.get_latest(post.id).await?.unwrap();
        posts.replace(&post, renamed).await
    })
    .await;
    let (_, hide) = measure("PATCH /api/posts/{id}, unpublished", (2, 1.0, 24.0), async {
        let post = posts.get_latest(post.id).await?.unwrap();
        posts.replace(&post, hidden).await
    })
    .await;
    let ((), delete) = measure("DELETE /api/posts/{id}, a draft", (2, 1.0, 24.0), async {
        let post = posts.get_latest(post.id).await?.unwrap();
        posts.delete(&post).await
    })
    .await;
    vec![create, keyed, get, rename, hide, delete]
}

async fn list_rows(posts: &Posts, author: UserId) -> Vec<Row> {
    let category = || "computing".parse().unwrap();
    let mut rows = Vec::new();
    for (request, list) in [
        ("GET /api/posts", PostList::Published(PostSort::CreatedAt)),
        ("GET /api/posts?sort=title", PostList::Published(PostSort::Title)),
        ("GET /api/posts?category=", PostList::Category(category(), PostSort::CreatedAt)),
        ("GET /api/posts?category=&sort=title", PostList::Category(category(), PostSort::Title)),
        ("GET /api/posts?mine=true", PostList::Author(author)),
    ] {
        let (page, row) = measure(request, (2, 1.5, 0.0), async {
            try_join!(posts.list(&list, Order::Desc, &Start::Offset(0), 10), posts.count(&list))
        })
        .await;
        assert_eq!((page.0.items.len(), page.1), (10, POSTS as u64), "{request}");
        rows.push(row);
    }
    let list = PostList::Published(PostSort::CreatedAt);
    let (page, _) =
        measure("to the middle", (2, 500.0, 0.0), posts.list(&list, Order::Desc, &Start::Offset(1_000), 1))
            .await;
    let middle = Start::After(page.next.unwrap());
    let (_, row) = measure("GET /api/posts?cursor=, anywhere", (2, 1.5, 0.0), async {
        try_join!(posts.list(&list, Order::Desc, &middle, 10), posts.count(&list))
    })
    .await;
    rows.push(row);
    rows
}

/// Fails if docs/data-model.md shows other figures. With `UPDATE_DOCS` set it writes them there instead.
fn compare_with_docs(rows: &[Row]) {
    const MARKERS: (&str, &str) = ("<!-- costs -->\n", "<!-- /costs -->");
    let mut table = "\n| request | calls | RCU | WCU | may cost |\n|---|---|---|---|---|\n".to_owned();
    for Row { request, limit, measured } in rows {
        let may = match (limit.rcu > 0.0, limit.wcu > 0.0) {
            (true, true) => format!("{} RCU, {} WCU", limit.rcu, limit.wcu),
            (false, true) => format!("{} WCU", limit.wcu),
            _ => format!("{} RCU", limit.rcu),
        };
        writeln!(table, "| `{request}` | {} | {} | {} | {may} |", measured.calls, measured.rcu, measured.wcu)
            .unwrap();
    }
    table.push('\n');
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/data-model.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(MARKERS.0).expect("the first marker");
    let (shown, after) = rest.split_once(MARKERS.1).expect("the second marker");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{}{table}{}{after}", MARKERS.0, MARKERS.1)).unwrap();
    } else {
        assert_eq!(shown, table, "docs/data-model.md shows other costs: run `UPDATE_DOCS=1 make test`");
    }
}
