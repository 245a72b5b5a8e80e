import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** The namespace of Keyward's own metrics, which `lib/alarms.ts` watches. */
const metrics = new Metrics({ namespace: 'Keyward', serviceName: 'keyward' });

/** How long the oldest request has waited for its approval, in seconds; 0 when none waits. */
export function publishOldestWaiting(seconds: number): void {
  metrics.addMetric('OldestWaitingApproval', MetricUnit.Seconds, seconds);
  metrics.publishStoredMetrics();
}

/** How much of what was due a run of the sweep could not tend. */
export function publishNotTended(count: number): void {
  metrics.addMetric('DueNotTended', MetricUnit.Count, count);
  metrics.publishStoredMetrics();
}
