import { fullLabel } from '../text/date-labels.ts';

interface TimeLabelProps {
  /** ms since the Unix epoch. */
  readonly at: number;
  /** What is seen of it. */
  readonly label: string;
  readonly className?: string;
}

/** A time as short as it is seen, with the whole date in its title, and spoken. */
export function TimeLabel({ at, label, className }: TimeLabelProps) {
  const full = fullLabel(at);
  return (
    <time className={className} dateTime={new Date(at).toISOString()} title={full}>
      <bdi aria-hidden="true">{label}</bdi>
      <span className="hidden-visually">{full}</span>
    </time>
  );
}
