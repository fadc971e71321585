use std::time::{Duration, Instant};

use shared::clock::Clock;
use shared::cost::Cost;
use shared::domain::{Order, PostAttributes, PostSort, ProblemAttributes, Start};
use shared::random::Random;
use shared::store::{Error as StoreError, Payments, PostList, Posts, ProblemSearch, Problems, Table};
use tokio::try_join;

use super::content::{RARE, category, parse, post_attributes, problem_attributes};
use super::error::Error;
use super::fill::Filled;

/// The number of times that each request is sent; its time is the median.
const REPEATED: u32 = 15;

/// The measurements of one table.
pub(crate) struct Measured {
    pub(crate) size: u32,
    pub(crate) rows: Vec<Row>,
}

/// A request: its cost, its time, and the size of a scan that answers it.
pub(crate) struct Row {
    pub(crate) request: &'static str,
    pub(crate) cost: Cost,
    pub(crate) time: Duration,
    pub(crate) scan_bytes: Option<u64>,
}

struct Bench<'a> {
    filled: &'a Filled,
    posts: Posts,
    problems: Problems,
    payments: Payments,
    search: ProblemSearch,
    rows: Vec<Row>,
}

pub(crate) async fn measure(table: &Table, filled: &Filled) -> Result<Measured, Error> {
    let (clock, random) = (Clock::system(), Random::system());
    let mut bench = Bench {
        filled,
        posts: Posts::new(table.clone(), clock.clone(), random.clone()),
        problems: Problems::new(table.clone(), clock.clone(), random.clone()),
        payments: Payments::new(table.clone(), clock, random),
        search: ProblemSearch::new(table.clone()),
        rows: Vec::new(),
    };
    bench.read_posts().await?;
    bench.read_problems().await?;
    bench.search().await?;
    bench.list_payments().await?;
    bench.write_posts().await?;
    bench.write_problems().await?;
    Ok(Measured { size: filled.size, rows: bench.rows })
}

impl Bench<'_> {
    /// Sends the request repeatedly, the nth time with `n`. If the costs differ, the highest is shown.
    async fn row(
        &mut self,
        request: &'static str,
        scan_bytes: Option<u64>,
        mut send: impl AsyncFnMut(usize) -> Result<bool, StoreError>,
    ) -> Result<(), Error> {
        let (mut times, mut most) = (Vec::new(), Cost::default());
        for n in 0..REPEATED {
            let begin = Instant::now();
            let (answered, cost) = Cost::of(send(n as usize)).await;
            times.push(begin.elapsed());
            if !answered.map_err(|error| Error::Store(request, error))? {
                return Err(Error::Answer(request));
            }
            most = Cost {
                calls: most.calls.max(cost.calls),
                rcu: most.rcu.max(cost.rcu),
                wcu: most.wcu.max(cost.wcu),
            };
        }
        times.sort();
        let time = times[times.len() / 2];
        self.rows.push(Row { request, cost: most, time, scan_bytes });
        Ok(())
    }

    async fn read_posts(&mut self) -> Result<(), Error> {
        let (posts, filled) = (self.posts.clone(), self.filled);
        let bytes = Some(filled.bytes[0]);
        self.row("GET /api/posts/{id}", None, async |n| Ok(posts.get(filled.posts[n].id).await?.is_some()))
            .await?;
        for (request, list) in [
            ("GET /api/posts", PostList::Published(PostSort::CreatedAt)),
            ("GET /api/posts?sort=title", PostList::Published(PostSort::Title)),
            ("GET /api/posts?category=", PostList::Category(category()?, PostSort::CreatedAt)),
            ("GET /api/posts?category=&sort=title", PostList::Category(category()?, PostSort::Title)),
            ("GET /api/posts?mine=true", PostList::Author(filled.content.author)),
        ] {
            self.row(request, bytes, async |_| {
                let page = posts.list(&list, Order::Desc, &Start::Offset(0), 10);
                let (page, total) = try_join!(page, posts.count(&list))?;
                Ok(page.items.len() == 10 && total >= u64::from(filled.size / 4))
            })
            .await?;
        }
        let list = PostList::Published(PostSort::CreatedAt);
        self.row("GET /api/posts?cursor=, at the far end", bytes, async |n| {
            let start = Start::After(filled.posts[20 + n].id.to_string());
            let page = posts.list(&list, Order::Desc, &start, 10);
            let (page, _) = try_join!(page, posts.count(&list))?;
            Ok(page.items.len() == 10)
        })
        .await
    }

    async fn read_problems(&mut self) -> Result<(), Error> {
        let (problems, filled) = (self.problems.clone(), self.filled);
        self.row("GET /api/problems/{id}", None, async |n| {
            Ok(problems.get(filled.problems[n].id).await?.is_some())
        })
        .await?;
        self.row("GET /api/problems", Some(filled.bytes[1]), async |_| {
            let (page, total) = try_join!(problems.list(&Start::Offset(0), 10), problems.count())?;
            Ok(page.items.len() == 10 && total == u64::from(filled.size))
        })
        .await
    }

    async fn search(&mut self) -> Result<(), Error> {
        let search = self.search.clone();
        let bytes = Some(self.filled.bytes[1]);
        for (request, text, found) in [
            ("GET /api/search?q=, a word that 10 have", "zigzag", RARE as usize),
            ("GET /api/search?q=, 3 characters that 10 have", "zig", RARE as usize),
            ("GET /api/search?q=, a word that every 8th has", "median", 10),
            ("GET /api/search?q=, that nobody has", "qqq", 0),
            ("GET /api/search?q=, that nobody has, of common parts", "of of", 0),
            ("GET /api/search?q=, 2 characters that every 8th has", "mb", 10),
            ("GET /api/search?q=, 1 character that all have", "o", 10),
        ] {
            let text = parse(text)?;
            self.row(request, bytes, async |_| {
                Ok(search.page(&text, &Start::Offset(0), 10).await?.items.len() == found)
            })
            .await?;
        }
        Ok(())
    }

    async fn list_payments(&mut self) -> Result<(), Error> {
        let (payments, filled) = (self.payments.clone(), self.filled);
        let payers = &filled.content.payers;
        self.row("GET /api/payments", Some(filled.bytes[2]), async |_| {
            let (page, total) =
                try_join!(payments.list(payers, &Start::Offset(0), 10), payments.count(payers))?;
            Ok(page.items.len() == 10 && total == u64::from(filled.size))
        })
        .await
    }

    async fn write_posts(&mut self) -> Result<(), Error> {
        let (posts, filled) = (self.posts.clone(), self.filled);
        let attributes: Vec<PostAttributes> =
            (0..2 * REPEATED).map(|n| post_attributes(filled.size + n)).collect::<Result<_, _>>()?;
        let again = REPEATED as usize;
        self.row("POST /api/posts", None, async |n| {
            let made = posts.create(filled.content.author, attributes[n].clone(), None).await?;
            Ok(made.into_parts().0.attributes == attributes[n])
        })
        .await?;
        self.row("PATCH /api/posts/{id}, another title", None, async |n| {
            let Some(post) = posts.get_latest(filled.posts[n].id).await? else { return Ok(false) };
            let title = attributes[again + n].title.clone();
            let attributes = PostAttributes { title, ..post.attributes.clone() };
            Ok(posts.replace(&post, attributes).await?.revision.version == 2)
        })
        .await?;
        self.row("DELETE /api/posts/{id}", None, async |n| {
            let Some(post) = posts.get_latest(filled.posts[again + n].id).await? else { return Ok(false) };
            posts.delete(&post).await.map(|()| true)
        })
        .await
    }

    async fn write_problems(&mut self) -> Result<(), Error> {
        let (problems, filled) = (self.problems.clone(), self.filled);
        // All names have the same length, whatever the size of the table.
        let attributes: Vec<ProblemAttributes> = (0..2 * REPEATED)
            .map(|n| problem_attributes(1_000_000 + 8 * n, false))
            .collect::<Result<_, _>>()?;
        let again = REPEATED as usize;
        self.row("POST /api/problems", None, async |n| {
            let made = problems.create(filled.content.author, attributes[n].clone(), None).await?;
            Ok(made.into_parts().0.attributes == attributes[n])
        })
        .await?;
        self.row("PATCH /api/problems/{id}, another name", None, async |n| {
            let Some(problem) = problems.get_latest(filled.problems[n].id).await? else { return Ok(false) };
            Ok(problems.replace(&problem, attributes[again + n].clone()).await?.revision.version == 2)
        })
        .await?;
        self.row("DELETE /api/problems/{id}", None, async |n| {
            let Some(problem) = problems.get_latest(filled.problems[again + n].id).await? else {
                return Ok(false);
            };
            problems.delete(&problem).await.map(|()| true)
        })
        .await
    }
}
