import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, inject, it } from 'vitest';
import { playTour } from '../../local/tour/tour.ts';

it('plays the main job on the deployed stack, to its end', async () => {
  const out = new PassThrough();
  const told = text(out);
  const code = await playTour(inject('localAws'), out);
  out.end();
  const lines = await told;
  expect(lines).not.toContain('✗');
  expect(code, lines).toBe(0);
  expect(lines.match(/✓/g)?.length).toBeGreaterThan(20);
});
