import { COMPOSER_ID, focusComposer, focusLog } from '../page/focus.ts';

/** The first thing that Tab comes to: past the list of tablos, however long it is. Where nothing can be written it leads to what can be read. */
export function SkipLink() {
  return (
    <nav aria-label="Skip">
      <a
        className="skip-link"
        href={`#${COMPOSER_ID}`}
        onClick={(event) => {
          event.preventDefault();
          if (!focusComposer()) focusLog();
        }}
      >
        Skip to the message field
      </a>
    </nav>
  );
}
