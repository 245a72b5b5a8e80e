import '@cloudscape-design/global-styles/index.css';
import './page.css';
import { applyMode, Mode } from '@cloudscape-design/global-styles';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Problem } from './api.ts';
import { App } from './app.tsx';

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = (): void => applyMode(dark.matches ? Mode.Dark : Mode.Light);
follow();
dark.addEventListener('change', follow);

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What was refused stays refused; what was busy is asked once more.
      retry: (count, error) => count < 1 && (!(error instanceof Problem) || error.status >= 500),
      refetchOnWindowFocus: true,
    },
  },
});

const root = document.getElementById('page');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
