import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The system's own fonts do: those of Cloudscape are half a megabyte, as data the content security policy refuses. */
const systemFonts: Plugin = {
  name: 'system-fonts',
  enforce: 'pre',
  transform: (code, id) =>
    id.includes('@cloudscape-design/global-styles') && id.endsWith('.css')
      ? code.replaceAll(/@font-face\s*\{[^}]*\}/g, '')
      : undefined,
};

export default defineConfig({
  root: import.meta.dirname,
  // The Lambda says where the page is, by its <base>.
  base: './',
  plugins: [react(), systemFonts],
  build: {
    sourcemap: false,
    // Nothing inline: the content security policy takes none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
    reportCompressedSize: false,
  },
});
