/** Whether a host application signs people in: then no form of ours can. */
import { createContext } from 'react';

export const HostedContext = createContext(false);
