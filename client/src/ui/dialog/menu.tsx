import { type KeyboardEvent, type ReactNode, useLayoutEffect } from 'react';
import { type MenuPlace, walkByLetter, walkMenu } from './menu-walk.ts';
import { Popover, type PopoverProps } from './popover.tsx';

interface MenuProps extends PopoverProps {
  readonly label: string;
  /** Id of what tells more about what the menu is for. */
  readonly describedBy?: string;
  /** Around the items, in the same box: a menu itself holds nothing but items. */
  readonly above?: ReactNode;
  readonly below?: ReactNode;
}

const ITEM = '[role^="menuitem"]';
const GROUP = '[role="group"]';

/**
 * A `role="menu"` as WAI-ARIA defines it: one item has the focus, arrows, Home, End and first letters move it, Escape closes and gives it back to what opened the
 * menu, and Tab closes and goes on from there.
 */
export function Menu(props: MenuProps) {
  const { label, describedBy, above, below, children, ...popover } = props;
  const { anchor, onClose } = popover;

  // This is done here and not in the button's component, so that no message renders again because its menu opens.
  useLayoutEffect(() => {
    if (!anchor.hasAttribute('aria-haspopup')) return;
    anchor.setAttribute('aria-expanded', 'true');
    return () => anchor.setAttribute('aria-expanded', 'false');
  }, [anchor]);

  const handleKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    // The focus is back on what opened it before the browser moves it on.
    if (event.key === 'Tab') return onClose();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const menu = event.currentTarget;
    const items = [...menu.querySelectorAll<HTMLElement>(ITEM)];
    const from = items.indexOf(document.activeElement as HTMLElement);
    const isLetter = [...event.key].length === 1 && event.key !== ' ';
    const to = isLetter
      ? walkByLetter(items.map(nameOf), from, event.key)
      : walkMenu(placesOf(menu, items), from, event.key, getComputedStyle(menu).direction === 'rtl');
    if (to === null) return;
    event.preventDefault();
    items[to]?.focus();
  };

  return (
    <Popover {...popover}>
      {above}
      <div role="menu" tabIndex={-1} aria-label={label} aria-describedby={describedBy} onKeyDown={handleKeyDown}>
        {children}
      </div>
      {below}
    </Popover>
  );
}

const nameOf = (item: HTMLElement): string => (item.getAttribute('aria-label') ?? item.textContent ?? '').trim();

function placesOf(menu: HTMLElement, items: readonly HTMLElement[]): MenuPlace[] {
  const groups = [...menu.querySelectorAll(GROUP)];
  return items.map((item) => {
    const { left, top, width, height } = item.getBoundingClientRect();
    const group = groups.findIndex((one) => one.contains(item));
    return { x: left + width / 2, y: top + height / 2, group: group < 0 ? null : group };
  });
}

interface MenuItemProps {
  readonly icon: ReactNode;
  /** The key that does the same without the menu; it is shown, and not part of the name. */
  readonly shortcut?: string;
  readonly isDangerous?: boolean;
  readonly opensMenu?: boolean;
  readonly onChoose: () => void;
  readonly children: ReactNode;
}

export function MenuItem({ icon, shortcut, isDangerous = false, opensMenu, onChoose, children }: MenuItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={`menu-item ${isDangerous ? 'menu-item-danger' : ''}`}
      aria-haspopup={opensMenu === true ? 'menu' : undefined}
      onClick={onChoose}
    >
      {icon}
      {children}
      {shortcut !== undefined && (
        <span className="menu-key" aria-hidden>
          {shortcut}
        </span>
      )}
    </button>
  );
}
