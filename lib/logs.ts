import { Aws, Fn, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Stage } from './stage.ts';

export const logRetention = RetentionDays.ONE_YEAR;

/** Logs outlive the stack, but for those of a local run. */
export function logRemoval(stage: Stage): RemovalPolicy {
  return stage.name === 'local' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
}

export function createLogGroup(scope: Construct, id: string, stage: Stage): LogGroup {
  return new LogGroup(scope, id, { retention: logRetention, removalPolicy: logRemoval(stage) });
}

/**
 * A log group that AWS delivers to itself. Under /aws/vendedlogs/ deliveries do not fill up the account's log resource
 * policy; the stack's own id in the name lets a new stack be made beside the logs that an old one left.
 */
export function createVendedLogGroup(scope: Construct, id: string, stage: Stage, service: string): LogGroup {
  const stackUuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return new LogGroup(scope, id, {
    logGroupName: `/aws/vendedlogs/${service}/${Aws.STACK_NAME}-${id}-${stackUuid}`,
    retention: logRetention,
    removalPolicy: logRemoval(stage),
  });
}
