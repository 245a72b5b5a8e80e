import { type Browser, chromium } from 'playwright-core';
import { findBrowser } from '../../local/browser.mjs';

/**
 * Starts the Chromium of this machine, headless.
 * @throws Error BROWSER_MISSING with the hint what to install
 */
export async function startChromium(): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === undefined) {
    throw new Error(
      'BROWSER_MISSING: no Chromium was found. `node local/setup.mjs --browser` installs one, or says how.',
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      // In a container its own sandbox cannot be made; it opens nothing but our own page.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
