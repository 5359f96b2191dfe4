import { useCallback, useEffect, useRef, useState } from 'react';
import type { RoomHandle, SearchAnswer } from '../../chat/chat.ts';
import { useReadable } from '../../hooks/use-readable.ts';
import { sentenceOf } from '../text/sentence-of.ts';

/** Reading every stored message for each keystroke would be waste. */
const WAIT_MS = 180;

export interface SearchProgress {
  /** Messages that were read from the server. */
  readonly count: number;
  readonly since: number;
}

export interface Search {
  /** What `answer` answers: the words may have changed since. */
  readonly query: string;
  readonly answer: SearchAnswer | null;
  /** Older messages are being read. */
  readonly progress: SearchProgress | null;
  /** Why reading them ended before its end. */
  readonly problem: string | null;
  searchOlder(): void;
  stop(): void;
}

const NOTHING: Pick<Search, 'query' | 'answer'> = { query: '', answer: null };

/** `wanted` without spaces around it. What this device has is searched again whenever that changes. */
export function useSearch(handle: RoomHandle, wanted: string): Search {
  const { messages } = useReadable(handle.view);
  const [found, setFound] = useState(NOTHING);
  const [progress, setProgress] = useState<SearchProgress | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const reading = useRef<AbortController | null>(null);

  const stop = useCallback(() => {
    reading.current?.abort();
    reading.current = null;
    setProgress(null);
  }, []);

  // A search ends when the words change, and when the dialog closes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is read for other words is of no use.
  useEffect(() => {
    setProblem(null);
    return stop;
  }, [wanted, handle, stop]);

  const isReading = progress !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other messages mean that this device knows more, or other things.
  useEffect(() => {
    // Every page from the server would start it again; so it runs once at the end.
    if (isReading) return;
    let isStale = false;
    const search = async () => {
      try {
        const answer = wanted === '' ? null : await handle.search(wanted);
        if (!isStale) setFound(answer === null ? NOTHING : { query: wanted, answer });
      } catch (error) {
        if (!isStale) setProblem(sentenceOf(error));
      }
    };
    const timer = setTimeout(() => void search(), WAIT_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [handle, wanted, messages, isReading]);

  const searchOlder = useCallback(async () => {
    const controller = new AbortController();
    const { signal } = controller;
    reading.current?.abort();
    reading.current = controller;
    setProblem(null);
    setProgress({ count: 0, since: 0 });
    const onPage = (page: SearchProgress) => !signal.aborted && setProgress(page);
    try {
      await handle.searchOlder(wanted, { signal, onPage });
    } catch (error) {
      if (!signal.aborted) setProblem(sentenceOf(error));
    }
    // What this device has now is searched by the effect above.
    if (!signal.aborted) setProgress(null);
  }, [handle, wanted]);

  return { ...found, progress, problem, searchOlder: () => void searchOlder(), stop };
}
