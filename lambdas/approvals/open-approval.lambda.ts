import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { mailSender, sesClient } from '../adapters/mail.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { step } from '../adapters/step.ts';
import { openApproval, openInput } from './open-approval.ts';

export const handler = step(
  openInput,
  openApproval({
    registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
    clock,
    notifications: bundledPolicies().notifications,
    sendMail: mailSender(sesClient(), environment('MAIL_FROM')),
    portalUrl: environment('PORTAL_URL'),
  }),
);
