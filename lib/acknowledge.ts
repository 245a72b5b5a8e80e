import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Says why findings of cdk-nag's AwsSolutions rules are right as they are. Keys are rule names without their head
 * (`IAM5[Resource::*]`), values the reasons.
 */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  Validations.of(construct).acknowledge(
    ...Object.entries(reasons).map(([rule, reason]) => ({
      id: `AwsSolutions::AwsSolutions-${rule}`,
      reason,
    })),
  );
}
