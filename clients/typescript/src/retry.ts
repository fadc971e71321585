/** Sends a request, as `fetch` does. */
export type Send = (request: Request) => Promise<Response>;

export interface RetryPolicy {
  /** The maximum number of attempts, including the first. */
  attempts: number;
  /** The longest wait between two attempts, in milliseconds. A response whose `Retry-After` is longer is final. */
  maxDelay: number;
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Retries requests that failed in the network, or were answered 429 or 5xx, if they have a safe method or an
 * `Idempotency-Key`. Waits as long as `Retry-After` says or, without it, a random time up to a limit that doubles.
 */
export function retrying(send: Send, { attempts, maxDelay }: RetryPolicy): Send {
  return async (request) => {
    const repeatable = SAFE_METHODS.has(request.method) || request.headers.has("Idempotency-Key");
    for (let attempt = 1; repeatable && attempt < attempts; attempt += 1) {
      let delay = Math.random() * Math.min(maxDelay, 250 * 2 ** attempt);
      try {
        const response = await send(request.clone());
        delay = retryAfter(response) ?? delay;
        if ((response.status !== 429 && response.status < 500) || delay > maxDelay) {
          return response;
        }
        await response.body?.cancel();
      } catch (error) {
        if (request.signal.aborted) {
          throw error;
        }
      }
      await wait(delay, request.signal);
    }
    return send(request);
  };
}

/** Returns the milliseconds of a `Retry-After`, a number of seconds or a date (RFC 9110, section 10.2.3). */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get("Retry-After") ?? "";
  const delay = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(delay) ? undefined : Math.max(delay, 0);
}

/** Waits this many milliseconds. Rejects when the signal aborts. */
export async function wait(delay: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, delay);
    const abort = () => (clearTimeout(timer), reject(signal?.reason));
    signal?.addEventListener("abort", abort, { once: true });
  });
}
