import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@tablo/client/styles.css';
import './planner.css';
import { Planner } from './planner.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');
createRoot(root).render(
  <StrictMode>
    <Planner />
  </StrictMode>,
);
