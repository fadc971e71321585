use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Static files on a port of their own, so that their origin differs from the API's.
pub struct Site {
    port: u16,
    server: JoinHandle<()>,
}

impl Site {
    /// Serves the files below `folder`, with `index.html` at `/`. Unknown paths are empty pages.
    pub async fn serve(folder: impl Into<PathBuf>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder: Arc<Path> = folder.into().into();
        let server = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(answer(connection, Arc::clone(&folder)));
            }
        });
        Self { port, server }
    }

    /// Serves empty pages only, for tests that bring their own scripts.
    pub async fn of_empty_pages() -> Self {
        Self::serve("").await
    }

    /// Returns its origin at `localhost`.
    pub fn origin(&self) -> String {
        self.origin_at("localhost")
    }

    /// Returns its origin at this host, which must resolve to this machine.
    pub fn origin_at(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Answers one request and closes the connection. A browser opens some connections in advance and sends nothing on
/// them.
async fn answer(connection: TcpStream, folder: Arc<Path>) {
    let mut connection = BufReader::new(connection);
    let mut first = String::new();
    if connection.read_line(&mut first).await.unwrap_or(0) == 0 {
        return;
    }
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        if connection.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let target = first.split(' ').nth(1).unwrap_or("/");
    let path = target.split('?').next().unwrap_or_default().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let content = tokio::fs::read(folder.join(path)).await.unwrap_or_else(|_| b"<!DOCTYPE html>".to_vec());
    let media_type = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js" | "mjs") => "text/javascript",
        Some("css") => "text/css",
        Some("json" | "map") => "application/json",
        _ => "text/html; charset=utf-8",
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    // The browser may have left the page.
    let _ = connection.write_all(&[head.as_bytes(), &content].concat()).await;
}
