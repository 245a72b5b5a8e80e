import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RequestExport } from '../../../lambdas/domain/export.ts';

import { CLASSES, exported, ORIGIN } from './exports.ts';

let good: RequestExport;
beforeAll(async () => {
  good = await exported();
});

// Each run is a process of its own, which a busy machine starts slowly.
vi.setConfig({ testTimeout: 60_000 });

describe('npm run verify', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyward-verify-'));
    writeFileSync(join(folder, 'good.json'), JSON.stringify(good));
    writeFileSync(join(folder, 'bad.json'), JSON.stringify({ ...good, decisions: [] }));
    writeFileSync(join(folder, 'key.der'), Buffer.from(good.approvalKey.publicKey, 'base64'));
    writeFileSync(join(folder, 'key.txt'), `${good.approvalKey.publicKey}\n`);
    writeFileSync(join(folder, 'none.json'), '{"format":"other"}');
    const [decision] = good.decisions;
    const person = { ...decision?.person, name: 'bob\u001B[2K\r\n\nVerified.\n\u202E' };
    writeFileSync(
      join(folder, 'art.json'),
      JSON.stringify({ ...good, decisions: [{ ...decision, person }] }),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: readonly string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = { ...process.env, NO_COLOR: '1' };
      const script = join(import.meta.dirname, '../../../verify/verify.ts');
      execFile(process.execPath, [script, ...args], { cwd: folder, env }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
    });

  it('says what holds, and ends with 0', async () => {
    const { code, out } = await run('good.json');
    expect(code).toBe(0);
    expect(out).toContain("✓ signatures Keyward's approval key vouches for all 3 decisions.");
    expect(out).toContain('Taken from the export itself.');
    expect(out.trimEnd().endsWith('Verified.')).toBe(true);
    const rest = ['--classes', CLASSES, '--ledger-head', good.key.ledger.head, '--origin', `${ORIGIN}/`];
    for (const key of ['key.der', 'key.txt']) {
      const pinned = await run('good.json', '--approval-key', key, ...rest);
      expect(pinned, pinned.err).toMatchObject({ code: 0 });
      expect(pinned.out).not.toContain('Taken from the export itself.');
    }
  });

  it('takes fingerprints as people write them down', async () => {
    const fingerprint = '3F9A 12bc-'.repeat(8);
    const held = [{ personId: 'person:bob', fingerprint }];
    writeFileSync(join(folder, 'passkeys.json'), JSON.stringify(held));
    expect(await run('good.json', '--passkeys', 'passkeys.json')).toMatchObject({ code: 0 });
    writeFileSync(
      join(folder, 'short.json'),
      JSON.stringify([{ ...held[0], fingerprint: '3f9a-12bc-77de' }]),
    );
    expect(await run('good.json', '--passkeys', 'short.json')).toMatchObject({ code: 2 });
  });

  it('says what does not hold, and ends with 1', async () => {
    const { code, out } = await run('bad.json');
    expect(code).toBe(1);
    expect(out).toContain('✗ history');
    expect(out).toContain('NOT verified.');
    expect(JSON.parse((await run('bad.json', '--json')).out)).toMatchObject({ ok: false });
    expect(await run('good.json', '--approval-key-fingerprint', 'f'.repeat(64))).toMatchObject({ code: 1 });
  });

  it('lets nothing of the export write but what it is', async () => {
    const { code, out } = await run('art.json');
    expect(code).toBe(1);
    expect(out).toContain('The approval key does not vouch for the decision of bob');
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E]/);
    expect(out.split('\n').filter((line) => line === 'Verified.')).toEqual([]);
  });

  it.each([
    [['none.json'], 'EXPORT_UNREADABLE'],
    [['missing.json'], 'FILE_UNREADABLE'],
    [['key.der'], 'is not JSON'],
    [['good.json', '--approval-key', 'good.json'], 'KEY_UNREADABLE'],
    [['good.json', '--passkeys', 'good.json'], 'PASSKEYS_UNREADABLE'],
    [[], 'Verifies a request offline'],
    [['good.json', '--what'], 'Verifies a request offline'],
    [['good.json', '--classes', 'good.json'], 'CLASSES_UNREADABLE'],
    [['good.json', '--origin', 'keyward'], '--origin is an address'],
    [['good.json', '--ledger-head', 'abc'], '--ledger-head is a SHA-256'],
    [['good.json', '--approval-key', 'key.der', '--approval-key-fingerprint', 'f'.repeat(64)], 'not both'],
  ])('ends with 2 when it cannot read %j', async (args, told) => {
    const { code, err } = await run(...args);
    expect({ code, told: err.includes(told) }, err).toEqual({ code: 2, told: true });
  });
});
