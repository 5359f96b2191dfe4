/** zod tries `new Function` once, to be faster; our content security policy forbids that, and reports it. Imported before any schema. */
import { config } from 'zod';

config({ jitless: true });
