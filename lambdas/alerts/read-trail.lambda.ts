import { S3Client } from '@aws-sdk/client-s3';
import { trailFileReader } from '../adapters/trail-file.ts';
import { readTrail } from './read-trail.ts';
import { runtime } from './runtime.ts';

const s3 = new S3Client({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 20_000 },
});

export const handler = readTrail({ ...runtime, readFile: trailFileReader(s3) });
