import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import { Avatar } from './avatar.tsx';

it('A picture with a host’s colour has no style in a server’s HTML, which the page’s policy may forbid', () => {
  const html = renderToString(<Avatar id="kitchen" name="Kitchen" shape="tablo" color="teal" />);
  expect(html).toContain('avatar-tablo');
  expect(html).not.toContain('style=');
});
