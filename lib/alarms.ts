import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface AlarmProps {
  readonly metric: IMetric;
  /** What is amiss for people while it rings. */
  readonly impact: string;
  /** The section of docs/runbook/alarms.md that says what to do. */
  readonly runbook: string;
  /** Rings at this value and above; `below` turns it round. */
  readonly threshold?: number;
  readonly below?: boolean;
  readonly periods?: number;
}

/** Every alarm of the stack: each tells its topic, says what it means, and where to read what to do. */
export class Alarms extends Construct {
  readonly #action: SnsAction;

  constructor(scope: Construct, id: string, topic: Topic) {
    super(scope, id);
    this.#action = new SnsAction(topic);
  }

  add(id: string, { metric, impact, runbook, threshold = 1, below = false, periods = 1 }: AlarmProps): void {
    const alarm = new Alarm(this, id, {
      metric,
      alarmDescription: `${impact} Runbook: docs/runbook/alarms.md#${runbook}`,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // What should happen and is not seen is as bad as what should not and is.
      treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(this.#action);
    alarm.addOkAction(this.#action);
  }
}

export const fiveMinutes = Duration.minutes(5);
