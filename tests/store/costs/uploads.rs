//! The costs of an upload and the requests that follow, as the functions log them.

use local::Faults;
use shared::cost::Cost;
use tests::{App, PNG};

use super::accounts::logged;
use super::row::Row;

/// Each request, its function, and its limits of calls, RCU and WCU, including its rate limit.
const LIMITS: [(&str, &str, (u32, f64, f64)); 5] = [
    ("POST /api/upload", "upload", (4, 0.5, 10.0)),
    ("POST /api/upload/presign", "upload-presign", (3, 0.5, 4.0)),
    ("upload-completed, after POST /api/upload/presign", "upload-completed", (2, 1.0, 8.0)),
    ("GET /api/upload/{id}", "upload-id", (1, 0.5, 0.0)),
    ("DELETE /api/upload/{id}", "upload-id", (4, 1.0, 12.0)),
];

pub(super) async fn rows() -> Vec<Row> {
    // Two apps keep apart the requests that share a function, so each function logs one line.
    let faults = Faults::default();
    let (uploading, removing) = (App::with_faults(&faults).await, App::start().await);
    let owner = uploading.caller();
    let presigned = owner.presign("a.png", "image/png", PNG.len()).await.expect(201);
    uploading.put(&presigned, PNG).await.expect(200);
    uploading.logged("\"outcome\":\"ready\"").await;
    // S3's event must not finish the next file before the request itself does.
    faults.add("s3:GetObject/incoming/:500".parse().unwrap());
    let uploaded = owner.upload("a.png", "image/png", PNG).await.expect(201);
    owner.get(uploaded.header("location")).await.expect(200);

    let owner = removing.caller();
    let url = owner.upload("a.png", "image/png", PNG).await.expect(201).header("location").to_owned();
    owner.delete(&url).await.expect(204);

    // A function may log its line after the answer, but not after its process has ended.
    uploading.stack.shutdown().await;
    removing.stack.shutdown().await;
    LIMITS
        .map(|(request, function, (calls, rcu, wcu))| {
            let app = if request.starts_with("DELETE") { &removing } else { &uploading };
            let measured = logged(&app.stack.logs(), function);
            Row { request, limit: Cost { calls, rcu, wcu }, measured }
        })
        .into()
}
