import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs, styleText } from 'node:util';
import * as z from 'zod';
import { requestExport } from '../lambdas/domain/export.ts';
import { parseKeyClasses } from '../lambdas/domain/key-class.ts';
import { fingerprintOf, type Trust } from './trust.ts';
import { type Verification, verifyExport } from './verify-export.ts';

// `npm run verify -- <export>`: verifies a request's whole chain offline. See docs/verify.md.

const usage = `Verifies a request offline, from its export (GET /v1/requests/{requestId}/export).

  npm run verify -- <export.json | -> [options]

  --approval-key <file>               the approval key you hold: its public half in PEM, DER or base64
  --approval-key-fingerprint <hex>    or its SHA-256
  --passkeys <file>                   the approvers' passkeys you hold: [{"personId","fingerprint"}]
  --origin <url>                      where the page is, such as https://keyward.example.com
  --classes <file>                    policies/key-classes.yaml as it was when the request was made
  --ledger-head <hash>                where the ledger of the key ended when you saw it last
  --json                              the findings as JSON
  --help

Ends with 0 when everything holds, 1 when something does not, 2 when it cannot be read.
`;

class Unreadable extends Error {}

/** Fingerprints as people write them down: in groups, in any case. */
const heldPasskeys = z.array(
  z.object({
    personId: z.string(),
    fingerprint: z
      .string()
      .transform((written) => written.replaceAll(/[\s:-]/g, '').toLowerCase())
      .pipe(z.string().regex(/^[0-9a-f]{64}$/)),
  }),
);

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Unreadable)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new Unreadable(usage);
  const parsed = requestExport.safeParse(jsonIn(file === '-' ? 0 : file));
  if (!parsed.success) {
    const faults = parsed.error.issues
      .slice(0, 5)
      .map(({ path, message }) => `  ${plain(`${path.join('.')}: ${message}`)}`);
    throw new Unreadable(`EXPORT_UNREADABLE: this is no export of a request:\n${faults.join('\n')}`);
  }
  const verification = await verifyExport(parsed.data, trustOf(values));
  process.stdout.write(values.json ? `${JSON.stringify(verification, undefined, 2)}\n` : told(verification));
  return verification.ok ? 0 : 1;
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        'approval-key': { type: 'string' },
        'approval-key-fingerprint': { type: 'string' },
        passkeys: { type: 'string' },
        origin: { type: 'string' },
        classes: { type: 'string' },
        'ledger-head': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Unreadable(`${(error as Error).message}\n\n${usage}`);
  }
}

function trustOf(values: ReturnType<typeof readArguments>['values']): Trust {
  const {
    'approval-key': keyFile,
    'approval-key-fingerprint': fingerprint,
    classes,
    passkeys,
    origin,
  } = values;
  if (keyFile !== undefined && fingerprint !== undefined) {
    throw new Unreadable(`Give the approval key or its fingerprint, not both.\n\n${usage}`);
  }
  return {
    approvalKeyFingerprint:
      keyFile === undefined
        ? hashIn('approval-key-fingerprint', fingerprint?.replace(/^sha256:/i, ''))
        : fingerprintIn(keyFile),
    origin: origin === undefined ? undefined : originIn(origin),
    passkeys: passkeys === undefined ? undefined : passkeysIn(passkeys),
    classes: classes === undefined ? undefined : classesIn(classes),
    ledgerHead: hashIn('ledger-head', values['ledger-head']),
  };
}

function hashIn(option: string, text: string | undefined): string | undefined {
  const hash = text?.toLowerCase();
  if (hash === undefined || /^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new Unreadable(`--${option} is a SHA-256: 64 hex digits.\n\n${usage}`);
}

function originIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url.origin;
  throw new Unreadable(`--origin is an address such as https://keyward.example.com.\n\n${usage}`);
}

function classesIn(file: string): NonNullable<Trust['classes']> {
  const text = bytesOf(file).toString('utf8');
  try {
    return parseKeyClasses(text);
  } catch (error) {
    throw new Unreadable(`CLASSES_UNREADABLE: ${file}: ${(error as Error).message}`);
  }
}

function fingerprintIn(file: string): string {
  const bytes = bytesOf(file);
  const text = bytes.toString('latin1').trim();
  // As the AWS CLI prints it.
  const der = /^[A-Za-z0-9+/\s]+=*$/.test(text) ? Buffer.from(text, 'base64') : bytes;
  try {
    const key = text.startsWith('-----')
      ? createPublicKey(bytes)
      : createPublicKey({ key: der, format: 'der', type: 'spki' });
    return fingerprintOf(key.export({ format: 'der', type: 'spki' }));
  } catch {
    throw new Unreadable(`KEY_UNREADABLE: ${file} holds no public key in PEM, DER or base64.`);
  }
}

function passkeysIn(file: string): NonNullable<Trust['passkeys']> {
  const parsed = heldPasskeys.safeParse(jsonIn(file));
  if (!parsed.success) throw new Unreadable(`PASSKEYS_UNREADABLE: ${file} holds no list of passkeys.`);
  return new Map(parsed.data.map(({ fingerprint, personId }) => [fingerprint, personId]));
}

function jsonIn(file: string | 0): unknown {
  try {
    return JSON.parse(bytesOf(file).toString('utf8'));
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(`EXPORT_UNREADABLE: ${file === 0 ? 'the input' : file} is not JSON.`);
  }
}

function bytesOf(file: string | 0): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Unreadable(`FILE_UNREADABLE: ${(error as Error).message}`);
  }
}

function told({ ok, findings, unpinned }: Verification): string {
  const lines = findings.flatMap(({ check, ok: holds, told: [first = '', ...rest] }) => [
    `${holds ? styleText('green', '✓') : styleText('red', '✗')} ${check.padEnd(11)}${plain(first)}`,
    ...rest.map((line) => `${' '.repeat(13)}${plain(line)}`),
  ]);
  const open =
    unpinned.length === 0
      ? []
      : [
          '',
          'Taken from the export itself. Compare with what you hold, or give it (see --help):',
          ...unpinned.map((line) => `  ${plain(line)}`),
        ];
  return [...lines, ...open, '', ok ? 'Verified.' : 'NOT verified.', ''].join('\n');
}

/** An export is anybody's text: nothing in it may move the cursor, colour a line or turn the order of what is read. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ');
}
