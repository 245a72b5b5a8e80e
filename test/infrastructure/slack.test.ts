import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { deployed } from './synthesis.ts';

const queues = z.record(
  z.string(),
  z.object({
    Properties: z.object({
      VisibilityTimeout: z.number().optional(),
      RedrivePolicy: z.object({ maxReceiveCount: z.number() }).optional(),
    }),
  }),
);

describe('a click in Slack', () => {
  it('is tried again while its person still looks at the modal, and by one Lambda at a time', () => {
    const all = Object.entries(queues.parse(deployed().findResources('AWS::SQS::Queue')));
    const work = all.find(([id]) => id.startsWith('SlackWork'))?.[1].Properties;
    const [apart = 0, times = 0] = [work?.VisibilityTimeout, work?.RedrivePolicy?.maxReceiveCount];
    const lambdas = Object.entries(deployed().findResources('AWS::Lambda::Function'));
    const worker = lambdas.find(([id]) => id.startsWith('SlackSlackWork'))?.[1];
    expect(apart).toBeGreaterThan(z.object({ Timeout: z.number() }).parse(worker?.['Properties']).Timeout);
    expect(apart * times).toBeLessThanOrEqual(240);
  });
});
