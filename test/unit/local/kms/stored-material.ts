import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import * as z from 'zod';

/** A path for the database of one test. */
export function databaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-kms-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'kms.sqlite');
}

/** The current secret of a key, which no operation gives out: for doing elsewhere what the key does. */
export function storedSecret(file: string, keyId: string): Buffer {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const row = database
      .prepare('SELECT secret FROM materials WHERE keyId = ? ORDER BY sequence DESC LIMIT 1')
      .get(keyId);
    return Buffer.from(z.object({ secret: z.instanceof(Uint8Array) }).parse(row).secret);
  } finally {
    database.close();
  }
}
