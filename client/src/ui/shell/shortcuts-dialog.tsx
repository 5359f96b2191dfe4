import { Dialog } from '../dialog/dialog.tsx';

interface Shortcut {
  /** Keys that are pressed together; several ways are several lists. */
  readonly ways: readonly (readonly string[])[];
  readonly does: string;
}

interface ShortcutGroup {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

const isMac = globalThis.navigator?.platform?.startsWith('Mac') ?? false;
const COMMAND = isMac ? '⌘' : 'Ctrl';
const ALT = isMac ? '⌥' : 'Alt';

const GROUPS: readonly ShortcutGroup[] = [
  {
    title: 'Everywhere',
    shortcuts: [
      { ways: [[COMMAND, 'K']], does: 'Go to a tablo by its name' },
      {
        ways: [
          [ALT, '↑'],
          [ALT, '↓'],
        ],
        does: 'Tablo above or below in the list',
      },
      {
        ways: [
          [ALT, 'Shift', '↑'],
          [ALT, 'Shift', '↓'],
        ],
        does: 'Previous or next tablo with unread messages',
      },
      { ways: [['?']], does: 'This list, where you are not typing' },
      { ways: [['Esc']], does: 'Close what is open' },
    ],
  },
  {
    title: 'While you write',
    shortcuts: [
      { ways: [['Enter']], does: 'Send' },
      { ways: [['Shift', 'Enter']], does: 'New line' },
      { ways: [['↑']], does: 'Edit your last message, when the field is empty' },
      { ways: [['Esc']], does: 'Stop the reply or the edit' },
    ],
  },
  {
    title: 'In the messages',
    shortcuts: [
      { ways: [['↑'], ['↓']], does: 'Message above or below' },
      { ways: [['Enter']], does: 'To the links and buttons of the message' },
      { ways: [['R']], does: 'Reply' },
      { ways: [['E']], does: 'Edit, if it is yours' },
      { ways: [['Esc']], does: 'Back to writing' },
    ],
  },
];

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      {GROUPS.map(({ title, shortcuts }) => (
        <section key={title} className="shortcuts">
          <h3>{title}</h3>
          <dl>
            {shortcuts.map(({ ways, does }) => (
              <div key={does} className="shortcut">
                <dt>{does}</dt>
                <dd>
                  {ways.map((keys, index) => (
                    <span key={keys.join()}>
                      {index > 0 && ' or '}
                      <Keys keys={keys} />
                    </span>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}

const Keys = ({ keys }: { readonly keys: readonly string[] }) =>
  keys.map((key, index) => (
    <span key={key}>
      {index > 0 && ' '}
      <kbd>{key}</kbd>
    </span>
  ));
