import { MailWarning } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Chat } from '../chat/chat.ts';
import { Logo } from '../ui/logo.tsx';
import { sentenceOf } from '../ui/sentence-of.ts';
import { navigate } from './router.ts';

interface InviteScreenProps {
  readonly chat: Chat;
  readonly code: string;
}

/** Accepts the invitation in the address and goes to its tablo. */
export function InviteScreen({ chat, code }: InviteScreenProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const asked = useRef<string | null>(null);

  useEffect(() => {
    // Once per attempt, also when React runs effects twice: an invitation may allow a single use.
    const key = `${code} ${attempt}`;
    if (asked.current === key) return;
    asked.current = key;
    setProblem(null);
    chat.acceptInvite(code).then(
      (id) => navigate({ type: 'tablo', id }, 'replace'),
      (error: unknown) => setProblem(sentenceOf(error)),
    );
  }, [chat, code, attempt]);

  return (
    <main className="starting">
      {problem === null ? (
        <>
          <Logo size={56} />
          <p>Opening your invitation…</p>
        </>
      ) : (
        <>
          <MailWarning size={40} strokeWidth={1.5} aria-hidden />
          <p role="alert">{problem}</p>
          <div className="dialog-actions">
            <button type="button" className="button button-plain" onClick={() => navigate({ type: 'list' }, 'replace')}>
              To your tablos
            </button>
            <button type="button" className="button button-primary" onClick={() => setAttempt(attempt + 1)}>
              Try again
            </button>
          </div>
        </>
      )}
    </main>
  );
}
