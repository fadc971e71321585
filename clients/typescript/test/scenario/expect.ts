export function equal(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`expected ${JSON.stringify(expected)} and not ${JSON.stringify(actual)}`);
  }
}

export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const each of iterable) {
    all.push(each);
  }
  return all;
}
