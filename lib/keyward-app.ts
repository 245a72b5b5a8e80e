import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { KeywardStack } from './keyward-stack.ts';
import { stackName } from './outputs.ts';
import { readStage } from './stage.ts';

/** The CDK app with its one stack. A finding of cdk-nag that nobody has answered for fails the synthesis. */
export function createKeywardApp(props?: AppProps): { readonly app: App; readonly stack: KeywardStack } {
  const app = new App(props);
  const stack = new KeywardStack(app, stackName, {
    stage: readStage(app.node),
    description: 'Keyward: the life of cryptographic keys, governed',
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}
