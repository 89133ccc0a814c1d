import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/queries';
import { router } from './app/router';
import { ThemeProvider } from './app/theme';
import { LanguageProvider } from './i18n/language';
import './styles/base.css';
import './styles/frame.css';
import './styles/tables.css';
import './styles/clock.css';
import './styles/screens.css';
import './styles/flow.css';
import './styles/editor.css';
import './styles/policy.css';
import './styles/backtest.css';
import './styles/labels.css';
import './styles/scan.css';
import './styles/search.css';
import './styles/fairness.css';
import './styles/duty.css';
import './styles/intake.css';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <ThemeProvider>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ThemeProvider>
    </LanguageProvider>
  </StrictMode>,
);
