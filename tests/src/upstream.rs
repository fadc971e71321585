use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A stand-in for WeatherAPI.com: a server on loopback that answers every request alike, well or badly.
pub struct Upstream {
    url: String,
    behaviour: Arc<Mutex<Behaviour>>,
    requests: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

/// The server's reaction to the head of a request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Sends these bytes and closes the connection.
    Send(Vec<u8>),
    /// Sends nothing and keeps the connection open.
    Silence,
    /// Sends the head of an answer, and then one byte at a time without end.
    Drip,
}

impl Behaviour {
    /// Answers with this JSON.
    pub fn json(status: &str, body: &Value) -> Self {
        Self::body(status, &body.to_string())
    }

    /// Answers with this body.
    pub fn body(status: &str, body: &str) -> Self {
        Self::Send(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }

    /// Answers with an error as WeatherAPI.com does.
    pub fn error(status: &str, code: u32) -> Self {
        Self::json(status, &json!({"error": {"code": code, "message": "It says something."}}))
    }

    /// Answers with the weather in London.
    pub fn weather() -> Self {
        Self::json("200 OK", &weather())
    }
}

/// Returns an answer as WeatherAPI.com documents it.
pub fn weather() -> Value {
    json!({
        "location": {
            "name": "London", "region": "City of London, Greater London", "country": "United Kingdom",
            "lat": 51.5171, "lon": -0.1062, "tz_id": "Europe/London",
            "localtime_epoch": 1_764_232_379, "localtime": "2025-11-27 08:32",
        },
        "current": {
            "last_updated_epoch": 1_764_232_200, "last_updated": "2025-11-27 08:30",
            "temp_c": 11.2, "temp_f": 52.2, "is_day": 1,
            "condition": {"text": "Overcast", "icon": "//cdn.weatherapi.com/weather/64x64/day/122.png", "code": 1009},
            "wind_kph": 16.2, "wind_degree": 225, "wind_dir": "SW", "pressure_mb": 1015.0, "humidity": 94,
            "cloud": 100, "feelslike_c": 9.3, "uv": 0.1,
        },
    })
}

impl Upstream {
    /// Starts on a free port.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (behaviour, requests) = (Arc::new(Mutex::new(behaviour)), Arc::<Mutex<Vec<String>>>::default());
        let (does, seen) = (Arc::clone(&behaviour), Arc::clone(&requests));
        let server = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(answer(connection, Arc::clone(&does), Arc::clone(&seen)));
            }
        });
        Self { url, behaviour, requests, server }
    }

    /// Returns `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Changes its behaviour from the next request on.
    pub fn turn_into(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// Returns the first line of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Refuses connections from now on.
    pub async fn stop(&mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(mut connection: TcpStream, does: Arc<Mutex<Behaviour>>, seen: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            // This is not HTTP: the client expects TLS.
            Ok(byte) if head.is_empty() && !byte.is_ascii_alphabetic() => return,
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    seen.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
    let behaviour = does.lock().unwrap().clone();
    match behaviour {
        Behaviour::Send(bytes) => {
            // The client may have closed the connection already.
            let _ = connection.write_all(&bytes).await;
            let _ = connection.shutdown().await;
        }
        // The silence lasts until the client goes away.
        Behaviour::Silence => drop(connection.read_u8().await),
        Behaviour::Drip => {
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n").await;
            while connection.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
