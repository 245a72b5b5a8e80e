import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { startMiniStack } from '../local/ministack/ministack.ts';
import { KmsCalls } from './kms/client.ts';
import { type Load, load, median, percentile } from './kms/load.ts';
import { type OwnKms, residentMegabytes, startOfNode, startOwnKms } from './kms/process.ts';

// `npm run bench:local-kms`: the local KMS beside MiniStack's own, call for call and in turns, on this machine; then its
// start, and its memory over 200,000 calls. It fails when one of its targets is missed.

const IN_FLIGHT = 16;
const ROUNDS = 5;
/** A server that compiles as it goes is as fast as it gets after some ten thousand calls. */
const WARM_UP_ROUNDS = 6;
const MEMORY_CALLS = 200_000;
const MEMORY_SAMPLES = 40;

type Operation = 'Encrypt' | 'Sign' | 'CreateKey' | 'DescribeKey';

interface Race {
  readonly operation: Operation;
  readonly callsPerRound: number;
  /** How many times the calls of MiniStack it must answer; none, when it is only told. */
  readonly target?: number;
}

const races: readonly Race[] = [
  { operation: 'Encrypt', callsPerRound: 2000, target: 2 },
  { operation: 'DescribeKey', callsPerRound: 2000, target: 2 },
  { operation: 'Sign', callsPerRound: 1000 },
  { operation: 'CreateKey', callsPerRound: 500 },
];

const createdSchema = z.object({ KeyMetadata: z.object({ KeyId: z.string() }) });

interface Contender {
  /** Each makes one call. */
  readonly calls: Readonly<Record<Operation, () => Promise<Buffer>>>;
  readonly close: () => void;
}

/** A server with a key of each kind. */
async function contender(url: string): Promise<Contender> {
  const client = new KmsCalls(url, IN_FLIGHT);
  const create = async (input: object): Promise<string> => {
    const answer: unknown = JSON.parse((await client.prepared('CreateKey', input)()).toString());
    return createdSchema.parse(answer).KeyMetadata.KeyId;
  };
  const symmetric = await create({});
  const bytes = Buffer.from('a message of thirty-two bytes...').toString('base64');
  const signing = {
    KeyId: await create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    Message: bytes,
    MessageType: 'RAW',
    SigningAlgorithm: 'ECDSA_SHA_256',
  };
  return {
    calls: {
      Encrypt: client.prepared('Encrypt', { KeyId: symmetric, Plaintext: bytes }),
      DescribeKey: client.prepared('DescribeKey', { KeyId: symmetric }),
      CreateKey: client.prepared('CreateKey', {}),
      Sign: client.prepared('Sign', signing),
    },
    close: () => client.close(),
  };
}

interface Result {
  readonly ours: readonly Load[];
  readonly peer: readonly Load[];
}

/** Both take turns, and take turns at being first: what else the machine does meets them alike. */
async function race({ operation, callsPerRound }: Race, ours: Contender, peer: Contender): Promise<Result> {
  const loads: { ours: Load[]; peer: Load[] } = { ours: [], peer: [] };
  for (const { calls } of [ours, peer])
    await load(WARM_UP_ROUNDS * callsPerRound, IN_FLIGHT, calls[operation]);
  for (let round = 0; round < ROUNDS; round += 1) {
    const turns = [
      { loads: loads.ours, call: ours.calls[operation] },
      { loads: loads.peer, call: peer.calls[operation] },
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
      const measured = await load(callsPerRound, IN_FLIGHT, turn.call);
      turn.loads.push(measured);
    }
  }
  return loads;
}

/** Ours by theirs, round by round. */
function ratio({ ours, peer }: Result, of: (measured: Load) => number): string {
  const ratios = peer.flatMap((theirs, round) => {
    const own = ours[round];
    return own === undefined ? [] : [of(own) / of(theirs)];
  });
  return `${median(ratios).toFixed(2)}x`;
}

/** By how much memory grows from its second quarter to its last, the first being the warm-up: 1.05 is by 5 %. */
async function growth({ pid, url }: OwnKms): Promise<{ growth: number; samples: readonly number[] }> {
  const { calls, close } = await contender(url);
  const samples: number[] = [];
  const mixed = [calls.Encrypt, calls.DescribeKey];
  for (let sample = 0; sample < MEMORY_SAMPLES; sample += 1) {
    for (const call of mixed) await load(MEMORY_CALLS / MEMORY_SAMPLES / mixed.length, IN_FLIGHT, call);
    samples.push(await residentMegabytes(pid));
  }
  close();
  const quarter = MEMORY_SAMPLES / 4;
  return {
    growth: median(samples.slice(-quarter)) / median(samples.slice(quarter, 2 * quarter)),
    samples,
  };
}

let missed = 0;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const verdict = (isMet: boolean, target: string): string => {
  if (!isMet) missed += 1;
  return `${isMet ? 'met' : 'MISSED'}: ${target}`;
};

const folder = mkdtempSync(join(tmpdir(), 'bench-local-kms-'));
const miniStack = await startMiniStack({ folder });
const own = await startOwnKms();
try {
  const ours = await contender(own.url);
  const peer = await contender(miniStack.url);
  print(
    `${IN_FLIGHT} calls in flight, median of ${ROUNDS} rounds, beside MiniStack's own KMS (1.00x is as many).\n`,
  );
  print(
    '| operation   | throughput | p50 latency | p99 latency | ours: calls/s | p50 ms | p99 ms | target |',
  );
  print(
    '| ----------- | ---------: | ----------: | ----------: | ------------: | -----: | -----: | ------ |',
  );
  for (const each of races) {
    const result = await race(each, ours, peer);
    const throughput = ratio(result, ({ callsPerSecond }) => callsPerSecond);
    const latency = (percent: number) => (measured: Load) => percentile(measured.latencies, percent);
    const own = (of: (measured: Load) => number) => median(result.ours.map(of));
    const { target } = each;
    print(
      `| ${each.operation.padEnd(11)} | ${throughput.padStart(10)} ` +
        `| ${ratio(result, latency(50)).padStart(11)} | ${ratio(result, latency(99)).padStart(11)} ` +
        `| ${own(({ callsPerSecond }) => callsPerSecond)
          .toFixed(0)
          .padStart(13)} ` +
        `| ${own(latency(50)).toFixed(1).padStart(6)} | ${own(latency(99)).toFixed(1).padStart(6)} ` +
        `| ${target === undefined ? '' : verdict(Number.parseFloat(throughput) >= target, `at least ${target}x`)} |`,
    );
  }
  ours.close();
  peer.close();
} finally {
  await own.stop();
  await miniStack.stop();
  rmSync(folder, { recursive: true, force: true });
}

const starts: { own: number; node: number }[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const node = await startOfNode();
  const started = await startOwnKms();
  starts.push({ own: started.startMilliseconds, node });
  await started.stop();
}
const [start, floor] = [median(starts.map((each) => each.own)), median(starts.map((each) => each.node))];
print(
  `\nStart: ${start.toFixed(0)} ms until it answers, ${(start / floor).toFixed(1)} times that of \`node -e 0\`. ` +
    `${verdict(start < 500, 'under half a second')}.`,
);

const measured = await startOwnKms();
try {
  const { growth: grown, samples } = await growth(measured);
  const shown = samples.filter((_sample, index) => index % (MEMORY_SAMPLES / 8) === MEMORY_SAMPLES / 8 - 1);
  print(
    `\nMemory over ${MEMORY_CALLS} calls: ${shown.map((megabytes) => megabytes.toFixed(0)).join(', ')} MB; after the warm-up it ` +
      `is ${grown.toFixed(2)} times what it was. ${verdict(grown <= 1.05, 'no growth (at most 1.05)')}.`,
  );
} finally {
  await measured.stop();
}
process.exitCode = missed === 0 ? 0 : 1;
