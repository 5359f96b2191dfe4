// `npm run build`: the page, when its sources changed.
import { buildPage, install } from './install.mjs';

buildPage(install());
