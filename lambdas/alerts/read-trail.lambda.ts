import { S3Client } from '@aws-sdk/client-s3';
import { timeouts } from '../adapters/timeouts.ts';
import { trailFileReader } from '../adapters/trail-file.ts';
import { readTrail } from './read-trail.ts';
import { runtime } from './runtime.ts';

const s3 = new S3Client({
  maxAttempts: 3,
  requestHandler: { ...timeouts, requestTimeout: 20_000 },
});

export const handler = readTrail({ ...runtime, readFile: trailFileReader(s3) });
