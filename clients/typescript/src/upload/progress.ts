/** Receives the number of bytes sent and the total. */
export type OnProgress = (sent: number, total: number) => void;

/** Sends a request with this body. In browsers only XMLHttpRequest reports the progress of an upload. */
export function sendBody(request: Request, body: Blob, onProgress: OnProgress): Promise<Response> {
  return "XMLHttpRequest" in globalThis
    ? sendByXhr(request, body, onProgress)
    : fetch(counting(request, body, onProgress));
}

function counting(request: Request, blob: Blob, onProgress: OnProgress): Request {
  let sent = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      onProgress((sent += chunk.byteLength), blob.size);
    },
  });
  const headers = new Headers(request.headers);
  // S3 takes no body of unknown length.
  headers.set("Content-Length", String(blob.size));
  return new Request(request, { headers, body: blob.stream().pipeThrough(counter), duplex: "half" } as RequestInit);
}

function sendByXhr(request: Request, body: Blob, onProgress: OnProgress): Promise<Response> {
  const { signal } = request;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(request.method, request.url);
    request.headers.forEach((value, name) => xhr.setRequestHeader(name, value));
    xhr.withCredentials = request.credentials === "include";
    xhr.responseType = "blob";
    xhr.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    xhr.onload = () => {
      const fields = xhr.getAllResponseHeaders().trim().split("\r\n");
      const headers = fields.map((field) => field.split(": ", 2) as [string, string]);
      resolve(new Response(xhr.response.size ? xhr.response : null, { status: xhr.status, headers }));
    };
    xhr.onerror = () => reject(new TypeError(`${request.method} ${request.url} failed`));
    xhr.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => xhr.abort(), { once: true });
    xhr.send(body);
  });
}
