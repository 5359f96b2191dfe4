/** [R11] A value that is at most `maxAgeMs` old: read once for all who ask meanwhile, however many they are. A failure is not kept. */
export function recently<T>(read: () => Promise<T>, maxAgeMs: number, now = () => performance.now()): () => Promise<T> {
  let value: Promise<T> | null = null;
  let readAt = 0;
  return () => {
    if (value !== null && now() - readAt < maxAgeMs) return value;
    // The age counts from the moment when the value arrived: a caller that asks while it is being read gets a value that is at least as new as the question.
    readAt = Number.POSITIVE_INFINITY;
    const reading = read();
    value = reading;
    reading.then(
      () => {
        readAt = now();
      },
      () => {
        value = null;
      },
    );
    return reading;
  };
}
